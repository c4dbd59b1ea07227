"""The console's API over the real store: who may what, what is refused and how, and what becomes durable."""

import asyncio
import json
from collections.abc import AsyncIterator
from dataclasses import replace
from typing import Any
from uuid import UUID, uuid4

import pytest
from argon2 import PasswordHasher

from monitor.adapters.clickhouse import connect
from monitor.adapters.memory import MemoryJudging, MemoryMeter, MemoryReviews
from monitor.build import address
from monitor.build.console import build_console
from monitor.console.auth import CSRF_HEADER, SESSION
from monitor.errors import InvalidConfig
from monitor.model import Item, Role
from monitor.settings import Settings, load
from tests.integration.consoles import (
    PASSWORD,
    SETTINGS,
    Away,
    Person,
    Running,
    call,
    emptied,
    make_user,
    running,
    settings_of,
)
from tests.servers import Servers

PEOPLE = (
    make_user("ann"),
    make_user("bob"),
    make_user("shopper", apps=("shop",)),
    make_user("lea", Role.LEAD),
    make_user("ada", Role.ADMIN),
)


@pytest.fixture(scope="module")
def tables(servers: Servers) -> Settings:
    return settings_of(servers)


@pytest.fixture
async def console(tables: Settings) -> AsyncIterator[Running]:
    emptied(tables)
    async with running(tables, *PEOPLE) as one:
        yield one


def reason(answer: Any, status: int) -> str:
    assert answer.status_code == status, answer.text
    body = answer.json()
    assert body.keys() == {"reason", "message", "field"}
    return body["reason"]


def rows(console: Running, question: str) -> list[Any]:
    return list(connect(address(console.settings)).query(question).result_rows)


# Who somebody is.


async def test_a_session_begins_with_name_and_password(console: Running) -> None:
    ann = await console.person("ann")

    me = (await ann.get("/api/me")).json()

    assert (me["name"], me["role"], me["csrf"]) == ("ann", "reviewer", ann.headers[CSRF_HEADER])


async def test_the_sessions_cookie_is_for_nobody_elses_eyes(console: Running) -> None:
    answer = await console.stranger().post("/api/login", json={"name": "ann", "password": PASSWORD})

    (cookie,) = [one for one in answer.headers.get_list("set-cookie") if one.startswith(SESSION)]
    assert {"HttpOnly", "SameSite=lax", "Path=/"} <= set(cookie.split("; "))
    assert PASSWORD not in answer.text


@pytest.mark.parametrize(("name", "password"), [("ann", "wrong"), ("nobody", PASSWORD), ("", "")])
async def test_a_wrong_name_and_a_wrong_password_look_the_same(console: Running, name: str, password: str) -> None:
    answer = await console.stranger().post("/api/login", json={"name": name, "password": password})

    assert answer.status_code == 401
    assert answer.json() == {"reason": "wrong", "message": "name or password is wrong", "field": ""}


async def test_too_many_attempts_with_a_name_are_refused_for_a_while(console: Running) -> None:
    strangers = [console.stranger(f"10.0.0.{n}") for n in range(11)]
    answers = [await one.post("/api/login", json={"name": "ann", "password": "no"}) for one in strangers]

    assert [answer.status_code for answer in answers] == [401] * 10 + [429]
    assert int(answers[-1].headers["retry-after"]) > 100
    answer = await console.stranger("10.9.9.9").post("/api/login", json={"name": "ann", "password": PASSWORD})
    assert reason(answer, 429) == "too_many"
    assert (await console.person("bob")).headers


