"""Settings: ``evergauge.toml`` and ``EVERGAUGE_…``, read here and nowhere else."""

import os
import ssl
import tomllib
from collections.abc import Iterator, Mapping
from difflib import get_close_matches
from pathlib import Path
from typing import Annotated, Any, Literal, Self, cast
from urllib.parse import urlsplit

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    SecretStr,
    ValidationError,
    model_validator,
)
from pydantic_core import ErrorDetails

from monitor.errors import InvalidConfig

PREFIX = "EVERGAUGE_"
RESERVED = frozenset({"CONFIG", "DATA", "CACHE"})
"""Variables that say where things are rather than what is set."""

Share = Annotated[float, Field(ge=0, le=1)]
Port = Annotated[int, Field(ge=1, le=65535)]
Positive = Annotated[int, Field(ge=1)]
Table = dict[str, Any]


_SERVER = r"(\[[0-9A-Fa-f:]+\]|[A-Za-z0-9._-]+):[0-9]{1,5}"
"""A host and a port."""
_SECRETS = frozenset({"password", "sasl_password", "user_secret"})
"""Settings whose values are never shown, whatever is wrong with them."""


class _Section(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


def _comma_separated(value: object) -> object:
    return [part.strip() for part in value.split(",") if part.strip()] if isinstance(value, str) else value


def _plain_url(url: str) -> str:
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError as error:
        raise ValueError(f"is no URL: {error}") from error
    if "@" in parts.netloc:
        raise ValueError("must not hold a user or a password: set clickhouse.user and clickhouse.password")
    if parts.scheme not in {"http", "https"} or not parts.hostname or parts.path not in {"", "/"} or port == 0:
        raise ValueError("should be like http://host:8123 or https://host:8443")
    return url


def _collector_url(url: str) -> str:
    if not url:
        return url
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError as error:
        raise ValueError(f"is no URL: {error}") from error
    if parts.scheme not in {"http", "https"} or not parts.hostname or parts.path not in {"", "/"} or port == 0:
        raise ValueError("should be like http://collector:4318, without a path")
    return url.rstrip("/")


Texts = Annotated[tuple[str, ...], BeforeValidator(_comma_separated)]


class KafkaSettings(_Section):
    """Where Kafka is, and how to log in."""

    bootstrap_servers: str = Field(default="127.0.0.1:9092", pattern=rf"^\s*{_SERVER}(\s*,\s*{_SERVER})*\s*$")
    group: str = Field(default="evergauge", min_length=1)
    topic_prefix: str = Field(default="evergauge", pattern=r"^[A-Za-z0-9._-]{1,100}$")
    partitions: Positive = 8
    replication: Positive = 1
    security_protocol: Literal["PLAINTEXT", "SSL", "SASL_PLAINTEXT", "SASL_SSL"] = "PLAINTEXT"
    sasl_mechanism: Literal["PLAIN", "SCRAM-SHA-256", "SCRAM-SHA-512"] = "PLAIN"
    sasl_username: str = ""
    sasl_password: SecretStr = SecretStr("")
    sasl_password_file: str = ""
    ssl_cafile: str = ""
    ssl_certfile: str = ""
    ssl_keyfile: str = ""
    session_timeout: float = Field(default=30.0, ge=6, le=300)
    """Seconds until the group gives up a worker that went silent."""

    @property
    def password(self) -> str:
        return _secret(self.sasl_password, self.sasl_password_file)


class ClickHouseSettings(_Section):
    """Where ClickHouse is, and how to log in."""

    url: Annotated[str, AfterValidator(_plain_url)] = "http://127.0.0.1:8123"
    database: str = Field(default="evergauge", pattern=r"^[A-Za-z_][A-Za-z0-9_]{0,62}$")
    user: str = "default"
    password: SecretStr = SecretStr("")
    password_file: str = ""
    ca_file: str = ""
    compression: Literal["", "lz4", "zstd", "gzip"] = ""
    retention_days: Positive = 90
    text_retention_days: Positive = 30
    replicated: bool = False

    @property
    def secret(self) -> str:
        return _secret(self.password, self.password_file)


class WorkerSettings(_Section):
    """One worker process."""

    name: str = Field(default="", pattern=r"^[A-Za-z0-9._-]{0,100}$")
    """With a name, a restarted worker takes its old place in the group at once; it must be the only one of its name."""
    bind: str = "127.0.0.1"
    web_port: Port = 6066
    metrics_port: Port = 9464
    chunk_records: Positive = 500
    chunk_bytes: Positive = 8 * 1024 * 1024
    chunks_in_flight: Positive = 8
    stop_within: float = Field(default=15.0, gt=0, le=18)
    """Seconds that chunks under way get to finish when the worker is asked to stop."""
    start_within: float = Field(default=60.0, gt=0)
    """Seconds to wait for Kafka at the start."""


class LimitSettings(_Section):
    """How much one record may carry."""

    record_bytes: Positive = 16 * 1024 * 1024
    samples: Positive = 100_000


class InputSettings(_Section):
    """A topic to read."""

    topic: str = Field(pattern=r"^[A-Za-z0-9._-]{1,249}$")
    format: str = "native"
    app: str = ""


class FormatSettings(_Section):
    """A format of one's own: rows with columns of anybody's."""

    columns: dict[str, str] = Field(min_length=1)
    """Column by field of a sample; dots lead inside."""


class SampleSettings(_Section):
    """What is kept of a sample beside what it always has."""

    tags: Texts = ("route",)
    user_secret: SecretStr = SecretStr("")
    user_secret_file: str = ""

    @property
    def secret(self) -> str:
        return _secret(self.user_secret, self.user_secret_file)


class VerdictSettings(_Section):
    """How the scores of an application come to a verdict."""

    weights: dict[str, Annotated[float, Field(ge=0, allow_inf_nan=False)]] = Field(
        default_factory=lambda: {"refusal": 3.0, "truncated": 3.0, "language": 3.0, "repetition": 3.0}
    )
    gates: Texts = ("empty_output", "json", "json_schema", "personal_data", "secrets")
    fail_below: Share = 0.5
    pass_from: Share = 0.9

    @model_validator(mode="after")
    def _ordered(self) -> Self:
        if self.fail_below > self.pass_from:
            raise ValueError(f"fail_below {self.fail_below} must not be above pass_from {self.pass_from}")
        return self


class CombinedSettings(_Section):
    """A score made of other scores, which verdict and rules may name like a check."""

    kind: Literal["mean", "minimum", "harmonic", "first"] = "mean"
    of: Texts = Field(min_length=1)
    """Checks, or other such scores; for ``first`` in the order in which they are asked."""
    weights: dict[str, Annotated[float, Field(gt=0, allow_inf_nan=False)]] = Field(default_factory=dict[str, float])
    """Weight of a part; 1 where nothing is said."""
    passes_from: Share = 0.5
    needs_all: bool = False

    @model_validator(mode="after")
    def _weighs_its_parts(self) -> Self:
        strange = sorted(self.weights.keys() - set(self.of))
        if strange:
            raise ValueError(f"weights {', '.join(strange)}, which is not among its parts")
        return self


class RuleSettings(_Section):
    """Samples that go on with a probability of their own."""

    check: str
    below: Share | None = None
    at_least: Share | None = None
    missing: bool = False
    share: Share = 1.0
    to: Literal["judge"] = "judge"
    name: str = ""


class RoutingSettings(_Section):
    """Which samples of an application go on to a judge."""

    share: Share = 0.05
    budget_per_hour: Annotated[int, Field(ge=0)] | None = None
    salt: str = "evergauge"
    rules: tuple[RuleSettings, ...] = ()


class AppSettings(_Section):
    """What is done for an application."""

    checks: dict[str, bool | Table] = Field(default_factory=dict[str, bool | Table])
    combined: dict[str, CombinedSettings] = Field(default_factory=dict[str, CombinedSettings])
    verdict: VerdictSettings = VerdictSettings()
    routing: RoutingSettings = RoutingSettings()


class EventSettings(_Section):
    """A collector that is told of scores, as OpenTelemetry events ``gen_ai.evaluation.result``."""

    endpoint: Annotated[str, AfterValidator(_collector_url)] = ""
    """OTLP over HTTP, like http://collector:4318; empty for none."""
    scores: Texts = ("verdict",)
    """Checks to tell of; ``verdict`` for the composite, ``*`` for all."""
    headers: dict[str, SecretStr] = Field(default_factory=dict[str, SecretStr])


class CheckSettings(_Section):
    """Where people's own checks are."""

    modules: Texts = ()


class Settings(_Section):
    """Everything that can be set."""

    kafka: KafkaSettings = Field(default_factory=KafkaSettings)
    clickhouse: ClickHouseSettings = Field(default_factory=ClickHouseSettings)
    worker: WorkerSettings = Field(default_factory=WorkerSettings)
    limits: LimitSettings = LimitSettings()
    samples: SampleSettings = SampleSettings()
    checks: CheckSettings = CheckSettings()
    inputs: tuple[InputSettings, ...] = ()
    """Empty: the samples topic, in the native format."""
    formats: dict[str, FormatSettings] = Field(default_factory=dict[str, FormatSettings])
    """By name, which inputs and headers may use."""
    events: EventSettings = Field(default_factory=EventSettings)
    default: AppSettings = AppSettings()
    apps: dict[str, AppSettings] = Field(default_factory=dict[str, AppSettings])

    @model_validator(mode="before")
    @classmethod
    def _inherit(cls, raw: object) -> object:
        """An application says only what is different from the default."""
        if not isinstance(raw, dict):
            return raw
        table = cast(Table, raw)
        default: object = table.get("default", {})
        apps: object = table.get("apps", {})
        if not isinstance(default, dict) or not isinstance(apps, dict):
            return table
        return {**table, "apps": {name: _merged(cast(Table, default), app) for name, app in cast(Table, apps).items()}}

    def topics(self) -> tuple[InputSettings, ...]:
        """The topics that are read."""
        return self.inputs or (InputSettings(topic=f"{self.kafka.topic_prefix}.samples"),)


def load(path: Path | None, environment: Mapping[str, str] = os.environ) -> Settings:
    """Settings from a file, overridden by the environment.

    Args:
        path: the file; None for the built-in defaults.
        environment: ``EVERGAUGE_SECTION__NAME=value`` overrides ``name`` in ``[section]``; lists and tables as in TOML.

    Raises:
        InvalidConfig: everything that is wrong at once, by path, each with its cure.
    """
    raw = _file(path) if path else {}
    raw = _merged(raw, _overrides(environment))
    try:
        settings = Settings.model_validate(raw)
    except ValidationError as error:
        raise InvalidConfig(dict(_problems(error.errors()))) from error
    problems = dict(_contradictions(settings))
    if problems:
        raise InvalidConfig(problems)
    return settings


def _file(path: Path) -> Table:
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError as error:
        raise InvalidConfig({str(path): "there is no such file; write one, or leave --config out"}) from error
    except (OSError, UnicodeDecodeError) as error:
        raise InvalidConfig({str(path): f"cannot be read: {error}"}) from error
    except tomllib.TOMLDecodeError as error:
        raise InvalidConfig({str(path): f"is no valid TOML: {error}"}) from error


def _overrides(environment: Mapping[str, str]) -> Table:
    raw: Table = {}
    for variable, value in sorted(environment.items()):
        if not variable.startswith(PREFIX) or variable.removeprefix(PREFIX) in RESERVED:
            continue
        *sections, name = variable.removeprefix(PREFIX).lower().split("__")
        table = raw
        for section in sections:
            inner: object = table.setdefault(section, {})
            if not isinstance(inner, dict):
                whole = variable.rsplit("__", 1)[0]
                raise InvalidConfig({whole: f"sets a whole section, and {variable} a part of it: keep one of them"})
            table = cast(Table, inner)
        table[name] = value if name in _SECRETS else _value(value)
    return raw


def _value(text: str) -> object:
    """Lists and tables are written as in TOML; everything else is left to the setting's own type."""
    if text[:1] in {"[", "{"}:
        try:
            return tomllib.loads(f"value = {text}")["value"]
        except tomllib.TOMLDecodeError:
            return text
    return text


def _merged(base: object, over: object) -> Any:
    if not isinstance(base, dict) or not isinstance(over, dict):
        return over
    base, over = cast(Table, base), cast(Table, over)
    return {**base, **{key: _merged(base.get(key), value) if key in base else value for key, value in over.items()}}


def _problems(errors: list[ErrorDetails]) -> Iterator[tuple[str, str]]:
    for error in errors:
        location = [part for part in error["loc"] if part not in {"bool", "dict[str,any]"}]
        yield ".".join(map(str, location)) or "settings", _cure(error)


def _cure(error: ErrorDetails) -> str:
    if error["type"] == "extra_forbidden":
        known = _known_at(error["loc"][:-1])
        name = str(error["loc"][-1])
        close = get_close_matches(name, known, n=1)
        listed = f"there are {', '.join(sorted(known))}" if known else "remove it"
        return "there is no such setting; " + (f"did you mean {close[0]!r}?" if close else listed)
    given = error.get("input")
    secret = error["loc"][-1] in _SECRETS or (error["loc"][-1] == "url" and "@" in str(given))
    hidden = secret or isinstance(given, dict | list | SecretStr) or error["type"] == "missing"
    shown = "" if hidden else f" (is {given!r})"
    return f"{error['msg'].removeprefix('Value error, ')}{shown}"


def _known_at(location: tuple[int | str, ...]) -> list[str]:
    model: Any = Settings
    for part in location:
        if isinstance(part, int) or model is None:
            continue
        if model is AppSettings and part not in AppSettings.model_fields:
            continue
        field = getattr(model, "model_fields", {}).get(part)
        if field is None:
            continue
        annotation = field.annotation
        arguments = [a for a in getattr(annotation, "__args__", ()) if isinstance(a, type) and issubclass(a, BaseModel)]
        model = arguments[0] if arguments else annotation if isinstance(annotation, type) else None
    return list(getattr(model, "model_fields", {}))


def _contradictions(settings: Settings) -> Iterator[tuple[str, str]]:
    yield from _unlike(settings)
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


def _files(settings: Settings) -> Iterator[tuple[str, str]]:
    """Secrets and certificates that are not there, or are there twice."""
    kafka, clickhouse = settings.kafka, settings.clickhouse
    for path, secret, file in (
        ("kafka.sasl_password_file", kafka.sasl_password, kafka.sasl_password_file),
        ("clickhouse.password_file", clickhouse.password, clickhouse.password_file),
        ("samples.user_secret_file", settings.samples.user_secret, settings.samples.user_secret_file),
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


def _secret(value: SecretStr, file: str) -> str:
    return Path(file).read_text(encoding="utf-8").strip() if file else value.get_secret_value()
