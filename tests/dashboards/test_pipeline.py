"""The dashboard asks for metrics that exist, with labels that they have."""

import json
import re

import pytest

from dashboards.pipeline import VIEWS, View, dashboard_json
from monitor.metrics import ALL

METRICS = {metric.name: metric for metric in ALL}
ALL_VIEWS = [view for views in VIEWS.values() for view in views]


@pytest.mark.parametrize("view", ALL_VIEWS, ids=lambda view: view.title)
def test_a_query_asks_for_what_there_is(view: View) -> None:
    names = re.findall(r"evergauge_\w+", view.query)

    assert names
    for name in names:
        base = re.sub(r"_(bucket|sum|count)$", "", name)
        metric = METRICS.get(name) or METRICS[base]
        for labels in re.findall(r"by \(([^)]*)\)", view.query):
            assert {label.strip() for label in labels.split(",")} - {"le"} <= set(metric.labels)
    for label in re.findall(r"{{(\w+)}}", view.legend):
        assert label in view.query
    assert view.question.endswith("?")


def test_every_metric_is_seen_somewhere() -> None:
    asked = " ".join(view.query for view in ALL_VIEWS)

    assert {name for name in METRICS if name not in asked} <= {"evergauge_records_total", "evergauge_chunk_records"}


def test_panels_have_ids_of_their_own() -> None:
    panels = [p for p in json.loads(dashboard_json())["panels"] if p["type"] != "row"]

    assert len({panel["id"] for panel in panels}) == len(panels) == len(ALL_VIEWS)
