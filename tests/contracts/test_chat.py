"""An OpenAI-compatible endpoint and everything that it may say instead of a verdict."""

import asyncio
import gzip
import json
import ssl
import tracemalloc
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
import trustme
from aiohttp import web

from monitor.adapters.chat import JUDGE_HEADER, ChatAddress, ChatJudge
from monitor.judges import MARK, Form, Unparsable, calls, read_reply
from monitor.model import Missing, Question, Unjudged
from streams.embedded.behaviour import KINDS, Behaviour
from streams.embedded.children import free_port
from streams.embedded.judge import Judge, serving
from tests.builders import make_rubric, make_sample

CALL = calls(make_rubric(), make_sample("Fine."), Form(version="v", window=32_000), lambda: "0" * 16)[0]
FAULTS: dict[str, tuple[Missing, str]] = {
    "rate_limited": (Missing.RATE_LIMITED, "allows no more calls now"),
    "out_of_quota": (Missing.ENDPOINT_ERROR, "no money left"),
    "unauthorised": (Missing.ENDPOINT_ERROR, r"does not let us in \(401\): is the key right\?"),
    "too_long": (Missing.TOO_LONG, "longer than m can read; set context_tokens"),
    "server_error": (Missing.ENDPOINT_ERROR, "answers 500: "),
    "overloaded": (Missing.RATE_LIMITED, r"is overloaded \(503\)"),
    "hang": (Missing.TIMEOUT, r"no whole reply within 0\.3 s"),
    "disconnect": (Missing.ENDPOINT_ERROR, "http://127.0.0.1"),
    "html": (Missing.ENDPOINT_ERROR, "does not reply as OpenAI's API does: .<!DOCTYPE html>"),
    "error_as_200": (Missing.ENDPOINT_ERROR, "Provider returned error"),
    "endless": (Missing.TIMEOUT, "no whole reply within"),
    "huge": (Missing.ENDPOINT_ERROR, "replied with more than 1,048,576 bytes"),
}
"""What never becomes a reply."""
REPLIES = {"bad_json", "truncated", "fenced", "thinking", "wrong_shape", "refused", "filtered", "empty", "wrong_model",
           "no_usage"}  # fmt: skip
"""What does, and is for others to make sense of."""
Handler = Callable[[web.BaseRequest], Awaitable[web.StreamResponse]]


@asynccontextmanager
async def asking(url: str, **address: Any) -> AsyncGenerator[ChatJudge]:
    address.setdefault("timeout", 5.0)
    judge = ChatJudge(ChatAddress(url=f"{url}/v1", model="m", **address))
    try:
        yield judge
    finally:
        await judge.close()


@asynccontextmanager
async def stand_in(address: dict[str, Any] | None = None, **behaviour: object) -> AsyncGenerator[ChatJudge]:
    behaviour = {"bad_share": 0.0} | behaviour
    async with serving(Judge(Behaviour().changed(behaviour))) as url, asking(url, **address or {}) as judge:
        yield judge


@asynccontextmanager
async def listening(handler: Handler, context: ssl.SSLContext | None = None) -> AsyncGenerator[str]:
    """Any server at all."""
    server = web.Server(handler, handler_cancellation=True, access_log=None)
    sockets = await asyncio.get_running_loop().create_server(server, "127.0.0.1", 0, ssl=context)
    try:
        port = sockets.sockets[0].getsockname()[1]
        yield f"https://localhost:{port}" if context else f"http://127.0.0.1:{port}"
    finally:
        sockets.close()
        await server.shutdown(0)


def says(body: bytes, status: int = 200, **headers: str) -> Handler:
    async def handler(request: web.BaseRequest) -> web.StreamResponse:
        return web.Response(body=body, status=status, headers=headers, content_type="application/json")

    return handler


def completion(**message: object) -> dict[str, Any]:
    return {"model": "m", "choices": [{"message": message, "finish_reason": "stop"}]}


