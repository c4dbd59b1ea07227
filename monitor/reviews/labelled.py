"""An annotation of Label Studio as answers of a rubric's form, and the other way round."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

import msgspec

from monitor.judges import Criteria, Rubric
from monitor.model import Sample

from .form import Field, InvalidAnswers, form_of

ANSWER, CANNOT_TELL, COMMENT, CRITERION = "answer", "cannot_tell", "comment", "criterion_"
"""Names of what is shown and asked, the same for every rubric."""
SAID_SO = "cannot tell"
_MET = "met_"

Region = Mapping[str, object]


class Misfit(InvalidAnswers):
    """An annotation that is no answer to the form."""

    def __init__(self, reason: str, message: str, *, field: str = "") -> None:
        super().__init__(message, field=field)
        self.reason = reason
        """One of ``missing_field``, ``unknown_field``, ``unknown_choice``, ``twice``, ``unreadable``."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Filled:
    """What an annotation says, in the words of the form."""

    answers: Mapping[str, str] = field(default_factory=dict[str, str])
    comment: str = ""
    cannot_tell: bool = False


def of_sample(rubric: Rubric) -> bool:
    """Whether each sample brings along what is asked about it."""
    return isinstance(rubric, Criteria) and rubric.of_sample


def control_of(name: str, number: int | str, *, of_sample: bool) -> str:
    """The control that asks for a field: by its name, or by its number where each task has fields of its own."""
    return f"{_MET}{number}" if of_sample else f"answer_{name}"


def controls_of(rubric: Rubric, fields: Iterable[Field]) -> dict[str, str]:
    """Names of fields by the names of their controls."""
    own = of_sample(rubric)
    return {control_of(one.name, number, of_sample=own): one.name for number, one in enumerate(fields)}


def regions(rubric: Rubric, sample: Sample, filled: Filled) -> list[Region]:
    """Answers as Label Studio keeps them.

    Raises:
        Unjudged: the rubric takes criteria from the sample, and it has none.
    """
    controls = {name: control for control, name in controls_of(rubric, form_of(rubric, sample)).items()}
    found = [_region(controls[name], "choices", "choices", answer) for name, answer in filled.answers.items()]
    if filled.cannot_tell:
        found.append(_region(CANNOT_TELL, "choices", "choices", SAID_SO))
    if filled.comment:
        found.append(_region(COMMENT, "textarea", "text", filled.comment))
    return found


def read_result(rubric: Rubric, sample: Sample, result: object) -> Filled:
    """What an annotation says; whoever cannot tell need not answer.

    Raises:
        Misfit: it is no answer to the form; the message names the field and what it takes.
        Unjudged: the rubric takes criteria from the sample, and it has none.
    """
    try:
        given = msgspec.convert(result, list[_Region])
    except msgspec.ValidationError as error:
        raise Misfit("unreadable", f"is no result of Label Studio: {error}") from error
    fields = {one.name: one for one in form_of(rubric, sample)}
    controls = controls_of(rubric, fields.values())
    answers: dict[str, str] = {}
    comments: list[str] = []
    cannot_tell = False
    for region in given:
        control, value = region.from_name, region.value
        if control == COMMENT:
            comments += [value.text] if isinstance(value.text, str) else value.text
        elif control == CANNOT_TELL:
            cannot_tell = bool(value.choices)
        elif control not in controls:
            raise Misfit("unknown_field", f"{control[:100]}: the form has no such field")
        elif value.choices:
            _answer(answers, fields[controls[control]], value.choices)
    comment = "\n".join(comments).strip()
    if cannot_tell:
        return Filled(comment=comment, cannot_tell=True)
    if missing := [one for name, one in fields.items() if name not in answers]:
        takes = "; ".join(f"{one.name}: needs one of {', '.join(one.options)}" for one in missing)
        raise Misfit("missing_field", takes, field=missing[0].name)
    return Filled(answers=answers, comment=comment)


class _Value(msgspec.Struct):
    choices: list[str] = msgspec.field(default_factory=list[str])
    text: list[str] | str = ""


class _Region(msgspec.Struct):
    from_name: str
    value: _Value


def _answer(answers: dict[str, str], one: Field, choices: Sequence[str]) -> None:
    if len(choices) > 1 or one.name in answers:
        raise Misfit("twice", f"{one.name}: takes one answer only", field=one.name)
    if choices[0] not in one.options:
        takes = f"{one.name}: needs one of {', '.join(one.options)}, not {choices[0][:100]!r}"
        raise Misfit("unknown_choice", takes, field=one.name)
    answers[one.name] = choices[0]


def _region(control: str, kind: str, key: str, value: str) -> Region:
    number = control.removeprefix(_MET)
    shown = ANSWER if number == control else f"{CRITERION}{number}"
    return {"from_name": control, "to_name": shown, "type": kind, "value": {key: [value]}}
