"""Items over HTTP: taken, looked at, reviewed; laid down and read out."""

import asyncio
import heapq
from collections.abc import AsyncIterator, Iterable
from typing import Annotated, Literal
from uuid import UUID

import msgspec
from fastapi import APIRouter, Query, Request
from fastapi.responses import StreamingResponse

from monitor.model import Item, Reason, Review, Role, State, User
from monitor.reviews import Refused

from .asking import KNOWN, At, Lead, Reviewer, problems
from .exchange import Wish, export_line, read_items
from .parts import Console
from .shapes import (
    Asked,
    HowFar,
    Imported,
    Mark,
    Page,
    Shown,
    Skip,
    Summary,
    Take,
    Unreadable,
    Verdict,
    Work,
)

Which = Literal["open", "finished", "opened", "done", "skipped", "withdrawn"]
"""``open`` needs more verdicts and ``finished`` does not; the others are where whoever asks stands with it."""
_TELL = 100
"""Problems of an import that are told."""
_BREATH = 50
"""Lines after which others have their turn."""
_NDJSON = "application/x-ndjson"

router = APIRouter(prefix="/api", dependencies=KNOWN)


@router.get("/items", responses=problems(401, 422))
async def items(
    user: Reviewer,
    console: At,
    state: Which | None = None,
    app: Annotated[str, Query(max_length=200)] = "",
    reason: Reason | None = None,
    offset: Annotated[int, Query(ge=0, le=10_000_000)] = 0,
    limit: Annotated[int, Query(ge=1, le=500)] = 50,
) -> Page:
    """Items, the newest first: for reviewers those that are open or theirs, for leads all."""
    found = [
        item
        for item in console.collect.desk.items.values()
        if _listed(console, user, item)
        and (not app or item.app == app)
        and (reason is None or item.reason is reason)
        and (state is None or _is(console, user, item, state))
    ]
    first = heapq.nsmallest(offset + limit, found, key=lambda item: (-item.created_ms, item.id))[offset:]
    return Page(items=[_summary(console, user, item) for item in first], total=len(found), offset=offset, limit=limit)


@router.post("/items/take", responses=problems(401, 403, 404, 409, 410, 413, 422))
async def take(user: Reviewer, console: At, wish: Take | None = None) -> Shown:
    """The next item, kept for whoever asks: the one that they have open, else the first that is free."""
    apps = wish.apps if wish else ()
    if user.apps:
        apps = tuple(app for app in apps if app in user.apps) if apps else user.apps
        if not apps:
            raise Refused("empty", "none of these applications is yours")
    return _shown(console, user, await console.collect.take(user.id, apps=apps))


@router.post("/items/import", responses=problems(401, 403, 409, 413, 422), openapi_extra={"requestBody": {
    "required": True,
    "content": {_NDJSON: {"schema": {"type": "string", "description": "A native sample a line: `evergauge schema`."}}},
}})  # fmt: skip
async def lay(
    request: Request,
    user: Lead,
    console: At,
    judge: Annotated[str, Query(min_length=1, max_length=200)],
    wanted: Annotated[int, Query(ge=1, le=20)] = 1,
) -> Imported:
    """Lay samples on the desk, to be reviewed by a judge's rubric; doing it twice changes nothing."""
    body = b"".join([piece async for piece in request.stream()])
    wish = Wish(judge=judge, wanted=wanted, apps=user.apps)
    laying: list[Item] = []
    wrong: list[Unreadable] = []
    unreadable = 0
    for number, read in enumerate(read_items(body.splitlines(), wish, console.collect), start=1):
        if isinstance(read, Item):
            laying.append(read)
        elif read:
            unreadable += 1
            if len(wrong) < _TELL:
                wrong.append(Unreadable(line=number, message=read))
        if number % _BREATH == 0:
            await asyncio.sleep(0)
    laid = await console.collect.lay(laying)
    return Imported(laid=laid, known=len(laying) - laid, unreadable=unreadable, problems=wrong)


@router.get("/items/export", responses=problems(401, 403, 422), response_class=StreamingResponse)
async def export(
    user: Lead,
    console: At,
    app: Annotated[str, Query(max_length=200)] = "",
    judge: Annotated[str, Query(max_length=200)] = "",
    reason: Reason | None = None,
) -> StreamingResponse:
    """Items as JSON lines, each with every reviewer's newest review and what they come to together."""
    chosen = [
        item
        for item in console.collect.desk.items.values()
        if _listed(console, user, item)
        and (not app or item.app == app)
        and (not judge or item.judge == judge)
        and (reason is None or item.reason is reason)
    ]
    return StreamingResponse(_lines(console, chosen), media_type=_NDJSON)


@router.post("/items/{id}/open", responses=problems(401, 403, 404, 409, 410, 422))
async def open(id: UUID, user: Reviewer, console: At) -> Shown:
    """Open one item in particular; a lead may open what others have reviewed, to decide."""
    _own_app(console, user, id)
    return _shown(console, user, await console.collect.open(id, user.id))


@router.get("/items/{id}", responses=problems(401, 404, 409, 410, 422))
async def item(id: UUID, user: Reviewer, console: At) -> Shown:
    """An item with everything that is to be seen of it."""
    found = _own_app(console, user, id)
    if not _listed(console, user, found):
        raise Refused("unknown", "there is no such item")
    return _shown(console, user, found)


