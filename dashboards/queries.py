"""PromQL over the metric contract: names come from it, never from memory."""

from monitor.metrics import Metric

WINDOW = "$__rate_interval"


def rate(metric: Metric, *by: str) -> str:
    """How fast a counter grows, by label."""
    return f"sum by ({', '.join(by)}) (rate({metric.name}[{WINDOW}]))"


def quantile(metric: Metric, share: float, *by: str) -> str:
    """A quantile of a histogram, by label."""
    inner = f"sum by ({', '.join(('le', *by))}) (rate({metric.name}_bucket[{WINDOW}]))"
    return f"histogram_quantile({share}, {inner})"


def ratio(part: Metric, whole: Metric, *by: str) -> str:
    """One counter as a share of another, by label."""
    return f"{rate(part, *by)} / {rate(whole, *by)}"


def mean(metric: Metric, *by: str) -> str:
    """The mean of a histogram's values, by label."""
    total, number = (f"sum by ({', '.join(by)}) (rate({metric.name}_{part}[{WINDOW}]))" for part in ("sum", "count"))
    return f"{total} / {number}"


def total(metric: Metric, *by: str) -> str:
    """A gauge, added up by label."""
    return f"sum by ({', '.join(by)}) ({metric.name})" if by else f"sum({metric.name})"


def worst(metric: Metric, *by: str) -> str:
    """The largest value of a gauge, by label."""
    return f"max by ({', '.join(by)}) ({metric.name})"
