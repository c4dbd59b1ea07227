"""One Label Studio for the whole run, with a lead and two more people."""

from collections.abc import Iterator

import pytest

from tests.labelstudio.studio import LEAD, LEAD_TOKEN, Person, Studio, sign_up


@pytest.fixture(scope="session")
def studio(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Studio]:
    running = Studio(tmp_path_factory.mktemp("studio"))
    yield running
    running.close()


@pytest.fixture(scope="session")
def lead(studio: Studio) -> Person:
    return Person(studio.url, LEAD, LEAD_TOKEN)


@pytest.fixture(scope="session")
def anne(studio: Studio) -> Person:
    return sign_up(studio.url, "Anne@example.com")


@pytest.fixture(scope="session")
def ben(studio: Studio) -> Person:
    return sign_up(studio.url, "ben@example.com")
