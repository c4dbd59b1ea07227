"""Where our items are in other tools, as rows."""

import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from uuid import UUID

import msgspec

from monitor.model import Posted

from .client import Address, Connection

_TABLE, _COLUMNS = "review_tasks", ("tool", "item", "project", "task", "ver")
_POSTED = "SELECT item, project, task FROM review_tasks FINAL WHERE tool = {tool:String}"
_encode = msgspec.json.Encoder(uuid_format="canonical").encode


@dataclass(slots=True)
class ClickHouseTasks:
    """The table of tasks."""

    address: Address
    _connection: Connection = field(init=False)

    def __post_init__(self) -> None:
        self._connection = Connection(self.address)

    async def placed(self, tool: str, /) -> Mapping[UUID, Posted]:
        rows = await self._connection.query(_POSTED, {"tool": tool})
        return {item: Posted(str(project), str(task)) for item, project, task in rows}

    async def place(self, tool: str, places: Mapping[UUID, Posted], /) -> None:
        now = time.time_ns()
        rows = [_encode([tool, item, posted.project, posted.task, now]) for item, posted in places.items()]
        if rows:
            await self._connection.insert(_TABLE, _COLUMNS, rows)

    async def close(self) -> None:
        """Let the connection go."""
        await self._connection.close()
