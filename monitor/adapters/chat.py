"""Any OpenAI-compatible endpoint: one call, our own limits on time and size, and a reason for all that goes wrong."""

import asyncio
import json
import logging
import re
import ssl
import time
from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Annotated, Any, Literal, cast

import msgspec

from monitor.judges import MARK
from monitor.model import Missing, Question, Reply, Said, Unjudged

JUDGE_HEADER = "x-evergauge-judge"
"""On every call of ours: gateways that record traffic keep it."""
logging.getLogger("httpx2").setLevel(logging.WARNING)  # a line for each call
_LARGEST = 1024 * 1024
"""Bytes of a reply; nobody needs a megabyte for a verdict."""
_LONGEST_REFUSAL = 64 * 1024
_LONGEST_WAIT = 600.0
_SPEAKS_OF_LENGTH = re.compile(r"context (?:length|size|window)|prompt is too long|too many tokens", re.I)
"""Of our question: most servers give this refusal a message and no code."""

Structured = Literal["json_schema", "json_object", "tool", "none"]
"""How an endpoint is told the shape of the reply, the strictest first."""


_Tokens = Annotated[int, msgspec.Meta(ge=0, le=2**31)]
"""Nobody is charged less than nothing, and the store counts no further."""


class _Usage(msgspec.Struct):
    prompt_tokens: _Tokens = 0
    completion_tokens: _Tokens = 0


class _Function(msgspec.Struct):
    arguments: str = ""


class _ToolCall(msgspec.Struct):
    function: _Function = msgspec.field(default_factory=_Function)


class _Message(msgspec.Struct):
    content: str | list[dict[str, Any]] | None = None
    refusal: str | None = None
    tool_calls: list[_ToolCall] | None = None

    @property
    def text(self) -> str:
        if self.tool_calls:
            return self.tool_calls[0].function.arguments
        if isinstance(self.content, list):
            return "".join(str(part.get("text", "")) for part in self.content)
        return self.content or ""


class _Choice(msgspec.Struct):
    message: _Message = msgspec.field(default_factory=_Message)
    finish_reason: str | None = None


class _Completion(msgspec.Struct):
    choices: list[_Choice]
    model: str | None = None
    usage: _Usage | None = None


_read = msgspec.json.Decoder(_Completion, strict=False).decode


@dataclass(frozen=True, slots=True, kw_only=True)
class ChatAddress:
    """Where an endpoint is, and how it wants to be asked."""

    url: str
    model: str
    key: str = field(default="", repr=False)
    headers: Mapping[str, str] = field(default_factory=dict[str, str], repr=False)
    timeout: float = 30.0
    """Seconds for a call, the whole reply included."""
    structured: Structured = "json_schema"
    temperature: float | None = 0.0
    """None where the model refuses to be told."""
    seed: int | None = 7
    token_limit: Literal["max_tokens", "max_completion_tokens"] = "max_tokens"
    longest_explanation: int | None = None
    """Characters; only for servers that hold a model to it, since others refuse such a schema."""
    ca_file: str = ""


