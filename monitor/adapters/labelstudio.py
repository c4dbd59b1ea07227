"""Label Studio, by a small client of our own: what we ask of its API, with our limits on time and size.

Tried against Label Studio 1.23.2. A project is found by a mark in its description, a task by the item's id in its data;
a project's name here is its address, so that another server's is another name. Predictions of a hidden opinion are not
sent at all: whoever may open a task may see them.
"""

import json
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from urllib.parse import urlencode
from uuid import UUID

from monitor.errors import Gone, Unavailable
from monitor.model import Annotation, Project, Seen, Task
from monitor.pipeline.hook import SECRET_HEADER

from .labelstudio_api import SYSTEM, Api, Imported, Person, ProjectSaid, ProjectsSaid, TaskSaid, TasksSaid, WebhookSaid

_PAGE = 100
_ITEMS = 40
"""In one question, which travels in a URL."""
_LONGEST_TITLE = 50
_ACTIONS = ("ANNOTATION_CREATED", "ANNOTATION_UPDATED", "ANNOTATIONS_DELETED", "TASKS_DELETED")
_FIELDS = "id,meta,updated_at,annotations,result,completed_by,was_cancelled,lead_time"


@dataclass(frozen=True, slots=True, kw_only=True)
class LabelStudioAddress:
    """Where a Label Studio is, and how it reaches us."""

    url: str
    token: str = field(default="", repr=False)
    webhook_url: str = ""
    """Empty for none."""
    webhook_secret: str = field(default="", repr=False)
    timeout: float = 30.0
    """Seconds for a call, the whole reply included."""


