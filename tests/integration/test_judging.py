"""Samples that were drawn are judged: once, with a reason where not, and again later; on a real Kafka and store."""

import asyncio
import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from uuid import uuid4

import pytest

from monitor.adapters.clickhouse import ClickHouseJudging, ClickHouseSamples, ClickHouseVerdicts
from monitor.adapters.memory import MemoryMeter
from monitor.build import address
from monitor.model import NOBODY, Opinion, Order, Source
from monitor.pipeline.agree import Agree
from monitor.pipeline.ask_again import AskAgain, backfill
from streams.bus import KafkaBus
from tests.builders import NOON
from tests.conftest import MakeWay
from tests.judge import StandIn
from tests.servers import Way, wait_until

ROOT = Path(__file__).parents[2]
ASKED = "SELECT count(), countIf(value IS NOT NULL), uniqExact(sample_id) FROM scores FINAL WHERE source = 'judge'"


def judging(stand_in: StandIn, make_way: MakeWay, **settings: object) -> Way:
    said: dict[str, object] = {
        "ENDPOINTS__MAIN__URL": stand_in.url,
        "ENDPOINTS__MAIN__MODEL": "stub",
        "ENDPOINTS__MAIN__TIMEOUT": 2,
        "JUDGES__HELPFULNESS__RUBRIC": "helpfulness",
        "JUDGES__HELPFULNESS__ENDPOINTS": "main",
        "DEFAULT__JUDGES": "helpfulness",
        "DEFAULT__ROUTING__SHARE": 1.0,
    }
    return make_way(**(said | settings))


def calls(count: int, **said: object) -> list[bytes]:
    return [
        json.dumps(
            {"id": f"c{n}", "app": "shop", "input": f"Question {n}?", "output": f"A whole answer to question {n}."}
            | said
        ).encode()
        for n in range(count)
    ]


def judged(way: Way) -> int:
    return int(way.rows(ASKED)[0][0])


def test_every_drawn_sample_is_judged_once_whatever_is_killed(stand_in: StandIn, make_way: MakeWay) -> None:
    stand_in.behave(latency_ms=50)
    way = judging(stand_in, make_way)
    way.worker().wait_ready()
    grader = way.worker(WORKER__ROLE="grade").wait_ready()
    way.send(calls(600))

    wait_until(lambda: judged(way) >= 150, 60)
    os.kill(grader.process.pid, signal.SIGKILL)
    grader.process.wait()
    grader.restart()
    wait_until(lambda: judged(way) >= 600, 90, lambda: grader.log.read_text(errors="replace")[-2000:])

    assert way.rows(ASKED) == [(600, 600, 600)]
    assert stand_in.paid <= 600 + 32  # calls at once, at the kill


def test_equal_texts_are_paid_for_once_and_say_whose_judgement_it_is(stand_in: StandIn, make_way: MakeWay) -> None:
    way = judging(stand_in, make_way)
    way.worker().wait_ready()
    way.worker(WORKER__ROLE="grade").wait_ready()

    way.send([*calls(1), *calls(1, id="again"), *calls(1, id="and again")])
    wait_until(lambda: judged(way) == 3, 60)

    assert stand_in.paid == 1
    assert way.rows("SELECT uniqExact(copied_from), countIf(cost_usd = 0) FROM scores FINAL") == [(2, 3)]


def test_our_own_judges_traffic_is_not_judged(stand_in: StandIn, make_way: MakeWay) -> None:
    way = judging(stand_in, make_way)
    way.worker().wait_ready()
    messages = [{"role": "system", "content": "evergauge-judge/1\nYou judge …"}, {"role": "user", "content": "…"}]

    way.wait(way.send(calls(1, input=messages)))

    assert way.rows("SELECT toString(outcome), reason FROM ledger FINAL") == [("ignored", "own_judge")]


async def test_what_was_missing_is_asked_again_with_its_share_in_the_weight(
    stand_in: StandIn, make_way: MakeWay
) -> None:
    stand_in.behave(hang=1.0)
    patient = {"ENDPOINTS__MAIN__BREAKER_FAILURES": 1_000}
    way = judging(stand_in, make_way, ENDPOINTS__MAIN__TIMEOUT=0.2, ENDPOINTS__MAIN__ATTEMPTS=1, **patient)
    way.worker().wait_ready()
    way.worker(WORKER__ROLE="grade").wait_ready()
    await asyncio.to_thread(way.send, calls(40))
    await asyncio.to_thread(wait_until, lambda: judged(way) == 40, 60)
    stand_in.behave()
    samples, bus = ClickHouseSamples(address(way.settings)), KafkaBus(way.settings.kafka)

    sent = await AskAgain(samples, bus, 0.5, 0.0, time.time).once()
    await asyncio.to_thread(wait_until, lambda: judged(way) == 40 + sent, 60)

    assert 8 <= sent <= 32
    second = (
        "SELECT count(), countIf(value IS NOT NULL), any(inclusion), any(reason) FROM scores FINAL WHERE attempt = 1"
    )
    assert way.rows(second) == [(sent, sent, 0.5, "asked again")]
    assert await AskAgain(samples, bus, 0.5, 0.0, time.time).once() == 0  # also in another process
    await samples.close()
    await bus.close()


