"""What goes over the wire."""

from typing import Annotated, Literal
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from monitor.model import Item, Message, Reason, Review, Role, Sample, State, ToolCall, User
from monitor.reviews import Field as Question

from .passwords import LONGEST, SHORTEST

Name = Annotated[str, StringConstraints(min_length=1, max_length=100, pattern=r"^[\w.@+-]+$")]
App = Annotated[str, StringConstraints(min_length=1, max_length=200)]
Password = Annotated[str, StringConstraints(min_length=SHORTEST, max_length=LONGEST)]
Comment = Annotated[str, StringConstraints(max_length=10_000)]
FieldName = Annotated[str, StringConstraints(max_length=200)]
Answer = bool | int | Annotated[str, StringConstraints(max_length=200)]
Count = Annotated[int, Field(ge=0)]


class Shape(BaseModel):
    """Says all of its fields, and takes no others."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class Problem(Shape):
    """What every refusal looks like."""

    reason: str
    """A word from a closed set."""
    message: str
    """For people."""
    field: str = ""
    """Which field is to blame; empty where it is none."""


class Credentials(Shape):
    """Who wants in."""

    name: Annotated[str, StringConstraints(max_length=200)]
    password: Annotated[str, StringConstraints(max_length=1024)]


class Person(Shape):
    """Somebody with a name; of the password nothing."""

    id: UUID
    name: str
    role: Role
    apps: tuple[str, ...]
    disabled: bool
    changed_ms: int

    @classmethod
    def of(cls, user: User) -> "Person":
        """What may be told of a user."""
        return cls(
            id=user.id,
            name=user.name,
            role=user.role,
            apps=user.apps,
            disabled=user.disabled,
            changed_ms=user.changed_ms,
        )


class Me(Shape):
    """Whoever asks."""

    id: UUID
    name: str
    role: Role
    apps: tuple[str, ...]
    csrf: str
    """To be sent as X-CSRF-Token with whatever changes something; empty for a token, which needs none."""

    @classmethod
    def of(cls, user: User, csrf: str) -> "Me":
        """What somebody is told of themselves."""
        return cls(id=user.id, name=user.name, role=user.role, apps=user.apps, csrf=csrf)


class Token(Shape):
    """What a script sends as ``Authorization: Bearer …``."""

    token: str
    token_type: Literal["bearer"] = "bearer"
    expires_in: int
    """Seconds."""


class NewPerson(Shape):
    """Somebody to add."""

    name: Name
    role: Role
    apps: tuple[App, ...] = ()
    password: Password | None = None
    """Made up where none is given, and told once."""


class Added(Shape):
    """Somebody who was added."""

    person: Person
    password: str
    """Where it was made up: it is told now and never again."""


class PersonChange(Shape):
    """What shall be different; what is not said stays."""

    role: Role | None = None
    apps: tuple[App, ...] | None = None
    disabled: bool | None = None
    password: Password | None = None


class Verdict(Shape):
    """What a reviewer says of an item."""

    answers: dict[Annotated[str, StringConstraints(max_length=200)], Answer] = Field(
        default_factory=dict, max_length=200
    )
    """By the names of the form's fields."""
    comment: Comment = ""
    cannot_tell: bool = False
    """Then there are no answers."""


class Skip(Shape):
    """Why an item is passed by."""

    reason: Comment = ""


class Take(Shape):
    """Of which applications the next item should be; of any where none is named."""

    apps: tuple[App, ...] = ()


class Work(Shape):
    """Where one reviewer stands with one item."""

    reviewer: UUID
    name: str
    state: State
    answers: dict[str, object]
    comment: str
    cannot_tell: bool
    at_ms: int
    until_ms: int
    """End of the lease, while it is open."""
    seconds: float
    revision: int

    @classmethod
    def of(cls, review: Review, name: str) -> "Work":
        """A review and whose it is."""
        return cls(
            reviewer=review.reviewer,
            name=name,
            state=review.state,
            answers=dict(review.answers),
            comment=review.comment,
            cannot_tell=review.cannot_tell,
            at_ms=review.at_ms,
            until_ms=review.until_ms,
            seconds=review.seconds,
            revision=review.revision,
        )


