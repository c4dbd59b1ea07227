"""The outside of a pipeline: which adapters stand behind its ports."""

from dataclasses import dataclass

from monitor.adapters.clickhouse import Address, ClickHouseArchive, ClickHouseSink, Migrations
from monitor.adapters.events import AnnouncingSink, EvaluationEvents
from monitor.adapters.isolation import Subprocess
from monitor.adapters.memory import MemoryStore, Nowhere
from monitor.adapters.prometheus import PrometheusMeter
from monitor.adapters.sandbox import Bubblewrap
from monitor.ports import Archive, Bus, Isolation, Meter, Sandbox, Sink
from monitor.settings import Settings


@dataclass(frozen=True, slots=True)
class Parts:
    """What the outside of a pipeline is made of."""

    sink: Sink
    archive: Archive
    bus: Bus
    isolation: Isolation
    sandbox: Sandbox
    meter: Meter

    async def close(self) -> None:
        """Let every connection and process go."""
        for part in (self.sink, self.archive, self.isolation, self.sandbox, self.bus):
            await part.close()


def outside(settings: Settings, *, bus: Bus, meter: Meter) -> Parts:
    """The real outside, as the settings say."""
    where = address(settings)
    sink: Sink = ClickHouseSink(where, meter, user_secret=settings.samples.secret)
    if settings.events.endpoint:
        sink = AnnouncingSink(sink, events(settings, meter))
    return Parts(sink, ClickHouseArchive(where), bus, Subprocess(settings.checks.modules), Bubblewrap(), meter)


def inside(settings: Settings, *, sink: Sink | None = None) -> Parts:
    """An outside that needs no server, for commands that work on a file."""
    isolation = Subprocess(settings.checks.modules)
    return Parts(sink or Nowhere(), MemoryStore(), Nowhere(), isolation, Bubblewrap(), PrometheusMeter())


def address(settings: Settings) -> Address:
    """Where the store is."""
    clickhouse = settings.clickhouse
    return Address(
        url=clickhouse.url,
        database=clickhouse.database,
        user=clickhouse.user,
        password=clickhouse.secret,
        ca_file=clickhouse.ca_file,
        compression=clickhouse.compression,
    )


def events(settings: Settings, meter: Meter) -> EvaluationEvents:
    """Who tells a collector of scores."""
    said = settings.events
    return EvaluationEvents(
        endpoint=said.endpoint,
        names=frozenset(said.scores),
        meter=meter,
        headers={name: value.get_secret_value() for name, value in said.headers.items()},
    )


def migrations(settings: Settings) -> Migrations:
    """The tables that the settings ask for."""
    clickhouse = settings.clickhouse
    return Migrations(
        address(settings),
        retention_days=clickhouse.retention_days,
        text_days=clickhouse.text_retention_days,
        replicated=clickhouse.replicated,
    )
