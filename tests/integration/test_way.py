"""The way of a sample through a real Kafka, a real worker and a real ClickHouse engine."""

import asyncio
import json
import urllib.request
from collections import Counter
from pathlib import Path
from typing import Any

import pytest
from aiokafka import AIOKafkaProducer
from kafka import KafkaProducer
from prometheus_client.parser import text_string_to_metric_families

from monitor.cli.main import Refused
from monitor.settings import KafkaSettings
from streams import topics
from streams.cli.dead import read_letters
from streams.cli.status import read_status
from streams.log import read_all
from tests.builders import make_call
from tests.conftest import MakeWay
from tests.integration.test_up import evergauge
from tests.integration.traffic import broken, good, mixed
from tests.servers import wait_until
from tests.unit.test_checks import chain

WIRE = Path(__file__).parents[1] / "wire"


def test_every_record_is_accounted_for(make_way: MakeWay) -> None:
    way = make_way(DEFAULT__ROUTING__SHARE=0.2)
    worker = way.worker().wait_ready()

    sent = way.send(mixed(2_000))
    way.wait(sent)

    status = read_status(way.settings)
    assert (status.records, status.waiting, status.problems) == (2_000, 0, [])
    assert status.ledger.ids == 2_000 - broken(2_000)
    assert status.ledger.outcomes["dead"] == broken(2_000) == len(read_letters(way.settings.kafka))
    judged = Counter[str]()
    for record in read_all(way.settings.kafka, topics.judge_topic(way.settings.kafka)):
        judged.update(json.loads(v)["sample"] for name, v in record.headers if name == "evergauge-route")
    assert judged.keys() == {
        str(row[0]) for row in way.rows("SELECT sample_id FROM samples FINAL WHERE route = 'judge'")
    }
    assert {row[0] for row in way.rows("SELECT DISTINCT inclusion FROM samples FINAL")} == {0.2}
    assert way.rows("SELECT count() FROM texts FINAL WHERE output LIKE 'The ferry%'")[0][0] == status.ledger.ids
    assert worker.terminate() == 0


def test_a_row_tells_why(make_way: MakeWay) -> None:
    way = make_way()
    way.worker().wait_ready()
    call = make_call(
        id="c-1", output="Write to jane@example.com", user="u-7", trace_id="t-1", tokens_in=4,
        metadata={"route": "main"}, input=[{"role": "user", "content": "Whom do I ask?"}], cost_usd=0.5,
        timestamp="2026-10-31T10:00:00Z",
    )  # fmt: skip

    way.wait(way.send([json.dumps(call).encode()]))

    (row,) = way.rows(
        "SELECT app, model, producer_id, toString(ts), verdict, because, outcome, inclusion, tokens_in, tokens_out,"
        " cost_usd, tags, user_key != toUUID('00000000-0000-0000-0000-000000000000') FROM samples FINAL"
    )
    assert row == (
        "app", "m", "c-1", "2026-10-31 10:00:00.000", "fail",
        "gate personal_data: gives away e-mail address at characters 9–25",
        "sampled_out", 0.05, 4, None, 0.5, {"route": "main"}, 1,
    )  # fmt: skip
    scores = {name: (value, why) for name, value, why in way.rows("SELECT scorer, value, why FROM all_scores")}
    assert scores["personal_data"] == (0.0, "gives away e-mail address at characters 9–25")
    assert scores["json"] == (None, "no JSON was asked for")
    assert way.rows("SELECT input FROM texts FINAL") == [('[{"role":"user","content":"Whom do I ask?"}]',)]


