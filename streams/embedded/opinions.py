"""What the stand-in judge thinks: it reads our prompts, holds an opinion, and says it in the shape that was asked for.

An opinion is a function of seed, model, answer and criterion. The nonce of a prompt changes nothing.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from hashlib import blake2b, sha256
from typing import Annotated

import msgspec

from monitor.policy.sampling import draw

Share = Annotated[float, msgspec.Meta(ge=0, le=1)]
Scalar = str | int | float | bool | None

LONG = 800
"""Characters from which an answer that stands alone counts as a long one."""
_SHORT = 4
"""Characters that are too few for an answer."""

_FENCE = re.compile(
    r"<(conversation|context|reference|answer_a|answer_b|answer|tools|criterion|criteria)-([0-9a-fA-F]{16,})>\n?"
)
_NONCE = re.compile(r"[0-9a-fA-F]{16,}")
_LINE = re.compile(r"^\s*[-*]?\s*([\w.-]+)\s*:\s*(.+?)\s*$", re.M)
_REFUSAL = re.compile(
    r"\bI(?:'m|’m| am) (?:sorry|unable)|\bI (?:can't|can’t|cannot) (?:help|assist)|\bas an AI\b", re.I
)
_MARKDOWN = re.compile(r"^(?:#{1,6} |[-*] |\d+\. )", re.M)
_JUDGED = r"\b(?:score|grade|rate|verdict|criteria_met|pass)(?:s|d|ed)?\b"
_URGED = r"\b(?:give|output|must|always|ignore|10|5|true)\b"
_ADDRESSES_THE_JUDGE = re.compile(f"{_JUDGED}.{{0,40}}?{_URGED}|{_URGED}.{{0,40}}?{_JUDGED}", re.I | re.S)

_FOR = frozenset({"pass", "passed", "yes", "good", "true", "correct", "met", "acceptable"})
_AGAINST = frozenset({"fail", "failed", "no", "bad", "false", "incorrect", "not_met", "unmet", "unacceptable"})
_TIES = frozenset({"tie", "equal", "same", "draw", "neither", "both"})


@dataclass(frozen=True, kw_only=True)
class Traits:
    """How a judge judges. What is not a seed is the share of answers, or of pairs, that it happens to."""

    seed: int = 1
    """Another seed is another judge; the truth stays what it is."""
    bad_share: Share = 0.1
    """Truly bad, where no label tells and nothing is plainly wrong with the answer."""
    sensitivity: Share = 1.0
    """Bad answers that are called bad."""
    specificity: Share = 1.0
    """Good answers that are called good."""
    position_bias: Share = 0.0
    """Pairs of which the one shown first wins, in either order."""
    length_bias: Share = 0.0
    """Pairs of which the longer one wins, and long answers (800 characters) that are called good."""
    formatting_bias: Share = 0.0
    """Answers with Markdown headings or lists that are called good."""
    obey_injection: Share = 0.0
    """Answers which tell the judge what to say, and get it."""


class _Criterion(msgspec.Struct):
    id: str
    text: str = ""


@dataclass(frozen=True, slots=True)
class Question:
    """What a prompt asks, without its nonce."""

    system: str
    pieces: Mapping[str, str]
    """What stands in the fences, by their names."""
    criteria: Mapping[str, str]
    """Text by id."""

    @classmethod
    def read(cls, system: str, user: str) -> "Question":
        """Read a prompt; one without fences is an answer as a whole."""
        pieces: dict[str, str] = {}
        at = 0
        while fence := _FENCE.search(user, at):
            name, nonce = fence.groups()
            end = user.find(f"</{name}-{nonce}>", fence.end())
            at = fence.end() if end < 0 else end
            if end >= 0:
                text = user[fence.end() : end].removesuffix("\n")
                pieces[name] = f"{pieces[name]}\n{text}" if name in pieces else text
        pieces = pieces or {"answer": _NONCE.sub("", user)}
        return cls(_NONCE.sub("", system), pieces, _criteria(pieces.get("criteria", "")))

    def key(self, model: str) -> str:
        """The same for the same question to the same model."""
        said = "\0".join((model, self.system, *(part for piece in self.pieces.items() for part in piece)))
        return blake2b(said.encode(), digest_size=12).hexdigest()

    @property
    def answer(self) -> str:
        return self.pieces.get("answer", "")

    @property
    def criterion(self) -> str:
        return self.pieces.get("criterion", "")

    @property
    def pair(self) -> tuple[str, str] | None:
        """Both answers, where there are two to compare."""
        first, second = self.pieces.get("answer_a"), self.pieces.get("answer_b")
        return None if first is None or second is None else (first, second)


def _criteria(text: str) -> dict[str, str]:
    try:
        return {one.id: one.text for one in msgspec.json.decode(text, type=list[_Criterion])}
    except msgspec.DecodeError:
        return dict(_LINE.findall(text))


@dataclass(frozen=True, slots=True)
class Mind:
    """One model's opinions."""

    model: str
    traits: Traits = field(default_factory=Traits)
    labels: Mapping[str, bool] = field(default_factory=dict[str, bool])
    """Whether an answer is bad, by the SHA-256 of its text, or of text, NUL and criterion."""

    def approves(self, answer: str, criterion: str = "") -> bool:
        """Whether an answer is called good."""
        swayed = len(answer) >= LONG and self._happens("length", self.traits.length_bias, answer, criterion)
        return swayed or self._likes(answer, criterion)

    def prefers(self, first: str, second: str, criterion: str = "") -> int | None:
        """Which of two answers is called the better one: 0, 1, or None for a tie."""
        pair = (*sorted((first, second)), criterion)
        if self._happens("position", self.traits.position_bias, *pair):
            return 0
        if len(first) != len(second) and self._happens("length", self.traits.length_bias, *pair):
            return int(len(second) > len(first))
        one, other = self._likes(first, criterion), self._likes(second, criterion)
        return None if one == other else int(other)

    def coin(self, *about: str) -> bool:
        """Heads or tails, always the same."""
        return self._happens("coin", 0.5, *about)

    def _likes(self, answer: str, criterion: str) -> bool:
        traits, about = self.traits, (answer, criterion)
        if self._happens("injection", traits.obey_injection, *about) and _ADDRESSES_THE_JUDGE.search(answer):
            return True
        if self._happens("formatting", traits.formatting_bias, *about) and _MARKDOWN.search(answer):
            return True
        if is_bad(answer, criterion, self.labels, traits.bad_share):
            return not self._happens("sensitivity", traits.sensitivity, *about)
        return self._happens("specificity", traits.specificity, *about)

    def _happens(self, what: str, share: float, *about: str) -> bool:
        if share in (0.0, 1.0):
            return share == 1.0
        return draw("\0".join(about), salt=f"{what}/{self.traits.seed}/{self.model}") < share


