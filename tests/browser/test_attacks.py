"""What samples say can run nothing in the page, whatever they say and wherever it is shown."""

import json
from typing import Any

import pytest
from playwright.sync_api import expect

from monitor.model import Reason

from .conftest import MakeVisit
from .visit import PWNED, Visit

_RUN = f"{PWNED}=1"
_ELSEWHERE = "http://evil.test"
PAYLOADS = {
    "script": f"<script>{_RUN}</script>",
    "script_with_source": f"<script src='{_ELSEWHERE}/x.js'></script>",
    "script_in_capitals": f"<ScRiPt >{_RUN}</sCrIpT >",
    "end_of_script": f"</script><script>{_RUN}</script>",
    "image_error": f"<img src=x onerror={_RUN}>",
    "image_elsewhere": f"<img src={_ELSEWHERE}/x.png>",
    "svg_load": f"<svg onload={_RUN}>",
    "svg_script": f"<svg><script>{_RUN}</script></svg>",
    "svg_animate": f"<svg><a><animate attributeName=href values=javascript:{_RUN} /><text>x</text></a></svg>",
    "math": f"<math><mtext><table><mglyph><style><img src onerror={_RUN}>",
    "frame": f"<iframe src='javascript:parent.{PWNED}=1'></iframe>",
    "frame_document": f"<iframe srcdoc='<script>parent.{PWNED}=1</script>'></iframe>",
    "object": f"<object data='{_ELSEWHERE}/x'></object><embed src='{_ELSEWHERE}/y'>",
    "style": f"<style>*{{background:url({_ELSEWHERE}/x)}}</style>",
    "style_import": f"<style>@import '{_ELSEWHERE}/x.css';</style>",
    "style_of_element": f"<p style='background:url({_ELSEWHERE}/x)'>x",
    "linked_style": f"<link rel=stylesheet href={_ELSEWHERE}/x.css>",
    "base": f"<base href='{_ELSEWHERE}/'>",
    "refresh": f"<meta http-equiv=refresh content='0;url={_ELSEWHERE}'>",
    "form": f"<form action={_ELSEWHERE}><button autofocus onfocus={_RUN}>x",
    "focus": f"<input autofocus onfocus={_RUN}>",
    "details": f"<details open ontoggle={_RUN}>x",
    "media": f"<video><source onerror={_RUN}></video><audio src=x onerror={_RUN}>",
    "out_of_attribute": f"\"'><img src=x onerror={_RUN}>",
    "out_of_attribute_by_event": f'" onmouseover="{_RUN}" autofocus onfocus=\'{_RUN}\' x="',
    "out_of_textarea": f"</textarea></title></style><img src=x onerror={_RUN}>",
    "out_of_comment": f"--><img src=x onerror={_RUN}><!--",
    "cdata": f"<![CDATA[<img src=x onerror={_RUN}>]]>",
    "link_to_script": f"[x](javascript:{_RUN}) [y](JaVaScRiPt&colon;{_RUN}) [z](java\tscript:{_RUN})",
    "link_to_data": f"[x](data:text/html,<script>{_RUN}</script>) <data:text/html;base64,PHNjcmlwdD4=>",
    "link_by_reference": f"[x][1]\n\n[1]: javascript:{_RUN} 'y'",
    "link_out_of_attribute": f'[x](https://e.test/"onmouseover="{_RUN}) [y](https://e.test "\\"onmouseover=\\"{_RUN}")',
    "link_of_itself": f"<javascript:{_RUN}> <https://e.test/\"onfocus='{_RUN}'>",
    "markdown_image": f"![x]({_ELSEWHERE}/x.png) ![y](javascript:{_RUN}) ![{_RUN}](x\"onerror='{_RUN}')",
    "markdown_image_title": f'![x"onerror="{_RUN}]({_ELSEWHERE}/x.png "y\\"onerror=\\"{_RUN}")',
    "fence_language": f'```"><img src=x onerror={_RUN}>\ncode\n```',
    "fence_content": f"```html\n</code></pre><img src=x onerror={_RUN}>\n```",
    "table": f'| <img src=x onerror={_RUN}> |\n|:-" onclick="{_RUN}|\n| `</td><script>{_RUN}</script>` |',
    "template": "{{ window.__pwned = 1 }} {{constructor.constructor('window.__pwned=1')()}}",
    "template_directive": "<div v-html=\"window.__pwned=1\" :x='window.__pwned=1' @click='window.__pwned=1'></div>",
    "template_literal": "`${window.__pwned=1}` ${window.__pwned=1} \\u0060+(window.__pwned=1)+\\u0060",
    "javascript_string": "';window.__pwned=1;'\\\";window.__pwned=1;//\u2028window.__pwned=1\n//</script>",
    "json_breakout": '"},"x":{"main":"<img src=x onerror=window.__pwned=1>"}',
    "entities": f"&lt;img src=x onerror={_RUN}&gt; &#60;script&#62;{_RUN}&#60;/script&#62; &amp;lt;svg onload&amp;gt;",
    "broad_letters": f"＜script＞{_RUN}＜/script＞ ‹img src=x onerror={_RUN}› \u02bcx",
    "turned_and_hidden": f"\u202e<script>{_RUN}</script>\u2066 \U000e0041\u200b\x00<img src=x onerror={_RUN}>\x08",
    "nul_in_tag": f"<scr\x00ipt>{_RUN}</scr\x00ipt><img\x0bsrc=x\x0conerror={_RUN}>",
    "clobbering": '<a id=form name=view></a><form id="desk" name=__vue_app__><input name=action id=main>',
}
_TAGS = (
    "A ARTICLE ASIDE B BDI BLOCKQUOTE BR BUTTON CODE DD DEL DETAILS DIV DL DT EM FIELDSET FORM H2 H3 H4 H5 H6 HEADER "
    "HR INPUT INS KBD LABEL LEGEND LI OL P PRE S SECTION SPAN STRONG SUMMARY TABLE TBODY TD TEXTAREA TH THEAD TIME TR "
    "UL"
)
_IN_PAGE = """tags => {
  const found = [];
  for (const one of document.querySelectorAll('#main *, #pace *')) {
    if (!tags.split(' ').includes(one.tagName)) found.push(one.tagName);
    for (const { name, value } of one.attributes) {
      if (/^(on|v-|:|@)/i.test(name)) found.push(name);
      if (/^(href|src|action|data|srcdoc)$/i.test(name) && !/^(https?:|mailto:)/i.test(value)) found.push(value);
      if (name === 'style' && !/^text-align:(left|right|center)$/.test(value)) found.push(value);
    }
    const leadsAway = one.rel === 'noopener noreferrer nofollow' && one.target === '_blank';
    if (one.tagName === 'A' && !leadsAway) found.push(one.outerHTML);
  }
  for (const id of ['form', 'main', 'comment', 'problem', 'submit'])
    if (document.querySelectorAll('#' + id).length > 1) found.push('two of ' + id);
  return found;
}"""


