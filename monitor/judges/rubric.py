"""What a judge goes by: a rubric is a YAML file, checked when it is read, and named by a hash of what it says."""

import re
from collections import Counter
from collections.abc import Iterator, Mapping
from hashlib import blake2b
from typing import Annotated, Literal, cast

import jsonschema_rs
import msgspec
import yaml

from monitor.errors import InvalidConfig

Name = Annotated[str, msgspec.Meta(pattern=r"^[a-z][a-z0-9_]{0,63}$")]
Text = Annotated[str, msgspec.Meta(min_length=1, max_length=20_000, pattern=r"\S")]
Piece = Literal["conversation", "context", "reference", "tools"]
"""What a judge may be shown beside the answer."""

Points = Annotated[float, msgspec.Meta(ge=-10_000, le=10_000)]
MOST_CRITERIA = 200
"""Each may be a call of its own."""


class _Rubric(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, tag_field="kind"):
    rubric: Name
    about: Text
    """One line for people."""
    instructions: Text
    """What the judge is told beside the form of its reply."""
    shows: tuple[Piece, ...] = ("conversation", "context")
    needs: tuple[Piece, ...] = ()
    """Without these there is nothing to judge."""
    judges: Literal["answer", "conversation"] = "answer"
    """``conversation``: everything the assistant said, over all turns."""


class Grade(_Rubric, frozen=True, kw_only=True, forbid_unknown_fields=True, tag="grade"):
    """One verdict: pass or fail, or a grade on a scale, each with an anchor in words."""

    anchors: dict[str, Text]
    """``pass`` and ``fail``, or the grades as numbers in a row, the lowest first."""
    passes_from: int | None = None
    """The lowest grade that passes; of a scale only, its upper half where nothing is said."""

    @property
    def grades(self) -> tuple[int, ...]:
        """The scale; empty for pass and fail."""
        return tuple(sorted(int(anchor) for anchor in self.anchors)) if "pass" not in self.anchors else ()

    @property
    def pass_line(self) -> int:
        """The lowest grade that passes."""
        low, high = self.grades[0], self.grades[-1]
        return self.passes_from if self.passes_from is not None else (low + high) // 2 + 1


