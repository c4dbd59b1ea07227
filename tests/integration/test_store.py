"""The embedded store: a ClickHouse to its clients, and closed to everything but tables for its reader."""

import gzip
import urllib.error
import urllib.parse
import urllib.request
from dataclasses import replace

import pytest

from monitor.adapters.clickhouse.client import connect
from monitor.adapters.clickhouse.migrate import Migrations, read
from monitor.build import address, migrations
from monitor.errors import InvalidConfig
from monitor.settings import load
from tests.servers import Servers


def ask(
    servers: Servers, question: str, *, user: str = "reader", password: str = "", body: bytes = b""
) -> tuple[int, str]:
    password = password or getattr(servers.accounts, user)
    request = urllib.request.Request(
        f"http://127.0.0.1:{servers.store_port}/?query={urllib.parse.quote(question)}",
        headers={"X-ClickHouse-User": user, "X-ClickHouse-Key": password},
        data=body or None,
    )
    try:
        with urllib.request.urlopen(request, timeout=20) as answer:
            return answer.status, answer.read().decode()
    except urllib.error.HTTPError as error:
        return error.code, error.read().decode()


@pytest.mark.parametrize(
    ("question", "answer"),
    [
        ("SELECT 1 + 1", "2\n"),
        ("WITH 3 AS x SELECT x", "3\n"),
        ("SELECT 'a;b'", "a;b\n"),
        ("SELECT 1 -- ; DROP TABLE t", "1\n"),
        ("SELECT 'it''s' AS `odd name`", "it\\'s\n"),
        ("SELECT 1 FORMAT JSONCompactEachRow", "[1]\n"),
        ("(SELECT 1)", "1\n"),
    ],
)
def test_the_reader_may_ask(question: str, answer: str, servers: Servers) -> None:
    assert ask(servers, question) == (200, answer)


@pytest.mark.parametrize(
    "question",
    [
        "SELECT 1; DROP TABLE t",
        "DROP DATABASE system",
        "CREATE DATABASE x",
        "INSERT INTO t VALUES (1)",
        "SET readonly = 0",
        "SELECT 1 SETTINGS readonly = 0",
        "KILL QUERY WHERE 1",
        "SELECT 1 INTO OUTFILE '/tmp/x'",
        "SELECT 1 INTO/**/OUTFILE '/tmp/x'",
        "SELECT file('/etc/passwd')",
        "SELECT FILE ('/etc/passwd')",
        "SELECT `file`('/etc/passwd')",
        "SELECT \"file\"('/etc/passwd')",
        "SELECT file/**/('/etc/passwd')",
        "SELECT file -- x\n('/etc/passwd')",
        "SELECT `fi\\x6ce`('/etc/passwd')",
        "SELECT 1 AS `'`, file('/etc/passwd') AS `'`",
        "SELECT $$a$$, file('/etc/passwd')",
        "SELECT * FROM file('/etc/passwd', 'LineAsString')",
        "SELECT * FROM default.`/etc/passwd`",
        "SELECT * FROM url('http://127.0.0.1:1/', 'LineAsString')",
        "SELECT * FROM remote('127.0.0.1', system.one)",
        "SELECT * FROM executable('id', 'TSV', 'a String')",
        "SELECT * FROM s3('http://127.0.0.1:1/b/k')",
        "BACKUP DATABASE system TO File('/tmp/x')",
    ],
)
def test_the_reader_may_do_nothing_else(question: str, servers: Servers) -> None:
    status, answer = ask(servers, question)

    assert status in {403, 500}
    assert "root:" not in answer
    assert answer.startswith("Code: ")


@pytest.mark.parametrize("user", ["reader", "writer", "nobody", "default"])
def test_a_wrong_password_is_refused(user: str, servers: Servers) -> None:
    assert ask(servers, "SELECT 1", user=user, password="wrong")[0] == 403


def test_the_writer_has_no_sources_outside_of_tables_either(servers: Servers) -> None:
    assert ask(servers, "SELECT * FROM url('http://127.0.0.1:1/', 'LineAsString')", user="writer")[0] == 500


