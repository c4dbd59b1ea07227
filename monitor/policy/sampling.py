"""Chance that is the same on every worker and on every replay."""

from hashlib import blake2b

from monitor.model import Sample


def draw(key: str, *, salt: str) -> float:
    """Map ``key`` to a number in [0, 1): drawn when it is below the inclusion probability.

    Draws are nested: what a small share selects, a larger share selects too.

    >>> draw("trace-1", salt="a") == draw("trace-1", salt="a")
    True
    >>> draw("trace-1", salt="a") == draw("trace-1", salt="b")
    False
    """
    digest = blake2b(key.encode(errors="surrogatepass"), digest_size=8, key=salt.encode()[:64]).digest()
    return (int.from_bytes(digest, "big") >> 11) / 2**53


def draw_key(sample: Sample) -> str:
    """What samples have in common that are to be drawn together: their trace, else their conversation."""
    return sample.trace_id or sample.conversation_id or sample.id.hex