async def test_too_many_attempts_from_an_address_are_refused_for_a_while(
    console: Running, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(console.console.auth, "hasher", PasswordHasher(time_cost=1, memory_cost=8, parallelism=1))
    monkeypatch.setattr(console.console.auth, "_dummy", console.console.auth.hasher.hash("x"))
    same = console.stranger("2001:db8::1")
    neighbour = console.stranger("2001:db8::2")

    codes = [(await same.post("/api/login", json={"name": f"n{n}", "password": "no"})).status_code for n in range(101)]

    assert codes == [401] * 100 + [429]
    assert reason(await neighbour.post("/api/login", json={"name": "x", "password": "no"}), 429) == "too_many"


async def test_logging_out_ends_the_session_for_good(console: Running) -> None:
    ann = await console.person("ann")
    cookie = ann.client.cookies[SESSION]

    assert (await ann.post("/api/logout")).status_code == 204

    thief = console.stranger()
    thief.client.cookies.set(SESSION, cookie)
    assert reason(await thief.get("/api/me"), 401) == "not_logged_in"


async def test_a_session_ends_by_itself(console: Running, monkeypatch: pytest.MonkeyPatch) -> None:
    ann = await console.person("ann")
    auth = console.console.auth
    now = auth.clock()
    monkeypatch.setattr(auth, "clock", lambda: now + 12 * 3600 + 1)

    assert reason(await ann.get("/api/me"), 401) == "not_logged_in"


async def test_a_cookie_that_somebody_wrote_themselves_is_worth_nothing(console: Running) -> None:
    ann = await console.person("ann")
    head, _, tail = ann.client.cookies[SESSION].partition(".")

    for forged in (f"{head}.{tail[::-1]}", f"{head[:-2]}AA.{tail}", "x", "x.y", head):
        thief = console.stranger()
        thief.client.cookies.set(SESSION, forged)
        assert reason(await thief.get("/api/me"), 401) == "not_logged_in"


async def test_what_changes_something_needs_the_sessions_proof(console: Running) -> None:
    await console.lay(call(1))
    ann, bob = await console.person("ann"), await console.person("bob")

    for proof in ("", "x", bob.headers[CSRF_HEADER]):
        assert reason(await ann.post("/api/items/take", headers={CSRF_HEADER: proof}), 403) == "csrf"
    assert (await ann.post("/api/items/take")).status_code == 200


async def test_a_page_of_somebody_else_cannot_log_people_in(console: Running) -> None:
    answer = await console.stranger().post(
        "/api/login", json={"name": "ann", "password": PASSWORD}, headers={"Sec-Fetch-Site": "cross-site"}
    )

    assert reason(answer, 403) == "csrf"


async def test_a_script_works_with_a_token_and_needs_no_proof(console: Running) -> None:
    await console.lay(call(1))
    script = console.stranger()
    token = (await script.post("/api/token", json={"name": "ann", "password": PASSWORD})).json()
    script.headers["Authorization"] = f"Bearer {token['token']}"

    assert (await script.post("/api/items/take")).status_code == 200
    assert (await script.get("/api/me")).json()["csrf"] == ""


async def test_a_token_is_no_cookie_and_a_cookie_is_no_token(console: Running) -> None:
    ann = await console.person("ann")
    session = ann.client.cookies[SESSION]
    token = (await ann.post("/api/token", json={"name": "ann", "password": PASSWORD})).json()["token"]

    for headers, cookie in (({"Authorization": f"Bearer {session}"}, session), ({}, token)):
        thief = console.stranger()
        thief.client.cookies.set(SESSION, cookie)
        assert reason(await thief.post("/api/items/take", headers=headers), 401) == "not_logged_in"


async def test_a_password_that_was_hashed_by_older_rules_is_hashed_again(console: Running) -> None:
    old = PasswordHasher(time_cost=1, memory_cost=1024, parallelism=1).hash(PASSWORD)
    await console.console.users.save(make_user("old", password_hash=old))

    old_one = await console.person("old")

    hashed = {user.name: user.password_hash for user in await console.store.all()}["old"]
    assert "m=65536" in hashed
    assert (await old_one.get("/api/me")).status_code == 200
    assert (await console.person("old")).headers


# What may be done.


async def test_an_item_goes_its_way(console: Running) -> None:
    await console.lay(call(1, context=["Known."], reference="Right.", tools=[{"name": "find"}]))
    ann = await console.person("ann")

    item = await ann.take()
    id = item["summary"]["id"]
    done = await ann.submit(id, "fail", comment="wrong year")
    fixed = await ann.ask("PUT", f"/api/items/{id}/review", json={"answers": {"verdict": "pass"}})

    assert item["conversation"] == [{"role": "user", "text": "Question 1?", "name": "", "calls": [], "other": []}]
    assert (item["output"], item["context"], item["references"]) == ("Answer 1.", ["Known."], ["Right."])
    assert json.loads(item["tools"]) == [{"name": "find"}]
    assert [field["name"] for field in item["form"]] == ["verdict"]
    assert done.json()["state"] == "done"
    assert fixed.json()["revision"] == 1
    question = "SELECT by != toUUID('00000000-0000-0000-0000-000000000000'), value FROM scores FINAL ORDER BY 1"
    assert rows(console, question) == [(0, 1.0), (1, 1.0)]

    assert (await ann.ask("DELETE", f"/api/items/{id}/review")).json()["state"] == "withdrawn"
    assert rows(console, question) == []
    assert (await ann.take())["summary"]["id"] == id


async def test_what_is_refused_says_why(console: Running) -> None:
    await console.lay(call(1))
    ann, bob = await console.person("ann"), await console.person("bob")
    id = (await ann.take())["summary"]["id"]
    review = f"/api/items/{id}/review"

    assert reason(await bob.post("/api/items/take"), 409) == "empty"
    assert reason(await bob.post(f"/api/items/{id}/open"), 409) == "taken"
    assert reason(await bob.submit(id), 409) == "not_opened"
    assert reason(await bob.ask("DELETE", review), 409) == "nothing"
    assert (await ann.submit(id)).status_code == 200
    assert (await ann.submit(id)).status_code == 200
    assert reason(await ann.submit(id, "fail"), 409) == "twice"
    assert reason(await ann.post(f"/api/items/{id}/skip"), 409) == "done"
    assert reason(await bob.get(f"/api/items/{id}"), 404) == "unknown"
    assert reason(await bob.post(f"/api/items/{uuid4()}/open"), 404) == "unknown"


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"answers": {"verdict": "maybe"}}, "verdict"),
        ({"answers": {"verdict": "pass", "mood": "good"}}, "mood"),
        ({"answers": {}}, "verdict"),
        ({"answers": []}, "answers"),
        ({"comment": 5}, "comment"),
        ({"coment": "x"}, "coment"),
    ],
)
async def test_answers_that_do_not_fit_name_their_field(console: Running, body: dict[str, Any], field: str) -> None:
    await console.lay(call(1))
    ann = await console.person("ann")
    id = (await ann.take())["summary"]["id"]

    answer = await ann.post(f"/api/items/{id}/submit", json=body)

    assert reason(answer, 422) == "invalid"
    assert answer.json()["field"] == field


