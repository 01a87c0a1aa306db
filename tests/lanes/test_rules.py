"""The pure rules of lane heads, by property: they alarm only over what cannot be explained otherwise."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from bus.protocol.lane_heads import AHEAD, EPOCH_AHEAD, SeenEpoch, Used, never_given, read_head, state_of
from bus.protocol.lane_health import HealthPolicy, LaneAlarm, out_of_order, over, silent, withheld
from schemas.header import Mode
from schemas.lane_head import LaneHead, LaneReached
from schemas.wire import Lane
from tests.realm_fixtures import NOW

HEALTH = HealthPolicy()
MINUTE = timedelta(minutes=1)


def head(serial: int, *, epoch: int = 5, at: datetime = NOW, lane: Lane = Lane.NORMAL) -> LaneHead:
    lanes = (LaneReached(lane=each, lane_epoch=epoch, serial=serial if each is lane else 0) for each in Lane)
    return LaneHead(v=1, mode=Mode.OPERATION, at=at, next_within=600, lanes=tuple(lanes))


def seen(highest: int, signed_at: datetime | None = NOW, epoch: int = 5) -> Mapping[Lane, list[SeenEpoch]]:
    return {Lane.NORMAL: [SeenEpoch(epoch, highest, signed_at)]}


# An originator's life: it gives serials at growing times and makes heads in between.
LIVES = st.lists(st.sampled_from(["give", "head"]), max_size=30)


@given(LIVES, st.randoms(use_true_random=False))
def test_in_whatever_order_an_honest_life_is_read_nothing_is_rewound(life: list[str], order: Random) -> None:
    given_at: list[datetime] = []
    heads: list[LaneHead] = []
    for number, act in enumerate(life):
        if act == "give":
            given_at.append(NOW + number * MINUTE)
        else:
            heads.append(head(len(given_at), at=NOW + number * MINUTE))
    order.shuffle(heads)
    newest = None
    for each in heads:
        for highest in range(len(given_at) + 1):
            state = seen(highest, given_at[highest - 1]) if highest else {}
            found = read_head(each, state, newest)
            assert found.rewound == ()
            announced = each.of(Lane.NORMAL).serial
            assert bool(found.tails) == (announced > highest)
        newest = max(newest or each.at, each.at)


@given(st.integers(0, 50), st.integers(0, 50), st.integers(-5, 5))
def test_a_head_is_rewound_exactly_if_more_was_signed_before_it(
    serial: int, highest: int, minutes: int
) -> None:
    found = read_head(head(serial), seen(highest, NOW + minutes * MINUTE), None)
    assert (Lane.NORMAL in found.rewound) == (serial < highest and minutes < 0)


def test_a_newer_epoch_that_was_signed_before_the_head_shows_a_store_set_back() -> None:
    state = {Lane.URGENT: [SeenEpoch(6, 1, NOW - MINUTE), SeenEpoch(5, 9, NOW - 2 * MINUTE)]}
    assert read_head(head(9, lane=Lane.URGENT), state, None).rewound == (Lane.URGENT,)
    assert read_head(head(9, lane=Lane.URGENT, epoch=6), state, None).rewound == ()


def test_what_is_known_by_voids_and_announcements_alone_proves_nothing() -> None:
    assert read_head(head(0), seen(9, None), None).rewound == ()


def test_a_head_that_claims_the_largest_serial_is_believed_only_so_far() -> None:
    (tail,) = read_head(head(2**53 - 1), seen(7), None).tails
    assert tail.announced == 7 + AHEAD


@pytest.mark.parametrize(
    "lanes",
    [
        pytest.param([Lane.URGENT, Lane.NORMAL], id="one lane is missing"),
        pytest.param([Lane.URGENT, Lane.NORMAL, Lane.NORMAL], id="one lane stands twice"),
        pytest.param([*Lane, Lane.CONTROL], id="four lanes"),
    ],
)
def test_a_head_names_each_lane_once(lanes: list[Lane]) -> None:
    with pytest.raises(ValidationError):
        LaneHead(
            v=1,
            mode=Mode.OPERATION,
            at=NOW,
            next_within=600,
            lanes=tuple(LaneReached(lane=lane, lane_epoch=1, serial=0) for lane in lanes),
        )


@pytest.mark.parametrize("within", [0, -1, 86_401], ids=["at once", "before", "over a day"])
def test_a_head_promises_the_next_one_within_a_day(within: int) -> None:
    with pytest.raises(ValidationError):
        LaneHead.model_validate_json(head(1).encode().replace(b"600", str(within).encode()))


def test_papers_are_named_in_mode_operation_only() -> None:
    text = head(1).encode().replace(b"OPERATION", b"EXERCISE")
    LaneHead.model_validate_json(text)
    with pytest.raises(ValidationError):
        LaneHead.model_validate_json(text[:-1] + b',"papers":"sha256:' + b"0" * 64 + b'"}')


EPOCHS = st.lists(st.builds(SeenEpoch, st.integers(1, 2**31), st.integers(0, 2**53 - 1)), max_size=40)


@given(st.dictionaries(st.sampled_from(Lane), EPOCHS))
def test_the_answer_to_a_lane_that_went_back_always_fits_and_names_the_newest(
    lanes: dict[Lane, list[SeenEpoch]],
) -> None:
    state = state_of(Mode.TEST, lanes)
    newest = {
        lane: max((each.epoch for each in found if each.highest), default=0) for lane, found in lanes.items()
    }
    if state is None:
        assert not any(newest.values()) or any(len(found) > 3 for found in lanes.values())
        return
    for entry in state.lanes:
        assert entry.lane_epoch <= newest[entry.lane]


@given(st.integers(1, 2**31), st.integers(1, 100), st.integers(1, 2**31), st.integers(1, 200))
def test_a_partner_is_believed_exactly_about_what_was_never_given(
    epoch: int, following: int, claimed: int, serial: int
) -> None:
    clock = 10**6
    positions = dict.fromkeys(Lane, (epoch, following))
    found = never_given([Used(Lane.NORMAL, claimed, serial)], positions, clock)
    never = claimed > epoch or (claimed == epoch and serial >= following)
    believable = claimed <= clock + EPOCH_AHEAD or claimed <= epoch
    assert found == (claimed if never and believable else None)


def test_alarms_that_are_states_end_with_their_rule_the_others_with_quiet() -> None:
    for alarm in LaneAlarm:
        lasting = alarm in {LaneAlarm.WITHHELD, LaneAlarm.SILENT}
        assert over(alarm, NOW, NOW + HEALTH.quiet, HEALTH) is not lasting
        assert not over(alarm, NOW, NOW + HEALTH.quiet - MINUTE, HEALTH)
        assert alarm.code.value == f"LANE_{alarm.value}"


def test_withheld_needs_requests_in_vain_and_a_partner_that_is_there() -> None:
    assert withheld(3, NOW, NOW + MINUTE, HEALTH, standing=False)
    assert not withheld(2, NOW, NOW + MINUTE, HEALTH, standing=True)
    assert not withheld(9, NOW, NOW, HEALTH, standing=False)
    assert not withheld(9, NOW, None, HEALTH, standing=False)
    assert withheld(9, NOW, None, HEALTH, standing=True)


def test_silence_allows_for_three_heartbeats_and_skewed_clocks() -> None:
    beat = timedelta(minutes=10)
    assert not silent(NOW, beat, NOW + timedelta(minutes=35), HEALTH)
    assert silent(NOW, beat, NOW + timedelta(minutes=35, microseconds=1), HEALTH)


def test_order_is_judged_by_the_originators_clock_alone() -> None:
    assert out_of_order(NOW, NOW + MINUTE)
    assert not out_of_order(NOW + MINUTE, NOW)
    assert not out_of_order(NOW, NOW)
    assert not out_of_order(None, NOW)
    assert not out_of_order(NOW, None)