def test_the_same_id_twice(make_way: MakeWay) -> None:
    """Unchanged it is one sample that came again; with another text the last stands, and status says so."""
    way = make_way(KAFKA__PARTITIONS=1)
    way.worker().wait_ready()
    when = "2026-10-31T10:00:00Z"
    same = json.dumps(make_call(id="a", timestamp=when)).encode()
    before, after = (json.dumps(make_call(id="b", timestamp=when, output=o)).encode() for o in ("first.", "second."))

    way.wait(way.send([same, same, before, after]))

    found = read_status(way.settings).as_json()
    assert (found["samples"], found["different_samples"], found["repeats"], found["conflicts"]) == (4, 2, 1, 1)
    assert found["adds_up"]
    assert sorted(way.rows("SELECT output FROM texts FINAL")) == [("A fine answer.",), ("second.",)]


@pytest.mark.parametrize("codec", ["gzip", "snappy", "lz4", "zstd"])
async def test_compressed_topics(codec: str, make_way: MakeWay) -> None:
    way = make_way()
    way.worker().wait_ready()
    producer = AIOKafkaProducer(bootstrap_servers=way.settings.kafka.bootstrap_servers, compression_type=codec)
    await producer.start()
    for value in good(50):
        await (await producer.send(way.topic, value))
    await producer.stop()

    way.wait(50)

    assert way.ledger().ids == 50


def test_bad_records_in_a_row_lose_nothing_else(make_way: MakeWay) -> None:
    way = make_way(LIMITS__RECORD_BYTES=16_000_000)
    way.worker().wait_ready()
    bad = {
        b"": "empty",
        b"7": "wrong_type",
        b"null": "wrong_type",
        b'"text"': "wrong_type",
        b"[[1], [2]]": "wrong_type",
        b"\xff\xfe": "not_utf8",
        b"not JSON": "not_json",
        b'{"app": "a", "input": "x", "output": NaN}': "not_finite",
        b'{"app": "a", "input": "x", "output": "\\udfff"}': "lone_surrogate",
        b'{"app": "a", "input": "x", "output": "y", "timestamp": "9999-01-01"}': "bad_time",
        b'{"app": "a", "input": "cut ': "truncated",
        b"[" * 100_000 + b"]" * 100_000: "too_deep",
        json.dumps(make_call(output="x" * 20_000_000)).encode(): "too_large",
    }
    many = json.dumps([make_call(id=f"many-{n}") for n in range(10_000)]).encode()
    large = json.dumps(make_call(id="large", output="words and words " * 600_000)).encode()

    sent = way.send([*good(20), *bad, many, large, *good(20, start=20)])
    way.wait(sent, within=120)

    ledger = way.ledger()
    assert ledger.ids == 40 + 10_000 + 1
    assert ledger.reasons["dead"] == dict(Counter(bad.values()) + Counter(["wrong_type"]))  # the list of lists is two
    letters = read_letters(way.settings.kafka)
    assert {letter.value for letter in letters.values()} >= {value for value in bad if len(value) > 10**7}
    assert read_status(way.settings).problems == []


def test_a_record_that_kafka_does_not_take_is_named(make_way: MakeWay) -> None:
    way = make_way()

    with pytest.raises(Refused, match="larger than"):
        way.send([b"x" * 40_000_000])


def test_tombstones_and_unknown_formats(make_way: MakeWay) -> None:
    way = make_way()
    way.worker().wait_ready()

    way.send(good(3), headers={"evergauge-format": b"carrier pigeon"})
    producer: Any = KafkaProducer(bootstrap_servers=way.settings.kafka.bootstrap_servers)
    producer.send(way.topic, key=b"k", value=None).get(timeout=10)
    producer.close()
    way.wait(4)

    assert way.ledger().reasons.get("dead", {}) == {"unknown_format": 3, "tombstone": 1}


