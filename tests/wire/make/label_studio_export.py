"""Record what a running Label Studio exports: JSON, JSON_MIN and CSV of two annotated tasks and one skipped.

label_studio_export.py OUT URL TOKEN
"""

import json
import sys
from pathlib import Path
from typing import Any
from urllib.request import Request, urlopen

from calls import MESSAGES

CONFIG = """
<View>
  <Text name="question" value="$prompt"/><Text name="reply" value="$answer"/>
  <Choices name="quality" toName="reply"><Choice value="good"/><Choice value="bad"/></Choices>
  <Rating name="tone" toName="reply"/>
  <TextArea name="correction" toName="reply"/>
</View>
"""


def call(url: str, token: str, path: str, body: Any = None) -> bytes:
    data = None if body is None else json.dumps(body).encode()
    headers = {"Authorization": f"Token {token}", "Content-Type": "application/json"}
    with urlopen(Request(url + path, data, headers)) as response:
        return response.read()


def region(name: str, kind: str, value: dict[str, Any]) -> dict[str, Any]:
    return {"from_name": name, "to_name": "reply", "type": kind, "value": value}


def main(out: Path, url: str, token: str) -> None:
    out.mkdir(parents=True, exist_ok=True)
    project = json.loads(call(url, token, "/api/projects", {"title": "reviews", "label_config": CONFIG}))["id"]
    question = MESSAGES[1]["content"]
    tasks = [
        {"prompt": question, "answer": "Your order ships tomorrow.", "app": "shop", "id": "call-1"},
        {"prompt": question, "answer": "I do not know.", "app": "shop", "id": "call-2"},
        {"prompt": question, "answer": "…", "app": "shop", "id": "call-3"},
    ]
    call(url, token, f"/api/projects/{project}/import", [{"data": task} for task in tasks])
    known = json.loads(call(url, token, f"/api/tasks?project={project}&fields=all"))["tasks"]
    by_call = {task["data"]["id"]: task["id"] for task in known}
    good = [region("quality", "choices", {"choices": ["good"]}), region("tone", "rating", {"rating": 5})]
    bad = [
        region("quality", "choices", {"choices": ["bad"]}),
        region("correction", "textarea", {"text": ["Your order ships tomorrow."]}),
    ]
    for name, result in (("call-1", good), ("call-2", bad)):
        call(url, token, f"/api/tasks/{by_call[name]}/annotations", {"result": result, "lead_time": 4.2})
    call(url, token, f"/api/tasks/{by_call['call-3']}/annotations", {"result": [], "was_cancelled": True})
    for kind, file in (("JSON", "export.json"), ("JSON_MIN", "export_min.json"), ("CSV", "export.csv")):
        path = f"/api/projects/{project}/export?exportType={kind}&download_all_tasks=true"
        (out / file).write_bytes(call(url, token, path))
    release = json.loads(call(url, token, "/api/version"))["release"]
    (out / "made_by.txt").write_text(f"label-studio {release}\n")


main(Path(sys.argv[1]) / "label_studio", sys.argv[2].rstrip("/"), sys.argv[3])
