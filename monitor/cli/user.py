"""``evergauge user``: who may log in to the console."""

import asyncio
import time
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TypeVar
from uuid import uuid4

import click

from monitor.adapters.clickhouse import ClickHouseReviews
from monitor.build import address
from monitor.model import Role, User
from monitor.reviews import Refused as Unwanted

from .main import Place, Refused
from .show import as_json, news, print_json, table
from .show import console as output

T = TypeVar("T")
_ROLES = click.Choice([role.value for role in Role])


def _password_options(command: Callable[..., None]) -> Callable[..., None]:
    command = click.option(
        "--generate", is_flag=True, help="Make a password up, and print it, once, on standard output."
    )(command)
    return click.option(
        "--password-file",
        type=click.Path(path_type=Path, dir_okay=False, allow_dash=True),
        help="Read it from there, - for standard input; without a word of it you are asked.",
    )(command)


@click.group()
def user() -> None:
    """Who may log in to the console."""


@user.command("add")
@click.argument("name")
@click.option("--role", type=_ROLES, default=Role.REVIEWER.value, show_default=True)
@click.option("--app", "apps", multiple=True, help="Only items of this application; may be said several times.")
@_password_options
@click.pass_obj
def add(place: Place, name: str, role: str, apps: Sequence[str], password_file: Path | None, generate: bool) -> None:
    """Add somebody: reviewers review, leads decide, import and export, admins add users.

    \b
    Example:
      evergauge user add ann --role admin
      evergauge user add bob --app support --generate
    """
    from monitor.console.people import added

    async def work(store: ClickHouseReviews) -> None:
        people = await store.all()
        new = added(people, id=uuid4(), name=name, role=Role(role), apps=apps, password_hash="", now_ms=_now_ms())
        await _save_with_password(store, new, password_file, generate)
        news.print(f"{name} may log in as {role}", highlight=False)

    _run(place, work)


@user.command("list")
@as_json
@click.pass_obj
def show(place: Place, as_json: bool) -> None:
    """List everybody, also those who may not log in any more.

    \b
    Example:
      evergauge user list --json
    """
    people = _run(place, lambda store: store.all())
    if as_json:
        print_json([_plain(one) for one in people])
        return
    rows = [(one.name, one.role, ", ".join(one.apps) or "all", "no" if one.disabled else "yes") for one in people]
    output.print(table("users", ("name", "role", "applications", "may log in"), rows))


@user.command("disable")
@click.argument("name")
@click.pass_obj
def disable(place: Place, name: str) -> None:
    """End somebody's sessions and tokens, and let them in no more; what they reviewed stays.

    \b
    Example:
      evergauge user disable bob
    """
    from monitor.console.people import Change, changed

    async def work(store: ClickHouseReviews) -> None:
        people = await store.all()
        await store.save(changed(people, _named(people, name), Change(disabled=True), now_ms=_now_ms()))
        news.print(f"{name} may not log in any more", highlight=False)

    _run(place, work)


@user.command("password")
@click.argument("name")
@_password_options
@click.pass_obj
def password(place: Place, name: str, password_file: Path | None, generate: bool) -> None:
    """Set a new password; sessions and tokens end. Somebody who was disabled may log in again.

    \b
    Example:
      evergauge user password ann
    """
    from monitor.console.people import Change, changed

    async def work(store: ClickHouseReviews) -> None:
        people = await store.all()
        new = changed(people, _named(people, name), Change(disabled=False), now_ms=_now_ms())
        await _save_with_password(store, new, password_file, generate)
        news.print(f"{name} has a new password", highlight=False)

    _run(place, work)


def _run(place: Place, work: Callable[[ClickHouseReviews], Awaitable[T]]) -> T:
    async def opened() -> T:
        store = ClickHouseReviews(address(place.settings()))
        try:
            return await work(store)
        except Unwanted as error:
            raise Refused(str(error)) from error
        finally:
            await store.close()

    return asyncio.run(opened())


async def _save_with_password(store: ClickHouseReviews, new: User, password_file: Path | None, generate: bool) -> None:
    try:
        from monitor.console.passwords import hashed
    except ImportError as error:
        raise Refused(f"passwords need one more package: pip install 'evergauge[console]' ({error})") from error
    said = _new_password(password_file, generate)
    await store.save(replace(new, password_hash=hashed(said)))
    if generate:
        click.echo(said)


def _new_password(file: Path | None, generate: bool) -> str:
    from monitor.console import passwords

    if generate:
        return passwords.made_up()
    if file is not None:
        text = click.get_text_stream("stdin").readline() if str(file) == "-" else file.read_text(encoding="utf-8")
        said = text.rstrip("\r\n")
    else:
        said = str(click.prompt("Password", hide_input=True, confirmation_prompt="The same again", err=True))
    if problem := passwords.problem(said):
        raise Refused(problem)
    return said


def _named(people: Sequence[User], name: str) -> User:
    found = next((one for one in people if one.name.casefold() == name.casefold()), None)
    if found is None:
        raise Refused(f"there is no user {name}; `evergauge user list` names them")
    return found


def _plain(one: User) -> dict[str, object]:
    return {
        "id": str(one.id),
        "name": one.name,
        "role": one.role.value,
        "apps": list(one.apps),
        "disabled": one.disabled,
        "changed_ms": one.changed_ms,
    }


def _now_ms() -> int:
    return time.time_ns() // 1_000_000


COMMANDS = (user,)
