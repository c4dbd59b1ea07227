"""A console and a browser that looks at it; what every visit must not do is checked when it ends."""

from collections.abc import Callable, Iterator

import pytest
from playwright.sync_api import Browser, sync_playwright

from tests.debian import chromium

from .hall import Hall
from .visit import Visit

MakeVisit = Callable[..., Visit]


@pytest.fixture(scope="package")
def hall() -> Iterator[Hall]:
    """One console for all; each test has an application, and so items, of its own."""
    serving = Hall()
    serving.start()
    yield serving
    serving.stop()


@pytest.fixture(scope="package")
def browser() -> Iterator[Browser]:
    program = chromium()
    with sync_playwright() as playwright:
        running = playwright.chromium.launch(
            executable_path=program, args=["--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage"]
        )
        yield running
        running.close()


@pytest.fixture
def make_visit(hall: Hall, browser: Browser, request: pytest.FixtureRequest) -> Iterator[MakeVisit]:
    """Visits that must load nothing from elsewhere, run nothing that is not ours, and have no errors."""
    visits: list[Visit] = []

    def make(*, width: int = 1280, height: int = 800, apps: tuple[str, ...] = (), name: str = "") -> Visit:
        app = apps or (request.node.name,)
        user = hall.reviewer(*app, name=name)
        visits.append(Visit(hall, browser.new_page(viewport={"width": width, "height": height}), user))
        return visits[-1]

    yield make
    for visit in visits:
        visit.page.close()
    assert [problem for visit in visits for problem in visit.problems] == []


@pytest.fixture
def visit(make_visit: MakeVisit) -> Visit:
    return make_visit()
