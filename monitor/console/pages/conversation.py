"""A sample as people read it: what was said, what the model was given, and the answer that is judged."""

from collections.abc import Iterator

from markupsafe import Markup

from monitor.model import Message, Part, Sample, ToolCall

from .answer import answer
from .folding import folded, long
from .rendering import data, markdown, name, parsed_json, plain

_ASIDE = frozenset({"system", "developer"})
"""Roles whose messages are the same in every sample: folded."""
_TOOLS = frozenset({"tool", "function"})
_NAMES = {"user": "User", "assistant": "Assistant", "system": "System", "developer": "Developer", "tool": "Tool"}
_PREVIEW = 90


def conversation(sample: Sample) -> Markup:
    """Everything that a reviewer should read, the answer last."""
    return Markup("").join(
        (
            Markup('<section class="talk" aria-label="Conversation">{}</section>').format(
                Markup("").join(_message(message) for message in sample.messages)
            ),
            *_given(sample),
            answer(sample, Markup("").join(map(_call, sample.tool_calls))),
        )
    )


def _message(message: Message) -> Markup:
    role = message.role.lower()
    if role in _ASIDE or role in _TOOLS:
        title = Markup('{} <span class="preview">{}</span>').format(_who(message), name(_first_words(message.text)))
        return folded(title, _said(message), kind="tool" if role in _TOOLS else "aside")
    kind = role if role in {"user", "assistant"} else "other"
    return Markup('<article class="message {}"><h3>{}</h3>{}</article>').format(kind, _who(message), _said(message))


def _who(message: Message) -> Markup:
    shown = name(_NAMES.get(message.role.lower(), message.role))
    return Markup("{} · {}").format(shown, name(message.name)) if message.name else shown


def _said(message: Message) -> Markup:
    parts = Markup("").join(map(_part, message.parts))
    body = long(Markup('<div class="text" dir="auto">{}</div>').format(parts), message.text) if parts else Markup("")
    return Markup("{}{}").format(body, Markup("").join(map(_call, message.tool_calls)))


def _part(part: Part) -> Markup:
    if part.kind != "text":
        return Markup('<p class="absent">{}, not kept</p>').format(name(part.kind.replace("_", " ")))
    return data(part.text) if parsed_json(part.text) is not None else markdown(part.text)


def _call(call: ToolCall) -> Markup:
    title = Markup('Tool call <code>{}</code> <span class="preview">{}</span>').format(
        name(call.name), name(_first_words(call.arguments))
    )
    return folded(title, long(data(call.arguments), call.arguments), kind="tool")


def _given(sample: Sample) -> Iterator[Markup]:
    """What the model had beside the conversation."""
    if sample.context:
        passages = Markup("").join(map(_passage, sample.context))
        title = f"Context · {_number(len(sample.context), 'passage')}"
        yield folded(title, Markup('<ol class="passages">{}</ol>').format(passages), kind="context")
    if sample.tools:
        yield folded("Tools that were offered", long(data(sample.tools), sample.tools), kind="context")
    if sample.json_schema:
        yield folded("Schema that was asked for", long(data(sample.json_schema), sample.json_schema), kind="context")


def _passage(text: str) -> Markup:
    return Markup('<li dir="auto">{}</li>').format(long(plain(text), text))


def _first_words(text: str) -> str:
    line = " ".join(text[: 4 * _PREVIEW].split())
    return line if len(line) <= _PREVIEW else f"{line[:_PREVIEW]}…"


def _number(count: int, word: str) -> str:
    return f"{count} {word}" if count == 1 else f"{count} {word}s"
