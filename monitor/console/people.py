"""Adding and changing people: what may be, for the API and the command line."""

import re
from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from uuid import UUID

from monitor.model import Role, User
from monitor.reviews import Refused

_NAME = re.compile(r"[\w.@+-]{1,100}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """What shall be different; None for what stays."""

    role: Role | None = None
    apps: tuple[str, ...] | None = None
    disabled: bool | None = None
    password_hash: str | None = None


def added(
    people: Collection[User], *, id: UUID, name: str, role: Role, apps: Sequence[str], password_hash: str, now_ms: int
) -> User:
    """Somebody new.

    Raises:
        Refused: ``name``: it is taken, or is none.
    """
    if not _NAME.fullmatch(name):
        raise Refused("name", "a name has 1 to 100 letters, digits and . _ @ + -")
    if any(user.name.casefold() == name.casefold() for user in people):
        raise Refused("name", f"{name} is there already")
    return User(
        id=id, name=name, role=role, password_hash=password_hash, apps=tuple(dict.fromkeys(apps)), changed_ms=now_ms
    )


def changed(people: Collection[User], user: User, change: Change, *, now_ms: int) -> User:
    """Somebody as they shall be; their sessions end.

    Raises:
        Refused: ``last_admin``: nobody could change users any more.
    """
    new = replace(
        user,
        role=change.role or user.role,
        apps=user.apps if change.apps is None else tuple(dict.fromkeys(change.apps)),
        disabled=user.disabled if change.disabled is None else change.disabled,
        password_hash=change.password_hash or user.password_hash,
        changed_ms=max(now_ms, user.changed_ms + 1),
    )
    if _governs(user) and not _governs(new) and not any(_governs(one) for one in people if one.id != user.id):
        raise Refused("last_admin", f"{user.name} is the last admin; make somebody else one first")
    return new


def _governs(user: User) -> bool:
    return user.role is Role.ADMIN and not user.disabled
