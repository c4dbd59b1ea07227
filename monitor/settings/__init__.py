"""Settings: ``evergauge.toml`` and ``EVERGAUGE_…``, read here and nowhere else."""

from .judging import (
    BudgetSettings,
    EndpointSettings,
    JudgeSettings,
    JudgingSettings,
    PriceSettings,
)
from .load import PREFIX, RESERVED, load
from .reviewing import ConsoleSettings, LabelStudioSettings, ReviewingSettings, ReviewSettings
from .sections import (
    AppSettings,
    CheckSettings,
    ClickHouseSettings,
    CombinedSettings,
    EventSettings,
    FormatSettings,
    InputSettings,
    KafkaSettings,
    LimitSettings,
    RoutingSettings,
    RuleSettings,
    SampleSettings,
    Settings,
    VerdictSettings,
    WorkerSettings,
)

__all__ = [
    "PREFIX",
    "RESERVED",
    "AppSettings",
    "BudgetSettings",
    "CheckSettings",
    "ClickHouseSettings",
    "CombinedSettings",
    "ConsoleSettings",
    "EndpointSettings",
    "EventSettings",
    "FormatSettings",
    "InputSettings",
    "JudgeSettings",
    "JudgingSettings",
    "KafkaSettings",
    "LabelStudioSettings",
    "LimitSettings",
    "PriceSettings",
    "ReviewSettings",
    "ReviewingSettings",
    "RoutingSettings",
    "RuleSettings",
    "SampleSettings",
    "Settings",
    "VerdictSettings",
    "WorkerSettings",
    "load",
]