def test_formats_side_by_side_in_one_topic(make_way: MakeWay) -> None:
    way = make_way()
    worker = way.worker(INPUTS=f'[{{topic = "{way.topic}", format = "auto", app = "shop"}}]').wait_ready()
    records = [
        *good(3),
        (WIRE / "otlp/genai.traces.pb").read_bytes(),
        (WIRE / "otlp/openinference.traces.json").read_bytes(),
        (WIRE / "otlp/genai_events.traces.pb").read_bytes(),  # three calls without their text, one that failed
        (WIRE / "litellm/chat.json").read_bytes(),
        b'{"resourceSpans": [{"scopeSpans": [{"spans": [{"name": "GET /"}]}]}]}',
        b'{"what": "is this?"}',
    ]

    way.wait(way.send(records))

    ledger = way.ledger()
    assert ledger.ids == 3 + 4 + 4 + 1 + 1
    assert ledger.reasons == {"ignored": {"no_content": 3, "no_model_call": 1}, "dead": {"unknown_format": 1}}
    assert read_status(way.settings).problems == []
    assert [letter.value for letter in read_letters(way.settings.kafka).values()] == [records[-1]]
    assert 'evergauge_ignored_total{reason="no_content"' in worker.metrics()


def test_one_topic_in_another_format(make_way: MakeWay) -> None:
    way = make_way()
    settings = {"INPUTS": f'[{{topic = "{way.topic}", format = "openai", app = "shop"}}]'}
    way.worker(**settings).wait_ready()
    pair = {
        "request": {"messages": [{"role": "user", "content": "Hi"}]},
        "response": {"id": "r1", "choices": [{"message": {"role": "assistant", "content": "Hello."}}]},
    }

    way.wait(way.send([json.dumps(pair).encode()]))

    assert way.rows("SELECT app, producer_id, verdict FROM samples FINAL") == [("shop", "r1", "pass")]


def test_a_budget_holds_over_all_partitions(make_way: MakeWay) -> None:
    way = make_way(DEFAULT__ROUTING__SHARE=1, DEFAULT__ROUTING__BUDGET_PER_HOUR=42)
    way.worker().wait_ready()

    way.wait(way.send(good(3_000)))

    hours = way.rows("SELECT app, toStartOfHour(arrived), countIf(judged) FROM ledger FINAL GROUP BY ALL")
    assert all(judged <= 42 for _, _, judged in hours)
    outcomes = way.ledger().outcomes
    assert 0 < outcomes["scored"] <= 3 * 42 * len({hour for _, hour, _ in hours})
    assert outcomes["scored"] + outcomes["over_budget"] == 3_000


def test_the_metrics_of_a_worker(make_way: MakeWay) -> None:
    way = make_way()
    worker = way.worker().wait_ready()
    way.wait(way.send(mixed(200)))

    wait_until(lambda: "evergauge_drain_seconds{" in worker.metrics(), 5)
    families = {family.name: family for family in text_string_to_metric_families(worker.metrics())}

    def total(name: str) -> float:
        return sum(sample.value for sample in families[name].samples)

    assert total("evergauge_samples") == 200 - broken(200)
    assert total("evergauge_dead_letters") == broken(200)
    assert total("evergauge_records") == 200
    shown = {
        "evergauge_check_score",
        "evergauge_stage_seconds",
        "evergauge_insert_rows",
        "evergauge_lag_records",
        "evergauge_drain_seconds",
        "evergauge_inclusion_ratio",
        "process_resident_memory_bytes",
    }
    assert shown <= families.keys()
    with urllib.request.urlopen(f"http://127.0.0.1:{worker.web_port}/live") as answer:
        assert answer.status == 200


def test_dead_letters_can_be_given_another_chance(make_way: MakeWay) -> None:
    from streams.cli.dead import _send_back  # pyright: ignore[reportPrivateUsage]

    way = make_way()
    way.worker().wait_ready()
    way.wait(way.send([json.dumps({"input": "a", "output": "b"}).encode(), b"hopeless"]))
    letters = read_letters(way.settings.kafka)
    assert {letter.reason for letter in letters.values()} == {"missing_field", "not_json"}

    _send_back(way.settings.kafka, list(letters.values()))
    way.wait(4)

    after = read_letters(way.settings.kafka)
    assert sum(letter.replayed_ms is not None for letter in after.values()) == 2
    assert len(after) == 4
    assert read_status(way.settings).problems == []


