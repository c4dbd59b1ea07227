"""Rubrics: which are shipped, what is refused and in which words, and when a rubric is another one."""

from pathlib import Path

import pytest

from monitor.build import load_rubric, shipped_rubrics
from monitor.errors import InvalidConfig
from monitor.judges import Criteria, Grade, read_rubric, version
from tests.builders import make_rubric

GRADE = """
rubric: tidy
kind: grade
about: Is it tidy?
instructions: Look closely.
anchors:
  pass: It is.
  fail: It is not.
"""
CRITERIA = """
rubric: points
kind: criteria
about: Points.
instructions: Look closely.
criteria:
"""


def problems(text: str) -> dict[str, str]:
    with pytest.raises(InvalidConfig) as caught:
        read_rubric(text, at="mine.yaml")
    return dict(caught.value.problems)


@pytest.mark.parametrize("name", shipped_rubrics())
def test_what_is_shipped_can_be_read_and_is_called_like_its_file(name: str) -> None:
    assert load_rubric(name).rubric == name


def test_there_is_a_rubric_for_what_is_usually_asked() -> None:
    usual = {"correctness", "groundedness", "helpfulness", "safety", "tone", "healthbench", "preference", "tool_use"}

    assert usual <= set(shipped_rubrics())


@pytest.mark.parametrize(
    ("text", "place", "message"),
    [
        ("", "", "should be a mapping"),
        ("- a\n- b", "", "should be a mapping"),
        ("a: [", "", "is no YAML"),
        ("a: \x00", "", "is no YAML"),
        ("a: " + "[" * 5_000, "", "is no YAML"),
        ("a: &a {b: *a}", "", "is no YAML"),
        ("a: !!python/object:os.system {}", "", "is no YAML"),
        (GRADE + "about: Said again.", "", "about is said twice"),
        (GRADE.replace("  fail", "  pass"), "", "pass is said twice"),
        (GRADE.replace("grade", "essay"), "kind", "should be one of grade, criteria, checklist, pairwise"),
        (GRADE.replace("grade", "[grade]"), "kind", "should be one of"),
        (GRADE.replace("kind: grade\n", ""), "kind", "should be one of"),
        (GRADE + "colour: red", "colour", "there is no such key; a rubric of kind grade has"),
        (GRADE + "1: red", "1", "there is no such key"),
        (GRADE + "items: {a: b}", "items", "there is no such key"),
        (GRADE.replace("rubric: tidy\n", ""), "rubric", '"rubric" is a required property'),
        (GRADE.replace("tidy", "Tidy up"), "rubric", "does not match"),
        (GRADE.replace("Look closely.", "''"), "instructions", "is empty"),
        (GRADE.replace("Look closely.", "'   '"), "instructions", "is empty"),
        (GRADE + "shows: [answers]", "shows.0", "is not one of"),
        (GRADE + "needs: [reference]", "needs", "reference is needed and not shown: add it to shows"),
        (GRADE + "passes_from: 3", "passes_from", "is for scales"),
        (
            GRADE.replace("  fail: It is not.\n", ""),
            "anchors",
            "should be pass and fail, or at least two whole numbers",
        ),
        (GRADE.replace("pass:", "1:").replace("fail:", "3:"), "anchors", "the grades 1, 3 are not in a row"),
        (GRADE.replace("pass:", "1:").replace("fail:", "2.5:"), "anchors", "should be pass and fail"),
        (GRADE.replace("pass:", "1:").replace("fail:", "2:") + "passes_from: 1", "passes_from", "1 is not above 1"),
        (GRADE.replace("pass:", "1:").replace("fail:", "2:") + "passes_from: 9", "passes_from", "at most 2"),
        (GRADE.replace("It is.", "{1: 2}"), "anchors.pass", "is not of type"),
        (CRITERIA + "  []", "criteria", "is empty: there is nothing to judge by"),
        (CRITERIA + "  - {id: a, text: ''}", "criteria.0.text", "is empty"),
        (CRITERIA + "  - {id: a, text: ' '}", "criteria.0.text", "is empty"),
        (CRITERIA + "  - {id: a}", "criteria.0", '"text" is a required property'),
        (CRITERIA + "  - {id: a, text: t, weight: 2}", "criteria.0", "'weight' was unexpected"),
        (CRITERIA + "  - {id: a, text: t}\n  - {id: a, text: u}", "criteria", "a is the id of 2 criteria"),
        (CRITERIA + "  - {id: a, text: t, points: -2}", "criteria", "none has positive points"),
        (CRITERIA + "  - {id: a, text: t, points: 0}", "criteria", "none has positive points"),
        (CRITERIA + "  - {id: a, text: t, points: .nan}", "criteria.0.points", "is not of type"),
        (CRITERIA + "  - {id: a, text: t, points: .inf}", "criteria.0.points", "is not of type"),
        (CRITERIA + "  - {id: a, text: t, points: 1.0e+300}", "criteria.0.points", "maximum of 10000"),
        (CRITERIA + "  - {id: a, text: t}\nof_sample: true", "criteria", "each sample brings its own"),
        (CRITERIA + "".join(f"  - {{id: c{n}, text: t}}\n" for n in range(201)), "criteria", "201 are too many"),
    ],
)
def test_what_is_wrong_is_said_with_its_place(text: str, place: str, message: str) -> None:
    found = problems(text)

    at = f"mine.yaml: {place}" if place else "mine.yaml"
    assert at in found
    assert message in found[at]


