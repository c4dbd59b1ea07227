"""Settings of reviews by people: what they look at, by which rules, and where."""

from typing import Annotated, Literal

from pydantic import AfterValidator, Field, SecretStr

from .values import Port, Positive, Section, Share, Texts, endpoint_url, secret_of


class ReviewSettings(Section):
    """Which judged samples of an application people look at."""

    control: Share = 0.0
    """Of all judged samples, at random: what stands for the product."""
    unsure: Share = 0.0
    """Of those of which the judge is not sure."""
    disagree: Share = 0.0
    """Of those where judge and checks disagree."""
    complaint: Share = 0.0
    """Of those whose user complained."""
    complaint_tag: str = "feedback"
    complaints: Texts = ("negative", "thumbs_down", "bad", "-1", "0")
    """Values of the tag that are complaints."""
    reviewers: Annotated[int, Field(ge=1, le=20)] = 1
    """Reviews that an item needs."""
    per_day: Positive | None = None
    """Reviews a day."""
    due_hours: Annotated[float, Field(gt=0)] | None = None

    @property
    def any(self) -> bool:
        """Whether anything goes to people by itself."""
        return max(self.control, self.unsure, self.disagree, self.complaint) > 0


class ReviewingSettings(Section):
    """How people review, the same for all applications."""

    reconcile: Literal["majority", "lead"] = "majority"
    """What several verdicts on an item come to."""
    lease_minutes: float = Field(default=15.0, gt=0)
    """How long an item is kept for whoever opened it."""
    show_judge: Literal["after", "always", "never"] = "after"
    """When a reviewer sees what the judge said: after having said something."""
    attention_share: Share = 0.0
    """Of the items that are given out: known ones, from judging.controls, to see whether people still look."""


class ConsoleSettings(Section):
    """The web console."""

    bind: str = "127.0.0.1"
    port: Port = 8080
    secret: SecretStr = SecretStr("")
    """Signs sessions; whoever has it can log in as anybody."""
    secret_file: str = ""
    session_hours: float = Field(default=12.0, gt=0)
    secure_cookies: bool = False
    """Only over HTTPS: set it wherever the console is reached that way."""

    @property
    def signing_key(self) -> str:
        return secret_of(self.secret, self.secret_file)


def _optional_url(url: str) -> str:
    return endpoint_url(url) if url else url


class LabelStudioSettings(Section):
    """A Label Studio where people review instead."""

    url: Annotated[str, AfterValidator(_optional_url)] = ""
    """Empty for none."""
    token: SecretStr = SecretStr("")
    token_file: str = ""
    project: str = Field(default="Evergauge", min_length=1)
    """Its projects are called this and the judge's name."""
    prediction: Literal["hidden", "shown"] = "hidden"
    """Whether annotators see the judge's opinion."""
    poll_seconds: float = Field(default=30.0, gt=0)
    """Webhooks get lost: how often everything is looked at again."""
    webhook_url: Annotated[str, AfterValidator(_optional_url)] = ""
    """How Label Studio reaches the console; empty for polling alone."""
    webhook_secret: SecretStr = SecretStr("")

    @property
    def secret(self) -> str:
        return secret_of(self.token, self.token_file)
