"""Texts of samples as HTML."""

import re
from collections.abc import Iterator
from html import unescape
from html.parser import HTMLParser

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitor.console.pages.conversation import conversation
from monitor.console.pages.difference import difference
from monitor.console.pages.rendering import code, data, markdown, name, plain, visible
from monitor.console.pages.sieve import is_address, sanitised
from monitor.model import Message, Part, Sample, ToolCall
from tests.builders import make_sample

FRAGMENTS = (
    "<script>", "</script>", "<img src=x onerror=alert(1)>", "<svg/onload=alert(1)>", "javascript:alert(1)", "<", ">",
    '"', "'", "`", "```", "```html\n", "](", "[x](", "![x](", ")", "<javascript:x>", "<https://e.test/>", "&lt;",
    "\"onclick='x'", "&#106;avascript:", "| a |\n|-|\n", "\n\n", "\n    ", "> ", "- ", "# ", "{{ x }}", "\u202e",
    "\x00", "\ud800", "data:text/html,", "https://e.test", "[1]: javascript:x\n", "[x][1]", "<!--", "-->", "<![CDATA[",
    "style=", "\\", "é", "ש",
)  # fmt: skip
TEXT = frozenset({"p", "br", "hr", "em", "strong", "s", "blockquote", "a", "pre", "code", "span", "del", "ins", "bdi"})
TAGS = TEXT | {"ul", "ol", "li", "h4", "h5", "h6", "table", "thead", "tbody", "tr", "th", "td"}
PAGE = TAGS | {"section", "article", "h2", "h3", "details", "summary", "div", "button"}
nasty = st.lists(st.sampled_from(FRAGMENTS) | st.text(max_size=8), max_size=12).map("".join)


class _Read(HTMLParser):
    """The tags and attributes that a text has."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str]]] = []
        self.feed(html)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, {key: value or "" for key, value in attrs}))


def _harmful(html: str, allowed: frozenset[str] = TAGS) -> Iterator[str]:
    """What could do something."""
    if "<script" in html.lower():
        yield "script"
    for tag, attributes in _Read(html).tags:
        if tag not in allowed:
            yield tag
        for key, value in attributes.items():
            if key.startswith("on") or key in {"src", "srcdoc", "id", "name", "action", "formaction"}:
                yield f"{tag} {key}"
            if key == "href" and not value.lower().startswith(("https://", "http://", "mailto:")):
                yield f"{tag} {value}"
            if key == "style" and not re.fullmatch(r"text-align:(left|right|center)", value):
                yield f"{tag} {value}"


@given(nasty)
def test_nothing_that_is_rendered_can_do_anything(text: str) -> None:
    for render in (markdown, plain, code, data, name):
        html = str(render(text))
        assert list(_harmful(html)) == [], render.__name__
        html.encode()  # nothing in it that cannot be sent


@given(nasty, nasty)
def test_a_difference_can_do_nothing_and_holds_both_texts(before: str, after: str) -> None:
    html = str(difference(before, after))

    assert list(_harmful(html)) == []
    assert _text(re.sub(r"<del>.*?</del>", "", html, flags=re.DOTALL)) == visible(after)
    assert _text(re.sub(r"<ins>.*?</ins>", "", html, flags=re.DOTALL)) == visible(before)


@given(nasty)
def test_a_sieve_lets_nothing_harmful_through_whatever_it_is_fed(html: str) -> None:
    assert list(_harmful(str(sanitised(html)))) == []


@given(nasty, nasty)
def test_a_conversation_can_do_nothing(text: str, other: str) -> None:
    call = ToolCall(other, text, other)
    sample = _sample(text, other, call)

    assert list(_harmful(str(conversation(sample)), PAGE)) == []


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("# A\n\ntext", "<h4>A</h4>\n<p>text</p>"),
        ("[x](https://e.test/a?b=1&c)", 'href="https://e.test/a?b=1&amp;c"'),
        ("[x](/login)", "[x](/login)"),
        ("![cat](https://e.test/cat.png)", "Image, not loaded: cat <code>https://e.test/cat.png</code>"),
        ("<b>x</b>", "&lt;b&gt;x&lt;/b&gt;"),
        ("```python\nif x: pass\n```", '<span class="t-k">if</span> x'),
        ("```nolanguage\n<x>\n```", '<pre class="code"><code>&lt;x&gt;'),
        ("|a|\n|:-:|\n|b|", '<td style="text-align:center">b</td>'),
        ("3. three", '<ol start="3">'),
        ("~~gone~~", "<s>gone</s>"),
    ],
)
def test_markdown_is_shown_as_it_is_meant(text: str, shown: str) -> None:
    assert shown in markdown(text)


def test_links_say_nothing_of_where_they_are_followed_from() -> None:
    assert 'rel="noopener noreferrer nofollow" target="_blank"' in markdown("<https://e.test>")


@pytest.mark.parametrize("deep", ["> " * 80 + "end", "- " * 60 + "end"])
def test_what_lies_deep_is_shown_too(deep: str) -> None:
    assert "end" in markdown(deep)


def test_long_texts_are_shown_as_they_are_and_the_longest_in_part() -> None:
    assert str(markdown("*a* " * 30_000)).startswith('<pre class="plain">')
    assert "100,000 more characters are not shown" in plain("x" * 500_000)


def test_data_is_set_in_lines_and_anything_else_left_as_it_is() -> None:
    assert '<span class="t-k">&#34;a&#34;</span>: <span class="t-n">1</span>' in data('{"a":1}')
    assert "{broken" in data("{broken")
    assert "[" * 500 in data("[" * 500)


@pytest.mark.parametrize(
    "url", ["javascript:x", "//e.test", "/a", "data:x", 'https://e.test/"x', "https:e.test", "", "ftp://e"]
)
def test_other_links_are_none(url: str) -> None:
    assert not is_address(url)


def _sample(text: str, other: str, call: ToolCall) -> Sample:
    return make_sample(
        text,
        messages=(
            Message(other, (Part(text),), (call,), text),
            Message("system", (Part(text), Part("", other)), (), other),
            Message("tool", (Part(other),)),
            Message("user", (Part(text), Part(other))),
        ),
        tool_calls=(call,),
        context=(text, other),
        references=(other,),
        error=text,
        finish_reason="length",
        json_schema=text,
        tools=other,
        tags={text: other},
    )


def _text(html: str) -> str:
    return unescape(re.sub(r"<[^>]*>", "", html))
