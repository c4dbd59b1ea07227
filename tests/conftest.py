"""Fixtures that more than one room uses."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import hypothesis
import pytest

from tests.judge import StandIn
from tests.servers import Servers, Way

collect_ignore = ["wire"]
"""Scripts there run with the packages that they record."""

MakeWay = Callable[..., Way]

hypothesis.settings.register_profile("evergauge", deadline=None)
"""A test may wait for a busy machine. Imported early too: CPython 3.11 can fail to compile it late, beside threads."""
hypothesis.settings.load_profile("evergauge")


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Long runs, and those that need a model, only when they are asked for."""
    unasked = [mark for mark in ("soak", "llm") if mark not in (config.option.markexpr or "")]
    left_out = [item for item in items if any(item.get_closest_marker(mark) for mark in unasked)]
    config.hook.pytest_deselected(items=left_out)
    items[:] = [item for item in items if item not in left_out]


@pytest.fixture(scope="session")
def servers(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Servers]:
    """One Kafka and one store for the whole run."""
    running = Servers(tmp_path_factory.mktemp("servers"))
    yield running
    running.close()


@pytest.fixture
def stand_in() -> Iterator[StandIn]:
    """A judge's endpoint that behaves as it is told."""
    with ExitStack() as stack:
        yield StandIn(stack)


@pytest.fixture
def make_way(servers: Servers, tmp_path: Path) -> Iterator[MakeWay]:
    """Ways with topics and tables of their own; their workers end with the test."""
    ways: list[Way] = []

    def make(**settings: object) -> Way:
        ways.append(Way(servers, tmp_path, **settings))
        return ways[-1]

    yield make
    for way in ways:
        way.close()
