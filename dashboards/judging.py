"""The judging dashboard: are judges and people keeping up, what does it cost, and how far can they be trusted?"""

from monitor import metrics

from .board import Board, View
from .queries import quantile, rate, ratio, total, worst

VIEWS = {
    "What judges say": (
        View("Judgements by outcome", "What do judges say, and why is there nothing?",
             rate(metrics.JUDGED_SAMPLES, "judge", "outcome"), "{{judge}} {{outcome}}", "cps"),
        View("Judgements by app", "Is an application getting worse?",
             rate(metrics.JUDGED_SAMPLES, "app", "outcome"), "{{app}} {{outcome}}", "cps"),
        View("Judgements used again", "How many samples have a text that was judged before?",
             ratio(metrics.JUDGED_AGAIN, metrics.JUDGED_SAMPLES, "app", "judge"), "{{app}} {{judge}}", "percentunit"),
    ),
    "The endpoints": (
        View("Calls by outcome", "Does the endpoint answer?", rate(metrics.JUDGE_CALLS, "endpoint", "outcome"),
             "{{endpoint}} {{outcome}}", "cps"),
        View("Seconds a call (p95)", "How long does a call take?",
             quantile(metrics.JUDGE_SECONDS, 0.95, "endpoint"), "{{endpoint}}", "s"),
        View("Calls allowed at once", "How far do refusals hold us back?", worst(metrics.JUDGE_WIDTH, "endpoint"),
             "{{endpoint}}"),
        View("Circuit open", "Is a failing endpoint left alone?", worst(metrics.CIRCUIT_OPEN, "endpoint"),
             "{{endpoint}}"),
        View("Tokens", "How much do judges read and write?", rate(metrics.JUDGE_TOKENS, "endpoint", "side"),
             "{{endpoint}} {{side}}", "short"),
        View("Money a second", "What does judging cost?", rate(metrics.JUDGE_COST, "endpoint"), "{{endpoint}}"),
    ),
    "Trust": (
        View("Agreement with people", "How far do judges agree with people?",
             worst(metrics.AGREEMENT, "judge", "pair", "measure", "bound"), "{{pair}} {{measure}} {{bound}}",
             "percentunit"),
        View("Evidence of drift", "Has a judge become worse?", worst(metrics.JUDGE_DRIFT, "judge"), "{{judge}}"),
        View("Drifted", "Which judge is an alarm?", worst(metrics.JUDGE_DRIFTED, "judge"), "{{judge}}"),
    ),
    "People": (
        View("Items offered", "What goes on to people, and why?", rate(metrics.OFFERED, "app", "reason"),
             "{{app}} {{reason}}", "cps"),
        View("Reviews", "What do people do?", rate(metrics.REVIEWS, "app", "state"), "{{app}} {{state}}", "cps"),
        View("Exchanged with another tool", "Does the exchange with Label Studio go on?",
             rate(metrics.EXCHANGED, "judge", "what"), "{{judge}} {{what}}", "cps"),
        View("Broken reviews", "What cannot be exchanged?", rate(metrics.BROKEN_REVIEWS, "reason"), "{{reason}}",
             "cps"),
        View("Exchange cut short", "What ends the exchange early?", rate(metrics.EXCHANGE_AWAY, "system"), "{{system}}",
             "cps"),
        View("Items waiting", "Do people keep up?", total(metrics.WAITING, "app", "reason"), "{{app}} {{reason}}"),
    ),
}  # fmt: skip

BOARD = Board(
    uid="evergauge-judging",
    title="Evergauge: judges and people",
    question="Are judges and people keeping up, what does it cost, and how far can they be trusted?",
    views=VIEWS,
)
