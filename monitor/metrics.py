"""The metric contract: every name, declared once, read by the exporter and by the dashboards.

Counters live as long as their process and count attempts; the ledger of outcomes is in the store.
"""

from dataclasses import dataclass
from typing import Literal

OTHER = "_other"
"""Stands for every label value beyond the label budget."""

_SECONDS = (0.001, 0.003, 0.01, 0.03, 0.1, 0.3, 1.0, 3.0, 10.0)
_SIZES = (1.0, 3.0, 10.0, 30.0, 100.0, 300.0, 1000.0, 3000.0, 10000.0)


@dataclass(frozen=True, slots=True)
class Metric:
    """A name that dashboards and alerts rely on."""

    name: str
    kind: Literal["counter", "gauge", "histogram"]
    help: str
    labels: tuple[str, ...] = ()
    buckets: tuple[float, ...] = ()


SAMPLES = Metric(
    "evergauge_samples_total",
    "counter",
    "Samples by what became of them.",
    ("app", "model", "outcome", "verdict"),
)
RECORDS = Metric("evergauge_records_total", "counter", "Records that were taken from Kafka.", ("topic",))
DEAD_LETTERS = Metric(
    "evergauge_dead_letters_total", "counter", "Samples and records that cannot be evaluated.", ("topic", "reason")
)
IGNORED = Metric(
    "evergauge_ignored_total",
    "counter",
    "Records and pieces of them that hold nothing to evaluate, such as spans of other work.",
    ("topic", "reason"),
)
SCORES = Metric(
    "evergauge_check_score",
    "histogram",
    "Values that checks gave, 0 to 1, higher is better.",
    ("app", "check"),
    (0.0, 0.25, 0.5, 0.75, 0.9, 1.0),
)
FAILED_CHECKS = Metric(
    "evergauge_check_failures_total", "counter", "Scores below their check's pass line.", ("app", "check")
)
BROKEN_CHECKS = Metric(
    "evergauge_check_errors_total",
    "counter",
    "Scores that are missing because the check raised, ran too long or answered rubbish.",
    ("check", "reason"),
)
CHECK_SECONDS = Metric("evergauge_check_seconds_total", "counter", "Seconds that checks took.", ("check",))
INCLUSION = Metric(
    "evergauge_inclusion_ratio", "gauge", "Mean probability of being sent to a judge, last chunk.", ("app",)
)
JUDGED = Metric("evergauge_forwarded_total", "counter", "Samples handed on to the judge stage.", ("app", "reason"))
BUDGET_LEFT = Metric(
    "evergauge_judge_budget_left",
    "gauge",
    "Judgements left this hour, in one partition.",
    ("app", "topic", "partition"),
)
STAGE_SECONDS = Metric(
    "evergauge_stage_seconds", "histogram", "Seconds a chunk spent in each step.", ("step",), _SECONDS
)
CHUNK_RECORDS = Metric("evergauge_chunk_records", "histogram", "Records in a chunk.", (), _SIZES)
INSERT_ROWS = Metric("evergauge_insert_rows", "histogram", "Rows in an insert.", ("table",), _SIZES)
LAG = Metric("evergauge_lag_records", "gauge", "Records not yet done with.", ("topic", "partition"))
DRAIN_TIME = Metric(
    "evergauge_drain_seconds", "gauge", "Seconds to work off the lag at the present rate.", ("topic", "partition")
)
EVENTS = Metric(
    "evergauge_events_total",
    "counter",
    "Events for a collector: sent, or dropped because it did not take them.",
    ("outcome",),
)
HELD = Metric("evergauge_holds_total", "counter", "Times a chunk was held because something was away.", ("system",))
HOLDING = Metric("evergauge_holding_chunks", "gauge", "Chunks that are held right now.")
REBALANCES = Metric("evergauge_rebalances_total", "counter", "Times the group shared out its partitions anew.")
FOLDED_LABELS = Metric(
    "evergauge_folded_labels_total", "counter", "Label values counted as _other: over the label budget.", ("label",)
)

JUDGE_CALLS = Metric(
    "evergauge_judge_calls_total",
    "counter",
    "Calls of judges' endpoints by what came of them: replied, or why there is no value.",
    ("endpoint", "outcome"),
)
JUDGE_SECONDS = Metric(
    "evergauge_judge_call_seconds",
    "histogram",
    "Seconds that a call took that was answered.",
    ("endpoint",),
    (0.1, 0.3, 1.0, 3.0, 10.0, 30.0, 100.0),
)
JUDGE_TOKENS = Metric(
    "evergauge_judge_tokens_total", "counter", "Tokens that judges read and wrote.", ("endpoint", "side")
)
JUDGE_COST = Metric(
    "evergauge_judge_cost_total", "counter", "Money spent, in the currency of the settings' prices.", ("endpoint",)
)
JUDGE_WIDTH = Metric(
    "evergauge_judge_calls_allowed", "gauge", "Calls at once that the endpoint's refusals allow.", ("endpoint",)
)
CIRCUIT_OPEN = Metric(
    "evergauge_judge_circuit_open", "gauge", "1 while a failing endpoint is left alone.", ("endpoint",)
)
JUDGED_SAMPLES = Metric(
    "evergauge_judgements_total",
    "counter",
    "Samples by what became of them at a judge: pass, fail, or why there is no value.",
    ("app", "judge", "outcome"),
)
JUDGED_AGAIN = Metric(
    "evergauge_judgements_reused_total",
    "counter",
    "Samples that were judged by a judgement that was here already.",
    ("app", "judge"),
)

OFFERED = Metric(
    "evergauge_review_items_total", "counter", "Items that were laid on the desk for people.", ("app", "reason")
)
REVIEWS = Metric(
    "evergauge_reviews_total", "counter", "Reviews by people: done, skipped, withdrawn.", ("app", "reason", "state")
)
WAITING = Metric("evergauge_reviews_waiting", "gauge", "Items that wait for people.", ("app", "reason"))

AGREEMENT = Metric(
    "evergauge_agreement",
    "gauge",
    "How far judges and people agree, with the bounds of the interval.",
    ("app", "judge", "pair", "measure", "bound"),
)
JUDGE_DRIFT = Metric(
    "evergauge_judge_drift_evalue",
    "gauge",
    "Evidence on control items that a judge has become worse: an e-value.",
    ("judge",),
)
JUDGE_DRIFTED = Metric("evergauge_judge_drifted", "gauge", "1 once that evidence is an alarm.", ("judge",))

EXCHANGED = Metric(
    "evergauge_exchanged_total",
    "counter",
    "Tasks and reviews exchanged with another tool: pushed, pulled, corrected, skipped, withdrawn, removed.",
    ("judge", "what"),
)
BROKEN_REVIEWS = Metric(
    "evergauge_reviews_broken_total",
    "counter",
    "Annotations and items that could not be exchanged with another tool, each counted once.",
    ("reason",),
)
EXCHANGE_AWAY = Metric(
    "evergauge_exchange_failures_total", "counter", "Rounds of the exchange that something ended early.", ("system",)
)

ALL = tuple(metric for metric in list(globals().values()) if isinstance(metric, Metric))
