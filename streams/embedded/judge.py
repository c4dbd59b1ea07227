"""A stand-in for an LLM judge behind OpenAI's protocol, which misbehaves as the real ones do. No model is called.

Run as ``python -m streams.embedded.judge --port N``. Every fault is drawn from the seed, the question and how often it
was asked before, so a run can be told again. GET /stats tells what happened, POST /behaviour changes what will.
"""

import argparse
import asyncio
import contextlib
import gzip
import json
import math
import sys
import time
from collections import Counter
from collections.abc import AsyncGenerator, Callable, Mapping
from dataclasses import asdict, dataclass, field
from functools import lru_cache
from pathlib import Path
from statistics import NormalDist

import msgspec
from aiohttp import web

from monitor.adapters.leash import die_with_parent
from monitor.errors import InvalidConfig
from monitor.policy.sampling import draw

from .behaviour import Behaviour
from .faults import BODIES, REFUSALS, Refused, as_json, refusal, spoilt
from .opinions import Mind, Question, Reply, Schema


class _Part(msgspec.Struct):
    text: str = ""


class _Message(msgspec.Struct):
    role: str
    content: str | list[_Part] | None = None

    @property
    def text(self) -> str:
        return self.content if isinstance(self.content, str) else "\n".join(one.text for one in self.content or ())


class _JsonSchema(msgspec.Struct):
    schema: Schema


class _ResponseFormat(msgspec.Struct):
    type: str
    json_schema: _JsonSchema | None = None


class _Function(msgspec.Struct):
    name: str
    parameters: Schema


class _Tool(msgspec.Struct):
    function: _Function


class Ask(msgspec.Struct):
    """As much of a request as the judge heeds."""

    model: str
    messages: list[_Message]
    response_format: _ResponseFormat | None = None
    tools: list[_Tool] = []
    max_tokens: int | None = None
    max_completion_tokens: int | None = None

    def text(self, role: str) -> str:
        return "\n".join(one.text for one in self.messages if one.role == role)

    def schema(self) -> Schema | None:
        """What the reply is to look like: said by a tool, the format, or the end of the system message."""
        if self.tools:
            return self.tools[0].function.parameters
        if self.response_format and self.response_format.json_schema:
            return self.response_format.json_schema.schema
        return _quoted_schema(self.text("system"))


_decode_ask = msgspec.json.Decoder(Ask).decode


@lru_cache(maxsize=64)
def _quoted_schema(text: str) -> Schema | None:
    found: Schema | None = None
    start, scan = text.find("{"), json.JSONDecoder().raw_decode
    while start >= 0:
        try:
            value, end = scan(text, start)
            if value.get("type") == "object":
                found = msgspec.convert(value, Schema)
        except (ValueError, msgspec.ValidationError):
            end = start + 1
        start = text.find("{", end)
    return found


@dataclass(slots=True)
class Stats:
    """What happened so far."""

    calls: int = 0
    answered: int = 0
    """Calls that got a completion, a spoilt one included: what a provider would charge for."""
    prompt_tokens: int = 0
    completion_tokens: int = 0
    in_flight: int = 0
    most_in_flight: int = 0
    faults: Counter[str] = field(default_factory=Counter[str])
    """By kind, also those that the client is to blame for."""
    asked: Counter[str] = field(default_factory=Counter[str])
    """How often each question got past the door."""
    paid: Counter[str] = field(default_factory=Counter[str])
    """How often each question was answered."""
    sound: Counter[str] = field(default_factory=Counter[str])
    """How often each question was answered with nothing wrong."""
    wasted: int = 0
    """Answers to questions that had had a sound one before: paid for, and of no use. Corrections are counted below."""
    corrected: int = 0
    """Answers to questions that were shown a reply of before, and what was wrong with it."""

    def told(self) -> dict[str, object]:
        """For people and tests to read."""
        return msgspec.to_builtins(self) | {"paid_repeats": self.answered - len(self.paid)}


@dataclass(slots=True)
class _Call:
    """One question, asked for the nth time."""

    ask: Ask
    question: Question
    key: str
    attempt: int
    fault: str | None