def test_records_that_once_ended_a_worker(make_way: MakeWay) -> None:
    way = make_way()
    worker = way.worker().wait_ready()
    huge = b'{"app":"a","input":"x","output":"y","metadata":{"cost_usd":1' + b"0" * 400 + b"}}"
    key = b'{"app":"a","input":"x","output":"y","metadata":{"\\ud800":1}}'
    schema = json.loads(chain(26))

    way.send([huge, key, json.dumps(make_call(id="schema", output="{}", json_schema=schema)).encode()])
    asyncio.run(_send_with_empty_headers(way.settings.kafka, way.topic, [next(good(1)), b"not JSON"]))
    way.send(good(20, start=1))
    way.wait(25)

    assert worker.process.poll() is None
    assert way.ledger().reasons.get("dead", {}) == {"out_of_range": 1, "lone_surrogate": 1, "not_json": 1}
    assert way.rows("SELECT count() FROM samples FINAL") == [(22,)]
    assert read_status(way.settings).problems == []


async def _send_with_empty_headers(kafka: KafkaSettings, topic: str, values: list[bytes]) -> None:
    producer = AIOKafkaProducer(bootstrap_servers=kafka.bootstrap_servers)
    await producer.start()
    for value in values:
        await (await producer.send(topic, value, headers=[("evergauge-app", None), ("evergauge-format", None)]))
    await producer.stop()


def test_a_letter_with_odd_text_and_headers_is_listed_and_replayed(make_way: MakeWay) -> None:
    way = make_way()
    way.worker().wait_ready()
    asyncio.run(_send_with_empty_headers(way.settings.kafka, way.topic, [b'{"[/b]\\u001b[2J": "\\ud800"}']))
    way.wait(1)

    listed = evergauge(way.directory, "dead", "list", environment=way.environment)
    replayed = evergauge(way.directory, "dead", "replay", "--all", environment=way.environment)

    assert (listed.returncode, replayed.returncode) == (1, 0), listed.stderr + replayed.stderr
    assert "[/b]" in listed.stdout
    assert "\x1b" not in listed.stdout
    way.wait(2)


def test_partitions_that_settings_and_kafka_tell_apart_are_refused_where_budgets_count(make_way: MakeWay) -> None:
    way = make_way(DEFAULT__ROUTING__BUDGET_PER_HOUR=10)

    done = evergauge(way.directory, "worker", environment=way.environment | {"EVERGAUGE_KAFKA__PARTITIONS": "9"})

    assert done.returncode == 2
    assert "kafka.partitions: is 9, but" in done.stderr


def test_ports_that_are_taken_are_named(make_way: MakeWay) -> None:
    way = make_way()
    worker = way.worker().wait_ready()

    done = evergauge(
        way.directory, "worker", environment=way.environment | {"EVERGAUGE_WORKER__WEB_PORT": str(worker.web_port)}
    )

    assert done.returncode == 2
    assert "worker.web_port: cannot listen" in done.stderr
    assert "Traceback" not in done.stderr


def test_a_status_where_nobody_works_is_a_finding(make_way: MakeWay) -> None:
    way = make_way()
    way.send(good(3))

    done = evergauge(way.directory, "status", "--worker", "http://127.0.0.1:9", environment=way.environment)

    assert done.returncode == 1
    assert "no worker is ready" in done.stdout


def test_a_topic_that_does_not_exist_is_named(make_way: MakeWay) -> None:
    way = make_way()

    done = evergauge(way.directory, "send", "-", "--topic", "nope", stdin=b"{}", environment=way.environment)

    assert done.returncode == 2
    assert "there is no topic nope" in done.stderr


def test_a_wrong_password_is_no_absence(make_way: MakeWay) -> None:
    way = make_way()

    done = evergauge(
        way.directory, "status", environment=way.environment | {"EVERGAUGE_CLICKHOUSE__PASSWORD": "hunter2"}
    )

    assert done.returncode == 3
    assert "clickhouse refuses: wrong user or password" in done.stderr
