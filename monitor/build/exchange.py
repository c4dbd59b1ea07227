"""Settings to the exchange with Label Studio."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from urllib.parse import urlsplit
from uuid import UUID

from monitor.adapters.clickhouse import ClickHouseJudging, ClickHouseReviews
from monitor.adapters.clickhouse.tasks import ClickHouseTasks
from monitor.adapters.labelstudio import LabelStudio, LabelStudioAddress
from monitor.errors import InvalidConfig
from monitor.judges import version
from monitor.model import Project, Role, User
from monitor.pipeline.collect import Collect
from monitor.pipeline.exchange import Exchange
from monitor.ports import Meter, Opinions, ReviewQueue, ReviewTasks, ReviewTool, Users
from monitor.reviews import FORM_VERSION, configuration
from monitor.settings import Settings

from .collect import build_collect
from .outside import address


@dataclass(frozen=True, slots=True)
class ExchangeParts:
    """The outside of an exchange."""

    reviews: ClickHouseReviews
    opinions: ClickHouseJudging
    tasks: ClickHouseTasks
    tool: LabelStudio

    async def close(self) -> None:
        """Let every connection go."""
        for part in (self.tool, self.reviews, self.opinions, self.tasks):
            await part.close()


def exchange_parts(settings: Settings) -> ExchangeParts:
    """The real outside; nothing is connected yet.

    Raises:
        InvalidConfig: there is no Label Studio in the settings, or not all that it takes.
    """
    if problems := dict(_problems(settings)):
        raise InvalidConfig(problems)
    where, said = address(settings), settings.label_studio
    tool = LabelStudio(
        LabelStudioAddress(
            url=said.url,
            token=said.secret,
            webhook_url=said.webhook_url,
            webhook_secret=said.webhook_secret.get_secret_value(),
        )
    )
    return ExchangeParts(ClickHouseReviews(where), ClickHouseJudging(where), ClickHouseTasks(where), tool)


def build_exchange(
    settings: Settings,
    *,
    queue: ReviewQueue,
    users: Users,
    opinions: Opinions,
    tasks: ReviewTasks,
    tool: ReviewTool,
    meter: Meter,
) -> Exchange:
    """Assemble the exchange; nothing is read yet.

    Raises:
        InvalidConfig: everything that is wrong with the rubrics at once.
    """
    people = _People(users)
    collect = build_collect(settings, queue=queue, opinions=opinions, leads=people.leads, meter=meter)
    return exchange_over(settings, collect=collect, users=people, tasks=tasks, tool=tool, meter=meter)


def exchange_over(
    settings: Settings, *, collect: Collect, users: Users, tasks: ReviewTasks, tool: ReviewTool, meter: Meter
) -> Exchange:
    """The exchange over a desk that is there already: a process has one desk, whatever it does with it."""
    said = settings.label_studio
    projects = {
        name: Project(
            title=f"{said.project} · {name}",
            mark=f"{said.project}/{name}/{version(rubric)}/{FORM_VERSION}",
            form=configuration(rubric),
            shown=said.prediction == "shown",
        )
        for name, rubric in collect.rubrics.items()
    }
    return Exchange(collect=collect, tool=tool, book=tasks, projects=projects, users=users, meter=meter)


@dataclass(slots=True)
class _People:
    """Users, and from the last time that they were asked for also who leads."""

    store: Users
    _known: Sequence[User] = field(default=())

    async def all(self) -> Sequence[User]:
        self._known = await self.store.all()
        return self._known

    async def save(self, user: User, /) -> None:
        await self.store.save(user)

    def leads(self) -> frozenset[UUID]:
        return frozenset(user.id for user in self._known if user.role.covers(Role.LEAD))


def _problems(settings: Settings) -> list[tuple[str, str]]:
    said = settings.label_studio
    if not said.url:
        return [("label_studio.url", "is needed: where is your Label Studio? Like http://127.0.0.1:8080")]
    found: list[tuple[str, str]] = []
    if not said.secret:
        found.append(("label_studio.token", "is needed: Label Studio shows it under Account & Settings, Legacy Token"))
    if said.webhook_url and not said.webhook_secret.get_secret_value():
        found.append(("label_studio.webhook_secret", "is needed where webhook_url is set: anybody could call it"))
    if said.webhook_url and not urlsplit(said.webhook_url).path.endswith("/hooks/label-studio"):
        found.append(("label_studio.webhook_url", "should end with /hooks/label-studio, where the console listens"))
    return found
