"""Texts that others wrote, as HTML that can do nothing: whatever they say, nothing runs and nothing is loaded."""

import json
import re
from collections.abc import Mapping, Sequence
from typing import cast

from markdown_it import MarkdownIt
from markdown_it.renderer import RendererProtocol
from markdown_it.token import Token
from markupsafe import Markup

from .highlight import highlighted
from .sieve import is_address, sanitised

_LONGEST_MARKDOWN = 60_000
"""Longer texts are shown as they are: nobody reads them for their layout, and parsing them would hold everybody up."""
_DEEPEST = 50
"""Lists and quotes in each other."""
_LONGEST = 400_000
"""Characters of one text that a browser is sent."""
_UNSEEN = re.compile(
    "[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u2028-\u202e\u2066-\u2069\ufeff\ud800-\udfff\U000e0000-\U000e007f]"
)
"""What has no shape of its own but turns, hides or breaks what stands around it."""


def visible(text: str) -> str:
    r"""The text, with characters that cannot be seen written out: they would turn, hide or break what is around them.

    >>> visible("pay\u202e 01")
    'pay⟨U+202E⟩ 01'
    """
    text = text.replace("\r\n", "\n").replace("\r", "\n")
    if len(text) > _LONGEST:
        text = f"{text[:_LONGEST]}\n\n… {len(text) - _LONGEST:,} more characters are not shown"
    return _UNSEEN.sub(lambda match: f"⟨U+{ord(match[0]):04X}⟩", text)


def name(text: str) -> Markup:
    """A word or a line: escaped, and kept from turning the line it stands in."""
    return Markup("<bdi>{}</bdi>").format(visible(text))


def plain(text: str) -> Markup:
    """The text as it was written."""
    return Markup('<pre class="plain">{}</pre>').format(visible(text))


def code(text: str, language: str = "") -> Markup:
    """A program or data, coloured where the language is known."""
    return Markup('<pre class="code"><code>{}</code></pre>').format(highlighted(visible(text), language))


def data(text: str) -> Markup:
    """JSON in a form that people read; the text as it is where it is none."""
    parsed = parsed_json(text)
    if parsed is None:
        return code(text)
    return code(json.dumps(parsed, indent=2, ensure_ascii=False), "json")


def parsed_json(text: str) -> Mapping[str, object] | Sequence[object] | None:
    """The object or list that the text is, if it is one."""
    if not text.lstrip().startswith(("{", "[")) or len(text) > _LONGEST:
        return None
    try:
        found: object = json.loads(text)
    except (ValueError, RecursionError):
        return None
    return cast(Mapping[str, object] | Sequence[object], found) if isinstance(found, dict | list) else None


def markdown(text: str) -> Markup:
    r"""Markdown as it is meant to be seen, without HTML, images, or links that do more than lead elsewhere.

    >>> markdown("**so** <b>")
    Markup('<p><strong>so</strong> &lt;b&gt;</p>\n')
    """
    if len(text) > _LONGEST_MARKDOWN:
        return plain(text)
    tokens = _MARKDOWN.parse(visible(text))
    if any(token.level >= _DEEPEST - 1 for token in tokens):
        return plain(text)  # the parser leaves out what lies deeper
    return sanitised(cast(str, _MARKDOWN.renderer.render(tokens, _MARKDOWN.options, {})))


class _Careful(MarkdownIt):
    """Takes for a link only what leads elsewhere; anything else stays the text that it is."""

    def validateLink(self, url: str) -> bool:
        return is_address(url)


def _image(_: RendererProtocol, tokens: Sequence[Token], at: int, *__: object) -> str:
    token = tokens[at]
    words, address = token.content or "image", str(token.attrs.get("src", ""))
    shown = Markup('<span class="image">Image, not loaded: {} <code>{}</code></span>')
    return str(shown.format(words, address))


def _fence(_: RendererProtocol, tokens: Sequence[Token], at: int, *__: object) -> str:
    token = tokens[at]
    return str(code(token.content, token.info.strip().partition(" ")[0]))


def _heading(_: RendererProtocol, tokens: Sequence[Token], at: int, *__: object) -> str:
    """The page has headings of its own: those of a text come below them."""
    token = tokens[at]
    level = min(int(token.tag[1:]) + 3, 6)
    return f"<h{level}>" if token.nesting == 1 else f"</h{level}>\n"


def _made() -> MarkdownIt:
    made = _Careful("js-default", {"html": False, "linkify": False, "typographer": False, "maxNesting": _DEEPEST})
    made.add_render_rule("image", _image)
    made.add_render_rule("fence", _fence)
    made.add_render_rule("code_block", _fence)
    made.add_render_rule("heading_open", _heading)
    made.add_render_rule("heading_close", _heading)
    return made


_MARKDOWN = _made()
