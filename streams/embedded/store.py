"""chDB behind ClickHouse's HTTP protocol: one process owns the directory, everybody else speaks to it as in production.

Run as ``python -m streams.embedded.store DIRECTORY --port N``; accounts come as JSON on the standard input. The writer
may do everything; the reader may ask one read-only question at a time and reach nothing but tables.
"""

import argparse
import base64
import gzip
import json
import os
import re
import shutil
import sys
import tempfile
import threading
import urllib.parse
import zlib
from collections.abc import Generator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from email.parser import BytesParser
from email.policy import HTTP
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, ClassVar, Literal, cast

import chdb

from monitor.adapters.leash import die_with_parent

Role = Literal["writer", "reader"]

_USERS = """<clickhouse>
  <profiles><default/></profiles><quotas><default/></quotas>
  <users><default>
    <password></password><networks><ip>::/0</ip></networks><profile>default</profile><quota>default</quota>
    <grants>
      <query>GRANT SHOW, SELECT, INSERT, ALTER, CREATE, DROP, TRUNCATE, OPTIMIZE, SYSTEM, KILL QUERY ON *.*</query>
      <query>GRANT TABLE ENGINE ON *</query>
    </grants>
  </default></users>
</clickhouse>
"""
"""Without SOURCES: no ``file()``, ``url()``, ``remote()`` and the like, for anybody."""

_INSERT = re.compile(rb"\s*INSERT\s+INTO\s+(?P<target>[^;]+?)\s+FORMAT\s+(?P<format>\w+)\s*;?\s*\Z", re.I | re.S)
_FORMAT = re.compile(rb"\bFORMAT\s+(\w+)\s*;?\s*\Z", re.I)
_QUESTION = re.compile(rb"\s*\(*\s*(SELECT|WITH|SHOW|DESC|DESCRIBE|EXISTS|EXPLAIN)\b", re.I)
_TOKEN = re.compile(rb"'(?:[^'\\]|\\.|'')*'|`[^`]*`|\"[^\"]*\"|--[^\n]*|/\*.*?\*/|#[! ][^\n]*|\$(\w*)\$.*?\$\1\$", re.S)
_FORBIDDEN = re.compile(rb"\bINTO\s+OUTFILE\b|\bfile\b\W{0,2}(?:\s|/\*.*?\*/|--[^\n]*\n)*\(", re.I | re.S)
"""The function ``file`` reads any file and needs no grant; looked for in strings too, rather once too often."""

_PROTOCOL = frozenset(
    {
        "query", "database", "session_id", "query_id", "wait_end_of_query", "client_protocol_version",
        "default_format", "role", "quota_key", "send_progress_in_http_headers", "http_headers_progress_interval_ms",
        "enable_http_compression", "compress", "decompress", "cancel_http_readonly_queries_on_client_close",
        "buffer_size", "session_timeout", "session_check", "user", "password",
    }
)  # fmt: skip
"""Parameters of ClickHouse's HTTP interface itself; every other one is a setting."""


class Refused(Exception):
    """Not for this account; the message reads as ClickHouse's own."""


def _form(kind: str, body: bytes) -> dict[str, str]:
    """The fields of a form, by name."""
    message: Any = BytesParser(policy=HTTP).parsebytes(b"Content-Type: " + kind.encode() + b"\r\n\r\n" + body)
    return {
        str(part.get_param("name", header="content-disposition")): part.get_payload(decode=True).decode()
        for part in message.iter_parts()
    }


@dataclass(slots=True)
class Pool:
    """Connections of one role: chDB lets one thread at a time use each."""

    connection_string: str
    read_only: bool
    idle: list[Any] = field(default_factory=list[Any])
    lock: threading.Lock = field(default_factory=threading.Lock)

    @contextmanager
    def lent(self) -> Generator[Any]:
        with self.lock:
            connection = self.idle.pop() if self.idle else None
        connection = connection or self._opened()
        try:
            yield connection
        finally:
            with self.lock:
                self.idle.append(connection)

    def _opened(self) -> Any:
        connection = cast(Any, chdb).connect(self.connection_string)
        if self.read_only:
            connection.query("SET max_execution_time = 30, max_memory_usage = 2000000000, max_result_bytes = 200000000")
            connection.query("SET readonly = 1")
        return connection


