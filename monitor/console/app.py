"""The console as one application: API, pages, health, and the desk kept fresh behind them."""

import asyncio
import logging
from collections.abc import AsyncGenerator, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass

from fastapi import APIRouter, FastAPI
from fastapi.responses import JSONResponse

from monitor import __version__
from monitor.errors import Unavailable
from monitor.pipeline.collect import Collect
from monitor.settings import Settings

from .api import add_api
from .auth import Auth
from .directory import Directory
from .pages import add_pages
from .parts import Console
from .shell import Bounded, Guarded

REFRESH_SECONDS = 2.0
_log = logging.getLogger(__name__)


def create_console(
    settings: Settings,
    *,
    collect: Collect,
    users: Directory,
    routers: Sequence[APIRouter] = (),
    refresh_seconds: float = REFRESH_SECONDS,
) -> FastAPI:
    """The application, which reads the desk when it starts and from then on every few seconds.

    Args:
        settings: all of them.
        collect: the desk and what stands behind it.
        users: who may log in.
        routers: what else is answered, below /hooks; the pages come last, which answer everything.
        refresh_seconds: how often items, reviews and users are read again.
    """
    auth = Auth(
        key=settings.console.signing_key,
        users=users,
        clock=collect.clock,
        session_seconds=settings.console.session_hours * 3600,
        secure=settings.console.secure_cookies,
    )
    console = Console(settings=settings, collect=collect, users=users, auth=auth)
    fresh = Fresh(console, refresh_seconds)
    app = FastAPI(
        title="Evergauge console",
        version=__version__,
        lifespan=fresh.lifespan,
        openapi_url="/api/openapi.json",
        docs_url=None,  # its pages load scripts from elsewhere
        redoc_url=None,
    )
    add_api(app, console)
    add_health(app, fresh)
    for router in routers:
        app.include_router(router)
    add_pages(app, console)
    app.add_middleware(Bounded)
    app.add_middleware(Guarded, auth=auth)
    return app


@dataclass(slots=True)
class Fresh:
    """Keeps desk and directory fresh; whether they are."""

    console: Console
    seconds: float
    trouble: str = "starting"
    """Why they are not; empty when they are."""
    _begun: bool = False
    _task: asyncio.Task[None] | None = None

    @property
    def alive(self) -> bool:
        """Whether somebody still tries."""
        return self._task is not None and not self._task.done()

    @asynccontextmanager
    async def lifespan(self, _: FastAPI) -> AsyncGenerator[None]:
        """From the first look at the store to the end."""
        await self.refresh()
        self._task = asyncio.create_task(self._keep())
        try:
            yield
        finally:
            self._task.cancel()
            with suppress(asyncio.CancelledError):
                await self._task

    async def refresh(self) -> None:
        """Read again; where the store is away, what is known stays."""
        try:
            await self.console.users.refresh()
            collect = self.console.collect
            await (collect.refresh() if self._begun else collect.resume())
        except Unavailable as error:
            if self.trouble != str(error):
                _log.warning("%s", error)
            self.trouble = str(error)
        else:
            self.trouble, self._begun = "", True

    async def _keep(self) -> None:
        while True:
            await asyncio.sleep(self.seconds)
            await self.refresh()


def add_health(app: FastAPI, fresh: Fresh) -> None:
    """What an orchestrator asks."""

    @app.get("/live", include_in_schema=False)
    async def live() -> JSONResponse:
        return JSONResponse({"live": fresh.alive}, status_code=200 if fresh.alive else 503)

    @app.get("/ready", include_in_schema=False)
    async def ready() -> JSONResponse:
        good = fresh.alive and not fresh.trouble
        return JSONResponse({"ready": good, "why": fresh.trouble}, status_code=200 if good else 503)

    for endpoint in (live, ready):
        assert endpoint
