"""Record litellm's standard logging payload: chat, tools, structured output, a failure."""

import json
import sys
import time
from importlib.metadata import version
from pathlib import Path
from typing import Any

import litellm
import openai
from calls import CHATS
from endpoint import endpoint
from litellm.integrations.custom_logger import CustomLogger


class Recorder(CustomLogger):
    """Keeps the last payload."""

    payload: dict[str, Any] | None = None

    def log_success_event(self, kwargs: Any, response_obj: Any, start_time: Any, end_time: Any) -> None:
        self.payload = kwargs["standard_logging_object"]

    def log_failure_event(self, kwargs: Any, response_obj: Any, start_time: Any, end_time: Any) -> None:
        self.payload = kwargs["standard_logging_object"]


def main(out: Path) -> None:
    recorder = Recorder()
    litellm.callbacks = [recorder]
    out.mkdir(parents=True, exist_ok=True)
    with endpoint() as url:
        for name, call in {**CHATS, "failure": CHATS["chat"]}.items():
            recorder.payload = None
            model = "openai/overloaded" if name == "failure" else "openai/gpt-4o-mini"
            try:
                litellm.completion(model=model, api_base=url, api_key="none", max_retries=0, user="user-17", **call)
            except openai.APIStatusError:
                assert name == "failure"
            while recorder.payload is None:
                time.sleep(0.05)
            payload = json.loads(json.dumps(recorder.payload, default=str).replace(url, "https://model.example/v1"))
            payload["error_information"] = without_trace(payload.get("error_information"))
            (out / f"{name}.json").write_text(json.dumps(payload) + "\n")
    (out / "made_by.txt").write_text(f"litellm {version('litellm')}\n")


def without_trace(error: dict[str, Any] | None) -> dict[str, Any] | None:
    """A traceback tells where the recording machine keeps its files."""
    return None if error is None else {key: value for key, value in error.items() if key != "traceback"}


main(Path(sys.argv[1]) / "litellm")
