"""Where Label Studio calls when somebody annotates: answered at once, and looked at after that."""

import logging

from fastapi import APIRouter, BackgroundTasks, Request
from fastapi.responses import JSONResponse

from monitor.errors import Unavailable
from monitor.pipeline.exchange import Exchange
from monitor.pipeline.hook import SECRET_HEADER, Look, handle
from monitor.reviews import Refused

_STATUS = {"forbidden": 403, "unreadable": 422}
_log = logging.getLogger(__name__)


def hooks(exchange: Exchange, *, secret: str) -> APIRouter:
    """POST /hooks/label-studio, for whoever knows the secret."""
    router = APIRouter()

    @router.post("/hooks/label-studio", include_in_schema=False)
    async def label_studio(request: Request, after: BackgroundTasks) -> JSONResponse:
        given = request.headers.get(SECRET_HEADER, "")
        try:
            look = handle(exchange, await request.body(), given, secret=secret)
        except Refused as error:
            return JSONResponse({"reason": error.reason, "message": str(error)}, _STATUS[error.reason])
        after.add_task(_look, look)
        return JSONResponse({"looking": True}, 202)

    assert label_studio
    return router


async def _look(look: Look) -> None:
    try:
        await look()
    except Unavailable as error:
        _log.warning("%s; the next round of the exchange makes up for it", error)
