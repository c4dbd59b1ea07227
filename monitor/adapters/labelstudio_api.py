"""Label Studio's API as far as we use it: one call, our limits, and whose fault it is when it fails."""

import asyncio
import contextlib
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import TypeVar

import aiohttp
import msgspec

from monitor.errors import Gone, InvalidRecord, Unavailable

SYSTEM = "label_studio"
_LARGEST = 64 * 1024 * 1024
"""Bytes of a reply; a page of tasks comes without its texts."""

T = TypeVar("T")


class MetaSaid(msgspec.Struct):
    """What we keep with a task beside its data."""

    item: str = ""


class AnnotationSaid(msgspec.Struct):
    """What one person did with a task."""

    id: int
    result: object = None
    completed_by: int | None = None
    was_cancelled: bool = False
    lead_time: float | None = None
    updated_at: datetime | None = None


class TaskSaid(msgspec.Struct):
    """A task, without its texts."""

    id: int
    updated_at: datetime
    meta: MetaSaid | None = None
    annotations: Sequence[AnnotationSaid] = ()


class TasksSaid(msgspec.Struct):
    """A page of tasks."""

    total: int
    tasks: list[TaskSaid]


class ProjectSaid(msgspec.Struct):
    """A project, without its configuration."""

    id: int
    description: str | None = ""
    maximum_annotations: int = 1
    show_collab_predictions: bool = True


class ProjectsSaid(msgspec.Struct):
    """A page of projects."""

    results: list[ProjectSaid]
    next: str | None = None


class Imported(msgspec.Struct):
    """What came of an import, in its order."""

    task_ids: list[int]


class Person(msgspec.Struct):
    """Somebody who has an account."""

    id: int
    email: str = ""
    username: str = ""


class WebhookSaid(msgspec.Struct):
    """Whom a project calls, and when."""

    id: int
    url: str
    headers: dict[str, str] = msgspec.field(default_factory=dict[str, str])
    is_active: bool = True
    actions: list[str] = msgspec.field(default_factory=list[str])


@dataclass(slots=True)
class Api:
    """Calls of one server."""

    url: str
    token: str = field(repr=False)
    timeout: float
    """Seconds for a call, the whole reply included."""
    _session: aiohttp.ClientSession | None = None

    async def ask(self, method: str, path: str, kind: type[T], body: object = None) -> T:
        """What a call replies; raises as ``send``."""
        data = await self.send(method, path, body)
        try:
            return msgspec.json.decode(data, type=kind)
        except (msgspec.DecodeError, UnicodeDecodeError) as error:
            what = f"{method} {path.partition('?')[0]}"
            why = f"{what} does not reply as Label Studio 1.23 does ({error}): is the URL right?"
            raise Unavailable(SYSTEM, why) from error

    async def send(self, method: str, path: str, body: object = None) -> bytes:
        """One call.

        Raises:
            Gone: there is no such thing.
            InvalidRecord: it does not take what we said.
            Unavailable: it is away, broken, or does not let us in.
        """
        url = self.url + path
        try:
            async with (
                asyncio.timeout(self.timeout),
                self._opened().request(method, url, json=body, allow_redirects=False) as response,
            ):
                data = await _bounded(response)
                status = response.status
        except TimeoutError as error:
            raise Unavailable(SYSTEM, f"{self.url}: no reply within {self.timeout:g} s") from error
        except (aiohttp.ClientError, OSError) as error:
            raise Unavailable(SYSTEM, f"{self.url}: {error or type(error).__name__}") from error
        _refuse(status, f"{method} {path.partition('?')[0]}", data, self.url)
        return data

    async def delete(self, path: str) -> None:
        """Delete something; what is not there is no matter."""
        with contextlib.suppress(Gone):
            await self.send("DELETE", path)

    async def close(self) -> None:
        """Let the connections go."""
        if self._session is not None:
            await self._session.close()
            self._session = None

    def _opened(self) -> aiohttp.ClientSession:
        if self._session is None:
            headers = {"Authorization": f"Token {self.token}"}
            self._session = aiohttp.ClientSession(headers=headers, timeout=aiohttp.ClientTimeout(connect=10))
        return self._session


async def _bounded(response: aiohttp.ClientResponse) -> bytes:
    data = bytearray()
    async for chunk in response.content.iter_chunked(65_536):
        data += chunk
        if len(data) > _LARGEST:
            raise Unavailable(SYSTEM, f"replied with more than {_LARGEST:,} bytes")
    return bytes(data)


def _refuse(status: int, what: str, data: bytes, url: str) -> None:
    if status < 300:
        return
    said = data[:300].decode(errors="replace")
    if status in {401, 403}:
        cure = "is label_studio.token a legacy token of somebody who may see the projects?"
        raise Unavailable(SYSTEM, f"{url} does not let us in ({status}): {cure}", refused=True)
    if status == 404:
        raise Gone(f"{what}: Label Studio at {url} has no such thing any more")
    if status in {400, 409, 413, 422} and not what.startswith(("GET", "DELETE")):
        raise InvalidRecord("rejected", f"Label Studio does not take it ({status}): {said}", field=what)
    raise Unavailable(SYSTEM, f"{url}: {what} failed ({status}): {said}")
