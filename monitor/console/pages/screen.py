"""What the page shows at one moment, as a function of where the reviewer stands."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from markupsafe import Markup

from monitor.model import Item, Review, Sample, State
from monitor.pipeline.collect import Collect
from monitor.reviews import Field, Refused

from .conversation import conversation
from .facts import facts, reveals
from .form import form
from .keys import cap
from .opinion import beside, judged, opinion_of
from .pace import pace, per_hour
from .rendering import name
from .shift import Shift

ShowJudge = Literal["after", "always", "never"]
EMPTY = Markup(
    '<section class="empty"><h1>All done</h1>'
    "<p>Nothing waits for you. New items appear here by themselves.</p></section>"
)
AWAY = Markup(
    '<section class="empty"><h1>The store does not answer</h1>'
    "<p>Nothing is lost. This page tries again by itself.</p></section>"
)


@dataclass(frozen=True, slots=True)
class Posed:
    """An item with its sample and its questions; without questions where it cannot be judged."""

    item: Item
    sample: Sample | None
    fields: Sequence[Field]
    trouble: str = ""


def posed(collect: Collect, item: Item) -> Posed:
    """The item as it is put to a reviewer."""
    sample = None
    try:
        sample = collect.sample(item)
        return Posed(item, sample, collect.form(item))
    except Refused as refused:
        return Posed(item, sample, (), f"{refused}. Please skip it.")


def main(shift: Shift, show_judge: ShowJudge) -> Markup:
    """Everything below the top line."""
    side = _last(shift, show_judge)
    if shift.item is None:
        return Markup('<div class="page">{}<div class="side">{}</div></div>').format(EMPTY, side)
    one = posed(shift.collect, shift.item)
    return Markup(
        '<div class="page"><section id="item" class="item" tabindex="-1" aria-label="Item">{}</section>'
        '<div class="side">{}{}</div></div>'
    ).format(_item(one, shift, show_judge), _desk(one, shift, show_judge), side)


def top(shift: Shift) -> Markup:
    """How far they got."""
    history, now_ms = shift.history, shift.collect.now_ms
    return pace(
        shift=history.done,
        today=shift.collect.desk.tally.progress(shift.user.id, now_ms).mine_today,
        hourly=per_hour(history.done, now_ms - history.started_ms),
        waiting=shift.collect.desk.waiting(now_ms, apps=shift.user.apps),
    )


def _item(one: Posed, shift: Shift, show_judge: ShowJudge) -> Markup:
    trouble = Markup('<p class="note trouble">{}</p>').format(name(one.trouble)) if one.trouble else ""
    if one.sample is None:
        return Markup("{}").format(trouble)
    hidden = show_judge != "always" and reveals(one.item) and not shift.filled.answers
    line = facts(one.item, one.sample, shift.collect.now_ms, hide_verdict=hidden)
    return Markup("{}{}{}").format(line, trouble, conversation(one.sample))


def _desk(one: Posed, shift: Shift, show_judge: ShowJudge) -> Markup:
    """The form, and what belongs to it."""
    rubric = shift.collect.rubrics.get(one.item.judge)
    if not one.fields or rubric is None:
        return Markup(
            '<section id="form" class="blocked" aria-label="Your review">'
            '<p id="problem" class="problem" role="alert"></p>'
            '<div class="actions"><button type="button" id="skip-button" class="main">Skip {}</button></div>'
            "</section>"
        ).format(cap("s"))
    told = show_judge == "always" or (show_judge == "after" and shift.correcting)
    opinion = opinion_of(one.item) if told else None
    standing = Markup(
        '<p class="note">You are correcting a review. It stands until you submit. '
        '<button type="button" class="quiet" data-act="next">Leave it as it is</button></p>'
    )
    shown = form(
        one.fields,
        about=rubric.about,
        guidance=rubric.instructions,
        filled=shift.filled,
        submit="Correct" if shift.correcting else "Submit",
    )
    return Markup('{}{}{}<p id="lease" class="lease" role="status"></p>').format(
        standing if shift.correcting else "", judged(opinion) if opinion else "", shown
    )


def _last(shift: Shift, show_judge: ShowJudge) -> Markup:
    """What was done before, with the judge's opinion where it may be seen by now."""
    last = shift.history.last
    item = shift.collect.desk.items.get(last.item) if last else None
    if last is None or item is None or item.erased or shift.correcting:
        return Markup("")
    correct = Markup('<button type="button" class="quiet" data-act="correct">Correct {}</button>').format(cap("e"))
    return Markup(
        '<section class="last" aria-label="The last one"><div class="last-head"><h2>The last one</h2>{}'
        '<button type="button" class="quiet" data-act="undo">Undo {}</button></div>{}</section>'
    ).format(correct if last.state is State.DONE else "", cap("z"), _outcome(shift, item, last, show_judge))


def _outcome(shift: Shift, item: Item, last: Review, show_judge: ShowJudge) -> Markup:
    if last.state is not State.DONE:
        words = f"Skipped: {last.comment}" if last.state is State.SKIPPED else "Taken back"
        return Markup('<p class="agreement open">{}</p>').format(name(words))
    mark = shift.collect.marked(item, last)
    if mark is None:
        return Markup('<p class="agreement open">Kept</p>')
    opinion = opinion_of(item) if show_judge != "never" else None
    if opinion is None:
        words = mark.label.replace("_", " ") or "kept"
        return Markup('<p class="agreement open">You said <b>{}</b></p>').format(name(words))
    return beside(opinion, mark)