@dataclass(slots=True)
class LabelStudio:
    """A tool for reviews over Label Studio's API."""

    address: LabelStudioAddress
    _api: Api = field(init=False)
    _people: dict[int, str] = field(default_factory=dict[int, str])

    def __post_init__(self) -> None:
        self._api = Api(self.address.url, self.address.token, self.address.timeout)

    @property
    def name(self) -> str:
        return f"{SYSTEM} {self.address.url}"

    async def open(self, project: Project, /) -> str:
        found = await self._find(project.mark)
        if found is None:
            said = {
                "title": project.title[:_LONGEST_TITLE].ljust(3),
                "description": f"Made by Evergauge, which finds it by this: {project.mark}",
                "label_config": project.form,
                "enable_empty_annotation": False,
                "maximum_annotations": project.wanted,
                "show_collab_predictions": project.shown,
            }
            found = await self._api.ask("POST", "/api/projects", ProjectSaid, said)
        elif found.maximum_annotations < project.wanted or found.show_collab_predictions != project.shown:
            wanted = max(found.maximum_annotations, project.wanted)
            said = {"maximum_annotations": wanted, "show_collab_predictions": project.shown}
            await self._api.ask("PATCH", f"/api/projects/{found.id}", ProjectSaid, said)
        await self._register(found.id)
        return f"{self.address.url}/projects/{found.id}"

    async def tasks(self, project: str, items: Collection[UUID], /) -> Mapping[UUID, str]:
        wanted, found = sorted(map(str, items)), dict[UUID, str]()
        for start in range(0, len(wanted), _ITEMS):
            chosen = _only("data.item", "in_list", "List", wanted[start : start + _ITEMS])
            for task in await self._tasks(project, chosen, "id,meta,updated_at"):
                if item := _item(task):
                    found.setdefault(item, _task(project, task.id))
        return found

    async def push(self, project: str, tasks: Sequence[Task], /) -> Mapping[UUID, str]:
        path = f"/api/projects/{_number(project)}/import?return_task_ids=true"
        made = await self._api.ask("POST", path, Imported, [_as_import(task) for task in tasks])
        if len(made.task_ids) != len(tasks):
            raise Unavailable(SYSTEM, f"was given {len(tasks)} tasks, and says that it made {len(made.task_ids)}")
        return {task.item: _task(project, number) for task, number in zip(tasks, made.task_ids, strict=True)}

    async def look(self, project: str, /, *, since_ms: int = 0, task: str = "") -> Sequence[Seen]:
        only: Mapping[str, object] = {}
        if task:
            only = _only("id", "equal", "Number", _number(task))
        elif since_ms:
            since = datetime.fromtimestamp(since_ms / 1000, UTC) - timedelta(microseconds=1)
            only = _only("updated_at", "greater", "Datetime", since.strftime("%Y-%m-%dT%H:%M:%S.%fZ"))
        found = await self._tasks(project, only, _FIELDS)
        authors = {one.completed_by for each in found for one in each.annotations}
        if not authors <= {None, *self._people}:
            users = await self._api.ask("GET", "/api/users/", list[Person])
            self._people |= {user.id: (user.email or user.username).casefold() for user in users}
        return [self._seen(project, each) for each in found]

    async def remove(self, project: str, task: str, /) -> None:
        await self._api.delete(f"/api/tasks/{_number(task)}/")

    async def close(self) -> None:
        await self._api.close()

    async def _find(self, mark: str) -> ProjectSaid | None:
        """The oldest with the mark, so that everybody takes the same where there are two."""
        found: list[ProjectSaid] = []
        fields = "id,description,maximum_annotations,show_collab_predictions"
        page, more = 1, True
        while more:
            path = f"/api/projects?{urlencode({'page': page, 'page_size': _PAGE, 'include': fields})}"
            try:
                listed = await self._api.ask("GET", path, ProjectsSaid)
            except Gone as error:
                raise Unavailable(SYSTEM, f"{error}: is {self.address.url} the URL of a Label Studio?") from error
            found += [one for one in listed.results if (one.description or "").endswith(f": {mark}")]
            page, more = page + 1, listed.next is not None
        return min(found, key=lambda one: one.id, default=None)

    async def _register(self, project: int) -> None:
        """One webhook of ours, as it should be; what other people registered stays."""
        if not self.address.webhook_url:
            return
        said = {
            "project": project,
            "url": self.address.webhook_url,
            "send_payload": True,
            "send_for_all_actions": False,
            "is_active": True,
            "actions": list(_ACTIONS),
            "headers": {SECRET_HEADER: self.address.webhook_secret},
        }
        known = await self._api.ask("GET", f"/api/webhooks/?project={project}", list[WebhookSaid])
        ours = next((one for one in known if one.url == self.address.webhook_url), None)
        if ours is None:
            await self._api.ask("POST", "/api/webhooks/", WebhookSaid, said)
        elif not ours.is_active or ours.headers != said["headers"] or {*ours.actions} != {*_ACTIONS}:
            await self._api.ask("PATCH", f"/api/webhooks/{ours.id}/", WebhookSaid, said)

    async def _tasks(self, project: str, only: Mapping[str, object], fields: str) -> list[TaskSaid]:
        query = json.dumps({"ordering": ["tasks:id"], **only})
        found: dict[int, TaskSaid] = {}
        page, total = 1, 1
        while (page - 1) * _PAGE < total:
            asked: dict[str, str | int] = {
                "project": _number(project),
                "page": page,
                "page_size": _PAGE,
                "query": query,
            }
            asked |= {"fields": "all", "include": fields}
            try:
                listed = await self._api.ask("GET", f"/api/tasks?{urlencode(asked)}", TasksSaid)
            except Gone:
                if page == 1:
                    raise
                break  # tasks were deleted meanwhile, and there is no such page any more
            found |= {task.id: task for task in listed.tasks}
            page, total = page + 1, listed.total
        return list(found.values())

    def _seen(self, project: str, task: TaskSaid) -> Seen:
        name = _task(project, task.id)
        annotations = tuple(
            Annotation(
                id=str(one.id),
                task=name,
                by=self._people.get(one.completed_by, "") if one.completed_by is not None else "",
                result=one.result,
                skipped=one.was_cancelled,
                seconds=one.lead_time or 0.0,
                changed_ms=_ms(one.updated_at) if one.updated_at else 0,
            )
            for one in task.annotations
        )
        return Seen(task=name, item=_item(task), annotations=annotations, changed_ms=_ms(task.updated_at))


def _only(name: str, operator: str, kind: str, value: object) -> dict[str, object]:
    item = {"filter": f"filter:tasks:{name}", "operator": operator, "type": kind, "value": value}
    return {"filters": {"conjunction": "and", "items": [item]}}


def _as_import(task: Task) -> dict[str, object]:
    said: dict[str, object] = {"data": task.data, "meta": {"item": str(task.item)}}
    if task.prediction:
        said["predictions"] = [{"model_version": task.by, "score": task.value, "result": task.prediction}]
    return said


def _task(project: str, number: int) -> str:
    return f"{project}/tasks/{number}"


def _number(name: str) -> int:
    return int(name.rpartition("/")[2])


def _item(task: TaskSaid) -> UUID | None:
    try:
        return UUID(task.meta.item) if task.meta else None
    except ValueError:
        return None


def _ms(time: datetime) -> int:
    return int(time.timestamp() * 1000)
