"""Reviewing in a browser, by keys alone."""

import os
import re
import time
from dataclasses import replace
from pathlib import Path
from statistics import median
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import expect

from monitor.model import Reason, Review, State
from monitor.reviews import Rules

from . import scenes
from .conftest import MakeVisit
from .hall import PASSWORD
from .visit import Visit, until

IMAGES = Path(__file__).parents[2] / "docs/images"
PICTURES = "EVERGAUGE_PICTURES"
"""Set to write the documentation's pictures anew."""
FAST = 0.3
"""Seconds until the next item."""


def test_logging_in_leads_to_the_review_and_out_again(visit: Visit) -> None:
    visit.page.goto(f"{visit.hall.url}/")
    assert urlsplit(visit.page.url).path == "/login"

    visit.log_in("not the password")
    expect(visit.find("[role=alert]")).to_have_text("Name or password is wrong.")
    assert visit.problems.pop().startswith("console: Failed to load resource")  # a browser's word for 401
    visit.log_in()

    visit.sees("All done")
    visit.page.get_by_role("button", name="Log out").click()
    visit.page.wait_for_url("**/login")
    visit.page.goto(f"{visit.hall.url}/review")
    assert urlsplit(visit.page.url).path == "/login"


def test_ten_items_are_reviewed_by_keys_alone_and_the_next_comes_at_once(visit: Visit) -> None:
    for _ in range(4):
        visit.lay("helpfulness", **scenes.CALL)
    for _ in range(2):
        visit.lay("correctness", **scenes.CALL)
        visit.lay("instruction_following")
        visit.lay("preference", reference="Another answer.")
    visit.begin()

    waits = [visit.go_on(grade, "Enter") for grade in "1345"]
    waits += [visit.go_on(*keys, "Enter") for keys in ("p", "ynyy", "a", "f", "yyyy", "t")]

    visit.sees("All done")
    visit.sees("10 this shift")
    assert [dict(review.answers) for review in visit.hall.done(visit.user)] == [
        *({"grade": grade} for grade in (1, 3, 4, 5)),
        {"verdict": "pass"},
        {"task": True, "parts": False, "form": True, "limits": True},
        {"winner": "answer"},
        {"verdict": "fail"},
        {"task": True, "parts": True, "form": True, "limits": True},
        {"winner": "tie"},
    ]
    assert median(waits) < FAST, waits


def test_undo_takes_the_last_one_back_and_shows_it_as_it_was_filled_in(visit: Visit) -> None:
    first, _ = visit.lay(output="The first"), visit.lay(output="The second")
    visit.begin()
    visit.press("2", "c")
    visit.page.keyboard.type("too short")
    visit.go_on("Control+Enter")
    visit.sees("The second")

    visit.go_on("z")

    visit.sees("The first")
    assert visit.hall.done(visit.user) == []
    expect(visit.find("#comment")).to_have_value("too short")
    expect(visit.page.get_by_role("radio", name="2:")).to_be_checked()
    visit.go_on("5", "Enter")
    visit.sees("The second")
    assert [(one.item, dict(one.answers)) for one in visit.hall.done(visit.user)] == [(first.id, {"grade": 5})]


def test_a_verdict_is_corrected_while_it_stands(visit: Visit) -> None:
    visit.lay(output="The first")
    visit.lay(output="The second")
    visit.begin()
    visit.go_on("2", "Enter")

    visit.go_on("e")
    visit.sees("It stands until you submit")
    assert len(visit.hall.done(visit.user)) == 1
    visit.go_on("4", "Enter")

    visit.sees("The second")
    (review,) = visit.hall.done(visit.user)
    assert (dict(review.answers), review.revision) == ({"grade": 4}, 1)


def test_an_item_is_skipped_for_a_reason_and_the_skip_is_undone(visit: Visit) -> None:
    first, second = visit.lay(output="The first"), visit.lay(output="The second")
    visit.begin()

    visit.go_on("s", "2")
    visit.sees("Skipped: Text is broken or cut")
    visit.press("s", *["Tab"] * 4)
    visit.page.keyboard.type("I know the author")
    visit.go_on("Enter")

    visit.sees("All done")
    mine = visit.hall.collect.desk.mine
    skipped = [mine(item.id, visit.user.id) for item in (first, second)]
    assert [one and (one.state, one.comment) for one in skipped] == [
        (State.SKIPPED, "Text is broken or cut"),
        (State.SKIPPED, "I know the author"),
    ]
    visit.go_on("z")
    visit.sees("The second")


def test_who_cannot_tell_says_so(visit: Visit) -> None:
    visit.lay()
    visit.begin()

    visit.press("u")
    expect(visit.page.get_by_role("button", name="Cannot tell")).to_have_attribute("aria-pressed", "true")
    visit.go_on("Enter")

    (review,) = visit.hall.done(visit.user)
    assert (review.cannot_tell, dict(review.answers)) == (True, {})


