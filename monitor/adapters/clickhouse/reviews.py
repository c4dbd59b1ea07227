"""Items that wait for people, what people did with them, and who they are, as rows."""

import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import msgspec

from monitor.model import Item, Reason, Review, Role, State, User

from .client import Address, Connection
from .courier import Courier, Rows

_ITEMS = (
    "item", "sample_id", "app", "judge", "rubric", "payload", "reason", "inclusion", "wanted", "created", "due_ms",
    "opinion", "verdict", "erased", "ver",
)  # fmt: skip
_REVIEWS = (
    "item", "reviewer", "at", "state", "answers", "comment", "cannot_tell", "until_ms", "seconds", "revision",
    "outside_id", "ver",
)  # fmt: skip
_USERS = ("id", "name", "role", "password_hash", "apps", "disabled", "changed_ms")
_COLUMNS = {"review_items": _ITEMS, "reviews": _REVIEWS, "users": _USERS}

# By the store's clock, whatever ours says; and by key, so that only what has changed is read as a whole.
_ITEMS_SINCE = """
SELECT item, sample_id, app, judge, rubric, payload, reason, inclusion, wanted, toUnixTimestamp64Milli(created), due_ms,
       opinion, verdict, erased
FROM review_items FINAL
WHERE item IN (SELECT item FROM review_items WHERE written >= now64(3) - toIntervalMillisecond({ago:Int64}))
ORDER BY created
"""
_REVIEWS_SINCE = """
SELECT item, reviewer, toUnixTimestamp64Milli(at), state, answers, comment, cannot_tell, until_ms, seconds, revision,
       outside_id
FROM reviews FINAL
WHERE item IN (SELECT item FROM reviews WHERE written >= now64(3) - toIntervalMillisecond({ago:Int64}))
ORDER BY at, revision
"""
_EVERYBODY = "SELECT id, name, role, password_hash, apps, disabled, changed_ms FROM users FINAL ORDER BY name"
_ERASED = 2**63
"""Version of an item that was erased: nothing comes after it."""


@dataclass(slots=True)
class ClickHouseReviews:
    """The queue's and the users' tables."""

    address: Address
    _connection: Connection = field(init=False)
    _courier: Courier = field(init=False)

    def __post_init__(self) -> None:
        self._connection = Connection(self.address)
        self._courier = Courier(self._insert)

    async def offer(self, items: Sequence[Item], /) -> None:
        if items:
            await self._courier.deliver({"review_items": [_encode(_item_row(item)) for item in items]})

    async def record(self, reviews: Sequence[Review], /) -> None:
        if reviews:
            await self._courier.deliver({"reviews": [_encode(_review_row(review)) for review in reviews]})

    async def changes(self, since_ms: int, /) -> tuple[Sequence[Item], Sequence[Review]]:
        ago = {"ago": max(time.time_ns() // 1_000_000 - since_ms, 0)}
        items = [_item(row) for row in await self._connection.query(_ITEMS_SINCE, ago)]
        return items, [_review(row) for row in await self._connection.query(_REVIEWS_SINCE, ago)]

    async def all(self) -> Sequence[User]:
        return [_user(row) for row in await self._connection.query(_EVERYBODY, {})]

    async def save(self, user: User, /) -> None:
        await self._courier.deliver({"users": [_encode(_user_row(user))]})

    async def close(self) -> None:
        """Give up what is under way and let the connections go."""
        await self._courier.close()
        await self._connection.close()

    async def _insert(self, rows: Rows) -> None:
        for table, those in rows.items():
            await self._connection.insert(table, _COLUMNS[table], those)


_encode = msgspec.json.Encoder(uuid_format="canonical").encode


def _item_row(item: Item) -> list[object]:
    return [
        item.id, item.sample, item.app, item.judge, item.rubric, item.payload, item.reason.value, item.inclusion,
        item.wanted, item.created_ms / 1000, item.due_ms, item.opinion, item.verdict, item.erased,
        _ERASED if item.erased else _ERASED - 1 - item.created_ms,
    ]  # fmt: skip


def _item(row: Sequence[Any]) -> Item:
    item, sample, app, judge, rubric, payload, reason, inclusion, wanted, created, due, opinion, verdict, erased = row
    return Item(
        id=item,
        sample=sample,
        app=str(app),
        judge=str(judge),
        rubric=str(rubric),
        payload=str(payload),
        reason=Reason(reason),
        inclusion=float(inclusion),
        wanted=int(wanted),
        created_ms=int(created),
        due_ms=int(due),
        opinion=str(opinion),
        verdict=str(verdict),
        erased=bool(erased),
    )


def _review_row(review: Review) -> list[object]:
    return [
        review.item, review.reviewer, review.at_ms / 1000, review.state.value, _encode(review.answers).decode(),
        review.comment, review.cannot_tell, review.until_ms, review.seconds, review.revision, review.outside_id,
        time.time_ns(),
    ]  # fmt: skip


def _review(row: Sequence[Any]) -> Review:
    item, reviewer, at, state, answers, comment, cannot_tell, until, seconds, revision, outside_id = row
    return Review(
        item=item,
        reviewer=reviewer,
        state=State(state),
        answers=msgspec.json.decode(answers, type=dict[str, object]),
        comment=str(comment),
        cannot_tell=bool(cannot_tell),
        until_ms=int(until),
        at_ms=int(at),
        seconds=float(seconds),
        revision=int(revision),
        outside_id=str(outside_id),
    )


def _user_row(user: User) -> list[object]:
    return [user.id, user.name, user.role.value, user.password_hash, user.apps, user.disabled, user.changed_ms]


def _user(row: Sequence[Any]) -> User:
    identity, name, role, password_hash, apps, disabled, changed_ms = row
    return User(
        id=identity,
        name=str(name),
        role=Role(role),
        password_hash=str(password_hash),
        apps=tuple(map(str, apps)),
        disabled=bool(disabled),
        changed_ms=int(changed_ms),
    )
