"""Judging while everything goes wrong: refusals, hanging calls, errors, spoilt replies, kills, and a budget that ends.

What was paid for is the stub's own account: it knows of each question how often it was answered, how often with nothing
wrong, and how often it was answered although it had had a sound answer before. The last is what was paid for twice;
the correction of a reply that was no JSON is a call of its own, and is left out.
"""

import asyncio
import gzip
import json
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from hashlib import sha256
from itertools import islice
from pathlib import Path
from tempfile import TemporaryDirectory

from benchmarks.courtroom import Courtroom, Stub, Worker, judged_by, one, until
from benchmarks.harness import Figure, endless
from monitor.cli.show import news
from streams.embedded.stack import Stack

BEHAVIOUR: dict[str, object] = {
    "latency_ms": 50,
    "latency_sigma": 0.3,
    "rate_limited": 0.3,
    "retry_after": 0.05,
    "hang": 0.1,
    "server_error": 0.1,
    "bad_json": 0.1,
    "sensitivity": 0.85,
    "specificity": 0.95,
}
TIMEOUT = 1.0
_SETTLED = 0.2
"""Seconds until the stub knows that the worker is gone, and before there is another."""
KILLED_AT = (0.3, 0.6)
"""Shares of the samples that have an opinion."""
WITHIN = 600.0
PRICE_IN, PRICE_OUT = 0.4, 1.6
"""For a million tokens."""
CALLS_EACH, MONEY_EACH = 1.15, 0.0012
"""The budget for each sample: less than it takes."""


@dataclass(frozen=True, slots=True)
class Kill:
    """What there was when the worker was killed."""

    in_flight: int
    """Calls that the stub had not answered yet."""
    undurable: int
    """Sound answers that were paid for and not in the store yet."""
    wasted: int
    """Paid for twice until then."""


@dataclass(frozen=True, slots=True)
class Chaos:
    """What to put it through."""

    traffic: Path
    samples: int
    width: int

    @property
    def calls(self) -> int:
        """The budget in calls."""
        return int(self.samples * CALLS_EACH)

    @property
    def money(self) -> float:
        """The budget in money."""
        return self.samples * MONEY_EACH


async def chaos(running: Stack, put: Chaos) -> list[Figure]:
    """Every sample ends with an opinion or a reason, whatever happens, and nothing is paid for twice."""
    records = list(islice(endless(put.traffic), put.samples))
    with TemporaryDirectory(prefix="evergauge-labels-") as directory:
        labels = Path(directory) / "labels.json"
        labels.write_text(json.dumps(dict(labelled(put.traffic, records))), encoding="utf-8")
        stub = await Stub.start(running, "judge-chaos", labels, **BEHAVIOUR)
    court = Courtroom(
        running,
        "chaos",
        judged_by(
            "helpfulness",
            stub.url,
            put.width,
            ENDPOINTS__MAIN__TIMEOUT=TIMEOUT,
            JUDGING__ASK_AGAIN_SHARE=0,
            PRICES__STUB__QUESTION=PRICE_IN,
            PRICES__STUB__REPLY=PRICE_OUT,
        ),
    )
    await court.summon(records)
    started = time.monotonic()
    worker = await court.worker("grade", BUDGET__CALLS_PER_DAY=put.calls, BUDGET__MONEY_PER_DAY=put.money)
    kills = await harassed(court, worker, stub, len(records))
    seconds = time.monotonic() - started
    await worker.end()
    return [
        *endings(court, len(records), seconds),
        *payments(court, put, stub, kills),
    ]


def labelled(traffic: Path, records: Sequence[bytes]) -> Iterator[tuple[str, bool]]:
    """Whether an answer is bad, by the SHA-256 of its text, where somebody has said so."""
    with gzip.open(traffic / "labels" / "labels.jsonl.gz") as file:
        bad = {said["id"]: said["bad"] for said in map(json.loads, file)}
    for sample in map(json.loads, records):
        label = bad.get(sample["id"].partition("-")[2])
        if label is not None:
            yield sha256((sample["output"] or "").strip().encode()).hexdigest(), label


