"""A judge for trying out: real endpoints, and nothing kept."""

from monitor.adapters.memory import MemoryBus, MemoryJudging, MemoryReviews
from monitor.adapters.prometheus import PrometheusMeter
from monitor.errors import InvalidConfig
from monitor.pipeline.grade import Grade
from monitor.pipeline.panel import Panel
from monitor.settings import EndpointSettings, JudgeSettings, Settings

from .grade import build_grade
from .judges import build_endpoints, build_panels

TRIAL = "trial"


def build_trial(
    settings: Settings, rubric: str, endpoints: tuple[str, ...], url: str, model: str
) -> tuple[Grade, Panel]:
    """A judge stage over memory, and the panel to try.

    Args:
        settings: where endpoints and prices are.
        rubric: a shipped one's name, a file, or the name of a judge of the settings.
        endpoints: names; of all that the judge has, or the only one there is, where none is named.
        url: an endpoint that the settings do not know, rather than those.
        model: its model.

    Raises:
        InvalidConfig: everything that is wrong with them at once.
    """
    said = settings.judges.get(rubric)
    known = dict(settings.endpoints)
    if url:
        known = {TRIAL: EndpointSettings(url=url, model=model or "default")}
        endpoints = (TRIAL,)
    if not endpoints:
        endpoints = said.endpoints if said else tuple(known) if len(known) == 1 else ()
    if not endpoints:
        cure = "name one with --endpoint" if known else "give one with --url and --model, or set [endpoints.main]"
        raise InvalidConfig({"endpoints": f"which one should judge? {cure}"})
    if missing := [name for name in endpoints if name not in known]:
        raise InvalidConfig({"--endpoint": f"there is no endpoint {', '.join(missing)} among {', '.join(known)}"})
    judge = JudgeSettings(rubric=said.rubric if said else rubric, endpoints=endpoints)
    judging = settings.judging.model_copy(update={"controls": ""})
    trying = settings.model_copy(update={"endpoints": known, "judges": {TRIAL: judge}, "judging": judging})
    built = build_endpoints(trying)
    panel = build_panels(trying, built)[TRIAL]
    memory = MemoryJudging()
    bare = trying.model_copy(
        update={"judges": {}, "default": settings.default.model_copy(update={"judges": ()}), "apps": {}}
    )
    grade = build_grade(
        bare,
        judgements=memory,
        opinions=memory,
        treasury=memory,
        reviews=MemoryReviews(),
        bus=MemoryBus(),
        meter=PrometheusMeter(),
        endpoints=built,
    )
    return grade, panel
