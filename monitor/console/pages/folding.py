"""What is long or beside the point is folded, and opens by a key or a click."""

from markupsafe import Markup

_LONG, _MANY_LINES = 2_400, 36


def long(shown: Markup, text: str, *, times: int = 1) -> Markup:
    """A text that shows its beginning, and all of it when asked.

    Args:
        shown: how it is shown.
        text: what it says.
        times: how much longer than others it may be.
    """
    if len(text) <= _LONG * times and text.count("\n") <= _MANY_LINES * times:
        return shown
    return Markup(
        '<div class="long"><div class="clip">{}</div>'
        '<button type="button" class="more" aria-expanded="false">Show all · {} characters</button></div>'
    ).format(shown, f"{len(text):,}")


def folded(title: Markup | str, shown: Markup, *, kind: str = "", opened: bool = False) -> Markup:
    """Something that shows its title alone until it is opened."""
    return Markup('<details class="fold {}"{}><summary>{}</summary><div class="folded">{}</div></details>').format(
        kind, Markup(" open") if opened else "", title, shown
    )
