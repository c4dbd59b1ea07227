"""What settings are made of: shares, lists, URLs, secrets."""

from pathlib import Path
from typing import Annotated, Any, cast
from urllib.parse import urlsplit

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, SecretStr

Share = Annotated[float, Field(ge=0, le=1)]
Port = Annotated[int, Field(ge=1, le=65535)]
Positive = Annotated[int, Field(ge=1)]
Table = dict[str, Any]


SERVER = r"(\[[0-9A-Fa-f:]+\]|[A-Za-z0-9._-]+):[0-9]{1,5}"
"""A host and a port."""
SECRETS = frozenset({"password", "sasl_password", "user_secret", "key", "secret", "token", "webhook_secret"})
"""Settings whose values are never shown, whatever is wrong with them."""


class Section(BaseModel):
    """A table of the settings: it knows its keys, and never changes."""

    model_config = ConfigDict(extra="forbid", frozen=True)


def comma_separated(value: object) -> object:
    return [part.strip() for part in value.split(",") if part.strip()] if isinstance(value, str) else value


def plain_url(url: str) -> str:
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


def collector_url(url: str) -> str:
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


def endpoint_url(url: str) -> str:
    try:
        parts = urlsplit(url)
        _ = parts.port
    except ValueError as error:
        raise ValueError(f"is no URL: {error}") from error
    if "@" in parts.netloc:
        raise ValueError("must not hold a key or a password: set key or key_file")
    if parts.scheme not in {"http", "https"} or not parts.hostname or parts.query or parts.fragment:
        raise ValueError("should be like https://api.openai.com/v1")
    return url.rstrip("/")


Texts = Annotated[tuple[str, ...], BeforeValidator(comma_separated)]


def secret_of(value: SecretStr, file: str) -> str:
    return Path(file).read_text(encoding="utf-8").strip() if file else value.get_secret_value()


def merged(base: object, over: object) -> Any:
    if not isinstance(base, dict) or not isinstance(over, dict):
        return over
    base, over = cast(Table, base), cast(Table, over)
    return {**base, **{key: merged(base.get(key), value) if key in base else value for key, value in over.items()}}
