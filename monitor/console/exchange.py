"""Items in and out as JSON lines: for benchmarks, and for whoever wants to count for themselves."""

from collections.abc import Callable, Collection, Iterable, Iterator
from dataclasses import dataclass
from hashlib import blake2b
from uuid import UUID

import msgspec

from monitor.errors import InvalidRecord
from monitor.formats import Defaults, Limits, decode, formats, native
from monitor.judges import Marked
from monitor.model import Item, Origin, Reason, Record, Review, Sample
from monitor.pipeline.collect import Collect
from monitor.reviews import Refused, item_id

_LONGEST_LINE = 4 * 1024 * 1024


@dataclass(frozen=True, slots=True, kw_only=True)
class Wish:
    """What becomes of imported samples."""

    judge: str
    wanted: int = 1
    apps: Collection[str] = ()
    """Only these may be named; any where none is."""


def read_items(lines: Iterable[bytes], wish: Wish, collect: Collect) -> Iterator[Item | str | None]:
    """An item for each line of native JSON, what is wrong with the line, or None for an empty one.

    Raises:
        Refused: ``no_judge``: there is no such judge.
    """
    if wish.judge not in collect.rubrics:
        known = ", ".join(sorted(collect.rubrics)) or "none"
        raise Refused("no_judge", f"there is no judge {wish.judge}; the settings name: {known}")
    for line in lines:
        yield _item(line.strip(), wish, collect) if line.strip() else None


def _item(line: bytes, wish: Wish, collect: Collect) -> Item | str:
    # The text names the sample where the producer does not: the same line is the same sample whenever it comes.
    origin = Origin(f"import:{blake2b(line, digest_size=16).hexdigest()}", 0, 0)
    now_ms = collect.now_ms
    limits = Limits(record_bytes=_LONGEST_LINE, samples=1)
    sample = decode(Record(origin, line, now_ms), formats["native"], defaults=Defaults(), limits=limits)[0]
    if not isinstance(sample, Sample):
        error: object = getattr(sample, "error", None)
        return str(error) if isinstance(error, InvalidRecord) else "holds nothing to review"
    if wish.apps and sample.app not in wish.apps:
        return f"app: {sample.app} is not among your applications"
    return Item(
        id=item_id(sample.app, wish.judge, sample),
        sample=sample.id,
        app=sample.app,
        judge=wish.judge,
        rubric=collect.versions[wish.judge],
        payload=native.write(sample).decode(),
        reason=Reason.BENCHMARK,
        inclusion=1.0,
        wanted=wish.wanted,
        created_ms=now_ms,
    )


def export_line(item: Item, collect: Collect, name_of: Callable[[UUID], str]) -> bytes:
    """An item with every reviewer's newest review, and what they come to together."""
    said: dict[str, object] = {
        "item": item.id,
        "sample_id": item.sample,
        "app": item.app,
        "judge": item.judge,
        "rubric": item.rubric,
        "reason": item.reason,
        "inclusion": item.inclusion,
        "wanted": item.wanted,
        "created_ms": item.created_ms,
        "erased": item.erased,
    }
    if not item.erased:
        reviews = sorted(collect.desk.reviews.get(item.id, {}).values(), key=lambda one: (one.at_ms, one.reviewer))
        said |= {
            "sample": msgspec.Raw(item.payload.encode()),
            "checks": item.verdict,
            "opinion": msgspec.Raw(item.opinion.encode()) if item.opinion else None,
            "reviews": [_review(item, one, collect, name_of) for one in reviews],
            "together": _mark(collect.together(item)),
        }
    return msgspec.json.encode(said) + b"\n"


def _review(item: Item, review: Review, collect: Collect, name_of: Callable[[UUID], str]) -> dict[str, object]:
    return {
        "reviewer": review.reviewer,
        "name": name_of(review.reviewer),
        "state": review.state,
        "answers": review.answers,
        "comment": review.comment,
        "cannot_tell": review.cannot_tell,
        "at_ms": review.at_ms,
        "seconds": review.seconds,
        "revision": review.revision,
        "mark": _mark(collect.marked(item, review)),
    }


def _mark(mark: Marked | None) -> dict[str, object] | None:
    if mark is None:
        return None
    missing = mark.missing.value if mark.missing else ""
    return {"value": mark.value, "passed": mark.passed, "label": mark.label, "why": mark.why, "missing": missing}