async def harassed(court: Courtroom, worker: Worker, stub: Stub, samples: int) -> list[Kill]:
    """Kill the worker while it judges, and return when all is done; what each kill met."""
    client = court.client()

    def ended() -> float:
        return one(client, "SELECT uniqExact(sample_id) FROM scores WHERE source = 'judge'")

    kills: list[Kill] = []
    for share in KILLED_AT:
        await until("enough for a kill", lambda share=share: ended() >= share * samples, WITHIN)
        before = await asyncio.to_thread(stub.stats)
        worker.kill()
        await asyncio.sleep(_SETTLED)
        after = await asyncio.to_thread(stub.stats)
        durable = int(one(client, "SELECT uniqExact(content) FROM judgements"))
        kills.append(Kill(before["in_flight"], len(after["sound"]) - durable, after["wasted"]))
        news.print(f"[dim]· {kills[-1]}[/]")
    await until("all opinions", lambda: ended() >= samples, WITHIN, every=0.5)
    await until("all commits", lambda: worker.lag() == 0, WITHIN, every=0.5)
    return kills


def endings(court: Courtroom, samples: int, seconds: float) -> list[Figure]:
    """What became of the samples."""
    client = court.client()
    rows = one(client, "SELECT count() FROM scores FINAL WHERE source = 'judge'")
    reasons = Counter({str(missing): int(n) for missing, n in client.query(_REASONS).result_rows})
    twice = rows - one(client, "SELECT uniqExact(sample_id) FROM scores FINAL WHERE source = 'judge'")
    reused = one(client, _REUSED)
    return [
        Figure("chaos: samples with an opinion or a reason", rows, f"of {samples:,}", "all", rows == samples),
        Figure("  judged", reasons.pop("", 0), "samples"),
        *(Figure(f"  {reason}", n, "samples") for reason, n in reasons.most_common()),
        Figure("  judged by the judgement of an equal answer", reused, "samples"),
        Figure("  in the numbers twice", twice, "samples", "0", twice == 0),
        Figure("  time", seconds, "s"),
    ]


_REUSED = """
SELECT count() FROM scores FINAL
WHERE source = 'judge' AND copied_from != '00000000-0000-0000-0000-000000000000'
"""
_REASONS = "SELECT missing, count() FROM scores FINAL WHERE source = 'judge' GROUP BY missing"
_BOOKED = "SELECT sum(calls), sum(money), countIf(NOT settled) FROM bookings FINAL"


def payments(court: Courtroom, put: Chaos, stub: Stub, kills: Sequence[Kill]) -> list[Figure]:
    """What was paid, by the stub's account and by the books."""
    stats = stub.stats()
    faults: dict[str, int] = stats["faults"]
    begun_again = stats["paid_repeats"] - stats["corrected"]
    let_in = stats["calls"] - faults["rate_limited"] - faults["server_error"]  # those cost nobody anything
    paid = (stats["prompt_tokens"] * PRICE_IN + stats["completion_tokens"] * PRICE_OUT) / 1e6
    calls, money, open_lots = map(float, court.client().query(_BOOKED).result_rows[0])
    waiting, undurable = sum(kill.in_flight for kill in kills), sum(kill.undurable for kill in kills)
    flying, unprovoked = waiting + undurable, kills[0].wasted
    too_many, more_than_allowed = max(calls - put.calls, 0), max(let_in - put.calls, 0)
    too_much, paid_too_much = max(money - put.money, 0), max(paid - put.money, 0)
    return [
        Figure("calls paid for twice", stats["wasted"], "calls", f"≤ {flying}", stats["wasted"] <= flying),
        Figure("  before the first kill", unprovoked, "calls", "0", not unprovoked),
        Figure("  in flight at the kills, not answered yet", waiting, "calls"),
        Figure("  in flight at the kills, answered and not yet in the store", undurable, "calls"),
        Figure("  calls that the endpoint allows at once", put.width, "calls"),
        Figure("  answers of the stub", stats["answered"], "calls"),
        Figure("  asked about after bad JSON", stats["corrected"], "calls"),
        Figure("  asked anew after an ending without judgement", begun_again - stats["wasted"], "calls"),
        Figure("calls beyond the budget, by the books", too_many, f"of {put.calls:,}", "0", not too_many),
        Figure(
            "  by the stub's account",
            more_than_allowed,
            "calls",
            f"≤ {put.width}, in flight",
            more_than_allowed <= put.width,
        ),
        Figure("  booked", calls, "calls"),
        Figure("  not turned away by the stub", let_in, "calls"),
        Figure("money beyond the budget, by the books", too_much, f"of {put.money:.2f}", "0", too_much < 1e-6),
        Figure("  by the stub's account", paid_too_much, "money", "0", not paid_too_much),
        Figure("  booked", money, "money"),
        Figure("  what the stub's tokens cost", paid, "money"),
        Figure("  lots that killed workers left booked", open_lots, "lots"),
        *(Figure(f"  fault: {kind}", n, "calls") for kind, n in faults.items()),
    ]