def test_inserts_come_plain_and_packed(servers: Servers) -> None:
    client = connect(address(load(None, servers.environment(CLICKHOUSE__DATABASE="default"))))
    client.command("CREATE DATABASE IF NOT EXISTS packed")
    client.command("CREATE TABLE IF NOT EXISTS packed.t (a UInt8) ENGINE = MergeTree ORDER BY a")
    insert = "INSERT INTO packed.t FORMAT JSONCompactEachRow"

    assert ask(servers, insert, user="writer", body=b"[1]\n[2]")[0] == 200
    request = urllib.request.Request(
        f"http://127.0.0.1:{servers.store_port}/?query={urllib.parse.quote(insert)}",
        headers={
            "X-ClickHouse-User": "writer",
            "X-ClickHouse-Key": servers.accounts.writer,
            "Content-Encoding": "gzip",
        },
        data=gzip.compress(b"[3]"),
    )
    with urllib.request.urlopen(request) as answer:
        assert answer.status == 200

    assert ask(servers, "SELECT sum(a) FROM packed.t") == (200, "6\n")
    assert ask(servers, insert, body=b"[1]")[0] == 403


@pytest.mark.parametrize("compression", ["lz4", "zstd", "gzip"])
def test_clients_may_compress(compression: str, servers: Servers) -> None:
    settings = load(None, servers.environment(CLICKHOUSE__COMPRESSION=compression))
    migrations(settings).apply()

    client = connect(address(settings))

    assert client.query("SELECT count() FROM migrations FINAL").result_rows[0][0] == len(
        migrations(settings).statements
    )


def test_migrations_are_applied_once(servers: Servers) -> None:
    plan = migrations(load(None, servers.environment()))

    assert plan.pending() == list(plan.statements)
    assert plan.apply() == list(plan.statements)
    assert plan.pending() == plan.apply() == []


def test_a_retention_that_changed_is_applied_and_no_drift(servers: Servers) -> None:
    environment = servers.environment()
    settings = load(None, environment)
    migrations(settings).apply()

    other = migrations(load(None, {**environment, "EVERGAUGE_CLICKHOUSE__TEXT_RETENTION_DAYS": "3"}))

    assert [statement.name for statement in other.pending()] == ["retention: texts", "retention: review_items"]
    other.apply()
    assert other.pending() == []
    made = connect(address(settings)).query("SHOW CREATE TABLE texts").result_rows[0][0]
    assert "toIntervalDay(3)" in made


def test_a_migration_that_was_changed_afterwards_is_refused(servers: Servers) -> None:
    settings = load(None, servers.environment())
    first = tuple(read(1, "0001_a.sql", "CREATE TABLE a (x UInt8) ENGINE = {engine:x} ORDER BY x;\n"))
    changed = tuple(read(1, "0001_a.sql", "CREATE TABLE a (x UInt16) ENGINE = {engine:x} ORDER BY x;\n"))
    Migrations(address(settings), statements=first).apply()

    with pytest.raises(InvalidConfig, match="was changed after it was applied"):
        Migrations(address(settings), statements=changed).apply()


def test_a_database_that_is_ahead_of_this_release_is_refused(servers: Servers) -> None:
    settings = load(None, servers.environment())
    both = tuple(read(1, "0001_a.sql", "CREATE TABLE a (x UInt8) ENGINE = {engine:x} ORDER BY x;\n")) + tuple(
        read(2, "0002_b.sql", "-- a comment; with a semicolon\nCREATE VIEW b AS SELECT 1;\n")
    )
    Migrations(address(settings), statements=both).apply()

    with pytest.raises(InvalidConfig, match="use the release that applied it"):
        Migrations(address(settings), statements=both[:1]).apply()


def test_a_migration_that_was_cut_short_goes_on(servers: Servers) -> None:
    settings = load(None, servers.environment())
    plan = migrations(settings)
    replace(plan, statements=plan.statements[:2]).apply()

    assert plan.pending() == list(plan.statements[2:])
    assert plan.apply() == list(plan.statements[2:])
