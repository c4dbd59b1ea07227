"""A model's endpoint on loopback that answers the same every time, for libraries to be recorded against."""

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

USAGE = {"prompt_tokens": 31, "completion_tokens": 6, "total_tokens": 37}
CALL = {"id": "call_1", "type": "function", "function": {"name": "order_status", "arguments": '{"order": 4711}'}}


def chat(request: dict[str, Any]) -> dict[str, Any]:
    """A chat completion: a tool call where tools are offered, JSON where it is asked for, else a sentence."""
    message: dict[str, Any] = {"role": "assistant", "content": "Your order ships tomorrow.", "refusal": None}
    finish = "stop"
    if request.get("tools"):
        message |= {"content": None, "tool_calls": [CALL]}
        finish = "tool_calls"
    elif request.get("response_format"):
        message["content"] = '{"ships": "tomorrow"}'
    return {
        "id": "chatcmpl-B1",
        "object": "chat.completion",
        "created": 1741000000,
        "model": "gpt-4o-mini-2024-07-18",
        "choices": [{"index": 0, "message": message, "logprobs": None, "finish_reason": finish}],
        "usage": USAGE,
        "service_tier": "default",
        "system_fingerprint": "fp_1",
    }


def chunks(request: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """The same as a stream."""
    whole = chat(request)
    head = {key: whole[key] for key in ("id", "created", "model", "system_fingerprint")}
    head["object"] = "chat.completion.chunk"
    for delta in ({"role": "assistant", "content": ""}, {"content": "Your order "}, {"content": "ships tomorrow."}):
        yield head | {"choices": [{"index": 0, "delta": delta, "finish_reason": None}]}
    yield head | {"choices": [{"index": 0, "delta": {}, "finish_reason": "stop"}]}
    yield head | {"choices": [], "usage": USAGE}


def response(request: dict[str, Any]) -> dict[str, Any]:
    """What ``/responses`` gives."""
    if request.get("tools"):
        output: list[dict[str, Any]] = [
            {"type": "reasoning", "id": "rs_1", "summary": []},
            {"type": "function_call", "id": "fc_1", "call_id": "call_1", "status": "completed"}
            | {"name": "order_status", "arguments": '{"order": 4711}'},
        ]
    else:
        text = '{"ships": "tomorrow"}' if request.get("text") else "Your order ships tomorrow."
        part = {"type": "output_text", "text": text, "annotations": [], "logprobs": []}
        output = [{"type": "message", "id": "msg_1", "status": "completed", "role": "assistant", "content": [part]}]
    return {
        "id": "resp_B1",
        "object": "response",
        "created_at": 1741000000,
        "completed_at": 1741000001,
        "status": "completed",
        "error": None,
        "incomplete_details": None,
        "instructions": request.get("instructions"),
        "model": "gpt-4o-mini-2024-07-18",
        "output": output,
        "parallel_tool_calls": True,
        "tool_choice": "auto",
        "tools": request.get("tools", []),
        "text": request.get("text", {"format": {"type": "text"}}),
        "metadata": {},
        "usage": {
            "input_tokens": 31,
            "input_tokens_details": {"cached_tokens": 0},
            "output_tokens": 6,
            "output_tokens_details": {"reasoning_tokens": 0},
            "total_tokens": 37,
        },
    }


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_POST(self) -> None:
        request = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        if request["model"] == "overloaded":
            error = {"message": "The engine is overloaded.", "type": "server_error", "param": None, "code": None}
            self._send(503, "application/json", json.dumps({"error": error}).encode())
        elif request.get("stream"):
            events = "".join(f"data: {json.dumps(chunk)}\n\n" for chunk in chunks(request)) + "data: [DONE]\n\n"
            self._send(200, "text/event-stream", events.encode())
        else:
            answer = response(request) if self.path.endswith("/responses") else chat(request)
            self._send(200, "application/json", json.dumps(answer).encode())

    def _send(self, status: int, kind: str, body: bytes) -> None:
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: Any) -> None:
        return


@contextmanager
def endpoint() -> Iterator[str]:
    """Serve until the block ends; gives the base URL."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), _Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_port}/v1"
    finally:
        server.shutdown()