def is_bad(answer: str, criterion: str, labels: Mapping[str, bool], bad_share: float) -> bool:
    """The truth, which is the same for every judge: a label where there is one, else a guess."""
    if labels:
        for text in (f"{answer}\0{criterion}", answer):
            known = labels.get(sha256(text.encode()).hexdigest())
            if known is not None:
                return known
    if len(answer.strip()) < _SHORT or _REFUSAL.search(answer, 0, 200) or _is_broken_json(answer):
        return True
    return draw(f"{answer}\0{criterion}", salt="truth") < bad_share


def _is_broken_json(answer: str) -> bool:
    text = answer.strip().removeprefix("```json").removesuffix("```").strip()
    if not text.startswith(("{", "[{")):
        return False
    try:
        msgspec.json.decode(text)
    except msgspec.DecodeError:
        return True
    return False


class Schema(msgspec.Struct, frozen=True, rename={"ref": "$ref", "defs": "$defs", "any_of": "anyOf"}):
    """As much of JSON Schema as verdicts are asked for in."""

    type: str | list[str] | None = None
    properties: dict[str, "Schema"] = {}
    items: "Schema | None" = None
    enum: list[Scalar] = []
    const: Scalar | msgspec.UnsetType = msgspec.UNSET
    any_of: list["Schema"] = []
    minimum: float | None = None
    maximum: float | None = None
    ref: str = ""
    defs: dict[str, "Schema"] = {}