async def failure(judge: ChatJudge, question: Question = CALL.question) -> Unjudged:
    with pytest.raises(Unjudged) as caught:
        await judge.ask(question)
    return caught.value


def test_every_fault_of_the_stand_in_is_looked_at() -> None:
    assert FAULTS.keys() | REPLIES == set(KINDS)


@pytest.mark.parametrize("fault", FAULTS)
async def test_what_goes_wrong_has_a_reason_and_says_what_to_do(fault: str) -> None:
    missing, message = FAULTS[fault]
    broken: dict[str, Any] = {fault: 1.0}
    async with stand_in({"timeout": 0.3 if missing is Missing.TIMEOUT else 5.0}, **broken) as judge:
        found = await failure(judge)
        told = await judge.check()

    assert found.missing is missing
    with pytest.raises(Unjudged, match=message):
        raise found
    assert told


async def test_what_a_model_says_to_itself_is_passed_over() -> None:
    async with stand_in(thinking=1.0) as judge:
        reply = await judge.ask(CALL.question)

    assert "<think>" in reply.text
    assert read_reply(reply.text, CALL)


@pytest.mark.parametrize("fault", ["bad_json", "truncated", "fenced", "wrong_shape", "empty"])
async def test_a_spoilt_reply_is_handed_on_as_it_is(fault: str) -> None:
    broken: dict[str, Any] = {fault: 1.0}
    async with stand_in(**broken) as judge:
        reply = await judge.ask(CALL.question)

    assert reply.cut is (fault == "truncated")
    with pytest.raises(Unparsable):
        read_reply(reply.text, CALL)


async def test_a_refusal_in_its_field_and_a_filter_are_refusals() -> None:
    async with stand_in(filtered=1.0) as judge:
        assert (await judge.ask(CALL.question)).refused
    async with (
        listening(says(json.dumps(completion(content=None, refusal="No.")).encode())) as url,
        asking(url) as judge,
    ):
        reply = await judge.ask(CALL.question)

    assert (reply.refused, reply.text) == (True, "No.")


async def test_another_model_is_named_and_tokens_that_nobody_counted_are_guessed() -> None:
    async with stand_in(wrong_model=1.0) as judge:
        assert (await judge.ask(CALL.question)).model == "m-mini"
    async with stand_in(no_usage=1.0) as judge:
        reply = await judge.ask(CALL.question)

    assert reply.tokens_in == CALL.question.bytes // 4
    assert reply.tokens_out == len(reply.text) // 4


async def test_whoever_is_told_when_to_come_back_knows_it() -> None:
    async with stand_in(rate_limited=1.0, retry_after=7.0) as judge:
        assert (await failure(judge)).retry_after == 7.0


@pytest.mark.parametrize(
    ("header", "value", "seconds"),
    [
        ("Retry-After", "12", 12.0), ("Retry-After", "0", 0.0), ("Retry-After", "-5", None),
        ("Retry-After", "Wed, 21 Oct 2026 07:28:00 GMT", None), ("Retry-After", "soon", None),
        ("Retry-After", "nan", None), ("Retry-After", "inf", None), ("Retry-After", "86400", None),
        ("retry-after-ms", "1500", 1.5),
    ],
)  # fmt: skip
async def test_only_a_sensible_wait_is_heeded(header: str, value: str, seconds: float | None) -> None:
    async with listening(says(b"{}", 429, **{header: value})) as url, asking(url) as judge:
        found = await failure(judge)

    assert (found.missing, found.retry_after) == (Missing.RATE_LIMITED, seconds)


@pytest.mark.parametrize("structured", ["json_schema", "json_object", "tool", "none"])
async def test_in_every_mode_there_is_a_verdict(structured: str) -> None:
    async with stand_in({"structured": structured}) as judge:
        reply = await judge.ask(CALL.question)
        told = await judge.check()

    assert read_reply(reply.text, CALL)["verdict"] == "pass"
    assert told == ""


