"""JSON against JSON: how much of the reference is there, field by field."""

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, cast

import msgspec

from monitor.checks.base import CLEAN, Finding, register
from monitor.checks.structure import parsed
from monitor.model import Sample

from .compared import NO_ANSWER, NO_REFERENCE

_decode = msgspec.json.Decoder().decode
Path = str


def leaves(reference: object, answer: object, tolerance: float, path: Path = "") -> Iterator[tuple[Path, str]]:
    """Each leaf of the reference, and of the answer beyond it, with what is wrong there; empty where nothing is."""
    if isinstance(reference, dict) and isinstance(answer, dict):
        wanted, said = cast(dict[str, Any], reference), cast(dict[str, Any], answer)
        for key, value in wanted.items():
            inner = f"{path}.{key}".lstrip(".")
            if key in said:
                yield from leaves(value, said[key], tolerance, inner)
            else:
                yield inner, "is missing"
        yield from (
            (f"{path}.{key}".lstrip("."), "is not in the reference") for key in sorted(said.keys() - wanted.keys())
        )
    elif isinstance(reference, list) and isinstance(answer, list):
        items, given = cast(list[Any], reference), cast(list[Any], answer)
        for index in range(min(len(items), len(given))):
            yield from leaves(items[index], given[index], tolerance, f"{path}[{index}]")
        yield from ((f"{path}[{index}]", "is missing") for index in range(len(given), len(items)))
        yield from ((f"{path}[{index}]", "is not in the reference") for index in range(len(items), len(given)))
        if not items and not given:
            yield path, ""
    else:
        yield path, "" if _same(cast(object, reference), answer, tolerance) else "differs"


def _same(one: object, other: object, tolerance: float) -> bool:
    if isinstance(one, bool) or isinstance(other, bool):
        return one is other
    if isinstance(one, int | float) and isinstance(other, int | float):
        return math.isclose(one, other, rel_tol=tolerance, abs_tol=tolerance)
    return type(one) is type(other) and one == other


@register("json_equal", needs="references")
@dataclass(frozen=True, slots=True)
class JsonEqual:
    """The weighted share of the reference's fields that the answer's JSON has alike; order of keys does not matter."""

    weights: dict[str, float] = field(default_factory=dict[str, float])
    """Weight of a field and of everything in it, by path such as ``address.city``; 1 where nothing is said."""
    tolerance: float = 1e-9

    def __post_init__(self) -> None:
        if any(weight < 0 for weight in self.weights.values()):
            raise ValueError("weights must not be negative")

    def __call__(self, sample: Sample) -> Finding:
        if not sample.references:
            return NO_REFERENCE
        if not sample.output:
            return NO_ANSWER
        references = [found for text in sample.references if (found := _parsed(text)) is not None]
        if not references:
            return Finding.not_applicable("the reference is no JSON")
        said = parsed(sample)
        if not said.readable:
            return Finding(0.0, "the answer is no JSON", "broken")
        return max((self._compared(wanted, said.document) for (wanted,) in references), key=lambda f: f.value or 0.0)

    def _compared(self, wanted: object, said: object) -> Finding:
        total = right = 0.0
        worst = ""
        for path, problem in leaves(wanted, said, self.tolerance):
            weight = _weight(path, self.weights)
            total += weight
            right += 0.0 if problem else weight
            worst = worst or (f"{path or 'the document'} {problem}" if problem and weight else "")
        if not worst:
            return CLEAN
        return Finding(right / total, worst, "different")


def _parsed(text: str) -> tuple[object] | None:
    try:
        return (_decode(text),)
    except (msgspec.DecodeError, RecursionError, UnicodeEncodeError):
        return None


def _weight(path: Path, weights: Mapping[str, float]) -> float:
    """The weight of the longest named path that leads here."""
    best, found = -1, 1.0
    for named, weight in weights.items():
        inside = path == named or path.startswith((f"{named}.", f"{named}["))
        if inside and len(named) > best:
            best, found = len(named), weight
    return found
