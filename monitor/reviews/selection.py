"""Which samples people look at: the doubtful ones, and a random share that stands for all."""

from dataclasses import dataclass
from hashlib import blake2b
from uuid import UUID

from monitor.model import Missing, Opinion, Reason, Sample
from monitor.policy import draw

_SALT = "review"


@dataclass(frozen=True, slots=True, kw_only=True)
class Selection:
    """Shares of judged samples that go on to people, by reason; the largest that applies decides."""

    control: float = 0.0
    """Of all: drawn without looking, and so what estimates rest on."""
    unsure: float = 0.0
    disagree: float = 0.0
    complaint: float = 0.0
    complaint_tag: str = "feedback"
    complaints: tuple[str, ...] = ("negative", "thumbs_down", "bad", "-1", "0")
    """Values of the tag that are complaints."""
    middle: tuple[float, float] = (0.35, 0.65)
    """Values in between are unsure."""

    def reasons(self, sample: Sample, opinion: Opinion, verdict: str) -> dict[Reason, float]:
        """The share of each reason that applies.

        Args:
            sample: what was judged.
            opinion: the judge's.
            verdict: what the checks made of it.
        """
        low, high = self.middle
        between = opinion.value is not None and low < opinion.value < high
        unsure = between or bool({"split", "talks_to_judge"} & {*opinion.flags}) or opinion.missing in _DOUBTFUL
        disagree = opinion.passed is not None and verdict == ("fail" if opinion.passed else "pass")
        found = {Reason.CONTROL: self.control}
        if sample.tags.get(self.complaint_tag, "").lower() in self.complaints:
            found[Reason.COMPLAINT] = self.complaint
        if unsure:
            found[Reason.UNSURE] = self.unsure
        if disagree:
            found[Reason.DISAGREE] = self.disagree
        return found

    def select(self, sample: Sample, opinion: Opinion, verdict: str) -> tuple[Reason, float] | None:
        """Why a person should look, and with which probability that was drawn; None when nobody should.

        One number decides for all reasons, so that what a small share selects, a larger one selects too: whoever is in
        the control share is in it whatever else applies.
        """
        number = draw(sample.id.hex, salt=f"{_SALT} {opinion.scorer}")
        reasons = self.reasons(sample, opinion, verdict)
        reason, share = max(reasons.items(), key=lambda pair: pair[1])
        if number >= share:
            return None
        return (Reason.CONTROL if number < self.control else reason), share


_DOUBTFUL = frozenset({Missing.NO_MAJORITY, Missing.REFUSED, Missing.UNPARSABLE})


def item_id(app: str, judge: str, sample: Sample) -> UUID:
    """The same for equal texts of one application at one judge: they are looked at once."""
    digest = blake2b(digest_size=16)
    texts = [app, judge, sample.output or "", *(call.arguments for call in sample.tool_calls)]
    texts += [text for message in sample.messages for text in (message.role, message.text)]
    for text in (*texts, *sample.context, *sample.references):
        data = text.encode(errors="replace")
        digest.update(len(data).to_bytes(8, "big") + data)
    return UUID(bytes=digest.digest())
