"""People over HTTP, for admins."""

from uuid import UUID, uuid4

from fastapi import APIRouter

from monitor.reviews import InvalidAnswers, Refused

from . import passwords
from .asking import KNOWN, Admin, At, problems
from .people import Change, added, changed
from .shapes import Added, NewPerson, Person, PersonChange

router = APIRouter(prefix="/api/users", dependencies=KNOWN)


@router.get("", responses=problems(401, 403))
async def users(_: Admin, console: At) -> list[Person]:
    """Everybody, also those who may not log in any more."""
    return [Person.of(user) for user in await console.users.all()]


@router.post("", status_code=201, responses=problems(401, 403, 409, 413, 422))
async def add(new: NewPerson, _: Admin, console: At) -> Added:
    """Add somebody; without a password one is made up, and told once."""
    password = new.password or passwords.made_up()
    user = added(
        await console.users.all(),
        id=uuid4(),
        name=new.name,
        role=new.role,
        apps=new.apps,
        password_hash=await _hash(console, password),
        now_ms=console.collect.now_ms,
    )
    await console.users.save(user)
    return Added(person=Person.of(user), password="" if new.password else password)


@router.patch("/{id}", responses=problems(401, 403, 404, 409, 413, 422))
async def change(id: UUID, wish: PersonChange, _: Admin, console: At) -> Person:
    """Change somebody; their sessions and tokens end."""
    hashed = await _hash(console, wish.password) if wish.password else None
    user = console.users.get(id)
    if user is None:
        raise Refused("unknown", "there is no such user")
    what = Change(role=wish.role, apps=wish.apps, disabled=wish.disabled, password_hash=hashed)
    user = changed(await console.users.all(), user, what, now_ms=console.collect.now_ms)
    await console.users.save(user)
    return Person.of(user)


async def _hash(console: At, password: str) -> str:
    if problem := passwords.problem(password):
        raise InvalidAnswers(problem, field="password")
    return await console.auth.hash(password)
