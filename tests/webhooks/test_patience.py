"""Back-off with jitter, and when an event is given up."""

from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from gateways.webhooks.patience import FIRST, LONGEST, Patience

PATIENCE = Patience()
NOW = datetime(2026, 5, 4, 12, tzinfo=UTC)
draws = st.integers(0, 65535)


@given(st.integers(0, 10**9), draws)
def test_a_pause_is_never_longer_than_the_longest_nor_shorter_than_half_of_the_first(
    failures: int, draw: int
) -> None:
    assert FIRST / 2 <= PATIENCE.pause(failures, draw) <= LONGEST


@given(st.integers(1, 9), draws)
def test_pauses_double_whatever_the_jitter(failures: int, draw: int) -> None:
    difference = PATIENCE.pause(failures + 1, draw) - 2 * PATIENCE.pause(failures, draw)
    assert abs(difference) < timedelta(milliseconds=1)


@given(st.integers(1, 50))
def test_receivers_that_fail_together_are_not_tried_together(failures: int) -> None:
    assert PATIENCE.pause(failures, 0) * 2 == PATIENCE.pause(failures, 65535)


@given(st.integers(1, 50), draws, st.integers(0, 10**6))
def test_a_receiver_may_ask_for_more_time_within_reason(failures: int, draw: int, seconds: int) -> None:
    asked = timedelta(seconds=seconds)
    pause = PATIENCE.pause(failures, draw, asked)
    assert pause >= min(LONGEST, asked)
    assert PATIENCE.pause(failures, draw) <= pause <= LONGEST


def test_an_event_is_given_up_when_it_could_be_had_for_the_whole_span() -> None:
    span, second = PATIENCE.span, timedelta(seconds=1)
    assert not PATIENCE.over(NOW, NOW, NOW + span - second)
    assert PATIENCE.over(NOW, NOW, NOW + span)
    # An event from long ago that was not tried before (a replay, a gateway that stood still) gets its time.
    assert not PATIENCE.over(NOW - 30 * span, NOW, NOW + span - second)
    # One that happened while the receiver was away already gets it, too.
    assert not PATIENCE.over(NOW + span, NOW, NOW + span)