@dataclass(slots=True)
class ChatJudge:
    """Asks through OpenAI's client, on aiohttp and without its own retries and time-outs."""

    address: ChatAddress
    _client: Any = None

    async def ask(self, question: Question, /) -> Reply:
        started = time.monotonic()
        data = await self._body(question)
        try:
            completion = _read(data)
            choice = completion.choices[0]
        except (msgspec.DecodeError, UnicodeError, RecursionError, IndexError) as error:
            said = data[:120].decode(errors="replace")
            why = f"does not reply as OpenAI's API does: {said!r} ({error})"
            raise Unjudged(Missing.ENDPOINT_ERROR, why) from error
        usage, text = completion.usage or _Usage(), choice.message.text
        return Reply(
            text=choice.message.refusal or text,
            model=completion.model or "",
            tokens_in=usage.prompt_tokens or question.bytes // 4,
            tokens_out=usage.completion_tokens or len(text) // 4,
            seconds=time.monotonic() - started,
            refused=bool(choice.message.refusal) or choice.finish_reason == "content_filter",
            cut=choice.finish_reason == "length",
        )

    async def check(self) -> str:
        """One small call: whether the endpoint is there, lets us in, knows the model and keeps to a schema."""
        messages = (
            Said(role="system", text=f'{MARK}\nThis is a test of the connection. Reply with the JSON {{"ok": true}}.'),
            Said(role="user", text="Reply."),
        )
        try:
            reply = await self.ask(Question(messages=messages, schema=_OK, longest_reply=50))
        except Unjudged as unjudged:
            return unjudged.why
        try:
            document: object = json.loads(reply.text)
        except ValueError:
            return f"does not reply in JSON but {reply.text[:80]!r}: try another setting of structured"
        return "" if isinstance(document, dict) else f"does not keep to the schema: {reply.text[:80]!r}"

    async def knock(self) -> str:
        import openai

        try:
            async with asyncio.timeout(min(self.address.timeout, _KNOCKS_FOR)):
                await self._opened().models.list()
        except openai.NotFoundError:
            return ""  # it answers, and keeps no list
        except openai.APIStatusError as error:
            return "" if error.status_code in _NO_LIST else _status(error, self.address).why
        except (openai.APIConnectionError, OSError) as error:
            return self._unreached(error).why
        except ValueError:
            return _UNSAYABLE
        except Exception as error:
            if type(error).__module__.partition(".")[0] in {"aiohttp", "httpx2", "openai"}:
                return f"{self.address.url}: {error!r:.200}"
            raise
        return ""

    async def close(self) -> None:
        if self._client is not None:
            await self._client.close()
            self._client = None

    async def _body(self, question: Question) -> bytes:
        import openai

        try:
            async with asyncio.timeout(self.address.timeout):
                stream = self._opened().chat.completions.with_streaming_response.create(**self._request(question))
                async with stream as response:
                    return await _bounded(response.iter_bytes(), _LARGEST)
        except openai.RateLimitError as error:
            if getattr(error, "code", None) == "insufficient_quota":
                raise Unjudged(Missing.ENDPOINT_ERROR, _NO_MONEY, unpaid=True, lasting=True) from error
            after = _retry_after(error.response.headers)
            raise Unjudged(Missing.RATE_LIMITED, _TOO_FAST, retry_after=after, unpaid=True) from error
        except openai.APIStatusError as error:
            raise _status(error, self.address) from error
        except (openai.APIConnectionError, OSError) as error:
            raise self._unreached(error) from error
        except ValueError as error:
            raise Unjudged(Missing.ENDPOINT_ERROR, _UNSAYABLE, unpaid=True, lasting=True) from error
        except Exception as error:  # in the middle of a reply the libraries' own errors come through
            if type(error).__module__.partition(".")[0] in {"aiohttp", "httpx2", "openai"}:
                raise Unjudged(Missing.ENDPOINT_ERROR, f"{self.address.url}: {error!r:.200}") from error
            raise

    def _unreached(self, error: BaseException) -> Unjudged:
        """Time-out or not: the libraries call every failure to connect one, and only the causes tell."""
        causes = _causes(error)
        if any(isinstance(cause, TimeoutError) for cause in causes):
            return Unjudged(Missing.TIMEOUT, f"no whole reply within {self.address.timeout:g} s")
        why = f"{self.address.url}: {type(causes[-1]).__name__}: {causes[-1]}"
        return Unjudged(Missing.ENDPOINT_ERROR, why[:400], unpaid=True)

    def _opened(self) -> Any:
        if self._client is None:
            import openai

            context = ssl.create_default_context(cafile=self.address.ca_file) if self.address.ca_file else True
            self._client = openai.AsyncOpenAI(
                base_url=self.address.url,
                api_key=self.address.key or "none",
                default_headers={JUDGE_HEADER: "1", "Accept-Encoding": "identity", **self.address.headers},
                max_retries=0,
                timeout=self.address.timeout + 5,
                http_client=openai.DefaultAioHttpClient(
                    verify=context,
                    limits=_no_limits(),
                    follow_redirects=False,
                    event_hooks={"response": [_clip_refusal]},
                ),
            )
        return self._client

    def _request(self, question: Question) -> dict[str, Any]:
        address = self.address
        messages = [{"role": said.role, "content": _sayable(said.text)} for said in question.messages]
        schema = _limited(json.loads(question.schema), address.longest_explanation)
        request: dict[str, Any] = {
            "model": address.model,
            "messages": messages,
            address.token_limit: question.longest_reply,
            "user": MARK,
        }
        if address.temperature is not None:
            request["temperature"] = address.temperature
        if address.seed is not None:
            request["seed"] = address.seed
        if address.structured == "json_schema":
            shape = {"name": "judgement", "strict": True, "schema": schema}
            request["response_format"] = {"type": "json_schema", "json_schema": shape}
        elif address.structured == "tool":
            function = {"name": "judgement", "parameters": schema, "strict": True}
            request["tools"] = [{"type": "function", "function": function}]
            request["tool_choice"] = {"type": "function", "function": {"name": "judgement"}}
        else:
            messages[0]["content"] += f"\n\nThe JSON Schema of the object:\n{json.dumps(schema)}"
            if address.structured == "json_object":
                request["response_format"] = {"type": "json_object"}
        return request


