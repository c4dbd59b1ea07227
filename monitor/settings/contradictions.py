"""What is wrong with settings that are each right by themselves."""

import ssl
from collections.abc import Iterator
from difflib import get_close_matches
from pathlib import Path

from .sections import KafkaSettings, Settings


def contradictions(settings: Settings) -> Iterator[tuple[str, str]]:
    yield from _unlike(settings)
    yield from _judging(settings)
    yield from _files(settings)


def _unlike(settings: Settings) -> Iterator[tuple[str, str]]:
    """Settings that do not go together."""
    kafka, clickhouse, worker = settings.kafka, settings.clickhouse, settings.worker
    if kafka.security_protocol.startswith("SASL") and not kafka.sasl_username:
        yield "kafka.sasl_username", f"is needed for {kafka.security_protocol}"
    if bool(kafka.ssl_certfile) != bool(kafka.ssl_keyfile):
        yield "kafka.ssl_keyfile", "a client certificate needs both ssl_certfile and ssl_keyfile"
    if worker.web_port == worker.metrics_port:
        yield "worker.metrics_port", "must differ from worker.web_port"
    if clickhouse.text_retention_days > clickhouse.retention_days:
        yield "clickhouse.text_retention_days", "must not be longer than retention_days"
    topics = [entry.topic for entry in settings.inputs]
    for topic in {t for t in topics if topics.count(t) > 1}:
        yield "inputs", f"{topic} is named twice"
    for topic in {f"{kafka.topic_prefix}.{ours}" for ours in ("judge", "dead")} & set(topics):
        yield "inputs", f"{topic} is where we write: reading it would go round in circles"


def _judging(settings: Settings) -> Iterator[tuple[str, str]]:
    yield from _leading_nowhere(settings)
    for name, endpoint in settings.endpoints.items():
        fallback = settings.endpoints.get(endpoint.fallback)
        if fallback and fallback.fallback:
            yield f"endpoints.{name}.fallback", f"{endpoint.fallback} has a fallback itself: one is as far as it goes"
        if endpoint.longest_reply * 2 > endpoint.context_tokens:
            yield f"endpoints.{name}.longest_reply", "leaves too little of context_tokens for the question"
    for name, judge in settings.judges.items():
        for one in {one for one in judge.endpoints if judge.endpoints.count(one) > 1}:
            yield f"judges.{name}.endpoints", f"{one} is named twice: it would only agree with itself"
    yield from _unasked(settings)
    yield from _unpriced(settings)


def _unasked(settings: Settings) -> Iterator[tuple[str, str]]:
    """People who are to look at samples of applications without a judge, by whose rubric they would."""
    apps = {"default": settings.default, **{f"apps.{name}": app for name, app in settings.apps.items()}}
    for path, app in apps.items():
        if app.judges:
            continue
        if app.reviews.any:
            yield f"{path}.reviews", "people review what a judge has seen: name one in judges"
        for position, rule in enumerate(app.routing.rules):
            if rule.to == "human":
                yield f"{path}.routing.rules.{position}.to", "people review by a judge's rubric: name one in judges"


def _leading_nowhere(settings: Settings) -> Iterator[tuple[str, str]]:
    """Names of judges and endpoints that there are none of."""
    apps = {"default": settings.default, **{f"apps.{name}": app for name, app in settings.apps.items()}}
    named = [
        *((f"judges.{name}.endpoints", one, "endpoint") for name, j in settings.judges.items() for one in j.endpoints),
        *(
            (f"endpoints.{name}.fallback", e.fallback, "endpoint")
            for name, e in settings.endpoints.items()
            if e.fallback
        ),
        *((f"{path}.judges", one, "judge") for path, app in apps.items() for one in app.judges),
    ]
    for path, name, kind in named:
        known = settings.judges if kind == "judge" else settings.endpoints
        if name not in known:
            close = get_close_matches(name, list(known), n=1)
            yield path, f"{name}: there is no such {kind}" + (f"; did you mean {close[0]!r}?" if close else "")


def _unpriced(settings: Settings) -> Iterator[tuple[str, str]]:
    """A budget in money needs to know what a call costs."""
    budgets = [settings.budget, settings.default.budget, *(app.budget for app in settings.apps.values())]
    if all(budget.money_per_hour is None and budget.money_per_day is None for budget in budgets):
        return
    for name, endpoint in settings.endpoints.items():
        if endpoint.model not in settings.prices:
            cure = f'add [prices."{endpoint.model}"] with question and reply, 0 if it costs nothing'
            yield f"endpoints.{name}.model", f"a budget in money needs its price: {cure}"


def _files(settings: Settings) -> Iterator[tuple[str, str]]:
    """Secrets and certificates that are not there, or are there twice."""
    kafka, clickhouse = settings.kafka, settings.clickhouse
    for path, secret, file in (
        ("kafka.sasl_password_file", kafka.sasl_password, kafka.sasl_password_file),
        ("clickhouse.password_file", clickhouse.password, clickhouse.password_file),
        ("samples.user_secret_file", settings.samples.user_secret, settings.samples.user_secret_file),
        ("console.secret_file", settings.console.secret, settings.console.secret_file),
        ("label_studio.token_file", settings.label_studio.token, settings.label_studio.token_file),
        *((f"endpoints.{name}.key_file", one.key, one.key_file) for name, one in settings.endpoints.items()),
    ):
        if file and secret.get_secret_value():
            yield path, "set either the secret or the file, not both"
        elif file and (problem := _unreadable(file)):
            yield path, problem
    for path, file in (
        ("kafka.ssl_cafile", kafka.ssl_cafile),
        ("kafka.ssl_certfile", kafka.ssl_certfile),
        ("kafka.ssl_keyfile", kafka.ssl_keyfile),
        ("clickhouse.ca_file", clickhouse.ca_file),
        ("judging.controls", settings.judging.controls),
        *((f"endpoints.{name}.ca_file", one.ca_file) for name, one in settings.endpoints.items()),
    ):
        if file and (problem := _unreadable(file)):
            yield path, problem
    if kafka.security_protocol.endswith("SSL"):
        yield from _certificates(kafka)


def _certificates(kafka: KafkaSettings) -> Iterator[tuple[str, str]]:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    try:
        if kafka.ssl_cafile:
            context.load_verify_locations(kafka.ssl_cafile)
    except (ssl.SSLError, OSError) as error:
        yield "kafka.ssl_cafile", f"is no certificate in PEM: {error}"
    try:
        if kafka.ssl_certfile:
            context.load_cert_chain(kafka.ssl_certfile, kafka.ssl_keyfile or None)
    except (ssl.SSLError, OSError) as error:
        yield "kafka.ssl_certfile", f"certificate and key do not fit together or are no PEM: {error}"


def _unreadable(file: str) -> str:
    try:
        Path(file).read_text(encoding="utf-8")
    except FileNotFoundError:
        return f"there is no file {file}"
    except (OSError, UnicodeDecodeError) as error:
        return f"{file} cannot be read as text: {error}"
    return ""
