"""A dashboard as data, and as Grafana imports it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from grafana_foundation_sdk.builders import dashboard, prometheus, timeseries
from grafana_foundation_sdk.builders.dashboard import DatasourceVariable
from grafana_foundation_sdk.cog.encoder import JSONEncoder
from grafana_foundation_sdk.models.dashboard import DataSourceRef

_SOURCE = DataSourceRef(type_val="prometheus", uid="${source}")


@dataclass(frozen=True, slots=True)
class View:
    """One panel: a question and the query that answers it."""

    title: str
    question: str
    query: str
    legend: str
    unit: str = "short"


@dataclass(frozen=True, slots=True)
class Board:
    """Rows of panels, each row with a title."""

    uid: str
    title: str
    question: str
    views: Mapping[str, Sequence[View]]

    def as_json(self) -> str:
        """The dashboard as Grafana imports it."""
        built = (
            dashboard.Dashboard(self.title)
            .uid(self.uid)
            .description(self.question)
            .tags(["evergauge"])
            .timezone("utc")
            .refresh("10s")
            .time("now-1h", "now")
            .with_variable(DatasourceVariable("source").label("Prometheus").type("prometheus"))
        )
        number = 0
        for title, views in self.views.items():
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
