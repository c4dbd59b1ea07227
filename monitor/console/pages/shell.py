"""What stands around every page: its head, its top line, and where its styles come from."""

from functools import cache
from hashlib import blake2b
from pathlib import Path

import nicegui
from markupsafe import Markup

from monitor.model import User

from .keys import help_overlay, skip_dialog
from .rendering import name

ASSETS = Path(__file__).parent / "assets"
URL = "/assets"


@cache
def head() -> Markup:
    """Styles, and the theme before anything is drawn."""
    return Markup('<script src="{}"></script><link rel="stylesheet" href="{}">').format(
        _address("theme.js"), _address("review.css")
    )


def fonts() -> Markup:
    """The letters of NiceGUI's pages, for those that are not."""
    return Markup('<link rel="stylesheet" href="/_nicegui/{}/static/fonts.css">').format(nicegui.__version__)


def shell(user: User) -> Markup:
    """The review page without anything to review."""
    return Markup(
        '<a class="jump" href="#form">To the form</a>'
        '<header class="bar"><a class="brand" href="/review">Evergauge</a><div id="pace"></div>'
        '<div class="tools"><button type="button" class="quiet" data-act="help" aria-label="Keys">'
        "<kbd>?</kbd></button>"
        '<button type="button" class="quiet" id="theme" aria-label="Dark or light">◐</button>'
        '<form method="post" action="/logout"><span class="who">{}</span>'
        '<button class="quiet" aria-label="Log out">Log out</button></form></div></header>'
        '<main id="main"></main><p id="says" class="says" role="status" aria-live="polite"></p>{}{}'
    ).format(name(user.name), help_overlay(), skip_dialog())


def _address(file: str) -> str:
    """Told by what it says, so that a browser may keep it."""
    version = blake2b((ASSETS / file).read_bytes(), digest_size=6).hexdigest()
    return f"{URL}/{file}?{version}"
