"""ClickHouse: the state. Rows by deterministic keys, so that writing one twice changes nothing."""

from .archive import ClickHouseArchive, Ledger, read_ledger
from .client import Address, connect, connect_async
from .judged import Judging, read_judging
from .judging import ClickHouseJudging
from .migrate import Migrations
from .reviews import ClickHouseReviews
from .samples import ClickHouseSamples
from .sink import ClickHouseSink
from .verdicts import ClickHouseVerdicts

__all__ = [
    "Address",
    "ClickHouseArchive",
    "ClickHouseJudging",
    "ClickHouseReviews",
    "ClickHouseSamples",
    "ClickHouseSink",
    "ClickHouseVerdicts",
    "Judging",
    "Ledger",
    "Migrations",
    "connect",
    "connect_async",
    "read_judging",
    "read_ledger",
]
