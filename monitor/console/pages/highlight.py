"""Programs in colour."""

from collections.abc import Iterable
from typing import Protocol, cast

from markupsafe import Markup
from pygments.lexers import get_lexer_by_name  # pyright: ignore[reportUnknownVariableType]

_LONGEST = 20_000
"""Longer ones stay black: colours would take longer than reading them."""
_LANGUAGES = {
    "bash": "bash", "sh": "bash", "shell": "bash", "console": "console", "c": "c", "cpp": "cpp", "c++": "cpp",
    "csharp": "csharp", "cs": "csharp", "css": "css", "diff": "diff", "go": "go", "html": "html", "java": "java",
    "javascript": "javascript", "js": "javascript", "json": "json", "kotlin": "kotlin", "php": "php",
    "python": "python", "py": "python", "ruby": "ruby", "rust": "rust", "sql": "sql", "swift": "swift",
    "toml": "toml", "typescript": "typescript", "ts": "typescript", "xml": "xml", "yaml": "yaml", "yml": "yaml",
}  # fmt: skip
"""What a text may be coloured as: a closed list, since the text itself says which."""
_CLASSES = (
    ("Token.Comment", "c"),
    ("Token.Keyword", "k"),
    ("Token.Literal.String", "s"),
    ("Token.Literal.Number", "n"),
    ("Token.Name.Function", "f"),
    ("Token.Name.Class", "f"),
    ("Token.Name.Tag", "k"),
    ("Token.Name.Builtin", "b"),
    ("Token.Name.Attribute", "f"),
    ("Token.Generic.Deleted", "d"),
    ("Token.Generic.Inserted", "i"),
    ("Token.Operator.Word", "k"),
)
"""Six colours are enough; the first that fits."""


class _Lexer(Protocol):
    """What we use of Pygments, which has no types."""

    def get_tokens(self, text: str) -> Iterable[tuple[object, str]]: ...


def highlighted(text: str, language: str) -> Markup:
    r"""The text with its words in spans, by what they are in the language; escaped alone where it is not known.

    >>> highlighted("if <x>", "python")
    Markup('<span class="t-k">if</span> &lt;x&gt;\n')
    """
    known = _LANGUAGES.get(language.lower())
    if known is None or len(text) > _LONGEST:
        return Markup.escape(text)
    lexer = cast(_Lexer, get_lexer_by_name(known, stripnl=False))
    return Markup("").join(_coloured(str(kind), piece) for kind, piece in lexer.get_tokens(text))


def _coloured(kind: str, piece: str) -> Markup:
    colour = next((colour for prefix, colour in _CLASSES if kind.startswith(prefix)), "")
    return Markup('<span class="t-{}">{}</span>').format(colour, piece) if colour else Markup.escape(piece)