@dataclass(frozen=True, slots=True)
class Reply:
    """Fills a schema with an opinion, in the schema's order."""

    question: Question
    mind: Mind
    defs: Mapping[str, Schema] = field(default_factory=dict[str, Schema])

    def fill(self, schema: Schema, name: str = "", about: _Criterion | None = None) -> object:
        """Make a value that the schema allows.

        Args:
            schema: what is asked for.
            name: the property that it is for.
            about: the one of several criteria that it is about.
        """
        schema = self._resolved(schema)
        if schema.const is not msgspec.UNSET:
            return schema.const
        if name == "id" and about:
            return about.id
        if schema.enum:
            return self._choice(schema.enum, about)
        match schema.type if not isinstance(schema.type, list) else schema.type[0]:
            case "boolean":
                return self._good(about)
            case "integer":
                return round(self._grade(schema.minimum or 0, 5 if schema.maximum is None else schema.maximum, about))
            case "number":
                return self._grade(schema.minimum or 0, 1 if schema.maximum is None else schema.maximum, about)
            case "array":
                return self._each(schema.items)
            case "string":
                return self._explanation(about)
            case _:
                return {n: self.fill(property, n, self._about(n) or about) for n, property in schema.properties.items()}

    def _resolved(self, schema: Schema) -> Schema:
        if schema.ref:
            return self.defs.get(schema.ref.removeprefix("#/$defs/"), schema)
        return next((one for one in schema.any_of if one.type != "null"), schema)

    def _about(self, name: str) -> _Criterion | None:
        text = self.question.criteria.get(name)
        return None if text is None else _Criterion(name, text)

    def _each(self, items: Schema | None) -> list[object]:
        """One item for each criterion; their ids stand in the prompt, or else in the schema."""
        if items is None:
            return []
        items = self._resolved(items)
        ids = self.question.criteria or (
            [str(one) for one in items.properties["id"].enum] if "id" in items.properties else []
        )
        return [self.fill(items, about=self._about(one) or _Criterion(one)) for one in ids]

    def _explanation(self, about: _Criterion | None) -> str:
        if self.question.pair and not about:
            return "One was held against the other, point by point."
        return f"The answer {'meets' if self._good(about) else 'misses'} {about.id if about else 'what was asked for'}."

    def _good(self, about: _Criterion | None) -> bool:
        criterion = about.text if about else self.question.criterion
        return self.mind.approves(self.question.answer, criterion)

    def _grade(self, least: float, most: float, about: _Criterion | None) -> float:
        """Good is the best grade or, where there are many, the one below; bad is the mirror image."""
        off = float(most - least >= 3 and self.mind.coin(self.question.answer, about.text if about else ""))
        return most - off if self._good(about) else least + off

    def _choice(self, words: Sequence[Scalar], about: _Criterion | None) -> Scalar:
        numbers = sorted(word for word in words if isinstance(word, int | float))
        if len(numbers) == len(words):
            return numbers[-1 if self._good(about) else 0]
        by_word = {str(word).lower(): word for word in words}
        if self.question.pair and not by_word.keys() & _FOR:
            return self._winner(by_word, self.question.pair)
        good = next((word for said, word in by_word.items() if said in _FOR), words[0])
        bad = next((word for said, word in by_word.items() if said in _AGAINST), words[-1])
        return good if self._good(about) else bad

    def _winner(self, by_word: Mapping[str, Scalar], pair: tuple[str, str]) -> Scalar:
        first, second = [word for said, word in by_word.items() if said not in _TIES][:2]
        better = self.mind.prefers(*pair, self.question.criterion)
        if better is None:
            tie = next((word for said, word in by_word.items() if said in _TIES), None)
            if tie is not None:
                return tie
            better = int(self.mind.coin(*sorted(pair)))
        return (first, second)[better]