@pytest.mark.parametrize(
    ("address", "said", "silent"),
    [
        ({}, {"temperature": 0.0, "seed": 7, "max_tokens": 800}, {"tools"}),
        ({"temperature": None, "seed": None}, {"max_tokens": 800}, {"temperature", "seed"}),
        ({"token_limit": "max_completion_tokens"}, {"max_completion_tokens": 800}, {"max_tokens"}),
        ({"structured": "none"}, {}, {"response_format", "tools"}),
        ({"structured": "json_object"}, {"response_format": {"type": "json_object"}}, {"tools"}),
    ],
)
async def test_a_request_says_what_it_was_told_to_and_whose_it_is(
    address: dict[str, Any], said: dict[str, object], silent: set[str]
) -> None:
    seen: list[tuple[dict[str, Any], dict[str, str]]] = []

    async def handler(request: web.BaseRequest) -> web.StreamResponse:
        seen.append((json.loads(await request.read()), dict(request.headers)))
        return web.json_response(completion(content="{}"))

    headers = {"api-key": "abc"}
    async with listening(handler) as url, asking(url, key="sesame", headers=headers, **address) as judge:
        await judge.ask(CALL.question)

    ((body, got),) = seen
    assert body["user"] == MARK
    assert body["messages"][0]["content"].startswith(MARK)
    assert got[JUDGE_HEADER] == "1"
    assert (got["Authorization"], got["api-key"]) == ("Bearer sesame", "abc")
    assert said.items() <= body.items()
    assert not silent & body.keys()


@pytest.mark.parametrize(
    "body",
    [
        b"", b"null", b"[]", b"{}", b"\xff\xfe", b'{"choices": []}', b'{"choices": null}', b'{"choices": [null]}',
        b'{"choices": [{"message": {"content": 7}}]}', b'{"choices": [{"message": "fine"}]}',
        b'{"choices": [{"message": {"content": "\\ud800"}}]}', b'{"choices": [], "x": ' + b"[" * 100_000,
        b'{"choices": [{"message": {"content": "x"}}], "usage": {"prompt_tokens": -5}}',
        b'{"choices": [{"message": {"content": "x"}}], "usage": {"prompt_tokens": 1e300}}',
        b'{"choices": [{"message": {"content": "x"}}], "usage": {"completion_tokens": 99999999999999999999}}',
        b'{"choices": [{"message": {"content": "x"}}], "model": {"a": 1}}',
    ],
)  # fmt: skip
async def test_what_is_no_completion_is_an_error_of_the_endpoint(body: bytes) -> None:
    async with listening(says(body)) as url, asking(url) as judge:
        found = await failure(judge)

    assert found.missing is Missing.ENDPOINT_ERROR
    assert "does not reply as OpenAI's API does" in found.why


@pytest.mark.parametrize(
    ("message", "text"),
    [
        ({"content": None}, ""),
        ({}, ""),
        ({"content": [{"type": "text", "text": "a"}, {"type": "image"}, {"text": "b"}]}, "ab"),
        ({"content": "", "tool_calls": [{"function": {"arguments": "{}"}}]}, "{}"),
        ({"content": "x", "tool_calls": []}, "x"),
    ],
)
async def test_a_text_is_found_wherever_it_stands(message: dict[str, object], text: str) -> None:
    async with listening(says(json.dumps(completion(**message)).encode())) as url, asking(url) as judge:
        assert (await judge.ask(CALL.question)).text == text


