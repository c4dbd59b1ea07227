"""Pages for people who review: all of it works by keys, and nothing that a sample says can run."""

from collections.abc import Callable
from typing import Protocol, cast

from fastapi import FastAPI, Request
from fastapi.responses import RedirectResponse, Response
from fastapi.staticfiles import StaticFiles
from nicegui import Client, ui
from nicegui import app as nicegui_app
from nicegui.api_router import APIRouter

from monitor.console.auth import login_path
from monitor.console.parts import Console

from .desk import Desk
from .keys import bindings
from .login import add_login
from .review import PATH, ReviewPage, signed_in
from .shell import ASSETS, URL, head, shell
from .shift import Shift, Shifts

__all__ = ["add_pages"]


_RECONNECT_SECONDS = 30.0
"""How long a page may be away before it is loaded anew; what was typed in is kept in the browser."""


class _Mounts(Protocol):
    """What we use of NiceGUI, which types it in part.

    It is given no secret for a storage of its own: who is logged in, our own cookie says.
    """

    run_with: Callable[..., None]


def add_pages(app: FastAPI, console: Console) -> None:
    """Put the pages under an application that has its routes already: what they do not know goes to NiceGUI."""
    shifts = Shifts(console.collect)
    add_login(app, console)
    app.mount(URL, StaticFiles(directory=ASSETS), name="assets")

    @app.get("/", include_in_schema=False)
    async def home() -> Response:
        return RedirectResponse(PATH, 303)

    # The application's own router: NiceGUI has one for all applications of a process, and would mix them up.
    @ui.page(PATH, title="Review · Evergauge", language="en-US", api_router=cast(APIRouter, app.router))
    async def review(client: Client, request: Request) -> Response | None:
        user = await signed_in(console, request)
        if user is None:
            return RedirectResponse(login_path(PATH), 303)
        ui.add_head_html(str(head()))
        shift = Shift(console.collect, user, shifts.of(user.id))
        page = ReviewPage(console, shift, Desk(shell=str(shell(user)), bindings=bindings()), client)
        await page.begin()
        page.listen()
        return None

    # NiceGUI's middleware is of the process too, and refuses to be added to once something was served.
    nicegui_app.user_middleware.clear()
    nicegui_app.middleware_stack = None
    cast(_Mounts, ui).run_with(
        app, language="en-US", tailwind=False, show_welcome_message=False, reconnect_timeout=_RECONNECT_SECONDS
    )