@dataclass(slots=True)
class Judge:
    """Answers requests."""

    behaviour: Behaviour = field(default_factory=Behaviour)
    labels: Mapping[str, bool] = field(default_factory=dict[str, bool])
    """Whether an answer is bad, as in `Mind.labels`."""
    clock: Callable[[], float] = time.monotonic
    stats: Stats = field(default_factory=Stats)
    _allowance: float = math.inf
    """Requests that may still come at once."""
    _counted: float = 0.0
    """When that was so."""

    async def handle(self, request: web.BaseRequest) -> web.StreamResponse:
        """Answer one request."""
        match request.method, request.path.removeprefix("/v1"):
            case "POST", "/chat/completions":
                return await self._complete(request)
            case "GET", "/models":
                if not self._has_key(request):
                    return refusal(Refused("unauthorised"))
                names = self.behaviour.models or ("judge",)
                return as_json({"object": "list", "data": [{"id": name, "object": "model"} for name in names]})
            case "GET", "/stats":
                return as_json(self.stats.told())
            case "GET", "/behaviour":
                return as_json(asdict(self.behaviour))
            case "POST", "/behaviour":
                return self._change(await request.read())
            case _:
                return refusal(Refused("no_such_path"))

    def _change(self, body: bytes) -> web.Response:
        try:
            self.behaviour = self.behaviour.changed(msgspec.json.decode(body, type=dict[str, object]))
        except (msgspec.DecodeError, InvalidConfig) as error:
            return as_json({"error": {"message": str(error)}}, 400)
        self._allowance = math.inf
        return as_json(asdict(self.behaviour))

    async def _complete(self, request: web.BaseRequest) -> web.StreamResponse:
        stats = self.stats
        stats.calls += 1
        stats.in_flight += 1
        stats.most_in_flight = max(stats.most_in_flight, stats.in_flight)
        try:
            call = self._let_in(request, await request.read())
            await self._think(call)
            return await self._answer(call, request)
        except Refused as refused:
            stats.faults[refused.kind] += 1
            return refusal(refused)
        finally:
            stats.in_flight -= 1

    def _has_key(self, request: web.BaseRequest) -> bool:
        key = self.behaviour.key
        return not key or request.headers.get("Authorization") == f"Bearer {key}"

    def _let_in(self, request: web.BaseRequest, body: bytes) -> _Call:
        behaviour = self.behaviour
        if not self._has_key(request):
            raise Refused("unauthorised")
        try:
            ask = _decode_ask(body)
        except msgspec.DecodeError as error:
            raise Refused("invalid_request") from error
        if behaviour.models and ask.model not in behaviour.models:
            raise Refused("unknown_model")
        self._spend()
        question = Question.read(ask.text("system"), ask.text("user"))
        key = question.key(ask.model)
        self.stats.asked[key] += 1
        attempt = self.stats.asked[key]
        return _Call(ask, question, key, attempt, self._fault(key, attempt))

    def _spend(self) -> None:
        rate = self.behaviour.requests_per_second
        if not rate:
            return
        now = self.clock()
        self._allowance = min(self._allowance + (now - self._counted) * rate, max(rate, 1.0))
        self._counted = now
        if self._allowance < 1:
            raise Refused("rate_limited", (1 - self._allowance) / rate)
        self._allowance -= 1

    def _fault(self, key: str, attempt: int) -> str | None:
        behaviour = self.behaviour
        faults = behaviour.faults()
        if not faults or 0 < behaviour.fault_attempts < attempt:
            return None
        left = draw(key, salt=f"fault/{behaviour.seed}/{attempt}")
        for kind, share in faults:
            if left < share:
                return kind
            left -= share
        return None

    async def _think(self, call: _Call) -> None:
        behaviour = self.behaviour
        if behaviour.latency_ms:
            chance = draw(call.key, salt=f"latency/{behaviour.seed}/{call.attempt}")
            normal = NormalDist().inv_cdf(chance) if chance else 0.0
            await asyncio.sleep(behaviour.latency_ms / 1e3 * math.exp(behaviour.latency_sigma * normal))

    async def _answer(self, call: _Call, request: web.BaseRequest) -> web.StreamResponse:
        fault = call.fault
        if fault is None:
            return self._answered(call)
        if fault in {"rate_limited", "overloaded"}:
            raise Refused(fault, self.behaviour.retry_after)
        if fault in REFUSALS:
            raise Refused(fault)
        self.stats.faults[fault] += 1
        if fault in BODIES:
            return await BODIES[fault](request)
        return self._answered(call)

    def _answered(self, call: _Call) -> web.Response:
        ask, stats = call.ask, self.stats
        content, finish = spoilt(self._opinion(call), call.fault)
        limit = ask.max_completion_tokens or ask.max_tokens
        if content and limit and len(content) // 4 > limit:
            content, finish = content[: limit * 4], "length"
        prompt, completion = sum(len(one.text) for one in ask.messages) // 4, len(content or "") // 4
        stats.answered += 1
        corrected = any(one.role == "assistant" for one in ask.messages)
        stats.corrected += corrected
        stats.wasted += call.key in stats.sound and not corrected
        stats.paid[call.key] += 1
        if call.fault is None and finish == "stop":
            stats.sound[call.key] += 1
        stats.prompt_tokens += prompt
        stats.completion_tokens += completion
        body: dict[str, object] = {
            "id": f"chatcmpl-{call.key}-{call.attempt}",
            "object": "chat.completion",
            "created": int(time.time()),
            "model": f"{ask.model}-mini" if call.fault == "wrong_model" else ask.model,
            "choices": [_choice(call, content, finish)],
        }
        if call.fault != "no_usage":
            total = prompt + completion
            body["usage"] = {"prompt_tokens": prompt, "completion_tokens": completion, "total_tokens": total}
        return as_json(body)

    def _opinion(self, call: _Call) -> str:
        schema = call.ask.schema() or Schema(type="string")
        mind = Mind(call.ask.model, self.behaviour, self.labels)
        opinion = Reply(call.question, mind, schema.defs).fill(schema)
        return opinion if isinstance(opinion, str) else msgspec.json.encode(opinion).decode()