class Criterion(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Something that an answer does or does not, and what that is worth."""

    id: Annotated[str, msgspec.Meta(pattern=r"^[A-Za-z0-9][A-Za-z0-9_.:-]{0,99}$")]
    text: Text
    points: Points = 1.0
    """Negative for what an answer should not do."""
    tags: tuple[str, ...] = ()
    """Axes and themes by which scores are summed up, like ``axis:accuracy``."""


class Criteria(_Rubric, frozen=True, kw_only=True, forbid_unknown_fields=True, tag="criteria"):
    """Criteria with points, as in HealthBench: what is met, over what could be met."""

    criteria: tuple[Criterion, ...] = ()
    of_sample: bool = False
    """Each sample brings criteria of its own, in its ``tests``, as HealthBench writes them."""
    batch: bool = False
    """All criteria in one call, rather than a call each."""
    passes_from: Annotated[float, msgspec.Meta(ge=0, le=1)] = 0.6


class Checklist(_Rubric, frozen=True, kw_only=True, forbid_unknown_fields=True, tag="checklist"):
    """Questions that are answered by yes or no, in one call; the value is the share of yes."""

    items: dict[Name, Text]
    passes_from: Annotated[float, msgspec.Meta(ge=0, le=1)] = 1.0


class Pairwise(_Rubric, frozen=True, kw_only=True, forbid_unknown_fields=True, tag="pairwise"):
    """The answer against the reference, in both orders: 1 better, 0 worse, 0.5 for a tie or when the order decides."""

    passes_from: Annotated[float, msgspec.Meta(ge=0, le=1)] = 0.5


Rubric = Grade | Criteria | Checklist | Pairwise

SCHEMA = msgspec.json.schema(Rubric)
"""JSON Schema of a rubric's file."""

_validator = jsonschema_rs.Draft202012Validator(SCHEMA)
_KINDS = {kind.__struct_config__.tag: kind for kind in (Grade, Criteria, Checklist, Pairwise)}


def read_rubric(text: str, *, at: str) -> Rubric:
    """A rubric from the text of its file.

    Args:
        text: YAML.
        at: the file's name, for messages.

    Raises:
        InvalidConfig: everything that is wrong with it at once, by the place in the file.
    """
    try:
        document: object = yaml.load(text, _OneMeaning)
        document = msgspec.to_builtins(document, str_keys=True)
    except (yaml.YAMLError, TypeError, RecursionError) as error:
        raise InvalidConfig({at: f"is no YAML: {_first_line(error)}"}) from error
    if not isinstance(document, dict):
        raise InvalidConfig({at: "should be a mapping with rubric, kind, about, instructions"})
    document = cast(dict[str, object], document)
    if problems := dict(_misshapen(document, at)):
        raise InvalidConfig(problems)
    rubric = msgspec.convert(document, Rubric)
    if problems := dict(_senseless(rubric, at)):
        raise InvalidConfig(problems)
    return rubric


def version(rubric: Rubric) -> str:
    """A hash of what the rubric says: another wording is another rubric, and so is another order of what is shown."""
    return blake2b(msgspec.json.encode(rubric), digest_size=6).hexdigest()


class _OneMeaning(yaml.SafeLoader):
    """YAML without its surprises: a key that is said twice is an error, and words like yes and no stay words."""


def _mapping(loader: yaml.SafeLoader, node: yaml.MappingNode) -> dict[object, object]:
    keys = [loader.construct_object(key, deep=True) for key, _ in node.value]  # pyright: ignore[reportUnknownMemberType]
    for key, times in Counter(map(str, keys)).items():
        if times > 1:
            raise yaml.constructor.ConstructorError(None, None, f"{key} is said twice", node.start_mark)
    return cast(dict[object, object], loader.construct_mapping(node, deep=True))


_OneMeaning.add_constructor("tag:yaml.org,2002:map", _mapping)
_OneMeaning.yaml_implicit_resolvers = {
    first: [(tag, pattern) for tag, pattern in resolvers if tag != "tag:yaml.org,2002:bool" or first not in "yYnNoO"]
    for first, resolvers in yaml.SafeLoader.yaml_implicit_resolvers.items()
}


def _misshapen(document: Mapping[str, object], at: str) -> Iterator[tuple[str, str]]:
    kind = document.get("kind")
    if not isinstance(kind, str) or kind not in _KINDS:
        yield f"{at}: kind", f"should be one of {', '.join(map(str, _KINDS))}"
        return
    known = _KINDS[kind].__struct_fields__
    for name in document.keys() - {*known, "kind"}:
        yield f"{at}: {name}", f"there is no such key; a rubric of kind {kind} has {', '.join(known)}"
    shape = {
        **SCHEMA["$defs"][_KINDS[kind].__name__],
        "$defs": SCHEMA["$defs"],
        "additionalProperties": True,
    }
    for error in jsonschema_rs.Draft202012Validator(shape).iter_errors(document):
        place = ".".join(map(str, error.instance_path)) or "rubric"
        blank = isinstance(error.instance, str) and not error.instance.strip()
        yield f"{at}: {place}", "is empty" if blank else error.message[:300]


def _senseless(rubric: Rubric, at: str) -> Iterator[tuple[str, str]]:
    """What has the right shape and no meaning."""
    for piece in rubric.needs:
        if piece not in rubric.shows and not isinstance(rubric, Pairwise):
            yield f"{at}: needs", f"{piece} is needed and not shown: add it to shows"
    match rubric:
        case Grade():
            yield from _senseless_scale(rubric, at)
        case Criteria():
            yield from _senseless_criteria(rubric, at)
        case Checklist(items=items) if not items:
            yield f"{at}: items", "is empty: there is nothing to judge by"
        case _:
            pass


def _senseless_scale(rubric: Grade, at: str) -> Iterator[tuple[str, str]]:
    if rubric.anchors.keys() == {"pass", "fail"}:
        if rubric.passes_from is not None:
            yield f"{at}: passes_from", "is for scales; pass and fail need none"
        return
    if not all(re.fullmatch(r"-?\d{1,3}", anchor) for anchor in rubric.anchors) or len(rubric.anchors) < 2:
        yield f"{at}: anchors", "should be pass and fail, or at least two whole numbers in a row"
        return
    grades = rubric.grades
    if grades != tuple(range(grades[0], grades[-1] + 1)):
        yield f"{at}: anchors", f"the grades {', '.join(map(str, grades))} are not in a row"
    elif not grades[0] < rubric.pass_line <= grades[-1]:
        yield f"{at}: passes_from", f"{rubric.pass_line} is not above {grades[0]} and at most {grades[-1]}"


def _senseless_criteria(rubric: Criteria, at: str) -> Iterator[tuple[str, str]]:
    if rubric.of_sample:
        if rubric.criteria:
            yield f"{at}: criteria", "each sample brings its own: leave one of criteria and of_sample out"
        return
    if not rubric.criteria:
        yield f"{at}: criteria", "is empty: there is nothing to judge by"
        return
    if len(rubric.criteria) > MOST_CRITERIA:
        yield f"{at}: criteria", f"{len(rubric.criteria)} are too many, {MOST_CRITERIA} allowed"
    for name, times in Counter(criterion.id for criterion in rubric.criteria).items():
        if times > 1:
            yield f"{at}: criteria", f"{name} is the id of {times} criteria"
    if not any(criterion.points > 0 for criterion in rubric.criteria):
        yield f"{at}: criteria", "none has positive points, so no answer could ever score"


def _first_line(error: Exception) -> str:
    return " ".join(str(error).split())[:300]
