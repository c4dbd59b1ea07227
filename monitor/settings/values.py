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
    return _url(url, like="http://host:8123 or https://host:8443", keep="clickhouse.user and clickhouse.password")


def collector_url(url: str) -> str:
    return _url(url, like="http://collector:4318, without a path", keep="events.headers").rstrip("/") if url else url


def endpoint_url(url: str) -> str:
    return _url(url, like="https://api.openai.com/v1", keep="key or key_file", path=True).rstrip("/")


def _url(url: str, *, like: str, keep: str, path: bool = False) -> str:
    """The URL of a server.

    Raises:
        ValueError: it is none, or holds what belongs elsewhere; says what it should be like.
    """
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError as error:
        raise ValueError(f"is no URL: {error}") from error
    if "@" in parts.netloc:
        raise ValueError(f"must not hold a user, a password or a key: set {keep}")
    plain = path or parts.path in {"", "/"}
    if (
        parts.scheme not in {"http", "https"}
        or not (parts.hostname and plain)
        or port == 0
        or parts.query
        or parts.fragment
    ):
        raise ValueError(f"should be like {like}")
    return url


Texts = Annotated[tuple[str, ...], BeforeValidator(comma_separated)]


def secret_of(value: SecretStr, file: str) -> str:
    return Path(file).read_text(encoding="utf-8").strip() if file else value.get_secret_value()


def merged(base: object, over: object) -> Any:
    if not isinstance(base, dict) or not isinstance(over, dict):
        return over
    base, over = cast(Table, base), cast(Table, over)
    return {**base, **{key: merged(base.get(key), value) if key in base else value for key, value in over.items()}}
