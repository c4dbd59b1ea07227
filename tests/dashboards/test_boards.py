"""The dashboards ask for metrics that exist, with labels that they have."""

import json
import re

import pytest

from dashboards.board import Board, View
from dashboards.boards import BOARDS
from monitor.metrics import ALL

METRICS = {metric.name: metric for metric in ALL}
ALL_VIEWS = [view for board in BOARDS for views in board.views.values() for view in views]


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


@pytest.mark.parametrize("board", BOARDS, ids=lambda board: board.uid)
def test_panels_have_ids_of_their_own(board: Board) -> None:
    panels = [p for p in json.loads(board.as_json())["panels"] if p["type"] != "row"]

    assert len({panel["id"] for panel in panels}) == len(panels) == sum(map(len, board.views.values()))


def test_dashboards_have_ids_of_their_own() -> None:
    assert len({board.uid for board in BOARDS}) == len(BOARDS)
