"""Buffered randomness: never the same bytes twice, whoever draws them."""

from concurrent.futures import ThreadPoolExecutor

import pytest

from gateways.randomness import PIECE, BufferedRandomness


@pytest.mark.parametrize("octets", [0, 1, 10, 32, PIECE // 4, PIECE // 4 + 1, 3 * PIECE])
def test_as_many_bytes_as_asked_for(octets: int) -> None:
    draw = BufferedRandomness()
    assert [len(draw(octets)) for _ in range(20)] == [octets] * 20


def test_no_bytes_are_given_twice_to_several_threads() -> None:
    draw = BufferedRandomness()
    with ThreadPoolExecutor(8) as pool:
        drawn = list(pool.map(lambda _: draw(10), range(20_000)))
    assert len(set(drawn)) == len(drawn)
