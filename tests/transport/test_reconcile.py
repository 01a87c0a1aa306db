"""What a publisher concludes from the broker's real end of stream."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bus.ports import reconcile

count = st.integers(0, 2**40)


@given(base=count, in_flight=count, data=st.data())
def test_an_end_within_the_window_counts_the_stored_ones(
    base: int, in_flight: int, data: st.DataObject
) -> None:
    stored = data.draw(st.integers(0, in_flight))
    found = reconcile(base, in_flight, base + stored)
    assert (found.stored_prefix, found.wiped, found.foreign) == (stored, False, False)
    assert found.last_sequence == base + stored


@given(base=st.integers(1, 2**40), in_flight=count, data=st.data())
def test_an_end_before_the_recorded_one_means_that_the_broker_lost_bundles(
    base: int, in_flight: int, data: st.DataObject
) -> None:
    actual = data.draw(st.integers(0, base - 1))
    found = reconcile(base, in_flight, actual)
    assert (found.stored_prefix, found.wiped, found.foreign) == (0, True, False)
    assert found.last_sequence == actual


@given(base=count, in_flight=count, beyond=st.integers(1, 2**40))
def test_an_end_beyond_everything_sent_means_that_somebody_else_wrote(
    base: int, in_flight: int, beyond: int
) -> None:
    found = reconcile(base, in_flight, base + in_flight + beyond)
    assert (found.stored_prefix, found.wiped, found.foreign) == (0, False, True)


@pytest.mark.parametrize("numbers", [(-1, 0, 0), (0, -1, 0), (0, 0, -1)])
def test_negative_numbers_are_refused(numbers: tuple[int, int, int]) -> None:
    with pytest.raises(ValueError, match="not negative"):
        reconcile(*numbers)
