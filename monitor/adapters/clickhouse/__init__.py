"""ClickHouse: the state. Rows by deterministic keys, so that writing one twice changes nothing."""

from .archive import ClickHouseArchive, Ledger, read_ledger
from .client import Address, connect, connect_async
from .migrate import Migrations
from .sink import ClickHouseSink

__all__ = [
    "Address",
    "ClickHouseArchive",
    "ClickHouseSink",
    "Ledger",
    "Migrations",
    "connect",
    "connect_async",
    "read_ledger",
]