@dataclass(slots=True)
class Store:
    """One chDB directory and its two roles."""

    directory: Path
    accounts: Mapping[str, tuple[str, Role]]
    """Password and role by user."""
    pools: dict[Role, Pool] = field(init=False)
    scratch: Path = field(init=False)

    def __post_init__(self) -> None:
        self.directory.mkdir(parents=True, exist_ok=True)
        self.scratch = self.directory / "scratch"
        shutil.rmtree(self.scratch, ignore_errors=True)  # what a killed process left of its inserts
        self.scratch.mkdir()
        tempfile.tempdir = str(self.scratch)
        users, config = self.directory / "users.xml", self.directory / "config.xml"
        users.write_text(_USERS, encoding="utf-8")
        config.write_text(
            f"<clickhouse><users_config>{users}</users_config><user_files_path>{self.scratch}/</user_files_path>"
            f"<tmp_path>{self.scratch}/</tmp_path></clickhouse>",
            encoding="utf-8",
        )
        address = f"{self.directory / 'data'}?config-file={config}"
        self.pools = {"writer": Pool(address, read_only=False), "reader": Pool(address, read_only=True)}
        for pool in self.pools.values():
            with pool.lent() as connection:
                connection.query("SELECT 1", "TabSeparated")

    def role(self, user: str, password: str) -> Role | None:
        """Who somebody is, if the password is right."""
        known = self.accounts.get(user)
        return known[1] if known and known[0] == password else None

    def insert(self, statement: re.Match[bytes], data: bytes, settings: str, database: str) -> int:
        """Insert rows and return how many there were."""
        with tempfile.NamedTemporaryFile(dir=self.scratch) as file, self.pools["writer"].lent() as connection:
            file.write(data)
            file.flush()
            _use(connection, database)
            tail = f" SETTINGS {settings}" if settings else ""
            target, form = statement["target"].decode(), statement["format"].decode()
            result = connection.query(f"INSERT INTO {target} FROM INFILE '{file.name}'{tail} FORMAT {form}")
            return int(result.rows_read())

    def ask(
        self, role: Role, sql: bytes, form: str, settings: str, database: str, parameters: Mapping[str, str]
    ) -> tuple[bytes, str]:
        """Run one statement and return its result and the result's format.

        Raises:
            Refused: the reader may not.
        """
        if role == "reader":
            _refuse_all_but_a_question(sql)
            settings = ""
        named = _FORMAT.search(sql)
        if named:
            form, sql = named[1].decode(), sql[: named.start()]
        sql = sql.rstrip().rstrip(b";")
        if settings and re.match(rb"\s*(SELECT|WITH)\b", sql, re.I) and not re.search(rb"\bSETTINGS\b", sql, re.I):
            sql += f"\nSETTINGS {settings}".encode()
        with self.pools[role].lent() as connection:
            _use(connection, database)
            result = connection.query(sql, form, params=dict(parameters))
            return result.bytes() or b"", form


def _use(connection: Any, database: str) -> None:
    if database:
        connection.query("USE `{}`".format(database.replace("`", "")))


def _refuse_all_but_a_question(sql: bytes) -> None:
    bare = _TOKEN.sub(_without_text, sql).strip().rstrip(b";")
    if b";" in bare or b"\\" in bare or not _QUESTION.match(bare) or _FORBIDDEN.search(bare + b"\n" + sql):
        raise Refused("Code: 164. DB::Exception: the reader may ask one read-only question of tables. (READONLY)")


def _without_text(token: re.Match[bytes]) -> bytes:
    """Names stay, an escape in them included, which is then refused; strings and comments go."""
    return token[0] if token[0][:1] in {b"`", b'"'} else b" "


