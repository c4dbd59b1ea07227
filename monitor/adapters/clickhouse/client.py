"""How to reach ClickHouse, and what its errors mean to us."""

import asyncio
from collections.abc import Generator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any, Protocol, cast
from urllib.parse import urlsplit

from clickhouse_connect import driver
from clickhouse_connect.driver.exceptions import ClickHouseError

from monitor.errors import Unavailable

_OURS = frozenset(
    {
        6,  # CANNOT_PARSE_TEXT
        26,  # CANNOT_PARSE_QUOTED_STRING
        27,  # CANNOT_PARSE_INPUT_ASSERTION_FAILED
        38,  # CANNOT_PARSE_DATE
        41,  # CANNOT_PARSE_DATETIME
        43,  # ILLEGAL_TYPE_OF_ARGUMENT
        53,  # TYPE_MISMATCH
        62,  # SYNTAX_ERROR
        70,  # CANNOT_CONVERT_TYPE
        72,  # CANNOT_PARSE_NUMBER
        117,  # INCORRECT_DATA
        349,  # CANNOT_INSERT_NULL_IN_ORDINARY_COLUMN
    }
)
"""Errors that only a bug of ours can cause; every other one is the server's affair, and passes."""

_NOT_MIGRATED = frozenset({16, 36, 47, 60, 81})
_FULL = 243
_WRONG_PASSWORD = 516


Parameters = Mapping[str, object]


class Result(Protocol):
    """What we use of a query's result."""

    result_rows: Sequence[Sequence[Any]]


class Client(Protocol):
    """What we use of clickhouse-connect's client, whose types are open in part."""

    def query(self, query: str, parameters: Parameters | None = None) -> Result: ...

    def command(self, cmd: str, parameters: Parameters | None = None) -> object: ...

    def insert(self, table: str, data: Sequence[Sequence[object]], column_names: Sequence[str]) -> object: ...

    def close(self) -> None: ...


class AsyncClient(Protocol):
    """The same, for those who may not wait."""

    async def query(self, query: str, parameters: Parameters | None = None) -> Result: ...

    async def raw_insert(
        self,
        table: str,
        column_names: Sequence[str],
        insert_block: bytes,
        settings: Mapping[str, object],
        fmt: str,
        compression: str | None,
    ) -> object: ...

    async def close(self) -> None: ...


_create = cast(Any, driver).create_client
_create_async = cast(Any, driver).create_async_client


@dataclass(frozen=True, slots=True, kw_only=True)
class Address:
    """Where a ClickHouse is, and who we are to it."""

    url: str
    database: str
    user: str = "default"
    password: str = ""
    ca_file: str = ""
    compression: str = ""
    timeout: float = 30.0

    def __repr__(self) -> str:
        return f"Address({self.url}, {self.database}, {self.user})"  # never the password

    def arguments(self) -> dict[str, Any]:
        """Keyword arguments of clickhouse-connect's client factories."""
        parts = urlsplit(self.url)
        return {
            "interface": parts.scheme,
            "host": parts.hostname,
            "port": parts.port or (8443 if parts.scheme == "https" else 8123),
            "username": self.user,
            "password": self.password,
            "ca_cert": self.ca_file or None,
            "compress": self.compression or False,
            "connect_timeout": 5,
            "send_receive_timeout": self.timeout,
            "autogenerate_session_id": False,
        }


def connect(address: Address, *, database: str | None = None) -> Client:
    """A client for commands, where waiting is fine.

    Raises:
        Unavailable: nobody answers, or not as ClickHouse would.
    """
    with translated():
        return _create(**address.arguments(), database=database or address.database)


async def connect_async(address: Address) -> AsyncClient:
    """A client for workers, which may not wait.

    Raises:
        Unavailable: nobody answers, or not as ClickHouse would.
    """
    with translated():
        return await _create_async(**address.arguments(), database=address.database)


_FORMAT = "JSONCompactEachRow"
_SETTINGS = {"input_format_parallel_parsing": 0}
"""Our inserts are small; ClickHouse's parallel parser would set aside memory for huge ones."""


@dataclass(slots=True)
class Connection:
    """A client that is made when it is first needed, and once, however many need it at that moment."""

    address: Address
    _client: AsyncClient | None = None
    _connecting: asyncio.Lock = field(default_factory=asyncio.Lock)

    async def query(self, question: str, parameters: Parameters | None = None) -> Sequence[Sequence[Any]]:
        """The rows of an answer.

        Raises:
            Unavailable: the store is away.
        """
        with translated():
            return (await (await self._connected()).query(question, parameters=parameters)).result_rows

    async def insert(self, table: str, columns: Sequence[str], rows: Sequence[bytes]) -> None:
        """Insert rows, each encoded as a JSON list.

        Raises:
            Unavailable: the store is away, and they may or may not be there.
        """
        with translated():
            await (await self._connected()).raw_insert(
                table,
                column_names=columns,
                insert_block=b"\n".join(rows),
                fmt=_FORMAT,
                settings=_SETTINGS,
                compression=self.address.compression or None,
            )

    async def close(self) -> None:
        """Let it go."""
        if self._client:
            await self._client.close()
            self._client = None

    async def _connected(self) -> AsyncClient:
        async with self._connecting:
            if self._client is None:
                self._client = await connect_async(self.address)
            return self._client


@contextmanager
def translated() -> Generator[None]:
    """ClickHouse's errors in our words: a bug of ours is left as it is."""
    try:
        yield
    except ClickHouseError as error:
        code = getattr(error, "code", None)
        if code in _OURS:
            raise
        raise Unavailable("clickhouse", _explained(code, str(error)), refused=code == _WRONG_PASSWORD) from error
    except (OSError, TimeoutError) as error:
        raise Unavailable("clickhouse", str(error) or type(error).__name__) from error


def _explained(code: int | None, message: str) -> str:
    message = message.strip().splitlines()[0][:300] if message.strip() else "no message"
    if code in _NOT_MIGRATED:
        return f"{message} (are the tables there? run `evergauge migrate`)"
    if code == _WRONG_PASSWORD:
        return "wrong user or password: see clickhouse.user, clickhouse.password and clickhouse.password_file"
    if code == _FULL:
        return f"{message} (its disk is full)"
    return message
