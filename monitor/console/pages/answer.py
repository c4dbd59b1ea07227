"""The answer that is judged, set apart, and what it can be held against."""

from collections.abc import Iterator

from markupsafe import Markup

from monitor.model import Sample

from .difference import difference
from .folding import folded, long
from .rendering import code, data, markdown, name, parsed_json, plain

_TITLES = {"answer": "Answer", "raw": "As written", "reference": "Reference", "diff": "Difference"}
_CUT = frozenset({"length", "max_tokens"})


def answer(sample: Sample, calls: Markup) -> Markup:
    """The answer with its views: as it is meant, as it was written, the reference, the difference.

    Args:
        sample: whose answer it is.
        calls: the tools that it asks for.
    """
    views = dict(_views(sample))
    tabs = Markup("").join(
        Markup('<button type="button" data-view="{}" aria-pressed="{}">{}</button>').format(
            view, "true" if view == "answer" else "false", _TITLES[view]
        )
        for view in views
    )
    shown = Markup("").join(
        Markup('<div class="view" data-view="{}"{}>{}</div>').format(
            view, "" if view == "answer" else Markup(" hidden"), body
        )
        for view, body in views.items()
    )
    return Markup(
        '<section class="answer" aria-label="Answer to judge"><div class="answer-head"><h2>Answer to judge</h2>'
        '<div class="views" role="group" aria-label="Show">{}</div></div>{}{}{}</section>'
    ).format(tabs if len(views) > 1 else "", Markup("").join(_notes(sample)), shown, calls)


def _views(sample: Sample) -> Iterator[tuple[str, Markup]]:
    output = sample.output or ""
    yield "answer", _long_text(_meant(sample), output)
    if output:
        yield "raw", _long_text(plain(output), output)
    if sample.references:
        yield "reference", Markup("").join(_references(sample))
    if sample.references and output:
        shown = difference(sample.references[0], output)
        legend = Markup('<p class="legend"><del>only in the reference</del> <ins>only in the answer</ins></p>')
        yield "diff", Markup('{}<div class="text diff" dir="auto">{}</div>').format(legend, shown)


def _meant(sample: Sample) -> Markup:
    """As the answer is meant to be seen."""
    if sample.output is None:
        return Markup('<p class="absent">The model gave no answer.</p>')
    if not sample.output.strip():
        return Markup('<p class="absent">The answer is empty.</p>')
    if parsed_json(sample.output) is not None:
        return data(sample.output)
    if sample.expected_format == "code" and "```" not in sample.output:
        return code(sample.output, "python")
    return markdown(sample.output)


def _references(sample: Sample) -> Iterator[Markup]:
    for reference in sample.references:
        yield _long_text(markdown(reference), reference)


def _notes(sample: Sample) -> Iterator[Markup]:
    if sample.error:
        yield folded("The call failed", plain(sample.error), kind="trouble", opened=True)
    if sample.finish_reason in _CUT:
        yield Markup('<p class="note">The answer was cut: {}</p>').format(name(sample.finish_reason))


def _long_text(shown: Markup, text: str) -> Markup:
    return long(Markup('<div class="text" dir="auto">{}</div>').format(shown), text, times=3)