async def test_a_skipped_item_goes_to_others(console: Running) -> None:
    await console.lay(call(1))
    ann, bob = await console.person("ann"), await console.person("bob")
    id = (await ann.take())["summary"]["id"]

    assert (await ann.post(f"/api/items/{id}/skip", json={"reason": "not my field"})).json()["state"] == "skipped"

    assert reason(await ann.post("/api/items/take"), 409) == "empty"
    assert (await bob.take())["summary"]["id"] == id


async def test_people_see_their_applications_alone(console: Running) -> None:
    await console.lay(call(1, app="bank"), call(2, app="shop"))
    shopper, ann = await console.person("shopper"), await console.person("ann")
    ids = {one["app"]: one["id"] for one in (await ann.get("/api/items")).json()["items"]}

    assert [one["app"] for one in (await shopper.get("/api/items")).json()["items"]] == ["shop"]
    for method, path in [("GET", ""), ("POST", "/open"), ("POST", "/skip"), ("DELETE", "/review")]:
        assert reason(await shopper.ask(method, f"/api/items/{ids['bank']}{path}"), 404) == "unknown"
    assert reason(await shopper.submit(ids["bank"]), 404) == "unknown"
    assert reason(await shopper.post("/api/items/take", json={"apps": ["bank"]}), 409) == "empty"
    assert (await shopper.take())["summary"]["app"] == "shop"
    assert reason(await shopper.post("/api/items/take", json={"apps": ["bank"]}), 409) == "empty"
    assert (await shopper.get("/api/progress")).json()["left"] == {"benchmark": 1}
    assert (await shopper.get("/api/progress?app=bank")).json()["left"] == {}


