"""A rubric as a form for people, and what they answered as the rubric reads it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from monitor.judges import Checklist, Criteria, Grade, Marked, Pairwise, Rubric, criteria_of, marked
from monitor.judges.reply import Replied
from monitor.model import Missing, Sample, Unjudged

Answers = Mapping[str, object]
WINNERS = ("answer", "reference", "tie")


class InvalidAnswers(ValueError):
    """The form is not filled in as it asks; the message names the field and what it takes."""

    def __init__(self, message: str, *, field: str = "") -> None:
        super().__init__(message)
        self.field = field
        """Which; empty when it is the form as a whole."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Field:
    """One question of the form."""

    name: str
    label: str
    kind: Literal["choice", "grade", "yes_no"]
    options: tuple[str, ...]
    """What may be answered; of a grade the numbers, the lowest first."""
    hints: tuple[str, ...] = ()
    """What each option means, in words."""
    points: float = 0.0
    """What yes is worth, where that is not the same for all."""


def form_of(rubric: Rubric, sample: Sample) -> tuple[Field, ...]:
    """The questions that a person answers about a sample.

    Raises:
        Unjudged: the rubric takes criteria from the sample, and it has none.
    """
    match rubric:
        case Grade() if not rubric.grades:
            hints = (rubric.anchors["pass"], rubric.anchors["fail"])
            return (Field(name="verdict", label=rubric.about, kind="choice", options=("pass", "fail"), hints=hints),)
        case Grade():
            options = tuple(map(str, rubric.grades))
            hints = tuple(rubric.anchors[option] for option in options)
            return (Field(name="grade", label=rubric.about, kind="grade", options=options, hints=hints),)
        case Checklist(items=items):
            return tuple(_yes_no(name, text) for name, text in items.items())
        case Criteria():
            criteria = criteria_of(sample) if rubric.of_sample else rubric.criteria
            return tuple(_yes_no(criterion.id, criterion.text, criterion.points) for criterion in criteria)
        case Pairwise():
            return (Field(name="winner", label=rubric.about, kind="choice", options=WINNERS),)


def read_answers(rubric: Rubric, sample: Sample, answers: Answers) -> dict[str, object]:
    """What a person answered, checked against the form.

    Raises:
        InvalidAnswers: a field is missing, unknown, or not one of its options.
    """
    fields = form_of(rubric, sample)
    if unknown := answers.keys() - {field.name for field in fields}:
        raise InvalidAnswers(f"{', '.join(sorted(unknown))}: the form has no such field", field=min(unknown))
    return {field.name: _read(field, answers.get(field.name)) for field in fields}


def mark_of(rubric: Rubric, sample: Sample, answers: Answers, *, comment: str, cannot_tell: bool) -> Marked:
    """The value that a person gave, by the same rule as a judge's.

    Raises:
        InvalidAnswers: as above.
    """
    if cannot_tell:
        return Marked.without(Unjudged(Missing.CANNOT_TELL, comment or "the reviewer cannot tell"))
    return marked(rubric, sample, _replies(rubric, read_answers(rubric, sample, answers), comment))


def _yes_no(name: str, text: str, points: float = 0.0) -> Field:
    return Field(name=name, label=text, kind="yes_no", options=("yes", "no"), points=points)


def _read(field: Field, answer: object) -> object:
    if field.kind == "yes_no":
        said = {True: True, False: False, "yes": True, "no": False}.get(answer) if _plain(answer) else None  # type: ignore[call-overload]
        if said is None:
            raise InvalidAnswers(f"{field.name}: needs yes or no", field=field.name)
        return said
    text = str(answer) if isinstance(answer, str | int) and not isinstance(answer, bool) else ""
    if text not in field.options:
        raise InvalidAnswers(f"{field.name}: needs one of {', '.join(field.options)}", field=field.name)
    return int(text) if field.kind == "grade" else text


def _plain(answer: object) -> bool:
    return isinstance(answer, bool | str)


def _replies(rubric: Rubric, answers: Mapping[str, object], comment: str) -> dict[str, Replied]:
    """As a judge would have replied."""
    match rubric:
        case Grade():
            return {"all": {"explanation": comment, **answers}}
        case Checklist():
            return {"all": {"explanation": comment, "criteria": _listed(answers, comment)}}
        case Criteria(batch=True):
            return {"all": {"explanation": comment, "criteria": _listed(answers, comment)}}
        case Criteria():
            return {name: {"explanation": comment, "criteria_met": met} for name, met in answers.items()}
        case Pairwise():
            first, second = {"answer": ("A", "B"), "reference": ("B", "A")}.get(str(answers["winner"]), ("tie", "tie"))
            return {
                "ab": {"explanation": comment, "winner": first},
                "ba": {"explanation": comment, "winner": second},
            }


def _listed(answers: Mapping[str, object], comment: str) -> Sequence[Replied]:
    return [{"id": name, "explanation": comment, "criteria_met": met} for name, met in answers.items()]
