"""What a call took: time, tokens and money; and whether its tools worked."""

from dataclasses import dataclass

from monitor.model import Sample

from .base import CLEAN, Finding, at_least, register
from .patterns import Patterns

_NO_LATENCY = Finding.not_applicable("the producer gives no latency")
_NO_FIRST_TOKEN = Finding.not_applicable("the producer gives no time to the first token")
_NO_TOKENS = Finding.not_applicable("the producer gives no tokens")
_NO_TOOLS = Finding.not_applicable("no tool gave a result")
_NO_COST = Finding.not_applicable("the producer gives no cost")


@register("latency", default=True)
@dataclass(frozen=True, slots=True)
class Latency:
    """The call took at most ``limit_ms``; a longer one loses value in proportion."""

    limit_ms: float = 60_000.0

    def __post_init__(self) -> None:
        at_least(1, limit_ms=self.limit_ms)

    def __call__(self, sample: Sample) -> Finding:
        took = sample.latency_ms
        if took is None:
            return _NO_LATENCY
        if took <= self.limit_ms:
            return CLEAN
        return Finding(self.limit_ms / took * 0.99, f"took {took:.0f} ms, {self.limit_ms:.0f} allowed", "slow")


@register("cost", default=True)
@dataclass(frozen=True, slots=True)
class Cost:
    """The call cost at most ``limit_usd``; a dearer one loses value in proportion."""

    limit_usd: float = 1.0

    def __post_init__(self) -> None:
        at_least(1e-9, limit_usd=self.limit_usd)

    def __call__(self, sample: Sample) -> Finding:
        cost = sample.cost_usd
        if cost is None:
            return _NO_COST
        if cost <= self.limit_usd:
            return CLEAN
        return Finding(self.limit_usd / cost * 0.99, f"cost ${cost:.4f}, ${self.limit_usd:.4f} allowed", "dear")


@register("first_token")
@dataclass(frozen=True, slots=True)
class FirstToken:
    """The first token came within ``limit_ms``; a later one loses value in proportion."""

    limit_ms: float = 5_000.0

    def __post_init__(self) -> None:
        at_least(1, limit_ms=self.limit_ms)

    def __call__(self, sample: Sample) -> Finding:
        took = sample.first_token_ms
        if took is None:
            return _NO_FIRST_TOKEN
        if took <= self.limit_ms:
            return CLEAN
        why = f"the first token took {took:.0f} ms, {self.limit_ms:.0f} allowed"
        return Finding(self.limit_ms / took * 0.99, why, "slow")


@register("tokens")
@dataclass(frozen=True, slots=True)
class Tokens:
    """At most ``limit_in`` tokens went in and ``limit_out`` came out; more lose value in proportion."""

    limit_in: int = 100_000
    limit_out: int = 10_000

    def __post_init__(self) -> None:
        at_least(1, limit_in=self.limit_in, limit_out=self.limit_out)

    def __call__(self, sample: Sample) -> Finding:
        known = [
            (count, limit, way)
            for count, limit, way in (
                (sample.tokens_in, self.limit_in, "in"),
                (sample.tokens_out, self.limit_out, "out"),
            )
            if count is not None
        ]
        if not known:
            return _NO_TOKENS
        count, limit, way = max(known, key=lambda one: one[0] / one[1])
        if count <= limit:
            return CLEAN
        return Finding(limit / count * 0.99, f"{count:,} tokens {way}, {limit:,} allowed", "many")


_FAILURES = Patterns(
    {
        "error field": (
            r"""\A\s*\{[^{}]{0,200}["'](?:error|errors|exception|traceback)["']\s*:\s*"""
            r"""(?:["'\[]\s*[^"'\]\s]|\{\s*["']|true)"""
        ),
        "is_error": r"""["']is_?error["']\s*:\s*true""",
        "failed status": r"""["']?(?:status|status_?code)["']?\s*:\s*["']?(?:error|fail\w*|[45]\d\d)\b""",
        "traceback": r"Traceback \(most recent call last\)|^\s+at [\w.$<>]+ ?\([^)]*:\d+(?::\d+)?\)",
        "begins with error": r"\A\W*(?:error|exception|failed|failure|fatal|[A-Z]\w*(?:Error|Exception))\b\s*[:(]",
        "HTTP error": r"\bHTTP(?:/\d(?:\.\d)?)?\s*(?:status\s*)?(?:code\s*)?[45]\d\d\b",
        "timed out": r"\A.{0,100}\b(?:timed out|time-?out (?:error|exceeded)|connection (?:refused|reset))\b",
    }
)


@register("tool_errors")
@dataclass(frozen=True, slots=True)
class ToolErrors:
    """The share of tool results in the conversation that do not tell of an error."""

    look_at: int = 2_000
    """Characters of each result."""

    def __post_init__(self) -> None:
        at_least(1, look_at=self.look_at)

    def __call__(self, sample: Sample) -> Finding:
        results = [m.text[: self.look_at] for m in sample.messages if m.role in {"tool", "function"} and m.text]
        if not results:
            return _NO_TOOLS
        names = [found[0] for result in results if (found := _FAILURES.names(result.encode()))]
        if not names:
            return CLEAN
        why = f"{len(names)} of {len(results)} tool results tell of an error ({names[0]})"
        return Finding(1 - len(names) / len(results), why, "tool_error")