async def test_a_list_is_paged_and_chosen_from(console: Running) -> None:
    await console.lay(*(call(n, app="bank" if n % 2 else "shop") for n in range(7)))
    ann = await console.person("ann")
    id = (await ann.take())["summary"]["id"]
    await ann.submit(id)

    pages = [(await ann.get(f"/api/items?offset={n}&limit=3")).json() for n in (0, 3, 6)]
    seen = [one["id"] for page in pages for one in page["items"]]

    assert [page["total"] for page in pages] == [7, 7, 7]
    assert len(set(seen)) == 7
    for asked, total in [("state=open", 6), ("state=done", 1), ("state=opened", 0), ("app=bank", 3), ("app=x", 0)]:
        assert (await ann.get(f"/api/items?{asked}")).json()["total"] == total
    assert (await ann.get("/api/items?reason=benchmark&state=finished")).json()["items"][0]["id"] == id
    bob = await console.person("bob")
    assert (await bob.get("/api/items")).json()["total"] == 6
    assert reason(await ann.get("/api/items?state=lost"), 422) == "invalid"
    assert reason(await ann.get("/api/items?limit=501"), 422) == "invalid"


async def test_the_judge_is_heard_after_the_reviewer(console: Running) -> None:
    await console.lay(call(1))
    item = next(iter(console.console.collect.desk.items.values()))
    console.console.collect.desk.items[item.id] = replace(item, opinion='{"value": 0.5, "why": "unclear"}')
    ann = await console.person("ann")

    assert (await ann.take())["opinion"] is None
    await ann.submit(str(item.id))
    assert (await ann.get(f"/api/items/{item.id}")).json()["opinion"] == {"value": 0.5, "why": "unclear"}


@pytest.mark.parametrize(("show", "seen"), [("always", [True, True]), ("never", [False, False])])
async def test_the_judge_is_heard_as_the_settings_say(tables: Settings, show: str, seen: list[bool]) -> None:
    emptied(tables)
    reviewing = tables.reviewing.model_copy(update={"show_judge": show})
    async with running(tables.model_copy(update={"reviewing": reviewing}), *PEOPLE) as console:
        await console.lay(call(1))
        item = next(iter(console.console.collect.desk.items.values()))
        console.console.collect.desk.items[item.id] = replace(item, opinion='{"value": 0.5}')
        ann = await console.person("ann")

        before = (await ann.take())["opinion"]
        await ann.submit(str(item.id))
        after = (await ann.get(f"/api/items/{item.id}")).json()["opinion"]

    assert [before is not None, after is not None] == seen


async def test_a_lead_sees_what_others_said_once_that_cannot_sway_them(console: Running) -> None:
    await console.lay(call(1), wanted=2)
    ann, bob, lea = [await console.person(name) for name in ("ann", "bob", "lea")]
    id = (await ann.take())["summary"]["id"]
    await ann.submit(id, "pass")

    assert (await lea.get(f"/api/items/{id}")).json()["others"] == []
    await bob.take()
    await bob.submit(id, "fail")
    seen = (await lea.get(f"/api/items/{id}")).json()
    assert [(one["name"], one["answers"]["verdict"]) for one in seen["others"]] == [("ann", "pass"), ("bob", "fail")]
    assert seen["together"]["value"] is None
    assert (await ann.get(f"/api/items/{id}")).json()["others"] == []


