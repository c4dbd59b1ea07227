"""A rubric's form: native controls, so that it works without a mouse and says its names to screen readers."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from markupsafe import Markup

from monitor.reviews import Field

from .folding import folded
from .keys import cap
from .rendering import name, plain

_KEYS = {"pass": "p", "fail": "f", "yes": "y", "no": "n", "answer": "a", "reference": "r", "tie": "t"}
_WORDS = {
    "pass": "Pass", "fail": "Fail", "yes": "Yes", "no": "No",
    "answer": "Answer", "reference": "Reference", "tie": "Tie",
}  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class Filled:
    """What a form is filled in with."""

    answers: Mapping[str, object] = field(default_factory=dict[str, object])
    """By field."""
    comment: str = ""
    cannot_tell: bool = False


def form(fields: Sequence[Field], *, about: str, guidance: str, filled: Filled, submit: str) -> Markup:
    """The form.

    Args:
        fields: its questions.
        about: what all of them are about.
        guidance: what a judge is told too.
        filled: what was answered before.
        submit: what the button says.
    """
    many = len(fields) > 1
    questions = Markup("").join(_question(number, one, filled, many=many) for number, one in enumerate(fields))
    return Markup(
        '<form id="form" novalidate aria-label="Your review" data-many="{many}">'
        "<h2>{about}</h2>{guidance}"
        '<div class="questions">{questions}</div>'
        '<button type="button" id="unsure" class="toggle" aria-pressed="{unsure}">{u} Cannot tell</button>'
        '<label class="comment" for="comment">Comment {c}</label>'
        '<textarea id="comment" rows="2" maxlength="10000" dir="auto" '
        'placeholder="Why, if you like">{comment}</textarea>'
        '<p id="problem" class="problem" role="alert"></p>'
        '<div class="actions"><button class="main" id="submit">{submit} {enter}</button>'
        '<button type="button" id="skip-button" class="quiet">Skip {s}</button></div></form>'
    ).format(
        many="yes" if many else "no",
        about=name(about),
        guidance=folded("How to judge", plain(guidance), kind="guidance"),
        questions=questions,
        unsure="true" if filled.cannot_tell else "false",
        comment=Markup("\n{}").format(filled.comment),  # a parser leaves the first line end out
        submit=submit,
        u=cap("u"),
        c=cap("c"),
        s=cap("s"),
        enter=cap("Enter"),
    )


def answers_of(fields: Sequence[Field], said: Mapping[str, str]) -> dict[str, object]:
    """The answers by the fields' names, from those by their numbers."""
    return {one.name: said[str(number)] for number, one in enumerate(fields) if str(number) in said}


def _question(number: int, one: Field, filled: Filled, *, many: bool) -> Markup:
    legend = Markup('<legend id="q{}"{}>{}{}</legend>').format(
        number, "" if many else Markup(' class="unseen"'), name(one.label), _worth(one)
    )
    options = Markup("").join(_options(number, one, filled, many=many))
    return Markup(
        '<fieldset class="question {}" role="radiogroup" aria-labelledby="q{}" data-number="{}">'
        '{}<div class="options">{}</div></fieldset>'
    ).format(one.kind, number, number, legend, options)


def _options(number: int, one: Field, filled: Filled, *, many: bool) -> Iterator[Markup]:
    chosen = _word(filled.answers.get(one.name))
    for position, option in enumerate(one.options):
        hint = one.hints[position] if position < len(one.hints) else ""
        key = _KEYS.get(option) or _digit(option, one.options)
        yield Markup(
            '<label class="option" title="{hint}"><input type="radio" name="q{number}" value="{option}" '
            'aria-label="{label}"{checked}>'
            "{cap}<span>{words}{hinted}</span></label>"
        ).format(
            hint=hint,
            number=number,
            option=option,
            label=f"{_WORDS.get(option, option)}{': ' if hint else ''}{hint}",
            checked=Markup(" checked") if option == chosen else "",
            cap=cap(key) if key else "",
            words=Markup("<b>{}</b>").format(_WORDS[option]) if option in _WORDS else _number(option, key),
            hinted=Markup(' <span class="hint">{}</span>').format(name(hint)) if hint else "",
        )


def _number(option: str, key: str) -> Markup:
    """The key's cap shows the grade already."""
    return Markup("") if option == key else Markup("<b>{}</b>").format(option)


def _digit(option: str, options: Sequence[str]) -> str:
    if len(option) == 1 and option.isdigit():
        return option
    return "0" if option == "10" and "0" not in options else ""


def _word(answer: object) -> str:
    return {True: "yes", False: "no"}[answer] if isinstance(answer, bool) else "" if answer is None else str(answer)


def _worth(one: Field) -> Markup:
    if not one.points:
        return Markup("")
    return Markup(' <span class="worth">{}</span>').format(f"{one.points:+g}".replace("-", "−"))
