"""The Prometheus meter: what a scrape shows."""

import urllib.request

from prometheus_client.parser import text_string_to_metric_families

from monitor import metrics
from monitor.adapters.prometheus import PrometheusMeter, serve
from monitor.metrics import ALL, OTHER


def scrape(meter: PrometheusMeter) -> dict[tuple[str, frozenset[tuple[str, str]]], float]:
    port = serve(meter, host="127.0.0.1", port=0)
    with urllib.request.urlopen(f"http://127.0.0.1:{port}/metrics") as answer:
        families = list(text_string_to_metric_families(answer.read().decode()))
    return {(s.name, frozenset(s.labels.items())): s.value for family in families for s in family.samples}


def labelled(**labels: str) -> frozenset[tuple[str, str]]:
    return frozenset(labels.items())


def test_counters_gauges_and_histograms() -> None:
    meter = PrometheusMeter()
    meter.count(metrics.SAMPLES, ("a", "m", "scored", "pass"), 3)
    meter.count(metrics.SAMPLES, ("a", "m", "scored", "pass"))
    meter.gauge(metrics.LAG, 7, ("t", "0"))
    meter.observe(metrics.SCORES, {0.0: 2, 0.6: 1, 1.0: 5}, ("a", "json"))

    shown = scrape(meter)

    assert shown["evergauge_samples_total", labelled(app="a", model="m", outcome="scored", verdict="pass")] == 4
    assert shown["evergauge_lag_records", labelled(topic="t", partition="0")] == 7
    buckets = {
        le: shown["evergauge_check_score_bucket", labelled(app="a", check="json", le=le)]
        for le in ("0.0", "0.5", "0.75", "1.0", "+Inf")
    }
    assert buckets == {"0.0": 2, "0.5": 2, "0.75": 3, "1.0": 8, "+Inf": 8}
    assert shown["evergauge_check_score_sum", labelled(app="a", check="json")] == 5.6


def test_values_beyond_the_budget_are_folded_and_counted() -> None:
    meter = PrometheusMeter(budget=2)
    for app in "abcd":
        meter.count(metrics.JUDGED, (app, "r"))

    shown = scrape(meter)

    assert shown["evergauge_forwarded_total", labelled(app=OTHER, reason="r")] == 2
    assert shown["evergauge_folded_labels_total", labelled(label="app")] == 2


def test_a_gauge_that_means_nothing_any_more_is_forgotten() -> None:
    meter = PrometheusMeter()
    meter.gauge(metrics.LAG, 7, ("t", "0"))

    meter.forget(metrics.LAG, ("t", "0"))

    assert not [name for name, _ in scrape(meter) if name == "evergauge_lag_records"]


def test_every_metric_is_named_as_prometheus_wants() -> None:
    for metric in ALL:
        assert metric.name.startswith("evergauge_")
        assert metric.name.endswith("_total") == (metric.kind == "counter")
        assert bool(metric.buckets) == (metric.kind == "histogram")
        assert metric.help.endswith(".")


def test_labels_with_odd_characters_come_through() -> None:
    meter = PrometheusMeter()
    meter.count(metrics.JUDGED, ('a"\n\\', "\x00"))

    assert any(name == "evergauge_forwarded_total" for name, _ in scrape(meter))
