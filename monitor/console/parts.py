"""What the API and the pages share."""

from dataclasses import dataclass

from monitor.pipeline.collect import Collect
from monitor.settings import Settings

from .auth import Auth
from .directory import Directory


@dataclass(frozen=True, slots=True, kw_only=True)
class Console:
    """One desk, who may come to it, and by which settings."""

    settings: Settings
    collect: Collect
    users: Directory
    auth: Auth