_OK = json.dumps(
    {"type": "object", "properties": {"ok": {"type": "boolean"}}, "required": ["ok"], "additionalProperties": False}
)


def _limited(schema: Any, longest: int | None) -> Any:
    """The schema with a limit on the length of every explanation."""
    if longest is None or not isinstance(schema, dict):
        return schema
    inner = cast(dict[str, Any], schema)
    return {
        name: {**value, "maxLength": longest} if name == "explanation" else _limited(value, longest)
        for name, value in inner.items()
    }


async def _clip_refusal(response: Any) -> None:
    """The client reads what a refusal says to its end: let there be one."""
    import httpx2

    if response.is_success:
        return
    stream, beginning = response.stream, bytearray()
    if not response.headers.pop("content-encoding", ""):  # packed, against our wish: who knows how far it would swell
        async for chunk in stream:
            beginning += chunk
            if len(beginning) >= _LONGEST_REFUSAL:
                break
    await stream.aclose()
    response.stream = httpx2.ByteStream(bytes(beginning[:_LONGEST_REFUSAL]))


async def _bounded(chunks: AsyncIterator[bytes], most: int) -> bytes:
    data = bytearray()
    async for chunk in chunks:
        data += chunk
        if len(data) > most:
            raise Unjudged(Missing.ENDPOINT_ERROR, f"replied with more than {most:,} bytes")
    return bytes(data)


_UNSAYABLE = "its url, key or headers hold what HTTP cannot say: is the key what you think it is?"
_KNOCKS_FOR = 10.0
"""Seconds."""
_NO_LIST = frozenset({405, 501})
_NO_MONEY = "the account has no money left (insufficient_quota)"
_TOO_FAST = "the endpoint allows no more calls now"


def _status(error: Any, address: ChatAddress) -> Unjudged:
    status, said = int(error.status_code), str(error.message)[:200]
    code = str(getattr(error, "code", ""))
    too_long = code in {"context_length_exceeded", "string_above_max_length"} or _SPEAKS_OF_LENGTH.search(said)
    if status in {400, 413, 422} and too_long:
        return Unjudged(Missing.TOO_LONG, f"longer than {address.model} can read; set context_tokens", unpaid=True)
    if status == 400 and code == "content_filter":
        return Unjudged(Missing.REFUSED, f"the endpoint's filter stopped it: {said}")
    if status in {401, 403}:
        why = f"does not let us in ({status}): is the key right? {said}"
        return Unjudged(Missing.ENDPOINT_ERROR, why, unpaid=True, lasting=True)
    if status == 404:
        why = f"knows no model {address.model} at {address.url} (404): {said}"
        return Unjudged(Missing.ENDPOINT_ERROR, why, unpaid=True, lasting=True)
    if status in {503, 529}:
        after = _retry_after(error.response.headers)
        return Unjudged(Missing.RATE_LIMITED, f"is overloaded ({status})", retry_after=after, unpaid=True)
    return Unjudged(Missing.ENDPOINT_ERROR, f"answers {status}: {said}", unpaid=True)


def _sayable(text: str) -> str:
    """Half a character is a question mark: no UTF-8 can say it."""
    return text.encode(errors="replace").decode()


def _retry_after(headers: Mapping[str, str]) -> float | None:
    for name, unit in (("retry-after-ms", 1e-3), ("retry-after", 1.0)):
        try:
            seconds = float(headers.get(name, "")) * unit
        except ValueError:
            continue  # a date, or nothing
        if 0 <= seconds <= _LONGEST_WAIT:
            return seconds
    return None


def _causes(error: BaseException) -> Sequence[BaseException]:
    """The error and what it came of; the innermost names the certificate or the port."""
    causes = [error]
    while (inner := causes[-1].__cause__ or causes[-1].__context__) is not None and len(causes) < 10:
        causes.append(inner)
    return causes


def _no_limits() -> Any:
    """How many calls run at once is for the endpoint's manner to say; aiohttp's word for no limit is 0."""
    import httpx2

    return httpx2.Limits(max_connections=0, max_keepalive_connections=None)
