"""Is there an answer, a whole one, of a sensible length?"""

from dataclasses import dataclass

from monitor.model import Sample

from .base import CLEAN, Finding, at_least, register

_NO_ANSWER = Finding.not_applicable("there is no answer to look at")
_NO_REASON = Finding.not_applicable("the producer gives no finish reason")
_STOPPED = frozenset({"stop", "end_turn", "tool_calls", "tool_use", "function_call", "stop_sequence", "complete"})
_CUT = frozenset({"length", "max_tokens", "max_output_tokens"})
_ENDS = frozenset(".!?…:;\"'”’»)]}`*|>~。！？؟।\n")
_FENCE = "```"


@register("empty_output", default=True)
@dataclass(frozen=True, slots=True)
class EmptyOutput:
    """There is an answer: text, or at least a tool call."""

    def __call__(self, sample: Sample) -> Finding:
        if sample.tool_calls or (sample.output and not sample.output.isspace()):
            return CLEAN
        if sample.error:
            return Finding(0.0, f"no answer: the model failed: {sample.error[:200]}", "error")
        if sample.output is None:
            return Finding(0.0, "no answer: the output is null", "null")
        return Finding(0.0, "the answer is empty", "empty")


@register("length", default=True)
@dataclass(frozen=True, slots=True)
class Length:
    """The answer has between ``min_chars`` and ``max_chars`` characters; a longer one loses value in proportion."""

    min_chars: int = 1
    max_chars: int = 20_000

    def __post_init__(self) -> None:
        at_least(0, min_chars=self.min_chars)
        at_least(max(self.min_chars, 1), max_chars=self.max_chars)

    def __call__(self, sample: Sample) -> Finding:
        if sample.output is None or (not sample.output and sample.tool_calls):
            return _NO_ANSWER
        size = len(sample.output)
        if size < self.min_chars:
            return Finding(size / self.min_chars, f"{size} characters, at least {self.min_chars} wanted", "short")
        if size > self.max_chars:
            return Finding(self.max_chars / size * 0.99, f"{size} characters, {self.max_chars} allowed", "long")
        return CLEAN


@register("truncated", passes_from=0.5, default=True)
@dataclass(frozen=True, slots=True)
class Truncated:
    """The answer does not stop in the middle: by its finish reason, an open code fence, or how its last line ends."""

    min_chars: int = 200
    """Short answers need no full stop."""

    def __post_init__(self) -> None:
        at_least(0, min_chars=self.min_chars)

    def __call__(self, sample: Sample) -> Finding:
        output = sample.output
        if not output:
            return _NO_ANSWER
        if sample.finish_reason in _CUT:
            return Finding(0.0, f"cut off: finish reason {sample.finish_reason!r}", "cut")
        if output.count(_FENCE) % 2:
            return Finding(0.2, "a code fence is never closed", "open_fence")
        if sample.finish_reason or len(output) < self.min_chars or sample.expects_json:
            return CLEAN
        last = output.rstrip(" \t\r\n")[-1:]
        if last in _ENDS or not last.isalnum() or _looks_like_list(output):
            return CLEAN
        return Finding(0.4, "may be cut off: the last line is long and ends without a mark", "no_end")


def _looks_like_list(output: str) -> bool:
    """Items of a list, a poem's lines or a signature need no full stop either."""
    last_line = output.rstrip().rsplit("\n", 1)[-1].strip()
    return len(last_line) < 80 and "\n" in output


@register("finish_reason", default=True)
@dataclass(frozen=True, slots=True)
class FinishReason:
    """The model stopped by itself, rather than at a limit or a filter."""

    def __call__(self, sample: Sample) -> Finding:
        reason = sample.finish_reason
        if not reason:
            return _NO_REASON
        if reason in _STOPPED:
            return CLEAN
        if reason in _CUT:
            return Finding(0.0, "the answer was cut at the token limit; raise max_tokens or ask for less", "cut")
        return Finding(0.0, f"the model stopped for the reason {reason!r}", "stopped")