async def test_a_lead_decides_where_people_are_split(tables: Settings) -> None:
    emptied(tables)
    reviewing = tables.reviewing.model_copy(update={"reconcile": "lead"})
    async with running(tables.model_copy(update={"reviewing": reviewing}), *PEOPLE) as console:
        await console.lay(call(1), wanted=2)
        ann, bob, lea = [await console.person(name) for name in ("ann", "bob", "lea")]
        id = (await ann.take())["summary"]["id"]
        await ann.submit(id, "pass")
        await bob.take()
        await bob.submit(id, "fail")

        await lea.post(f"/api/items/{id}/open")
        await lea.submit(id, "fail")

        assert (await lea.get(f"/api/items/{id}")).json()["together"]["value"] == 0.0


async def test_progress_tells_what_is_done_and_what_is_left(console: Running) -> None:
    await console.lay(call(1), call(2), call(3))
    ann, bob = await console.person("ann"), await console.person("bob")
    await ann.submit((await ann.take())["summary"]["id"])
    await bob.submit((await bob.take())["summary"]["id"])

    far = (await ann.get("/api/progress")).json()

    assert far == {"today": 2, "per_hour": 2, "mine_today": 1, "mine": 1, "left": {"benchmark": 1}}


async def test_an_erased_item_is_gone(console: Running) -> None:
    await console.lay(call(1))
    ann, lea = await console.person("ann"), await console.person("lea")
    id = (await ann.take())["summary"]["id"]
    item: Item = console.console.collect.desk.items[UUID(id)]

    await console.store.offer([replace(item, erased=True, payload="", opinion="")])
    await console.refresh()

    for method, path in [("GET", ""), ("POST", "/open"), ("POST", "/skip"), ("DELETE", "/review")]:
        assert reason(await ann.ask(method, f"/api/items/{id}{path}"), 410) == "erased"
    assert reason(await ann.submit(id), 410) == "erased"
    line = json.loads((await lea.get("/api/items/export")).text)
    assert line["erased"] is True
    assert "sample" not in line


# In and out.


async def test_lines_that_cannot_be_read_are_named_and_the_others_are_laid(console: Running) -> None:
    lea = await console.person("lea")
    lines = "\n".join([json.dumps(call(1)), "broken", "", json.dumps(call(1)), json.dumps({"input": "x"})])

    first = (await lea.post("/api/items/import?judge=quality", content=lines)).json()
    again = (await lea.post("/api/items/import?judge=quality", content=json.dumps(call(1)))).json()

    assert (first["laid"], first["known"], first["unreadable"]) == (1, 1, 2)
    assert [problem["line"] for problem in first["problems"]] == [2, 5]
    assert (again["laid"], again["known"]) == (0, 1)
    assert rows(console, "SELECT count() FROM review_items FINAL") == [(1,)]


async def test_what_is_exported_tells_everything(console: Running) -> None:
    await console.lay(call(1), call(2, app="bank"), wanted=2)
    ann, bob, lea = [await console.person(name) for name in ("ann", "bob", "lea")]
    id = (await ann.take(apps=["shop"]))["summary"]["id"]
    await ann.submit(id, "pass", comment="good")
    await bob.take(apps=["shop"])
    await bob.submit(id, "pass")

    answer = await lea.get("/api/items/export?app=shop&judge=quality")
    (line,) = [json.loads(one) for one in answer.text.splitlines()]

    assert answer.headers["content-type"] == "application/x-ndjson"
    assert line["sample"]["input"] == [{"role": "user", "content": "Question 1?"}]
    assert [(one["name"], one["answers"], one["comment"]) for one in line["reviews"]] == [
        ("ann", {"verdict": "pass"}, "good"),
        ("bob", {"verdict": "pass"}, ""),
    ]
    assert (line["together"]["value"], line["together"]["label"]) == (1.0, "2 : 0")


async def test_a_body_that_is_too_large_is_not_read(console: Running) -> None:
    ann = await console.person("ann")
    large = b" " * (1024 * 1024 + 1)

    async def pieces() -> AsyncIterator[bytes]:
        for _ in range(20):
            yield b" " * 100_000

    assert reason(await ann.post("/api/items/take", content=large), 413) == "too_large"
    assert reason(await ann.post("/api/items/take", content=pieces()), 413) == "too_large"


