"""Instructions that a program can verify, under the names of IFEval.

Zhou et al., "Instruction-Following Evaluation for Large Language Models" (2023). A sample carries its instructions as
``tests``: ``{"instructions": [{"id": "length_constraints:number_words", "relation": "at least", "num_words": 400}]}``.
Arguments have IFEval's names. Sentences are counted by their marks and languages told by CLD2, where IFEval uses NLTK
and langdetect.
"""

import inspect
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, cast

import msgspec

from monitor.model import Sample

from .base import CLEAN, Finding, register
from .reading import detect

_NO_INSTRUCTIONS = Finding.not_applicable("the sample carries no instructions")
_NO_ANSWER = Finding(0.0, "there is no answer", "no_answer")
_WORD = re.compile(r"\w+")
_SENTENCE = re.compile(r"[^.!?…。！？]*[\w\"')\]][^.!?…。！？]*(?:[.!?…。！？]+[\"')\]”’]*|\Z)")
_ABBREVIATION = re.compile(r"\b(?:Mr|Mrs|Ms|Dr|Prof|Sr|Jr|St|vs|etc|e\.g|i\.e|[A-Z])\.(?=\s+\w)|(?<=\d)\.(?=\d)")
_RELATIONS: Mapping[str, Callable[[int, int], bool]] = {
    "at least": lambda said, wanted: said >= wanted,
    "less than": lambda said, wanted: said < wanted,
    "at most": lambda said, wanted: said <= wanted,
    "more than": lambda said, wanted: said > wanted,
    "exactly": lambda said, wanted: said == wanted,
}

Verify = Callable[..., bool]
VERIFIERS: dict[str, Verify] = {}
"""By IFEval's name."""


def _verifies(name: str) -> Callable[[Verify], Verify]:
    def add(verify: Verify) -> Verify:
        VERIFIERS[name] = verify
        return verify

    return add


def _holds(said: int, wanted: int, relation: str) -> bool:
    if relation not in _RELATIONS:
        raise ValueError(f"relation {relation!r} is none of {', '.join(_RELATIONS)}")
    return _RELATIONS[relation](said, wanted)


def sentences(text: str) -> int:
    """How many sentences a text has.

    >>> sentences("Dr. Smith paid 3.50. Why? Nobody knows")
    3
    """
    return len(_SENTENCE.findall(_ABBREVIATION.sub("", text)))


@_verifies("keywords:existence")
def _existence(text: str, *, keywords: Sequence[str]) -> bool:
    return all(re.search(re.escape(word), text, re.IGNORECASE) for word in keywords)


@_verifies("keywords:frequency")
def _frequency(text: str, *, keyword: str, frequency: int, relation: str) -> bool:
    return _holds(len(re.findall(re.escape(keyword), text, re.IGNORECASE)), frequency, relation)


@_verifies("keywords:forbidden_words")
def _forbidden(text: str, *, forbidden_words: Sequence[str]) -> bool:
    return not any(re.search(rf"\b{re.escape(word)}\b", text, re.IGNORECASE) for word in forbidden_words)


@_verifies("keywords:letter_frequency")
def _letter_frequency(text: str, *, letter: str, let_frequency: int, let_relation: str) -> bool:
    return _holds(text.lower().count(letter.lower()), let_frequency, let_relation)


@_verifies("language:response_language")
def _language(text: str, *, language: str) -> bool:
    found = detect(text)
    return found is None or found == language  # as IFEval: what cannot be told is let go


@_verifies("length_constraints:number_words")
def _number_words(text: str, *, num_words: int, relation: str) -> bool:
    return _holds(len(_WORD.findall(text)), num_words, relation)


@_verifies("length_constraints:number_sentences")
def _number_sentences(text: str, *, num_sentences: int, relation: str) -> bool:
    return _holds(sentences(text), num_sentences, relation)


@_verifies("length_constraints:number_paragraphs")
def _number_paragraphs(text: str, *, num_paragraphs: int) -> bool:
    parts = re.split(r"\s?\*\*\*\s?", text)
    inner = parts[1:-1]
    return all(part.strip() for part in inner) and sum(bool(part.strip()) for part in parts) == num_paragraphs


@_verifies("length_constraints:nth_paragraph_first_word")
def _first_word(text: str, *, num_paragraphs: int, nth_paragraph: int, first_word: str) -> bool:
    parts = [part.strip() for part in re.split(r"\n\n", text) if part.strip()]
    if len(parts) != num_paragraphs or not 1 <= nth_paragraph <= len(parts):
        return False
    return parts[nth_paragraph - 1].split()[0].strip("\"'.,?!").lower() == first_word.lower()


@_verifies("detectable_content:number_placeholders")
def _placeholders(text: str, *, num_placeholders: int) -> bool:
    return len(re.findall(r"\[[^\]]*\]", text)) >= num_placeholders


@_verifies("detectable_content:postscript")
def _postscript(text: str, *, postscript_marker: str) -> bool:
    letters = [letter for letter in postscript_marker.lower() if letter.isalpha()]
    marker = r"\.?\s?".join(map(re.escape, letters))
    return bool(re.search(rf"\b{marker}", text.lower()))


@_verifies("detectable_format:number_bullet_lists")
def _bullets(text: str, *, num_bullets: int) -> bool:
    return len(re.findall(r"(?m)^\s*(?:\*[^*\n]|-).*$", text)) == num_bullets


@_verifies("detectable_format:constrained_response")
def _constrained(
    text: str, *, options: Sequence[str] = ("My answer is yes.", "My answer is no.", "My answer is maybe.")
) -> bool:
    return any(option in text for option in options)