def _everywhere(text: str) -> dict[str, Any]:
    """A call that says it in every place."""
    call = {"name": text, "arguments": text, "id": text}
    return {
        "model": text,
        "model_version": text,
        "input": [
            {"role": "system", "content": text},
            {"role": text, "name": text, "content": text},
            {"role": "user", "name": text, "content": [{"type": text}, {"type": "text", "text": text}]},
            {"role": "assistant", "content": json.dumps({text: [text]}), "tool_calls": [call]},
            {"role": "tool", "name": text, "content": text},
        ],
        "output": text,
        "tool_calls": [call],
        "context": [text, text],
        "reference": [text, f"{text} and more"],
        "error": text,
        "finish_reason": "length",
        "json_schema": {"title": text},
        "tools": [{"name": text}],
        "tests": {"rubrics": [{"criterion": text, "points": 2, "tags": [text]}, {"criterion": "x", "points": -1}]},
        "tags": {text: text, "b": text},
    }


def _opinion(text: str) -> dict[str, Any]:
    points = [{"name": "c1", "value": 0.0, "why": text}, {"name": text, "value": 1.0, "why": text}]
    return {"value": 0.0, "passed": False, "label": text, "why": text, "points": points, "flags": [text]}


def _is_calm(visit: Visit) -> None:
    """Nothing ran, nothing was loaded, and nothing is in the page that could."""
    assert visit.page.evaluate(_IN_PAGE, _TAGS) == []
    assert visit.page.evaluate(PWNED) is None
    assert visit.problems == []