@pytest.mark.parametrize(
    ("method", "path", "roles"),
    [
        ("POST", "/api/items/import?judge=quality", {"lead", "admin"}),
        ("GET", "/api/items/export", {"lead", "admin"}),
        ("GET", "/api/users", {"admin"}),
        ("POST", "/api/users", {"admin"}),
        ("PATCH", f"/api/users/{UUID(int=7)}", {"admin"}),
        ("GET", "/api/items", {"reviewer", "lead", "admin"}),
    ],
)
async def test_roles_may_what_they_may(console: Running, method: str, path: str, roles: set[str]) -> None:
    people = {"reviewer": "ann", "lead": "lea", "admin": "ada"}
    allowed: set[str] = set()
    for role, name in people.items():
        answer = await (await console.person(name)).ask(method, path)
        if answer.status_code != 403:
            allowed.add(role)

    assert allowed == roles
    assert reason(await console.stranger().ask(method, path), 401) == "not_logged_in"


async def test_an_import_needs_a_judge_that_is_known(console: Running) -> None:
    lea = await console.person("lea")

    assert reason(await lea.post("/api/items/import?judge=x", content=json.dumps(call(1))), 409) == "no_judge"


# People.


async def test_an_admin_adds_somebody_who_can_log_in_at_once(console: Running) -> None:
    ada = await console.person("ada")

    added = await ada.post("/api/users", json={"name": "new", "role": "reviewer", "apps": ["shop"]})

    assert added.status_code == 201
    answer = await console.stranger().post("/api/login", json={"name": "new", "password": added.json()["password"]})
    assert answer.json()["apps"] == ["shop"]
    assert "password_hash" not in (await ada.get("/api/users")).text


@pytest.mark.parametrize("change", [{"disabled": True}, {"password": "another password"}, {"role": "lead"}])
async def test_whoever_is_changed_must_log_in_again(console: Running, change: dict[str, Any]) -> None:
    ada, ann = await console.person("ada"), await console.person("ann")
    id = (await ann.get("/api/me")).json()["id"]
    token = (await ann.post("/api/token", json={"name": "ann", "password": PASSWORD})).json()["token"]

    assert (await ada.ask("PATCH", f"/api/users/{id}", json=change)).status_code == 200

    assert reason(await ann.get("/api/me"), 401) == "not_logged_in"
    script = Person(console.stranger().client, {"Authorization": f"Bearer {token}"})
    assert reason(await script.get("/api/me"), 401) == "not_logged_in"


async def test_somebody_who_was_disabled_elsewhere_is_out_before_long(console: Running) -> None:
    ann = await console.person("ann")
    user = console.console.users.named("ann")
    assert user

    await console.store.save(replace(user, disabled=True, changed_ms=user.changed_ms + 1))
    await console.refresh()

    assert reason(await ann.get("/api/me"), 401) == "not_logged_in"
    answer = await console.stranger().post("/api/login", json={"name": "ann", "password": PASSWORD})
    assert reason(answer, 401) == "wrong"


async def test_what_would_leave_nobody_in_charge_is_refused(console: Running) -> None:
    ada = await console.person("ada")
    id = (await ada.get("/api/me")).json()["id"]

    assert reason(await ada.ask("PATCH", f"/api/users/{id}", json={"role": "lead"}), 409) == "last_admin"
    assert reason(await ada.post("/api/users", json={"name": "ANN", "role": "reviewer"}), 409) == "name"
    short = await ada.post("/api/users", json={"name": "x", "role": "reviewer", "password": "short"})
    assert reason(short, 422) == "invalid"
    assert short.json()["field"] == "password"
    assert reason(await ada.ask("PATCH", f"/api/users/{uuid4()}", json={}), 404) == "unknown"


# The outside.