class Summary(Shape):
    """An item in a list."""

    id: UUID
    app: str
    judge: str
    reason: Reason
    created_ms: int
    due_ms: int
    wanted: int
    done: int
    """Verdicts that it has."""
    open: bool
    """Whether it needs more."""
    erased: bool
    mine: State | None
    """Where whoever asks stands with it."""

    @classmethod
    def of(cls, item: Item, *, done: int, open: bool, mine: Review | None) -> "Summary":
        """An item, and how far it is."""
        return cls(
            id=item.id,
            app=item.app,
            judge=item.judge,
            reason=item.reason,
            created_ms=item.created_ms,
            due_ms=item.due_ms,
            wanted=item.wanted,
            done=done,
            open=open,
            erased=item.erased,
            mine=mine.state if mine else None,
        )


class Page(Shape):
    """A part of a list."""

    items: list[Summary]
    total: int
    offset: int
    limit: int


class Call(Shape):
    """A tool that a model called."""

    name: str
    arguments: str

    @classmethod
    def of(cls, call: ToolCall) -> "Call":
        """What is shown of it."""
        return cls(name=call.name, arguments=call.arguments)


class Said(Shape):
    """What one role said in the conversation."""

    role: str
    text: str
    name: str
    calls: list[Call]
    other: list[str]
    """What else came with it, by kind: ``image_url``, …"""

    @classmethod
    def of(cls, message: Message) -> "Said":
        """What is shown of it."""
        return cls(
            role=message.role,
            text=message.text,
            name=message.name,
            calls=[Call.of(call) for call in message.tool_calls],
            other=[part.kind for part in message.parts if part.kind != "text"],
        )


class Asked(Shape):
    """One question of the form."""

    name: str
    label: str
    kind: Literal["choice", "grade", "yes_no"]
    options: tuple[str, ...]
    hints: tuple[str, ...]
    points: float

    @classmethod
    def of(cls, question: Question) -> "Asked":
        """A question as it is put."""
        return cls(
            name=question.name,
            label=question.label,
            kind=question.kind,
            options=question.options,
            hints=question.hints,
            points=question.points,
        )


class Mark(Shape):
    """What verdicts come to."""

    value: float | None
    passed: bool | None
    label: str
    why: str


class Shown(Shape):
    """An item with everything that is to be seen of it."""

    summary: Summary
    conversation: list[Said]
    context: tuple[str, ...]
    references: tuple[str, ...]
    tools: str
    """Tools that were offered to the model, as JSON; empty for none."""
    output: str | None
    """None where the model gave no answer."""
    calls: list[Call]
    """Tools that the answer asks for."""
    form: list[Asked]
    no_form: str
    """Why there is nothing to ask; empty where there is."""
    checks: str
    """What the checks made of it: ``pass``, ``fail``, ``unsure``, or empty."""
    opinion: dict[str, object] | None
    """The judge's, where it may be seen."""
    mine: Work | None
    others: list[Work]
    """For leads, once they have given their own verdict or no more is needed."""
    together: Mark | None
    """For leads likewise."""

    @classmethod
    def part(cls, sample: Sample) -> dict[str, object]:
        """What is shown of the sample itself."""
        return {
            "conversation": [Said.of(message) for message in sample.messages],
            "context": sample.context,
            "references": sample.references,
            "tools": sample.tools,
            "output": sample.output,
            "calls": [Call.of(call) for call in sample.tool_calls],
        }


class HowFar(Shape):
    """How much is done, and what is left."""

    today: int
    """Verdicts since midnight, UTC, by everybody."""
    per_hour: int
    """Within the last hour, by everybody."""
    mine_today: int
    mine: int
    left: dict[Reason, int]
    """Items that need more verdicts."""


class Unreadable(Shape):
    """A line that is no item."""

    line: int
    """Counted from 1."""
    message: str


class Imported(Shape):
    """What became of lines."""

    laid: int
    known: int
    """Were on the desk already, or twice in the file."""
    unreadable: int
    problems: list[Unreadable]
    """The first hundred of them."""
