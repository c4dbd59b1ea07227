"""Fixtures that more than one room uses."""

from collections.abc import Callable, Iterator
from pathlib import Path

import hypothesis
import pytest

from tests.servers import Servers, Way

collect_ignore = ["wire"]
"""Scripts there run with the packages that they record."""

MakeWay = Callable[..., Way]

hypothesis.settings.register_profile("evergauge", deadline=None)
"""A test may wait for a busy machine. Imported early too: CPython 3.11 can fail to compile it late, beside threads."""
hypothesis.settings.load_profile("evergauge")


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Soak runs only when they are asked for."""
    if "soak" not in (config.option.markexpr or ""):
        chosen = [item for item in items if not item.get_closest_marker("soak")]
        config.hook.pytest_deselected(items=[item for item in items if item.get_closest_marker("soak")])
        items[:] = chosen


@pytest.fixture(scope="session")
def servers(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Servers]:
    """One Kafka and one store for the whole run."""
    running = Servers(tmp_path_factory.mktemp("servers"))
    yield running
    running.close()


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
