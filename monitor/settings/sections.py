"""The sections of ``evergauge.toml``."""

from typing import Annotated, Literal, Self, cast

from pydantic import AfterValidator, Field, SecretStr, model_validator

from .judging import BudgetSettings, EndpointSettings, JudgeSettings, JudgingSettings, PriceSettings
from .reviewing import ConsoleSettings, LabelStudioSettings, ReviewingSettings, ReviewSettings
from .values import SERVER, Port, Positive, Section, Share, Table, Texts, collector_url, merged, plain_url, secret_of


class KafkaSettings(Section):
    """Where Kafka is, and how to log in."""

    bootstrap_servers: str = Field(default="127.0.0.1:9092", pattern=rf"^\s*{SERVER}(\s*,\s*{SERVER})*\s*$")
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
        return secret_of(self.sasl_password, self.sasl_password_file)


class ClickHouseSettings(Section):
    """Where ClickHouse is, and how to log in."""

    url: Annotated[str, AfterValidator(plain_url)] = "http://127.0.0.1:8123"
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
        return secret_of(self.password, self.password_file)


class WorkerSettings(Section):
    """One worker process."""

    role: Literal["evaluate", "grade"] = "evaluate"
    """What it does: score samples, or ask judges about those that were drawn."""
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


class LimitSettings(Section):
    """How much one record may carry."""

    record_bytes: Positive = 16 * 1024 * 1024
    samples: Positive = 100_000


class InputSettings(Section):
    """A topic to read."""

    topic: str = Field(pattern=r"^[A-Za-z0-9._-]{1,249}$")
    format: str = "native"
    app: str = ""


class FormatSettings(Section):
    """A format of one's own: rows with columns of anybody's."""

    columns: dict[str, str] = Field(min_length=1)
    """Column by field of a sample; dots lead inside."""


class SampleSettings(Section):
    """What is kept of a sample beside what it always has."""

    tags: Texts = ("route",)
    user_secret: SecretStr = SecretStr("")
    user_secret_file: str = ""

    @property
    def secret(self) -> str:
        return secret_of(self.user_secret, self.user_secret_file)


class VerdictSettings(Section):
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


class CombinedSettings(Section):
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


class RuleSettings(Section):
    """Samples that go on with a probability of their own."""

    check: str
    below: Share | None = None
    at_least: Share | None = None
    missing: bool = False
    share: Share = 1.0
    to: Literal["judge", "human"] = "judge"
    name: str = ""


class RoutingSettings(Section):
    """Which samples of an application go on to a judge."""

    share: Share = 0.05
    budget_per_hour: Annotated[int, Field(ge=0)] | None = None
    salt: str = "evergauge"
    rules: tuple[RuleSettings, ...] = ()


class AppSettings(Section):
    """What is done for an application."""

    checks: dict[str, bool | Table] = Field(default_factory=dict[str, bool | Table])
    combined: dict[str, CombinedSettings] = Field(default_factory=dict[str, CombinedSettings])
    verdict: VerdictSettings = VerdictSettings()
    routing: RoutingSettings = RoutingSettings()
    judges: Texts = ()
    """Who judges what is drawn, by name."""
    budget: BudgetSettings = BudgetSettings()
    """Of this application's judgements."""
    reviews: ReviewSettings = ReviewSettings()
    """Which of what is judged people look at."""


class EventSettings(Section):
    """A collector that is told of scores, as OpenTelemetry events ``gen_ai.evaluation.result``."""

    endpoint: Annotated[str, AfterValidator(collector_url)] = ""
    """OTLP over HTTP, like http://collector:4318; empty for none."""
    scores: Texts = ("verdict",)
    """Checks to tell of; ``verdict`` for the composite, ``*`` for all."""
    headers: dict[str, SecretStr] = Field(default_factory=dict[str, SecretStr])


class CheckSettings(Section):
    """Where people's own checks are."""

    modules: Texts = ()


class Settings(Section):
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
    endpoints: dict[str, EndpointSettings] = Field(default_factory=dict[str, EndpointSettings])
    prices: dict[str, PriceSettings] = Field(default_factory=dict[str, PriceSettings])
    """By model."""
    judges: dict[str, JudgeSettings] = Field(default_factory=dict[str, JudgeSettings])
    judging: JudgingSettings = JudgingSettings()
    budget: BudgetSettings = BudgetSettings()
    """Of all applications together."""
    reviewing: ReviewingSettings = ReviewingSettings()
    console: ConsoleSettings = ConsoleSettings()
    label_studio: LabelStudioSettings = Field(default_factory=LabelStudioSettings)
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
        return {**table, "apps": {name: merged(cast(Table, default), app) for name, app in cast(Table, apps).items()}}

    def topics(self) -> tuple[InputSettings, ...]:
        """The topics that are read."""
        return self.inputs or (InputSettings(topic=f"{self.kafka.topic_prefix}.samples"),)