def test_the_judge_is_hidden_until_one_has_judged(visit: Visit) -> None:
    visit.lay(opinion=scenes.OPINION, reason=Reason.DISAGREE, verdict="pass")
    visit.lay(reason=Reason.RULE)
    visit.begin()

    visit.sees("Judge and checks disagree")
    visit.sees_not("Checks: passed")  # from which the judge's verdict would follow
    assert "5–7 working days" not in visit.page.content()
    visit.go_on("4", "Enter")

    visit.sees("You differ")
    visit.sees("5–7 working days")


def test_what_is_not_answered_is_said_at_the_place(visit: Visit) -> None:
    visit.lay("instruction_following")
    visit.begin()

    visit.press("y", "y", "Enter")

    expect(visit.find("#problem")).to_have_text("Answer every question first.")
    expect(visit.find("[data-current]")).to_contain_text("form that was asked for")
    assert visit.hall.done(visit.user) == []


def test_keys_do_not_fire_in_the_comment_and_enter_does_not_submit_there(visit: Visit) -> None:
    visit.lay(output="The first")
    visit.lay(output="The second")
    visit.begin()

    visit.press("3", "c")
    visit.page.keyboard.type("5 usual words")
    visit.press("Enter")
    visit.page.keyboard.type("sz")
    expect(visit.find("#comment")).to_have_value("5 usual words\nsz")
    expect(visit.find("dialog[open]")).to_have_count(0)
    visit.press("Escape")
    visit.go_on("Enter")

    (review,) = visit.hall.done(visit.user)
    assert (dict(review.answers), review.comment) == ({"grade": 3}, "5 usual words\nsz")


def test_long_texts_tools_and_system_messages_are_folded_and_open_by_a_key(visit: Visit) -> None:
    visit.lay(**scenes.CALL | {"output": "A word.\n\n" * 2_000})
    visit.begin()
    expect(visit.page.get_by_text('"bought": "2026-10-11"').last).to_be_hidden()
    clipped = visit.find(".answer .view:not([hidden]) .clip").bounding_box()

    visit.press("o")

    expect(visit.page.get_by_text('"2026-10-11"').last).to_be_visible()
    whole = visit.find(".answer .view:not([hidden]) .clip").bounding_box()
    assert clipped
    assert whole
    assert clipped["height"] < 1_000 < whole["height"]
    visit.press("d")
    expect(visit.find(".diff")).to_be_visible()
    visit.press("d")
    expect(visit.find(".diff")).to_be_hidden()


def test_right_to_left_text_runs_from_the_right(visit: Visit) -> None:
    visit.lay(**scenes.ARABIC)
    visit.begin()

    assert visit.find(".answer .text").first.evaluate("one => getComputedStyle(one).direction") == "rtl"


def test_new_items_appear_by_themselves(visit: Visit) -> None:
    visit.begin()
    visit.sees("All done")

    visit.lay(output="Fresh from the model")

    visit.sees("Fresh from the model")
    visit.go_on("4", "Enter")


def test_what_was_typed_in_outlives_an_outage_and_a_reload(visit: Visit) -> None:
    visit.lay()
    visit.begin()
    visit.press("4", "c")
    visit.page.keyboard.type("a thought")

    visit.hall.reviews.away = True
    try:
        visit.press("Control+Enter")
        expect(visit.find("#problem")).to_contain_text("The store does not answer. Nothing is lost")
    finally:
        visit.hall.reviews.away = False
    visit.page.reload()
    visit.find(".desk[data-serial]").wait_for()

    expect(visit.find("#comment")).to_have_value("a thought")
    visit.go_on("Enter")
    (review,) = visit.hall.done(visit.user)
    assert (dict(review.answers), review.comment) == ({"grade": 4}, "a thought")


def test_an_item_is_kept_for_who_works_on_it_and_lost_to_others_otherwise(visit: Visit) -> None:
    desk = visit.hall.collect.desk
    item = visit.lay()
    rules, desk.rules = desk.rules, Rules(lease_ms=2_000)
    try:
        visit.begin()
        opened = desk.mine(item.id, visit.user.id)
        expect(visit.find("#lease")).to_contain_text("Kept for you for")

        def kept_for_longer() -> bool:
            visit.press("4")
            return desk.mine(item.id, visit.user.id) != opened

        until(kept_for_longer)
        expect(visit.find("#lease")).to_contain_text("Press any key", timeout=12_000)  # nothing was pressed
        other = visit.hall.reviewer(visit.app)
        desk.apply(Review(item=item.id, reviewer=other.id, state=State.OPENED, answers={}, until_ms=2**60))
        visit.press("Enter")
        expect(visit.find("#problem")).to_contain_text("thers", ignore_case=True)
        expect(visit.page.get_by_role("radio", name="4:")).to_be_checked()
        visit.go_on("Enter")
        visit.sees("All done")
    finally:
        desk.rules = rules


