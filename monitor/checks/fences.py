"""Fenced blocks of an answer."""

import re
from collections.abc import Collection

_FENCE = re.compile(r"```[ \t]*([\w+#-]*)[ \t]*\n(.*?)(?:\n[ \t]*```|\Z)", re.DOTALL)


def fenced(text: str) -> list[tuple[str, str]]:
    r"""Name, lower-cased, and body of every fenced block; the last may be left open.

    >>> fenced("Sure:\n```Python\nx = 1\n```\nDone.")
    [('python', 'x = 1')]
    """
    return [(name.lower(), body) for name, body in _FENCE.findall(text)] if "```" in text else []


def blocks_in(text: str, names: Collection[str], *, whole: bool) -> list[str]:
    """The bodies of blocks that bear one of the names.

    Args:
        text: an answer.
        names: what the language is called, in lower case.
        whole: the answer is known to be in this language: then blocks without a name count too, and an answer without
            blocks is one.
    """
    blocks = fenced(text)
    if not blocks and whole:
        return [text] if text and not text.isspace() else []
    wanted = {*names, ""} if whole else names
    return [body for name, body in blocks if name in wanted and body.strip()]