async def test_what_the_budget_did_not_allow_is_judged_later_and_never_weighed(
    stand_in: StandIn, make_way: MakeWay
) -> None:
    way = judging(stand_in, make_way, DEFAULT__BUDGET__CALLS_PER_HOUR=8)
    way.worker().wait_ready()
    way.worker(WORKER__ROLE="grade").wait_ready()
    asked = calls(60, tools=[{"name": "find"}], reference="yes", tags={"route": "web"})
    await asyncio.to_thread(lambda: way.wait(way.send(asked)))
    await asyncio.to_thread(wait_until, lambda: judged(way) > 0, 60)
    short = way.rows("SELECT count() FROM samples FINAL WHERE outcome = 'over_budget'")[0][0]
    samples, bus = ClickHouseSamples(address(way.settings)), KafkaBus(way.settings.kafka)

    found = await samples.unjudged(
        "shop", "helpfulness", 0, 2**41, order=Order.VALUABLE, outcome="over_budget", limit=5
    )
    await backfill(found, bus, lambda _: None)
    late = "SELECT count() FROM scores FINAL WHERE reason = 'backfill'"
    await asyncio.to_thread(wait_until, lambda: way.rows(late)[0][0] == 5, 60)

    assert short > 0
    assert stand_in.paid <= 8
    assert way.rows("SELECT DISTINCT inclusion FROM scores FINAL WHERE reason = 'backfill'") == [(0.0,)]
    assert way.rows("SELECT count() FROM scores FINAL WHERE missing = 'over_budget' AND value IS NOT NULL") == [(0,)]
    await samples.close()
    await bus.close()


async def test_agreement_is_measured_from_what_is_stored(make_way: MakeWay) -> None:
    way = make_way()
    judging_, verdicts = ClickHouseJudging(address(way.settings)), ClickHouseVerdicts(address(way.settings))
    now_ms = int(time.time() * 1000)
    opinions: list[Opinion] = []
    for number in range(200):
        sample = uuid4()
        for source, version, passed in ((Source.JUDGE, "v1", number % 10 != 0), (Source.HUMAN, "r1", number % 5 != 0)):
            opinions.append(
                Opinion(
                    sample=sample, time=NOON, app="shop", model="m", source=source, scorer="helpfulness",
                    version=version, value=float(passed), passed=passed, by=NOBODY, at_ms=now_ms, inclusion=0.5,
                )
            )  # fmt: skip
    await judging_.write(opinions)
    agree = Agree(verdicts, MemoryMeter(), time.time)

    measured = {one.measure: one for one in await agree.measured(now_ms + 1000)}
    await agree.once()

    assert measured["raw agreement"].value == pytest.approx(0.9)
    assert measured["sensitivity"].value == pytest.approx(0.5)  # of forty that people failed, the judge failed twenty
    assert measured["specificity"].value == pytest.approx(1.0)
    assert measured["raw agreement"].n == 200
    assert way.rows("SELECT count() > 3 FROM agreement FINAL") == [(True,)]
    await judging_.close()
    await verdicts.close()


def command(way: Way, *words: str, input: str = "") -> "subprocess.CompletedProcess[str]":
    return subprocess.run(
        [sys.executable, "-m", "monitor.cli.program", "--data", str(way.directory / "none"), *words],
        env={**os.environ, "PYTHONPATH": str(ROOT), **way.environment},
        cwd=way.directory,
        input=input,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


def test_a_backfill_says_what_it_costs_and_asks_before_it_spends(stand_in: StandIn, make_way: MakeWay) -> None:
    prices = {"PRICES": "{ stub = { question = 2.0, reply = 8.0 } }", "DEFAULT__ROUTING__SHARE": 0.0}
    way = judging(stand_in, make_way, **prices)
    way.worker().wait_ready()
    way.worker(WORKER__ROLE="grade").wait_ready()
    way.wait(way.send(calls(6)))
    words = ("backfill", "--app", "shop", "--since", "1h", "--outcome", "", "--limit", "4")

    dry = json.loads(command(way, *words, "--dry", "--json").stdout)
    refused = command(way, *words, input="n\n")
    judged_before = judged(way)
    sent = command(way, *words, "--yes")
    wait_until(lambda: judged(way) == 4, 60)
    wrong = command(way, "backfill", "--app", "shop", "--since", "yesterday")

    assert (dry["samples"], dry["judge"]) == (4, "helpfulness")
    assert dry["expected_cost"] == pytest.approx(4 * (1_350 * 2 + 150 * 8) / 1e6)
    assert "Send them" in refused.stderr
    assert judged_before == 0
    assert sent.returncode == 0
    assert (wrong.returncode, "write it as 24h" in wrong.stderr) == (2, True)


def test_commands_tell_of_agreement_of_judges_and_of_their_endpoints(stand_in: StandIn, make_way: MakeWay) -> None:
    way = judging(stand_in, make_way)

    nothing = command(way, "agreement", "--json")
    online = command(way, "config", "check", "--online")
    stand_in.behave(key="another")
    locked = command(way, "config", "check", "--online")

    assert json.loads(nothing.stdout) == {"agreement": [], "drift": []}
    assert online.returncode == 0, online.stderr
    assert locked.returncode == 2
    assert "endpoints.main" in locked.stderr
    assert "is the key right" in locked.stderr