def test_whose_session_ended_is_asked_to_log_in_and_finds_everything_again(visit: Visit) -> None:
    visit.lay()
    visit.begin()
    visit.press("5", "c")
    visit.page.keyboard.type("kept")

    changed = replace(visit.user, changed_ms=int(time.time() * 1000) + 1)
    visit.hall.reviews.users[visit.user.id] = changed
    visit.page.wait_for_url("**/login**")
    until(lambda: time.time() * 1000 > changed.changed_ms + 1)
    visit.log_in(PASSWORD)

    expect(visit.find("#comment")).to_have_value("kept")
    visit.go_on("Enter")


@pytest.mark.parametrize("scene", ["CALL", "ARABIC", "CRITERIA"])
def test_a_phone_shows_everything_in_one_column(make_visit: MakeVisit, scene: str) -> None:
    visit = make_visit(width=390, height=844)
    visit.lay("healthbench" if scene == "CRITERIA" else "helpfulness", **getattr(scenes, scene))
    visit.lay("helpfulness", output="x" * 400 + " `" + "y" * 400 + "`", tags={"a" * 90: "b" * 200})
    visit.begin()

    assert not visit.is_wider_than_window
    submit = visit.page.get_by_role("button", name="Submit").bounding_box()
    assert submit
    assert submit["y"] + submit["height"] <= 844
    visit.press("o", "d")
    assert not visit.is_wider_than_window
    visit.go_on("u", "Enter")
    assert not visit.is_wider_than_window


def test_the_theme_follows_the_system_until_somebody_says_otherwise(visit: Visit) -> None:
    visit.lay()
    visit.page.emulate_media(color_scheme="dark")
    visit.begin()

    def paper() -> str:
        return str(visit.page.evaluate("getComputedStyle(document.body).backgroundColor"))

    dark = paper()
    visit.page.emulate_media(color_scheme="light")
    light = paper()
    assert dark != light
    visit.page.get_by_role("button", name="Dark or light").click()
    assert paper() == dark
    visit.page.reload()
    visit.find(".desk[data-serial]").wait_for()
    assert paper() == dark


def test_everything_has_a_name_for_screen_readers(visit: Visit) -> None:
    visit.lay("healthbench", **scenes.CRITERIA)
    visit.lay("helpfulness", **scenes.CALL)
    visit.begin()

    for _ in range(2):
        heard = visit.find("body").aria_snapshot()
        assert re.findall(r"- (?:button|radio|radiogroup|textbox|checkbox|link|form|region)(?! \")\b", heard) == []
        for name in ("Conversation", "Answer to judge", "Your review", "Progress", "Comment"):
            assert f'"{name}' in heard, name
        visit.go_on("u", "Enter")
    expect(visit.page.get_by_role("status").filter(has_text="Submitted")).to_have_count(1)


def test_the_help_tells_the_keys_and_can_turn_them_off(visit: Visit) -> None:
    visit.lay()
    visit.begin()

    visit.press("?")
    expect(visit.page.get_by_role("dialog", name="Keys")).to_be_visible()
    visit.page.get_by_role("checkbox", name="Single keys work").press("Space")
    visit.press("Escape", "4")

    expect(visit.page.get_by_role("radio", name="4:")).not_to_be_checked()
    visit.page.get_by_role("radio", name="4:").press("Space")
    visit.go_on("Control+Enter")


def test_pictures(make_visit: MakeVisit, tmp_path: Path) -> None:
    """Writes what the documentation shows, where that is asked for."""
    into = IMAGES if os.environ.get(PICTURES) else tmp_path
    visit = make_visit(apps=("shop-support",), name="Ada")
    visit.page.emulate_media(color_scheme="light")
    visit.lay(input="Do you ship to Norway?", output="Yes.", reason=Reason.CONTROL, opinion=scenes.OPINION)
    soon = int(time.time() * 1000) + 5_400_000
    visit.lay(**scenes.CALL, reason=Reason.COMPLAINT, verdict="pass", due_ms=soon, opinion=scenes.OPINION)
    visit.lay("healthbench", **scenes.CRITERIA)
    visit.begin()

    visit.go_on("3", "Enter")
    visit.press("4")
    expect(visit.find("#says")).to_have_css("opacity", "0")
    visit.page.screenshot(path=into / "review.png")

    assert (into / "review.png").stat().st_size > 20_000
