"""The composition root: settings to pipeline. Knows every adapter."""

from .evaluate import all_formats, build_evaluate, build_plan, load_modules
from .grade import build_grade
from .judges import build_endpoints, build_panels, load_rubric, shipped_rubrics
from .outside import Parts, address, events, inside, migrations, outside
from .trial import build_trial

__all__ = [
    "Parts",
    "address",
    "all_formats",
    "build_endpoints",
    "build_evaluate",
    "build_grade",
    "build_panels",
    "build_plan",
    "build_trial",
    "events",
    "inside",
    "load_modules",
    "load_rubric",
    "migrations",
    "outside",
    "shipped_rubrics",
]
