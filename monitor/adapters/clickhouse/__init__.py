"""ClickHouse: the state. Rows by deterministic keys, so that writing one twice changes nothing."""

from .archive import ClickHouseArchive, Ledger, read_ledger
from .client import Address, connect, connect_async
from .judging import ClickHouseJudging
from .migrate import Migrations
from .reviews import ClickHouseReviews
from .sink import ClickHouseSink

__all__ = [
    "Address",
    "ClickHouseArchive",
    "ClickHouseJudging",
    "ClickHouseReviews",
    "ClickHouseSink",
    "Ledger",
    "Migrations",
    "connect",
    "connect_async",
    "read_ledger",
]
