"""The embedded Kafka, as far as it needs no server."""

from hypothesis import given
from hypothesis import strategies as st

from streams.embedded.kafka import cluster_id


@given(st.binary(min_size=16, max_size=16))
def test_a_cluster_id_is_never_taken_for_an_option(random: bytes) -> None:
    assert len(cluster_id(random)) == 22
    assert not cluster_id(random).startswith("-")


def test_a_leading_dash_is_replaced() -> None:
    assert cluster_id(b"\xf8" + bytes(15)) == "A" + "A" * 21
