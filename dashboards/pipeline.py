"""The pipeline dashboard: is everything that comes in worked off, and what becomes of it?"""

from monitor import metrics

from .board import Board, View
from .queries import mean, quantile, rate, ratio, total, worst

VIEWS = {
    "What becomes of samples": (
        View("Samples by outcome", "What becomes of what comes in?", rate(metrics.SAMPLES, "outcome"), "{{outcome}}",
             "cps"),
        View("Verdicts by app", "Is an application getting worse?", rate(metrics.SAMPLES, "app", "verdict"),
             "{{app}} {{verdict}}", "cps"),
        View("Failed checks by app", "Which check fails, and where?", rate(metrics.FAILED_CHECKS, "app", "check"),
             "{{app}} {{check}}", "cps"),
        View("Mean score by check", "Does a check drift?", mean(metrics.SCORES, "check"), "{{check}}", "percentunit"),
        View("Dead letters by reason", "What cannot be evaluated?", rate(metrics.DEAD_LETTERS, "reason"), "{{reason}}",
             "cps"),
        View("Ignored by reason", "What holds nothing to evaluate?", rate(metrics.IGNORED, "reason"), "{{reason}}",
             "cps"),
        View("Broken checks", "Does a check itself fail?", rate(metrics.BROKEN_CHECKS, "check", "reason"),
             "{{check}} {{reason}}", "cps"),
    ),
    "Who looks next": (
        View("Inclusion probability", "With which probability is a sample judged?", worst(metrics.INCLUSION, "app"),
             "{{app}}", "percentunit"),
        View("Handed to the judge", "How many go on, and why?", rate(metrics.JUDGED, "app", "reason"),
             "{{app}}: {{reason}}", "cps"),
        View("Judge budget left", "Will the hour's budget last?", total(metrics.BUDGET_LEFT, "app"), "{{app}}"),
    ),
    "Is it keeping up": (
        View("Lag", "How far behind are we?", total(metrics.LAG, "topic"), "{{topic}}"),
        View("Drain time", "When will we have caught up?", worst(metrics.DRAIN_TIME, "topic", "partition"),
             "{{topic}}/{{partition}}", "s"),
        View("Holding", "Are chunks held because something is away?", total(metrics.HOLDING), "chunks"),
        View("Holds by system", "What is away?", rate(metrics.HELD, "system"), "{{system}}", "cps"),
        View("Slow steps (p95)", "Which step takes the time?", quantile(metrics.STAGE_SECONDS, 0.95, "step"),
             "{{step}}", "s"),
        View("Dearest checks", "Which check takes the time?", rate(metrics.CHECK_SECONDS, "check"), "{{check}}", "s"),
        View("Rows an insert (median)", "Are inserts large enough?", quantile(metrics.INSERT_ROWS, 0.5, "table"),
             "{{table}}"),
        View("Rebalances", "Is the group restless?", f"sum(increase({metrics.REBALANCES.name}[5m]))", "in 5 minutes"),
        View("Events for a collector", "Does the collector take them?", rate(metrics.EVENTS, "outcome"), "{{outcome}}",
             "cps"),
        View("Judged share", "What share goes to a judge?", ratio(metrics.JUDGED, metrics.SAMPLES, "app"), "{{app}}",
             "percentunit"),
        View("Labels folded", "Do labels outgrow their budget?", rate(metrics.FOLDED_LABELS, "label"), "{{label}}",
             "cps"),
    ),
}  # fmt: skip

BOARD = Board(
    uid="evergauge-pipeline",
    title="Evergauge: pipeline",
    question="Is everything that comes in worked off, and what becomes of it?",
    views=VIEWS,
)