def test_a_checklist_without_items_is_refused() -> None:
    with pytest.raises(InvalidConfig, match="items: is empty"):
        make_rubric("checklist", items={})


def test_everything_that_is_wrong_is_said_at_once() -> None:
    found = problems(GRADE.replace("Look closely.", "7") + "colour: red\nshows: x")

    assert set(found) == {"mine.yaml: instructions", "mine.yaml: colour", "mine.yaml: shows"}


def test_a_file_that_is_not_there_is_told_with_those_that_are(tmp_path: Path) -> None:
    with pytest.raises(InvalidConfig, match=r"no such rubric among .*groundedness"):
        load_rubric(str(tmp_path / "mine.yaml"))
    with pytest.raises(InvalidConfig, match="cannot be read"):
        load_rubric(str(tmp_path))


def test_words_like_yes_stay_words_and_numbers_may_be_anchors() -> None:
    rubric = read_rubric(GRADE.replace("It is.", "yes").replace("pass:", "1:").replace("fail:", "2:"), at="x")

    assert isinstance(rubric, Grade)
    assert (rubric.anchors["1"], rubric.grades, rubric.pass_line) == ("yes", (1, 2), 2)


def test_the_upper_half_of_a_scale_passes_where_nothing_is_said() -> None:
    def pass_line(most: int) -> int:
        rubric = make_rubric(anchors={str(grade): "text" for grade in range(1, most + 1)})
        assert isinstance(rubric, Grade)
        return rubric.pass_line

    assert [pass_line(most) for most in (2, 3, 4, 5, 10)] == [2, 3, 3, 4, 6]


def test_another_wording_is_another_version() -> None:
    said = version(read_rubric(GRADE, at="x"))
    changes = [("It is.", "It  is."), ("Look closely.", "Look."), ("Is it tidy?", "Tidy?"), ("tidy\n", "neat\n")]

    others = [version(read_rubric(GRADE.replace(*change), at="x")) for change in changes]

    assert len({said, *others}) == len(changes) + 1


def test_the_order_of_keys_comments_and_spaces_are_no_other_version() -> None:
    keys = GRADE.strip().split("\n", 4)
    moved = "# mine\n" + "\n".join([*keys[3:], "", *keys[:3][::-1], "  "])

    assert version(read_rubric(moved, at="y")) == version(read_rubric(GRADE, at="x"))


def test_another_order_of_what_the_judge_reads_is_another_version() -> None:
    items = {"polite": "Is it polite?", "true": "Is it true?"}

    orders = [make_rubric("checklist", items=dict(order)) for order in (items.items(), reversed(items.items()))]

    assert version(orders[0]) != version(orders[1])


def test_a_pass_line_is_part_of_the_version() -> None:
    lines = [make_rubric("criteria", passes_from=line) for line in (0.5, 0.6)]

    assert isinstance(lines[0], Criteria)
    assert version(lines[0]) != version(lines[1])