@router.post("/items/{id}/submit", responses=problems(401, 403, 404, 409, 410, 413, 422))
async def submit(id: UUID, said: Verdict, user: Reviewer, console: At) -> Work:
    """Hand in a verdict on an item that is open; the same once more changes nothing."""
    _own_app(console, user, id)
    return Work.of(await console.collect.submit(_review(id, user, said)), user.name)


@router.put("/items/{id}/review", responses=problems(401, 403, 404, 409, 410, 413, 422))
async def correct(id: UUID, said: Verdict, user: Reviewer, console: At) -> Work:
    """Change one's own verdict."""
    _own_app(console, user, id)
    return Work.of(await console.collect.correct(_review(id, user, said)), user.name)


@router.delete("/items/{id}/review", responses=problems(401, 403, 404, 409, 410, 422))
async def withdraw(id: UUID, user: Reviewer, console: At) -> Work:
    """Take one's own verdict back; the item is open again."""
    _own_app(console, user, id)
    return Work.of(await console.collect.withdraw(id, user.id), user.name)


@router.post("/items/{id}/skip", responses=problems(401, 403, 404, 409, 410, 413, 422))
async def skip(id: UUID, user: Reviewer, console: At, why: Skip | None = None) -> Work:
    """Pass an item by: others get it, and it does not come back to whoever passed it by."""
    _own_app(console, user, id)
    return Work.of(await console.collect.skip(id, user.id, why.reason if why else ""), user.name)


@router.get("/progress", responses=problems(401, 422))
async def progress(user: Reviewer, console: At, app: Annotated[str, Query(max_length=200)] = "") -> HowFar:
    """How much is done, how fast, and what is left; of one application, or of all that are one's own."""
    collect = console.collect
    if app and user.apps and app not in user.apps:
        return HowFar(today=0, per_hour=0, mine_today=0, mine=0, left={})
    apps = (app,) if app else user.apps
    far = collect.desk.tally.progress(user.id, collect.now_ms, apps=apps)
    return HowFar(
        today=far.today,
        per_hour=far.per_hour,
        mine_today=far.mine_today,
        mine=far.mine,
        left=dict(collect.desk.waiting(collect.now_ms, apps=apps)),
    )


def _own_app(console: Console, user: User, id: UUID) -> Item:
    """An item of an application that somebody may see; of others there is no telling whether they are there."""
    found = console.collect.desk.items.get(id)
    if found is None or (user.apps and found.app not in user.apps):
        raise Refused("unknown", "there is no such item")
    return found


def _listed(console: Console, user: User, item: Item) -> bool:
    desk = console.collect.desk
    if user.apps and item.app not in user.apps:
        return False
    leads = user.role.covers(Role.LEAD)
    return leads or desk.needs(item.id) or desk.mine(item.id, user.id) is not None


def _is(console: Console, user: User, item: Item, state: Which) -> bool:
    desk = console.collect.desk
    if state in {"open", "finished"}:
        return desk.needs(item.id) is (state == "open")
    mine = desk.mine(item.id, user.id)
    return mine is not None and mine.state == state


def _summary(console: Console, user: User, item: Item) -> Summary:
    desk = console.collect.desk
    return Summary.of(
        item, done=len(desk.verdicts(item.id)), open=desk.needs(item.id), mine=desk.mine(item.id, user.id)
    )


def _shown(console: Console, user: User, item: Item) -> Shown:
    if item.erased:
        raise Refused("erased", "this item was erased, at the wish of the person whom it speaks of")
    collect = console.collect
    summary = _summary(console, user, item)
    mine = collect.desk.mine(item.id, user.id)
    said = summary.mine is State.DONE
    decides = user.role.covers(Role.LEAD) and (said or not summary.open)
    form, no_form = _form(console, item)
    mark = collect.together(item) if decides else None
    show = console.settings.reviewing.show_judge
    opinion = item.opinion and (show == "always" or (show == "after" and said))
    return Shown(
        summary=summary,
        **Shown.part(collect.sample(item)),  # type: ignore[arg-type]
        form=form,
        no_form=no_form,
        checks=item.verdict,
        opinion=msgspec.json.decode(item.opinion, type=dict[str, object]) if opinion else None,
        mine=Work.of(mine, user.name) if mine else None,
        others=_others(console, user, item) if decides else [],
        together=Mark(value=mark.value, passed=mark.passed, label=mark.label, why=mark.why) if mark else None,
    )


def _form(console: Console, item: Item) -> tuple[list[Asked], str]:
    try:
        return [Asked.of(question) for question in console.collect.form(item)], ""
    except Refused as refused:
        if refused.reason != "no_form":
            raise
        return [], str(refused)


def _others(console: Console, user: User, item: Item) -> list[Work]:
    verdicts = console.collect.desk.verdicts(item.id)
    return [Work.of(one, _name(console, one.reviewer)) for one in verdicts if one.reviewer != user.id]


def _name(console: Console, id: UUID) -> str:
    user = console.users.get(id)
    return user.name if user else ""


def _review(id: UUID, user: User, said: Verdict) -> Review:
    return Review(
        item=id,
        reviewer=user.id,
        state=State.DONE,
        answers=said.answers,
        comment=said.comment,
        cannot_tell=said.cannot_tell,
    )


async def _lines(console: Console, items: Iterable[Item]) -> AsyncIterator[bytes]:
    for number, one in enumerate(items):
        yield export_line(one, console.collect, lambda id: _name(console, id))
        if number % _BREATH == 0:
            await asyncio.sleep(0)
