"""What of HTML may reach a page: a second look at what a renderer made, which lets through only what is named here."""

import re
from collections.abc import Mapping
from html.parser import HTMLParser

from markupsafe import Markup

_ALLOWED: Mapping[str, frozenset[str]] = {
    **dict.fromkeys(
        ("p", "br", "hr", "em", "strong", "s", "blockquote", "ul", "li", "h4", "h5", "h6"), frozenset[str]()
    ),
    **dict.fromkeys(("table", "thead", "tbody", "tr"), frozenset[str]()),
    "ol": frozenset({"start"}),
    "th": frozenset({"style"}),
    "td": frozenset({"style"}),
    "a": frozenset({"href"}),
    "pre": frozenset({"class"}),
    "code": frozenset({"class"}),
    "span": frozenset({"class"}),
}
"""Attributes by tag. No id and no name: a text must not pose as a part of the page."""
_VALUES = {
    "class": re.compile(r"code|plain|image|t-[a-z]"),
    "style": re.compile(r"text-align:(left|right|center)"),
    "start": re.compile(r"\d{1,9}"),
}
_VOID = frozenset({"br", "hr"})
_ADDRESS = re.compile(r"(https?://|mailto:)[^\s<>\"'`\\]+", re.IGNORECASE)


def is_address(url: str) -> bool:
    """Whether a link leads elsewhere, and does nothing but that.

    >>> is_address("https://example.org/a"), is_address("javascript:alert(1)"), is_address("/login")
    (True, False, False)
    """
    return bool(_ADDRESS.fullmatch(url))


def sanitised(html: str) -> Markup:
    """The HTML without anything that is not allowed by name; text in between stays, escaped.

    >>> sanitised('<p onclick="x()">so<script>x()</script></p>')
    Markup('<p>sox()</p>')
    """
    sieve = _Sieve()
    sieve.feed(html)
    sieve.close()
    return sieve.result


class _Sieve(HTMLParser):
    """Writes anew what it reads, so that nothing depends on how a browser reads what was written."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self._written: list[str] = []
        self._open: list[str] = []

    @property
    def result(self) -> Markup:
        return Markup("".join([*self._written, *(f"</{tag}>" for tag in reversed(self._open))]))

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag not in _ALLOWED:
            return
        kept = [(name, value or "") for name, value in attrs if name in _ALLOWED[tag] and _fits(name, value or "")]
        if tag == "a" and kept:
            kept += [("title", kept[0][1]), ("rel", "noopener noreferrer nofollow"), ("target", "_blank")]
        said = Markup("").join(Markup(' {}="{}"').format(name, value) for name, value in kept)
        self._written.append(f"<{tag}{said}>")
        if tag not in _VOID:
            self._open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        if tag not in self._open:
            return
        while (inner := self._open.pop()) != tag:
            self._written.append(f"</{inner}>")
        self._written.append(f"</{tag}>")

    def handle_data(self, data: str) -> None:
        self._written.append(str(Markup.escape(data)))


def _fits(name: str, value: str) -> bool:
    return is_address(value) if name == "href" else bool(_VALUES[name].fullmatch(value))
