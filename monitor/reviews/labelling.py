"""A rubric's form as a labelling configuration of Label Studio, and an item as its task.

Texts of samples are only ever data of a task, shown by tags that take them as plain text; texts of rubrics are part of
the configuration, and escaped. Grades are choices rather than stars: stars begin at one, and show no anchors.
"""

import re
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from uuid import UUID
from xml.etree.ElementTree import Element, SubElement, tostring

import msgspec

from monitor.judges import Pairwise, Rubric
from monitor.model import Item, Message, Sample, Task

from .form import Field, form_of
from .labelled import ANSWER, CANNOT_TELL, COMMENT, CRITERION, SAID_SO, Filled, control_of, of_sample, regions

FORM_VERSION = 1
"""Of the configuration: other names of controls or data make another form, for which a new project is made."""
_INDEX = "{{idx}}"
_NOTHING = "–"
_ANY = Sample(id=UUID(int=0), time=datetime(1970, 1, 1, tzinfo=UTC), app="", output=None)
_UNWRITABLE = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
"""What XML cannot say and databases do not take."""
_VARIABLE = re.compile(r"\$(?=\w)")


def configuration(rubric: Rubric) -> str:
    """The labelling configuration: what is shown, what is asked, whether one cannot tell, and a comment.

    Criteria that each sample brings along are asked by a part that is repeated for each of a task's own.
    """
    view = Element("View")
    for piece in _pieces(rubric):
        _header(view, piece.capitalize())
        inner = _repeated(view, piece)
        SubElement(inner, "Header", value=f"${piece}[{_INDEX}].who", size="5")
        _text(inner, f"{piece}_{_INDEX}", f"${piece}[{_INDEX}].text")
    _header(view, "The answer")
    _text(view, ANSWER, f"${ANSWER}")
    _header(view, rubric.about)
    if of_sample(rubric):
        inner = _repeated(view, "criteria")
        _text(inner, f"{CRITERION}{_INDEX}", f"$criteria[{_INDEX}].text")
        _choices(inner, control_of("", _INDEX, of_sample=True), f"{CRITERION}{_INDEX}", {"yes": "yes", "no": "no"})
    else:
        for one in form_of(rubric, _ANY):
            if one.label != rubric.about:
                _header(view, one.label, size="5")
            _choices(view, control_of(one.name, 0, of_sample=False), ANSWER, _options(one))
    cannot = SubElement(view, "Choices", name=CANNOT_TELL, toName=ANSWER, choice="multiple")
    SubElement(cannot, "Choice", value=SAID_SO)
    area = {"placeholder": "Why", "rows": "3", "editable": "true", "maxSubmissions": "1"}
    SubElement(view, "TextArea", {"name": COMMENT, "toName": ANSWER, **area})
    return tostring(view, encoding="unicode")


def task_of(item: Item, rubric: Rubric, sample: Sample, *, shown: bool) -> Task:
    """An item as a task.

    Args:
        item: what waits for people.
        rubric: the one of its judge.
        sample: the item's.
        shown: whether reviewers may see what the judge said; if not, it is not handed over at all.

    Raises:
        Unjudged: the rubric takes criteria from the sample, and it has none.
    """
    fields = form_of(rubric, sample)
    data: dict[str, object] = {"item": str(item.id), "app": _plain(item.app), "model": _plain(sample.model)}
    data |= {piece: _piece(piece, sample) for piece in _pieces(rubric)}
    data[ANSWER] = _plain(_said(sample.output or "", sample)) or "(no answer)"
    if of_sample(rubric):
        data["criteria"] = [{"text": _plain(one.label)} for one in fields]
    opinion = _opinion(item) if shown else _Opinion()
    guess = Filled(answers=_guessed(fields, opinion))
    return Task(item=item.id, data=data, prediction=regions(rubric, sample, guess), by=item.judge, value=opinion.value)


class _Point(msgspec.Struct):
    name: str
    value: float | None = None


class _Opinion(msgspec.Struct):
    """What we use of what a judge said."""

    value: float | None = None
    passed: bool | None = None
    label: str = ""
    points: list[_Point] = msgspec.field(default_factory=list[_Point])


_WINNER = {"better": "answer", "worse": "reference"}


def _opinion(item: Item) -> _Opinion:
    try:
        return msgspec.json.decode(item.opinion, type=_Opinion) if item.opinion else _Opinion()
    except msgspec.DecodeError:
        return _Opinion()


def _guessed(fields: Sequence[Field], opinion: _Opinion) -> dict[str, str]:
    """The form as the judge would have filled it in, as far as its opinion tells."""
    if opinion.value is None:
        return {}
    words = {
        "verdict": "pass" if opinion.passed else "fail",
        "grade": opinion.label,
        "winner": _WINNER.get(opinion.label, "tie"),
        **{one.name: "yes" if one.value else "no" for one in opinion.points if one.value is not None},
    }
    return {one.name: word for one in fields if (word := words.get(one.name, "")) in one.options}


def _pieces(rubric: Rubric) -> list[str]:
    """What is shown beside the answer; of a pair the other one, always."""
    pair = ("reference",) if isinstance(rubric, Pairwise) else ()
    return list(dict.fromkeys((*rubric.shows, *pair)))


def _piece(piece: str, sample: Sample) -> list[Mapping[str, str]]:
    """Never empty: where nothing is shown at all, one wonders whether it was lost."""
    match piece:
        case "conversation":
            said = [(f"{one.role} {one.name}".strip(), _said(one.text, one)) for one in sample.messages]
        case "context":
            said = [(str(number), text) for number, text in enumerate(sample.context, start=1)]
        case "reference":
            said = [(str(number), text) for number, text in enumerate(sample.references, start=1)]
        case _:
            said = [("offered", sample.tools)]
    return [{"who": _plain(who) or _NOTHING, "text": _plain(text) or _NOTHING} for who, text in said or [("", "")]]


def _said(text: str, speaker: Message | Sample) -> str:
    return "\n".join([text, *(f"(calls {call.name} with {call.arguments})" for call in speaker.tool_calls)]).strip()


def _options(one: Field) -> dict[str, str]:
    """What is shown, by the word that is kept."""
    hints = one.hints or ("",) * len(one.options)
    return {option: f"{option} – {hint}" if hint else option for option, hint in zip(one.options, hints, strict=True)}


def _repeated(parent: Element, over: str) -> Element:
    return SubElement(SubElement(parent, "Repeater", on=f"${over}", indexFlag=_INDEX), "View")


def _header(parent: Element, text: str, *, size: str = "4") -> None:
    SubElement(parent, "Header", value=_constant(text), size=size)


def _text(parent: Element, name: str, value: str) -> None:
    SubElement(parent, "Text", name=name, value=value, valueType="text")  # else what looks like a URL may be fetched


def _choices(parent: Element, name: str, to: str, options: Mapping[str, str]) -> None:
    """One of them is required, until the reviewer cannot tell."""
    unless = {"visibleWhen": "choice-unselected", "whenTagName": CANNOT_TELL, "whenChoiceValue": SAID_SO}
    asked = {"name": name, "toName": to, "choice": "single-radio", "required": "true"}
    made = SubElement(parent, "Choices", {**asked, **unless})
    for option, shown in options.items():
        SubElement(made, "Choice", value=_constant(shown), alias=option)


def _constant(text: str) -> str:
    """Text of the configuration: Label Studio would put data in the place of what looks like a variable."""
    return _VARIABLE.sub("$\N{WORD JOINER}", _plain(text))


def _plain(text: str) -> str:
    return _UNWRITABLE.sub("\N{REPLACEMENT CHARACTER}", text)
