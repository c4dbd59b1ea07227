"""One model call to evaluate."""

from collections.abc import Mapping
from dataclasses import MISSING, dataclass, field, fields
from datetime import datetime
from functools import cached_property
from typing import NoReturn
from uuid import UUID


@dataclass(frozen=True, slots=True)
class ToolCall:
    """A call of a tool that the model asked for."""

    name: str
    arguments: str
    """JSON as the model wrote it, which may be broken."""
    id: str = ""


@dataclass(frozen=True, slots=True)
class Part:
    """One piece of a message: text, or something else that is only named."""

    text: str
    kind: str = "text"
    """``text``, or the producer's word for what it is: ``image_url``, ``input_audio``, …"""


@dataclass(frozen=True, slots=True)
class Message:
    """What one role said in a conversation."""

    role: str
    parts: tuple[Part, ...] = ()
    tool_calls: tuple[ToolCall, ...] = ()
    name: str = ""

    @property
    def text(self) -> str:
        """All text of the message."""
        if len(self.parts) == 1:
            return self.parts[0].text
        return "\n".join(part.text for part in self.parts if part.kind == "text")


class Tags(dict[str, str]):
    """Words to slice by, which nobody can change any more: a sample is shared by every check."""

    def _refuse(self, *_: object, **__: object) -> NoReturn:
        raise TypeError("a sample's tags cannot be changed")

    __setitem__ = __delitem__ = __ior__ = clear = pop = popitem = setdefault = update = _refuse  # type: ignore[assignment]

    def __reduce__(self) -> tuple[type["Tags"], tuple[dict[str, str]]]:
        return Tags, (dict(self),)


@dataclass(frozen=True, kw_only=True)
class Sample:
    """One model call: what was asked, what came back, and what is known about it.

    What a producer did not say is None or empty, never invented.
    """

    id: UUID
    """The same on every redelivery."""
    time: datetime
    """When the call happened, with a zone."""
    app: str
    output: str | None
    """None when the model gave no answer."""
    messages: tuple[Message, ...] = ()
    tool_calls: tuple[ToolCall, ...] = ()
    """Tools that the answer asks for."""
    context: tuple[str, ...] = ()
    """Passages that the model was given to answer from."""
    references: tuple[str, ...] = ()
    """Right answers, any of which will do."""
    expected_format: str = ""
    """``json``, ``code``, ``function_call``, … or empty."""
    json_schema: str = ""
    """The JSON Schema that the output should satisfy, as JSON text."""
    tests: str = ""
    """Tests for generated code, as JSON text."""
    tools: str = ""
    """Tools that were offered to the model, as JSON text."""
    language: str = ""
    """ISO 639-1 code of the language that the answer should be in."""
    error: str = ""
    """What the model or its provider said when it failed."""
    finish_reason: str = ""
    latency_ms: float | None = None
    first_token_ms: float | None = None
    """Until the first token of the answer arrived."""
    tokens_in: int | None = None
    tokens_out: int | None = None
    cost_usd: float | None = None
    producer_id: str = ""
    model: str = ""
    model_version: str = ""
    provider: str = ""
    prompt_version: str = ""
    release: str = ""
    env: str = ""
    trace_id: str = ""
    conversation_id: str = ""
    user: str = ""
    tags: Mapping[str, str] = field(default_factory=Tags)
    index: int = 0
    """Position in its record."""

    def __getstate__(self) -> dict[str, object]:
        """What a process of its own is told: the sample, and not what scorers have noted here."""
        return {name: self.__dict__[name] for name in _FIELDS}

    @cached_property
    def prompt(self) -> str:
        """What people and documents put in front of the model: every message that is not the model's own."""
        return "\n".join(m.text for m in self.messages if m.role not in {"system", "developer", "assistant"})

    @cached_property
    def notes(self) -> dict[str, object]:
        """What one scorer has found out about this sample, so that the others need not."""
        return {}

    @cached_property
    def output_bytes(self) -> bytes:
        """The answer as UTF-8, encoded once for every check that scans bytes."""
        return (self.output or "").encode()

    @cached_property
    def expects_json(self) -> bool:
        """Whether the producer asked for JSON."""
        return self.expected_format == "json" or bool(self.json_schema)


def _init_at_once(self: Sample, **said: object) -> None:
    """Set every field in one go: a frozen dataclass sets them one by one, which is a fifth of reading a record."""
    if unknown := said.keys() - _FIELDS:
        raise TypeError(f"a sample has no {', '.join(sorted(unknown))}")
    if missing := _REQUIRED - said.keys():
        raise TypeError(f"a sample needs {', '.join(sorted(missing))}")
    values = self.__dict__
    values.update(_DEFAULTS)
    values.update(said)


_FIELDS = frozenset(f.name for f in fields(Sample))
_DEFAULTS = {f.name: f.default for f in fields(Sample) if f.default is not MISSING} | {"tags": Tags()}
_REQUIRED = _FIELDS - _DEFAULTS.keys()
Sample.__init__ = _init_at_once
