"""Only the acked prefix may be committed."""

from dataclasses import dataclass

from hypothesis import given
from hypothesis import strategies as st

from streams.offsets import Prefix


@dataclass
class Piece:
    last_offset: int
    acked: bool = False


def pieces(*lasts: int) -> tuple[Prefix, list[Piece]]:
    prefix, made = Prefix(), [Piece(last) for last in lasts]
    for piece in made:
        prefix.add(piece)
    return prefix, made


def test_nothing_acked_is_nothing_to_commit() -> None:
    prefix, _ = pieces(4, 9)

    assert prefix.advance() is None


def test_an_ack_out_of_order_waits_for_the_ones_before() -> None:
    prefix, (first, second, third) = pieces(4, 9, 14)

    third.acked = True
    assert prefix.advance() is None
    first.acked = True
    assert prefix.advance() == 5
    second.acked = True
    assert prefix.advance() == 15


def test_what_is_committed_is_not_committed_again() -> None:
    prefix, (only,) = pieces(4)
    only.acked = True

    assert prefix.advance() == 5
    prefix.committed = 5
    assert prefix.advance() is None
    assert prefix.done == 5


def test_a_hole_in_the_log_is_no_gap_in_the_work() -> None:
    prefix, (first, second) = pieces(4, 1000)
    first.acked = second.acked = True

    assert prefix.advance() == 1001


@given(st.lists(st.integers(1, 5), min_size=1, max_size=12), st.randoms())
def test_whatever_the_order_the_prefix_is_what_is_acked_without_a_gap(sizes: list[int], chance: object) -> None:
    lasts = [sum(sizes[: n + 1]) - 1 for n in range(len(sizes))]
    prefix, made = pieces(*lasts)
    order = list(range(len(made)))
    chance.shuffle(order)  # type: ignore[attr-defined]

    acked: set[int] = set()
    for number in order:
        made[number].acked = True
        acked.add(number)
        whole = next((n for n in range(len(made)) if n not in acked), len(made))
        assert prefix.advance() == (lasts[whole - 1] + 1 if whole else None)