async def test_while_the_store_is_away_people_are_told_and_nothing_is_lost(console: Running) -> None:
    await console.lay(call(1), call(2))
    ann = await console.person("ann")
    id = (await ann.take())["summary"]["id"]
    console.store.away = True

    answer = await ann.submit(id)
    assert reason(answer, 503) == "away"
    assert int(answer.headers["retry-after"]) >= 1
    assert (await ann.get(f"/api/items/{id}")).json()["mine"]["state"] == "opened"
    await _until(console, ready=503)
    assert (await console.stranger().get("/live")).status_code == 200

    console.store.away = False
    await _until(console, ready=200)
    assert (await ann.submit(id)).json()["state"] == "done"
    assert rows(console, "SELECT count() FROM scores FINAL") == [(2,)]


async def test_a_console_that_starts_without_its_store_waits_for_it(console: Running) -> None:
    ann = await console.person("ann")
    store = Away(console.store.reviews, console.store.judging, away=True)
    app = build_console(console.settings, queue=store, users=store, opinions=store, meter=MemoryMeter())
    async with app.router.lifespan_context(app):
        later = Running(app, store, console.settings)
        visitor = later.stranger()
        visitor.client.cookies.set(SESSION, ann.client.cookies[SESSION])

        login = await later.stranger().post("/api/login", json={"name": "ann", "password": PASSWORD})
        page, me = await visitor.get("/review"), await visitor.get("/api/me")

        assert reason(login, 503) == reason(me, 503) == "away"
        assert page.status_code == 503
        store.away = False
        await _until(later, ready=200)
        assert (await visitor.get("/api/me")).json()["name"] == "ann"


async def test_what_other_processes_lay_down_appears_by_itself(console: Running) -> None:
    ann, lea = await console.person("ann"), await console.person("lea")
    await lea.post("/api/items/import?judge=quality", content=json.dumps(call(1)))
    item = next(iter(console.console.collect.desk.items.values()))
    await console.store.offer([replace(item, id=uuid4())])

    for _ in range(40):
        if (await ann.get("/api/items")).json()["total"] == 2:
            return
        await asyncio.sleep(0.1)
    pytest.fail("it did not appear")


async def test_pages_lead_to_the_log_in_and_the_api_does_not(console: Running) -> None:
    stranger = console.stranger()

    page = await stranger.get("/review?x=1")

    assert (page.status_code, page.headers["location"]) == (303, "/login?next=%2Freview%3Fx%3D1")
    assert reason(await stranger.get("/api/me"), 401) == "not_logged_in"
    assert reason(await stranger.get("/api/nothing"), 404) == "not_found"
    assert reason(await stranger.ask("DELETE", "/api/me"), 405) == "method"


async def test_browsers_are_told_what_pages_may_do(console: Running) -> None:
    for path in ("/login", "/api/me", "/api/openapi.json", "/review"):
        headers = (await console.stranger().get(path)).headers
        policy = headers["content-security-policy"]
        assert "http" not in policy
        assert "frame-ancestors 'none'" in policy
        assert (headers["x-content-type-options"], headers["x-frame-options"]) == ("nosniff", "DENY")


async def test_the_same_person_asking_twice_at_once_gets_one_item(console: Running) -> None:
    await console.lay(*(call(n) for n in range(5)))
    ann = await console.person("ann")

    taken = await asyncio.gather(*(ann.take() for _ in range(5)))

    assert len({one["summary"]["id"] for one in taken}) == 1


@pytest.mark.parametrize("key", ["", "short"])
def test_without_a_key_it_does_not_start_and_says_how_to_make_one(key: str) -> None:
    settings = load(None, {**SETTINGS, "EVERGAUGE_CONSOLE__SECRET": key})
    memory = MemoryReviews()

    with pytest.raises(InvalidConfig, match="openssl rand"):
        build_console(settings, queue=memory, users=memory, opinions=MemoryJudging(), meter=MemoryMeter())


async def _until(console: Running, *, ready: int) -> None:
    for _ in range(60):
        if (await console.stranger().get("/ready")).status_code == ready:
            return
        await asyncio.sleep(0.1)
    pytest.fail(f"/ready did not become {ready}")
