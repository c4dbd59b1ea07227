"""Migrations: numbered SQL files, applied once and never changed afterwards."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from hashlib import sha256
from importlib.resources import files

from monitor.errors import InvalidConfig

from .client import Address, Client, connect, translated

_BOOKKEEPING = """
CREATE TABLE IF NOT EXISTS migrations (
  version UInt32, statement UInt32, checksum String, name String, applied_at DateTime64(3, 'UTC') DEFAULT now64(3)
) ENGINE = {engine:applied_at} ORDER BY (version, statement)
"""
_MAKES = re.compile(r"CREATE (?:TABLE|VIEW) (?:IF NOT EXISTS )?(\w+)")
_TTL = re.compile(r"\bTTL (.+?) \+ INTERVAL \{(retention_days|text_days)\} DAY")
_ENGINE = re.compile(r"\{engine:([^}]+)\}")


@dataclass(frozen=True, slots=True)
class Statement:
    """One statement of a migration: ClickHouse takes one a call."""

    version: int
    number: int
    name: str
    """Of the file, and of what the statement makes."""
    template: str

    @property
    def table(self) -> str:
        """The table or view that it makes; empty where it makes none."""
        made = _MAKES.search(self.template)
        return made[1] if made else ""

    @property
    def checksum(self) -> str:
        """Of the template, so that settings such as a retention may change without counting as drift."""
        return sha256(self.template.encode()).hexdigest()


@dataclass(slots=True)
class Migrations:
    """What the tables should be, and how far a database is on its way there."""

    address: Address
    retention_days: int = 90
    text_days: int = 30
    replicated: bool = False
    """Use ClickHouse's replicated engines, for a cluster."""
    statements: tuple[Statement, ...] = field(default_factory=lambda: tuple(_shipped()))

    def pending(self) -> list[Statement]:
        """What is still to be applied.

        Raises:
            InvalidConfig: the database is not what these migrations would have made of it.
            Unavailable: the store is away.
        """
        with translated():
            client = connect(self.address, database="system")
            applied = self._applied(client)
        problems = dict(self._drift(applied))
        if problems:
            raise InvalidConfig(problems)
        missing = [s for s in self.statements if (s.version, s.number) not in applied]
        with translated():
            return [*missing, *self._retention(client, applied)]

    def apply(self) -> list[Statement]:
        """Apply what is pending and say what that was.

        Raises:
            InvalidConfig: the database is not what these migrations would have made of it; nothing was applied.
            Unavailable: the store is away; what is done is written down, and the rest can be applied later.
        """
        with translated():
            connect(self.address, database="system").command(
                "CREATE DATABASE IF NOT EXISTS {database:Identifier}", parameters={"database": self.address.database}
            )
        pending = self.pending()
        with translated():
            client = connect(self.address)
            client.command(self.rendered(_BOOKKEEPING))
            for statement in pending:
                client.command(self.rendered(statement.template))
                if not statement.version:
                    continue  # a retention may change as often as it likes
                client.insert(
                    "migrations",
                    [[statement.version, statement.number, statement.checksum, statement.name]],
                    column_names=["version", "statement", "checksum", "name"],
                )
        return pending

    def rendered(self, template: str) -> str:
        """A statement as it is sent, with engine and retention filled in."""
        kind = "ReplicatedReplacingMergeTree" if self.replicated else "ReplacingMergeTree"
        text = _ENGINE.sub(lambda match: f"{kind}({match[1]})", template)
        return text.replace("{retention_days}", str(self.retention_days)).replace("{text_days}", str(self.text_days))

    def _applied(self, client: Client) -> dict[tuple[int, int], str]:
        exists = client.command(
            "SELECT count() FROM system.tables WHERE database = {database:String} AND name = 'migrations'",
            parameters={"database": self.address.database},
        )
        if not int(str(exists)):
            return {}
        rows = client.query(
            "SELECT version, statement, checksum FROM {database:Identifier}.migrations FINAL",
            parameters={"database": self.address.database},
        ).result_rows
        return {(int(version), int(number)): str(checksum) for version, number, checksum in rows}

    def _retention(self, client: Client, applied: Mapping[tuple[int, int], str]) -> Iterator[Statement]:
        """Tables that keep their rows for another time than the settings now say."""
        tables = client.query(
            "SELECT name, create_table_query FROM system.tables WHERE database = {database:String}",
            parameters={"database": self.address.database},
        )
        made = {str(name): str(statement) for name, statement in tables.result_rows}
        for statement in self.statements:
            ttl = _TTL.search(statement.template)
            if ttl is None or (statement.version, statement.number) not in applied:
                continue
            days = self.rendered(f"{{{ttl[2]}}}")
            if not re.search(rf"TTL .*(toIntervalDay\({days}\)|INTERVAL {days} DAY)", made.get(statement.table, "")):
                template = f"ALTER TABLE {statement.table} MODIFY TTL {ttl[1]} + INTERVAL {{{ttl[2]}}} DAY"
                yield Statement(0, 0, f"retention: {statement.table}", template)

    def _drift(self, applied: dict[tuple[int, int], str]) -> Iterator[tuple[str, str]]:
        known = {(s.version, s.number): s for s in self.statements}
        for place, checksum in applied.items():
            statement = known.get(place)
            name = f"migration {place[0]:04} statement {place[1]}"
            if statement is None:
                yield (
                    name,
                    "the database has it and this release does not: use the release that applied it, or a later one",
                )
            elif statement.checksum != checksum:
                yield f"{name} ({statement.name})", "was changed after it was applied: restore it, and add a new one"


def _shipped() -> Iterator[Statement]:
    folder = files(__package__ or __name__).joinpath("migrations")
    for file in sorted(folder.iterdir(), key=lambda f: f.name):
        if file.name.endswith(".sql"):
            yield from read(int(file.name.split("_")[0]), file.name, file.read_text(encoding="utf-8"))


def read(version: int, name: str, text: str) -> Iterator[Statement]:
    """The statements of one file; each ends with a semicolon at the end of a line."""
    bare = "\n".join(line for line in text.splitlines() if not line.lstrip().startswith("--"))
    for number, statement in enumerate(filter(None, (part.strip() for part in bare.split(";\n"))), start=1):
        template = statement.rstrip(";").strip()
        thing = _MAKES.search(template)
        yield Statement(version, number, f"{name}: {thing[1] if thing else number}", template)