@pytest.mark.parametrize(
    ("status", "body", "missing", "message"),
    [
        (302, b"", Missing.ENDPOINT_ERROR, "answers 302"),
        (400, b'{"error": {"message": "no such field", "code": null}}', Missing.ENDPOINT_ERROR, "answers 400"),
        (400, b'{"error": {"message": "filtered", "code": "content_filter"}}', Missing.REFUSED, "filter stopped it"),
        (
            400,
            b'{"message": "This model\'s maximum context length is 8192 tokens.", "code": 400}',
            Missing.TOO_LONG,
            "",
        ),
        (400, b'{"error": {"message": "exceeds the available context size", "code": 400}}', Missing.TOO_LONG, ""),
        (403, b"{}", Missing.ENDPOINT_ERROR, "is the key right?"),
        (404, b"<html>", Missing.ENDPOINT_ERROR, "knows no model m at http://127.0.0.1"),
        (429, b"\xff", Missing.RATE_LIMITED, ""),
        (502, b"<html>Bad gateway</html>", Missing.ENDPOINT_ERROR, "answers 502"),
        (529, b"{}", Missing.RATE_LIMITED, "is overloaded (529)"),
    ],
)
async def test_a_refusal_by_status_says_what_it_means(status: int, body: bytes, missing: Missing, message: str) -> None:
    async with listening(says(body, status)) as url, asking(url) as judge:
        found = await failure(judge)

    assert found.missing is missing
    assert message in found.why


@pytest.mark.parametrize("status", [200, 500, 429, 404])
@pytest.mark.parametrize("length", [100 * 1024 * 1024, None])
async def test_a_flood_is_cut_off_whatever_it_is_called(status: int, length: int | None) -> None:
    sent = 0

    async def flood(request: web.BaseRequest) -> web.StreamResponse:
        nonlocal sent
        response = web.StreamResponse(status=status)
        response.content_length = length
        await response.prepare(request)
        while sent < 100 * 1024 * 1024:
            await response.write(b" " * 65_536)
            sent += 65_536
        return response

    async with listening(flood) as url, asking(url) as judge:
        tracemalloc.start()
        await failure(judge)
        most = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()

    assert sent < 50 * 1024 * 1024
    assert most < 20 * 1024 * 1024


@pytest.mark.parametrize("status", [200, 500])
async def test_what_swells_when_it_is_unpacked_is_cut_off(status: int) -> None:
    bomb = gzip.compress(b" " * 64 * 1024 * 1024)
    async with listening(says(bomb, status, **{"Content-Encoding": "gzip"})) as url, asking(url) as judge:
        tracemalloc.start()
        await failure(judge)
        most = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()

    assert most < 40 * 1024 * 1024


@pytest.mark.parametrize("status", [200, 500])
async def test_what_drips_for_ever_takes_no_longer_than_the_time_out(status: int) -> None:
    async def drip(request: web.BaseRequest) -> web.StreamResponse:
        response = web.StreamResponse(status=status)
        await response.prepare(request)
        while True:
            await response.write(b" ")
            await asyncio.sleep(0.05)

    async with listening(drip) as url, asking(url, timeout=0.3) as judge:
        assert (await failure(judge)).missing is Missing.TIMEOUT


async def test_nobody_listening_is_said_with_the_address() -> None:
    port = free_port()
    async with asking(f"http://127.0.0.1:{port}") as judge:
        found = await failure(judge)

    assert found.missing is Missing.ENDPOINT_ERROR
    assert f"127.0.0.1:{port}" in found.why
    assert "connect" in found.why.lower()


async def test_a_name_that_leads_nowhere_is_said() -> None:
    async with asking("http://nowhere.invalid") as judge:
        assert "nowhere.invalid" in (await failure(judge)).why


@pytest.fixture
def authority(tmp_path: Path) -> trustme.CA:
    authority = trustme.CA()
    authority.cert_pem.write_to_path(str(tmp_path / "ca.pem"))
    return authority


def server_context(authority: trustme.CA, name: str = "localhost") -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert(name).configure_cert(context)  # pyright: ignore[reportUnknownMemberType]
    return context


GOOD = says(json.dumps(completion(content='{"ok": true}')).encode())


