"""What is judged is data: fenced so that nothing in it can end it, and cut in the middle where it is too long."""

from collections.abc import Callable, Iterable, Mapping

Nonce = Callable[[], str]
"""A fresh random word; chance is an argument, so that a prompt can be made again."""

_LEFT_OUT = "\n[… {count:,} bytes left out in the middle …]\n"
_ROOM_FOR_MARK = 64


def fenced(pieces: Mapping[str, str], nonce: str) -> str:
    """Each piece between two lines that bear its name and the nonce.

    >>> print(fenced({"answer": "Fine."}, "7f3a"))
    <answer-7f3a>
    Fine.
    </answer-7f3a>
    """
    return "\n\n".join(f"<{name}-{nonce}>\n{text}\n</{name}-{nonce}>" for name, text in pieces.items())


def unguessed(texts: Iterable[str], nonce: Nonce) -> str:
    """A nonce that stands in none of the texts: whoever wrote them cannot have closed the fence."""
    every = list(texts)
    while True:
        word = nonce()
        if not any(word in text for text in every):
            return word


def shortened(pieces: Mapping[str, str], room: int) -> dict[str, str]:
    """The pieces, cut in the middle where they do not fit, the longest first.

    Args:
        pieces: text by name.
        room: bytes of UTF-8 for all of them together.

    Returns:
        The same names; what fits is left as it is.
    """
    sizes = {name: len(text.encode(errors="replace")) for name, text in pieces.items()}
    if sum(sizes.values()) <= room:
        return dict(pieces)
    most = _level(sorted(sizes.values()), room)
    return {name: _cut(text, most) if sizes[name] > most else text for name, text in pieces.items()}


def _level(sizes: list[int], room: int) -> int:
    """The size that every larger one is cut to, so that all together fit: as water fills a vessel."""
    for number, size in enumerate(sizes):
        share = room // (len(sizes) - number)
        if size > share:
            return share
        room -= size
    return sizes[-1]


def _cut(text: str, most: int) -> str:
    data = text.encode(errors="replace")
    half = max(most - _ROOM_FOR_MARK, 0) // 2
    head, tail = data[:half].decode(errors="ignore"), data[len(data) - half :].decode(errors="ignore")
    return head + _LEFT_OUT.format(count=len(data) - 2 * half) + tail
