"""The pipeline dashboard: is everything that comes in worked off, and what becomes of it?"""

from dataclasses import dataclass

from grafana_foundation_sdk.builders import dashboard, prometheus, timeseries
from grafana_foundation_sdk.builders.dashboard import DatasourceVariable
from grafana_foundation_sdk.cog.encoder import JSONEncoder
from grafana_foundation_sdk.models.dashboard import DataSourceRef

from monitor import metrics

from .queries import mean, quantile, rate, ratio, total, worst

_SOURCE = DataSourceRef(type_val="prometheus", uid="${source}")


@dataclass(frozen=True, slots=True)
class View:
    """One panel: a question and the query that answers it."""

    title: str
    question: str
    query: str
    legend: str
    unit: str = "short"


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


def dashboard_json() -> str:
    """The dashboard as Grafana imports it."""
    built = (
        dashboard.Dashboard("Evergauge: pipeline")
        .uid("evergauge-pipeline")
        .description("Is everything that comes in worked off, and what becomes of it?")
        .tags(["evergauge"])
        .timezone("utc")
        .refresh("10s")
        .time("now-1h", "now")
        .with_variable(DatasourceVariable("source").label("Prometheus").type("prometheus"))
    )
    number = 0
    for title, views in VIEWS.items():
        built = built.with_row(dashboard.Row(title))
        for view in views:
            number += 1
            built = built.with_panel(_panel(view, number))
    return JSONEncoder(sort_keys=True, indent=2).encode(built.build()) + "\n"


def _panel(view: View, number: int) -> timeseries.Panel:
    query = prometheus.Dataquery().expr(view.query).legend_format(view.legend).ref_id("A")
    return (
        timeseries.Panel()
        .id(number)
        .title(view.title)
        .description(view.question)
        .datasource(_SOURCE)
        .unit(view.unit)
        .min(0)
        .fill_opacity(10)
        .span(8)
        .height(7)
        .with_target(query)
    )