def _choice(call: _Call, content: str | None, finish: str) -> dict[str, object]:
    message: dict[str, object] = {"role": "assistant", "content": content, "refusal": None}
    if call.fault == "refused":
        if draw(call.key, salt="refusal") < 0.5:
            message |= {"content": None, "refusal": content}
    elif call.ask.tools and content:
        made = {"name": call.ask.tools[0].function.name, "arguments": content}
        message |= {"content": None, "tool_calls": [{"id": "call_1", "type": "function", "function": made}]}
        finish = "tool_calls" if finish == "stop" else finish
    return {"index": 0, "message": message, "finish_reason": finish}


@contextlib.asynccontextmanager
async def serving(judge: Judge, port: int = 0) -> AsyncGenerator[str]:
    """Serve on the loopback address, on any free port unless one is named; yields the base URL, without ``/v1``."""
    # Without cancellation a client that gives up on a hanging call would stay in flight for ever.
    server = web.Server(judge.handle, handler_cancellation=True, access_log=None)
    listening = await asyncio.get_running_loop().create_server(server, "127.0.0.1", port, backlog=1024)
    try:
        yield f"http://127.0.0.1:{listening.sockets[0].getsockname()[1]}"
    finally:
        listening.close()
        await server.shutdown(0)


def read_labels(path: Path) -> dict[str, bool]:
    """Labels from a JSON file, gzipped or not."""
    data = path.read_bytes()
    return msgspec.json.decode(gzip.decompress(data) if path.suffix == ".gz" else data, type=dict[str, bool])


async def _serve(judge: Judge, port: int) -> None:
    async with serving(judge, port) as url:
        sys.stdout.write(f"ready at {url}/v1\n")
        sys.stdout.flush()
        await asyncio.Event().wait()


def main() -> None:
    """Judge until told to stop."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--port", type=int, required=True, help="0 is any free one")
    parser.add_argument(
        "--behaviour", default="{}", metavar="JSON", help="fields of streams.embedded.behaviour.Behaviour"
    )
    parser.add_argument("--labels", type=Path, metavar="FILE", help="JSON, .json or .json.gz: whether bad, by SHA-256")
    arguments = parser.parse_args()
    die_with_parent()
    try:
        behaviour = Behaviour().changed(msgspec.json.decode(arguments.behaviour, type=dict[str, object]))
        labels = read_labels(arguments.labels) if arguments.labels else {}
    except (InvalidConfig, OSError, msgspec.DecodeError) as error:
        parser.error(str(error))
    run = asyncio.run
    with contextlib.suppress(ImportError):  # not on Windows
        from uvloop import run
    run(_serve(Judge(behaviour, labels), arguments.port))


if __name__ == "__main__":
    main()