class Handler(BaseHTTPRequestHandler):
    """As much of ClickHouse's HTTP interface as clients use."""

    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    wbufsize = 65536
    store: ClassVar[Store]

    def log_message(self, format: str, *args: Any) -> None:
        """Requests are not worth a line each."""

    def do_GET(self) -> None:
        self._serve(b"")

    def do_POST(self) -> None:
        self._serve(self._body())

    def _body(self) -> bytes:
        if self.headers.get("Transfer-Encoding", "") == "chunked":
            body = bytearray()
            while size := int(self.rfile.readline().split(b";")[0], 16):
                body += self.rfile.read(size)
                self.rfile.readline()
            self.rfile.readline()
        else:
            body = bytearray(self.rfile.read(int(self.headers.get("Content-Length") or 0)))
        return _inflated(bytes(body), self.headers.get("Content-Encoding", ""))

    def _credentials(self, query: Mapping[str, str]) -> tuple[str, str]:
        basic = self.headers.get("Authorization", "")
        if basic.startswith("Basic "):
            user, _, password = base64.b64decode(basic[6:]).decode().partition(":")
            return user, password
        user = self.headers.get("X-ClickHouse-User") or query.get("user", "default")
        return user, self.headers.get("X-ClickHouse-Key") or query.get("password", "")

    def _serve(self, body: bytes) -> None:
        url = urllib.parse.urlsplit(self.path)
        query = dict(urllib.parse.parse_qsl(url.query, keep_blank_values=True))
        kind = self.headers.get("Content-Type", "")
        if kind.startswith("multipart/form-data"):  # how a client sends what is too long for a URL
            query, body = query | _form(kind, body), b""
        if url.path == "/ping":
            return self._reply(200, b"Ok.\n")
        role = self.store.role(*self._credentials(query))
        if role is None:
            return self._fail(403, "Code: 516. DB::Exception: wrong user or password. (AUTHENTICATION_FAILED)")
        try:
            return self._answer(role, query, body)
        except Refused as error:
            return self._fail(403, str(error))
        except Exception as error:  # noqa: BLE001  chDB raises one kind for everything; its text holds the code
            return self._fail(500, str(error))

    def _answer(self, role: Role, query: Mapping[str, str], body: bytes) -> None:
        sql, data = _split(query.get("query", "").encode(), body)
        settings = ", ".join(
            f"{name} = '{value}'"
            for name, value in query.items()
            if name not in _PROTOCOL
            and name.isidentifier()
            and not name.startswith("param_")
            and not {"'", "\\"} & {*value}
        )
        database = query.get("database", "")
        insert = _INSERT.match(sql)
        if insert and data is not None:
            if role != "writer":
                raise Refused("Code: 164. DB::Exception: the reader may not insert. (READONLY)")
            rows = str(self.store.insert(insert, data, settings, database))
            summary = json.dumps({"written_rows": rows, "read_rows": rows})
            return self._reply(200, b"", {"X-ClickHouse-Summary": summary})
        parameters = {name[6:]: value for name, value in query.items() if name.startswith("param_")}
        form = query.get("default_format", "TabSeparated")
        result, form = self.store.ask(role, sql, form, settings, database, parameters)
        headers = {"X-ClickHouse-Timezone": "UTC", "X-ClickHouse-Summary": "{}"}
        if _QUESTION.match(sql):
            headers["X-ClickHouse-Format"] = form
        return self._reply(200, result, headers)

    def _fail(self, status: int, message: str) -> None:
        start = max(message.find("Code:"), 0)
        code = re.search(r"Code: (\d+)", message)
        self._reply(status, message[start:].encode(), {"X-ClickHouse-Exception-Code": code[1] if code else "1001"})

    def _reply(self, status: int, body: bytes, headers: Mapping[str, str] | None = None) -> None:
        self.send_response(status)
        for name, value in {"X-ClickHouse-Server-Display-Name": "evergauge", **(headers or {})}.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)
        self.wfile.flush()


def _split(sql: bytes, body: bytes) -> tuple[bytes, bytes | None]:
    """The statement, and the data of an insert: both may come in the body, with a line between them."""
    if sql:
        return (sql, body) if _INSERT.match(sql) else (sql + b"\n" + body if body else sql, None)
    head, _, rest = body.partition(b"\n")
    return (head, rest) if _INSERT.match(head) else (body, None)


def _inflated(body: bytes, encoding: str) -> bytes:
    match encoding:
        case "gzip":
            return gzip.decompress(body)
        case "deflate":
            return zlib.decompress(body)
        case "lz4":
            import lz4.frame

            return bytes(lz4.frame.decompress(body))
        case "zstd":
            import zstandard

            return zstandard.ZstdDecompressor().decompressobj().decompress(body)
        case _:
            return body


class Server(ThreadingHTTPServer):
    """A thread for each connection: chDB does the work outside of Python."""

    daemon_threads = True
    request_queue_size = 128


def main() -> None:
    """Own a directory until told to stop."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("directory", type=Path)
    parser.add_argument("--port", type=int, required=True)
    arguments = parser.parse_args()
    die_with_parent()
    os.environ["TZ"] = "UTC"
    accounts = json.loads(sys.stdin.readline())
    Handler.store = Store(arguments.directory.resolve(), {u: (p, r) for u, p, r in accounts})
    server = Server(("127.0.0.1", arguments.port), Handler)
    print("ready", flush=True)
    server.serve_forever()


if __name__ == "__main__":
    main()
