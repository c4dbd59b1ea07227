"""Record what the openai library sends and receives: requests, responses, a joined stream, an error."""

import json
import sys
from importlib.metadata import version
from pathlib import Path
from typing import Any

import openai
from calls import CHATS, MESSAGES, SCHEMA, TOOLS
from endpoint import endpoint

MODEL = "gpt-4o-mini"


def main(out: Path) -> None:
    with endpoint() as url:
        client = openai.OpenAI(base_url=url, api_key="none", max_retries=0)
        for name, call in CHATS.items():
            response = client.chat.completions.create(model=MODEL, **call)
            write(out / "openai" / f"{name}.json", {"model": MODEL, **call}, response.model_dump(mode="json"))
        call = CHATS["chat"]
        with client.chat.completions.stream(model=MODEL, stream_options={"include_usage": True}, **call) as stream:
            joined = stream.get_final_completion()
        write(out / "openai" / "stream.json", {"model": MODEL, **call}, joined.model_dump(mode="json"))
        try:
            client.chat.completions.create(model="overloaded", **call)
        except openai.APIStatusError as error:
            write(out / "openai" / "error.json", {"model": "overloaded", **call}, {"error": error.body})
        responses(client, out / "responses")
    for folder in ("openai", "responses"):
        (out / folder / "made_by.txt").write_text(f"openai {version('openai')}\n")


def responses(client: Any, out: Path) -> None:
    flat = [{"type": "function"} | tool["function"] | {"strict": False} for tool in TOOLS]
    form = {"format": {"type": "json_schema", "name": "shipping", "strict": True, "schema": SCHEMA}}
    for name, call in {
        "text": {"input": "When does my order ship?", "instructions": "You help customers."},
        "messages": {"input": MESSAGES},
        "tools": {"input": MESSAGES, "tools": flat},
        "structured": {"input": MESSAGES, "text": form},
    }.items():
        response = client.responses.create(model=MODEL, **call)
        write(out / f"{name}.json", {"model": MODEL, **call}, response.model_dump(mode="json"))


def write(path: Path, request: dict[str, Any], response: dict[str, Any]) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps({"request": request, "response": response}) + "\n")


main(Path(sys.argv[1]))