def _look_everywhere(visit: Visit) -> None:
    visit.press("o")
    _is_calm(visit)
    for view in visit.find(".views button").all():
        view.dispatch_event("click")
    visit.page.evaluate("for (const one of document.querySelectorAll('#item *, .side *'))"
                        " for (const name of ['mouseover', 'focus', 'toggle', 'error', 'load'])"
                        " one.dispatchEvent(new Event(name))")  # fmt: skip
    _is_calm(visit)


def test_no_payload_runs_in_any_place(make_visit: MakeVisit) -> None:
    visit = make_visit(apps=tuple(PAYLOADS.values()), name=f"eve {PAYLOADS['out_of_attribute']}")
    for number, text in enumerate(PAYLOADS.values()):
        judge = ("healthbench", "helpfulness")[number % 2]
        visit.hall.lay(text, judge, reason=Reason.RULE, verdict=text, opinion=_opinion(text), **_everywhere(text))
    visit.lay("helpfulness", reason=Reason.BENCHMARK)
    visit.begin()

    for number in range(len(PAYLOADS)):
        if number % 6 == 0:  # what is in the page from the start goes another way than what comes later
            visit.page.reload()
            visit.find(".desk[data-serial]").wait_for()
        _look_everywhere(visit)
        visit.go_on(*("yy" if number % 2 == 0 else "3"), "Enter")
        _is_calm(visit)
    visit.sees("An answer.")
    assert len(visit.hall.done(visit.user)) == len(PAYLOADS)


@pytest.mark.parametrize("payload", ["image_error", "out_of_textarea", "template"])
def test_what_reviewers_write_runs_nothing_either(visit: Visit, payload: str) -> None:
    text = PAYLOADS[payload]
    visit.lay()
    visit.lay()
    visit.begin()

    visit.press("3")
    visit.page.fill("#comment", text)
    visit.go_on("Control+Enter")
    visit.go_on("z")
    expect(visit.find("#comment")).to_have_value(text)
    _is_calm(visit)
    visit.press("s")
    visit.page.fill("#skip-reason", text)
    visit.go_on("Enter")

    visit.sees(f"Skipped: {text}")
    _is_calm(visit)


@pytest.mark.parametrize(
    "onward", ["javascript:window.__pwned=1", "//evil.test/", "\"><script>window.__pwned=1</script>", "/\\evil.test"]
)  # fmt: skip
def test_the_log_in_leads_nowhere_else(visit: Visit, onward: str) -> None:
    visit.page.goto(f"{visit.hall.url}/login")
    visit.page.evaluate("onward => location.href = '/login?next=' + encodeURIComponent(onward)", onward)
    visit.page.wait_for_url("**/login?next=*")
    visit.page.fill("#name", '"><img src=x onerror=window.__pwned=1>')
    visit.page.fill("#password", "not the password")
    visit.press("Enter")
    expect(visit.find("[role=alert]")).to_have_text("Name or password is wrong.")
    visit.problems.clear()  # a browser's word for 401
    visit.log_in()

    visit.sees("All done")
    assert visit.page.url == f"{visit.hall.url}/review"
    assert visit.page.evaluate(PWNED) is None
