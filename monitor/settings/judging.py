"""Settings of judges: where they are asked, by which rubric, and what that may cost."""

from typing import Annotated, Literal

from pydantic import AfterValidator, Field, SecretStr

from .values import Positive, Section, Share, Texts, endpoint_url, secret_of


class EndpointSettings(Section):
    """An OpenAI-compatible endpoint that judges are asked at."""

    url: Annotated[str, AfterValidator(endpoint_url)]
    model: str = Field(min_length=1)
    key: SecretStr = SecretStr("")
    key_file: str = ""
    headers: dict[str, SecretStr] = Field(default_factory=dict[str, SecretStr])
    """Sent along, such as ``api-key`` for Azure."""
    ca_file: str = ""
    structured: Literal["json_schema", "json_object", "tool", "none"] = "json_schema"
    """How the endpoint is told the shape of the reply."""
    temperature: Annotated[float, Field(ge=0, le=2)] | Literal["default"] = 0.0
    seed: int | Literal["none"] = 7
    token_limit: Literal["max_tokens", "max_completion_tokens"] = "max_tokens"
    context_tokens: Annotated[int, Field(ge=1_000)] = 32_000
    """The model's window; what is longer is shortened in the middle."""
    longest_reply: Annotated[int, Field(ge=50)] = 800
    """Tokens."""
    longest_explanation: Annotated[int, Field(ge=40)] | None = None
    """Characters, told in the schema: small models that run on your own server may else never come to an end."""
    timeout: float = Field(default=30.0, gt=0, le=600)
    """Seconds for one call."""
    attempts: Annotated[int, Field(ge=1, le=20)] = 4
    patience: float = Field(default=120.0, gt=0)
    """Seconds for all attempts together."""
    concurrency: Annotated[int, Field(ge=1, le=2_000)] = 32
    """Calls at once, of one worker; fewer while the endpoint refuses."""
    requests_per_minute: Annotated[float, Field(gt=0)] | None = None
    """Of one worker."""
    tokens_per_minute: Annotated[float, Field(gt=0)] | None = None
    breaker_failures: Positive = 20
    """In a row, after which the endpoint is left alone."""
    breaker_pause: float = Field(default=30.0, gt=0)
    """Seconds."""
    fallback: str = ""
    """Another endpoint, asked while this one fails."""

    @property
    def secret(self) -> str:
        return secret_of(self.key, self.key_file)


class PriceSettings(Section):
    """What a model costs, for a million tokens, in any currency."""

    question: Annotated[float, Field(ge=0)]
    reply: Annotated[float, Field(ge=0)]


class JudgeSettings(Section):
    """A judge: a rubric and who judges by it."""

    rubric: str = Field(min_length=1)
    """One that is shipped, by its name, or a YAML file."""
    endpoints: Texts = Field(min_length=1)
    """Several make a panel."""
    reconcile: Literal["majority", "mean"] = "majority"
    passes_from: Share = 0.5
    """The pass line of a mean."""


class BudgetSettings(Section):
    """The most that judging may take; what is not said is not limited."""

    calls_per_hour: Annotated[float, Field(ge=0)] | None = None
    calls_per_day: Annotated[float, Field(ge=0)] | None = None
    tokens_per_hour: Annotated[float, Field(ge=0)] | None = None
    tokens_per_day: Annotated[float, Field(ge=0)] | None = None
    money_per_hour: Annotated[float, Field(ge=0)] | None = None
    money_per_day: Annotated[float, Field(ge=0)] | None = None


class JudgingSettings(Section):
    """What is the same for all judges."""

    ask_again_share: Share = 0.5
    """Of samples whose judge gave no value for a passing reason: so many are asked again later."""
    ask_again_after: float = Field(default=600.0, gt=0)
    """Seconds."""
    controls: str = ""
    """A file of samples whose right verdict is known."""
    controls_share: Share = 0.02
    """Control items for each sample of the product."""
    tokens_expected: Positive = 1_500
    """Of a call, question and reply together: how budgets in tokens or money are paced before anything is known."""
