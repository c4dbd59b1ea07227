"""What every scorer that needs a reference says first: whether there is anything to compare."""

from collections.abc import Callable

from monitor.checks.base import Finding
from monitor.model import Sample

NO_REFERENCE = Finding.not_applicable("the sample has no reference")
NO_ANSWER = Finding(0.0, "there is no answer to hold against the reference", "no_answer")


def best(sample: Sample, similarity: Callable[[str, str], float]) -> tuple[float, str] | None:
    """The highest similarity of the answer to any reference, and that reference; None without a reference."""
    answer = sample.output or ""
    found: tuple[float, str] | None = None
    for reference in sample.references:
        value = similarity(answer, reference)
        if found is None or value > found[0]:
            found = (value, reference)
            if value >= 1.0:
                break
    return found


def compared(sample: Sample, similarity: Callable[[str, str], float], what: str) -> Finding:
    """The best similarity as a finding that says what it is."""
    if not sample.references:
        return NO_REFERENCE
    if not sample.output and any(sample.references):
        return NO_ANSWER
    found = best(sample, similarity)
    value = found[0] if found else 0.0
    among = f" (best of {len(sample.references)} references)" if len(sample.references) > 1 else ""
    return Finding(min(value, 1.0), f"{what} {value:.3f}{among}")