async def test_a_certificate_of_an_authority_that_we_know_is_fine(authority: trustme.CA, tmp_path: Path) -> None:
    ca_file = str(tmp_path / "ca.pem")
    async with listening(GOOD, server_context(authority)) as url, asking(url, ca_file=ca_file) as judge:
        assert await judge.check() == ""


@pytest.mark.parametrize(("name", "known"), [("localhost", False), ("elsewhere", True)])
async def test_a_wrong_certificate_is_said_to_be_one(
    authority: trustme.CA, tmp_path: Path, name: str, known: bool
) -> None:
    ca_file = str(tmp_path / "ca.pem") if known else ""
    async with listening(GOOD, server_context(authority, name)) as url, asking(url, ca_file=ca_file) as judge:
        found = await failure(judge)

    assert found.missing is Missing.ENDPOINT_ERROR
    assert "certificate" in found.why.lower()


async def test_a_file_that_holds_no_certificate_is_said(tmp_path: Path) -> None:
    (tmp_path / "ca.pem").write_text("nothing")
    async with asking("https://localhost:9", ca_file=str(tmp_path / "ca.pem")) as judge:
        assert (await failure(judge)).missing is Missing.ENDPOINT_ERROR


@pytest.mark.parametrize("key", ["schlüssel", "a\nb", "a\r\nx: y", "\ud800"])
async def test_a_key_that_http_cannot_say_is_no_end_of_the_worker(key: str) -> None:
    async with stand_in({"key": key}) as judge:
        found = await failure(judge)

    assert found.missing is Missing.ENDPOINT_ERROR
    assert key not in found.why


async def test_half_a_character_is_asked_about_all_the_same() -> None:
    (call,) = calls(make_rubric(), make_sample("half \ud83d"), Form(version="v", window=9_000), lambda: "0" * 16)
    async with stand_in() as judge:
        assert read_reply((await judge.ask(call.question)).text, call)


async def test_secrets_are_not_in_what_is_printed_or_said() -> None:
    async with stand_in({"key": "s3cret", "headers": {"x-key": "s3cret"}}, key="other") as judge:
        assert "s3cret" not in repr(judge) + (await failure(judge)).why + await judge.check()


async def test_a_check_says_when_there_is_no_json() -> None:
    async with listening(says(json.dumps(completion(content="Sure!")).encode())) as url, asking(url) as judge:
        assert "try another setting of structured" in await judge.check()


async def test_calls_side_by_side_are_not_held_back() -> None:
    stub = Judge(Behaviour(latency_ms=100))
    async with serving(stub) as url, asking(url) as judge:
        await asyncio.gather(*(judge.ask(CALL.question) for _ in range(150)))

    assert stub.stats.most_in_flight == 150


async def test_a_judge_that_was_closed_opens_again() -> None:
    async with stand_in() as judge:
        await judge.ask(CALL.question)
        await judge.close()

        assert await judge.ask(CALL.question)


async def test_knocking_costs_nothing_and_says_what_is_wrong_at_the_door() -> None:
    async with stand_in() as judge:
        open_door = await judge.knock()
    async with stand_in(key="right") as judge:
        locked = await judge.knock()
    nobody = ChatJudge(ChatAddress(url="http://127.0.0.1:9/v1", model="m"))
    gone = await nobody.knock()
    await nobody.close()

    assert open_door == ""
    assert "is the key right" in locked
    assert "127.0.0.1:9" in gone


async def test_a_model_that_never_ends_is_held_to_short_explanations() -> None:
    address = ChatAddress(url="http://127.0.0.1:9/v1", model="m", longest_explanation=80)

    request = ChatJudge(address)._request(CALL.question)  # pyright: ignore[reportPrivateUsage]

    properties = request["response_format"]["json_schema"]["schema"]["properties"]
    assert properties["explanation"] == {"type": "string", "maxLength": 80}
    assert "maxLength" not in json.dumps({name: shape for name, shape in properties.items() if name != "explanation"})