@_verifies("detectable_format:number_highlighted_sections")
def _highlighted(text: str, *, num_highlights: int) -> bool:
    single = [part for part in re.findall(r"\*[^\n*]*\*", text) if part.strip("*").strip()]
    double = [part for part in re.findall(r"\*\*[^\n*]*\*\*", text) if part.strip("*").strip()]
    return len(single) + len(double) >= num_highlights


@_verifies("detectable_format:multiple_sections")
def _sections(text: str, *, section_spliter: str, num_sections: int) -> bool:
    return len(re.split(rf"\s?{re.escape(section_spliter)}\s?\d+\s?", text)) - 1 >= num_sections


@_verifies("detectable_format:json_format")
def _json(text: str) -> bool:
    bare = re.sub(r"\A```(?:json)?|```\Z", "", text.strip(), flags=re.IGNORECASE).strip()
    try:
        msgspec.json.decode(bare)
    except (msgspec.DecodeError, RecursionError, UnicodeEncodeError):
        return False
    return True


@_verifies("detectable_format:title")
def _title(text: str) -> bool:
    return any(title.strip("<> ") for title in re.findall(r"<<[^\n]+>>", text))


@_verifies("combination:two_responses")
def _two_responses(text: str) -> bool:
    parts = [part.strip() for part in text.split("******")]
    whole = [part for part in parts if part]
    return len(whole) == 2 and whole[0] != whole[1] and all(parts[1:-1])


@_verifies("combination:repeat_prompt")
def _repeat_prompt(text: str, *, prompt_to_repeat: str) -> bool:
    return text.strip().lower().startswith(prompt_to_repeat.strip().lower())


@_verifies("startend:end_checker")
def _ends(text: str, *, end_phrase: str) -> bool:
    return text.strip().strip('"').lower().endswith(end_phrase.strip().lower())


@_verifies("startend:quotation")
def _quoted(text: str) -> bool:
    bare = text.strip()
    return len(bare) > 1 and bare[0] == bare[-1] == '"'


@_verifies("change_case:capital_word_frequency")
def _capital_words(text: str, *, capital_frequency: int, capital_relation: str) -> bool:
    return _holds(sum(word.isupper() for word in _WORD.findall(text)), capital_frequency, capital_relation)


@_verifies("change_case:english_capital")
def _capital(text: str) -> bool:
    return text.isupper() and detect(text) in {None, "en"}


@_verifies("change_case:english_lowercase")
def _lowercase(text: str) -> bool:
    return text.islower() and detect(text) in {None, "en"}


@_verifies("punctuation:no_comma")
def _no_comma(text: str) -> bool:
    return "," not in text


@dataclass(frozen=True, slots=True)
class Instruction:
    """One instruction, ready to be verified."""

    name: str
    arguments: Mapping[str, Any]

    @classmethod
    def read(cls, said: object) -> "Instruction":
        """An instruction from a table: ``id`` and IFEval's arguments, whose nulls are left out.

        Raises:
            ValueError: there is no such instruction, or it has other arguments.
        """
        if not isinstance(said, dict):
            raise ValueError(f"{said!r:.80} is no table")
        table = {key: value for key, value in cast(dict[str, Any], said).items() if value is not None}
        name = str(table.pop("id", ""))
        verify = VERIFIERS.get(name)
        if verify is None:
            raise ValueError(f"there is no instruction {name!r}; there are {', '.join(VERIFIERS)}")
        try:
            inspect.signature(verify).bind("", **table)
        except TypeError as error:
            raise ValueError(f"{name}: {error}") from error
        return cls(name, table)

    def followed(self, text: str) -> bool:
        """Whether the text does as it says."""
        return bool(text.strip()) and VERIFIERS[self.name](text, **self.arguments)


def loosened(text: str) -> Iterator[str]:
    """IFEval's loose readings: with and without first line, last line and asterisks."""
    lines = text.split("\n")
    for reading in (lines, lines[1:], lines[:-1], lines[1:-1]):
        joined = "\n".join(reading).strip()
        yield joined
        yield joined.replace("*", "")


@register("instructions")
@dataclass(frozen=True, slots=True)
class Instructions:
    """The share of its verifiable instructions that the answer follows (IFEval, strict or loose)."""

    loose: bool = False
    """Take the answer that follows best among IFEval's eight loose readings."""
    always: tuple[dict[str, object], ...] = ()
    """Instructions for every sample, beside those that it carries."""
    _fixed: tuple[Instruction, ...] = field(init=False, repr=False, compare=False, default=())

    def __post_init__(self) -> None:
        object.__setattr__(self, "_fixed", tuple(map(Instruction.read, self.always)))

    def __call__(self, sample: Sample) -> Finding:
        try:
            wanted = [*self._fixed, *carried(sample.tests)]
        except ValueError as error:
            return Finding(None, f"the instructions cannot be used: {error}", "bad_instructions")
        if not wanted:
            return _NO_INSTRUCTIONS
        if not sample.output:
            return _NO_ANSWER
        readings = list(loosened(sample.output)) if self.loose else [sample.output]
        try:
            broken = [one.name for one in wanted if not any(one.followed(text) for text in readings)]
        except (TypeError, ValueError, AttributeError) as error:
            return Finding(None, f"the instructions cannot be used: {error}", "bad_instructions")
        if not broken:
            return CLEAN
        return Finding(1 - len(broken) / len(wanted), f"does not follow {', '.join(broken)}", broken[0])


def carried(tests: str) -> list[Instruction]:
    """The instructions that a sample carries.

    Raises:
        ValueError: one of them is unknown, or has other arguments.
    """
    if not tests or '"instructions"' not in tests:
        return []
    document: object = msgspec.json.decode(tests)
    items: object = cast(dict[str, Any], document).get("instructions") if isinstance(document, dict) else None
    return [Instruction.read(item) for item in cast(list[Any], items)] if isinstance(items, list) else []
