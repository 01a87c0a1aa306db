"""Which deliveries leave in one step of the relay, and which share a signed root."""

from collections import Counter

from hypothesis import given
from hypothesis import strategies as st

from bus.protocol.frame import MAX_DELIVERIES
from bus.store.deliveries import Waiting
from gateways.relaying.packing import TREE_LEAVES, Member, trees, variants_apart, whole_bundles
from schemas.header import Kind, Mode
from schemas.wire import ContentType, Handling, Lane

RANKS = {Lane.CONTROL: 0, Lane.URGENT: 1, Lane.NORMAL: 2}


def waiting(number: int, recipient: str, lane: Lane = Lane.NORMAL) -> Waiting:
    content_type = ContentType.RECEIPTS if lane is Lane.CONTROL else ContentType.MESSAGE
    return Waiting(
        number,
        number,
        content_type,
        "sha256:00",
        None,
        recipient,
        Mode.EXERCISE,
        lane,
        RANKS[lane],
        None,
        None,
        0,
        None,
        None if lane is Lane.CONTROL else Kind.THREAT_ALERT,
    )


ROWS = st.lists(
    st.tuples(st.sampled_from(("XAB", "XAC", "XAD", "XAE")), st.sampled_from(tuple(Lane))), max_size=40
).flatmap(lambda some: st.integers(1, 20).map(lambda times: some * times))


def test_a_lane_that_fills_bundles_leaves_its_remainder_for_the_next_step() -> None:
    rows = [waiting(number, "XAB") for number in range(2 * MAX_DELIVERIES + 21)]
    assert whole_bundles(rows) == rows[: 2 * MAX_DELIVERIES]


def test_a_lane_that_fills_no_bundle_leaves_as_it_is() -> None:
    rows = [waiting(number, f"XA{'BCDE'[number % 4]}") for number in range(4 * (MAX_DELIVERIES - 1))]
    assert whole_bundles(rows) == rows


def test_nothing_urgent_and_no_control_content_is_left_out() -> None:
    for lane in (Lane.URGENT, Lane.CONTROL):
        rows = [waiting(number, "XAB", lane) for number in range(MAX_DELIVERIES + 1)]
        assert whole_bundles(rows) == rows


@given(ROWS)
def test_what_is_left_out_is_the_end_of_its_lane(some: list[tuple[str, Lane]]) -> None:
    rows = [waiting(number, *row) for number, row in enumerate(some)]
    kept = whole_bundles(rows)
    left = Counter(row.recipient for row in rows if row not in kept)
    assert all(count < MAX_DELIVERIES for count in left.values())
    for recipient in left:
        lane = [row for row in rows if row.recipient == recipient and row.lane is Lane.NORMAL]
        mine = [row for row in kept if row.recipient == recipient and row.lane is Lane.NORMAL]
        assert mine == lane[: len(mine)] != []
    assert kept == [row for row in rows if row in kept]


@given(ROWS)
def test_every_delivery_is_in_one_tree_and_lanes_keep_their_order(some: list[tuple[str, Lane]]) -> None:
    members = [(waiting(number, *row), (), Handling.RELEASE) for number, row in enumerate(some)]
    found = trees(members)
    assert all(len(tree) <= TREE_LEAVES for tree in found)
    packed = [member for tree in found for member in tree]
    assert sorted(packed) == sorted(members)
    for place in {(row.recipient, row.lane) for row, _, _ in members}:
        in_lane = [row.delivery_seq for row, _, _ in packed if (row.recipient, row.lane) == place]
        assert in_lane == sorted(in_lane)


@given(ROWS)
def test_only_a_lanes_last_bundle_is_part_empty(some: list[tuple[str, Lane]]) -> None:
    members = [(waiting(number, *row), (), Handling.RELEASE) for number, row in enumerate(some)]
    lanes = Counter((row.recipient, row.lane) for row, _, _ in members)
    bundles = Counter(
        place
        for tree in trees(members)
        for place, count in Counter((row.recipient, row.lane) for row, _, _ in tree).items()
        for _ in range(0, count, MAX_DELIVERIES)
    )
    assert bundles == {place: -(-count // MAX_DELIVERIES) for place, count in lanes.items()}


VARIED = st.lists(
    st.tuples(st.sampled_from(("XAB", "XAC", "XAD")), st.sampled_from((0, 0, 0, 1, 2))), max_size=40
).map(
    lambda some: [
        waiting(number, recipient)._replace(wider=wider) for number, (recipient, wider) in enumerate(some)
    ]
)


def parts_of(rows: list[Waiting]) -> list[list[Waiting]]:
    return [[row for row, _, _ in part] for part in variants_apart([_member(row) for row in rows])]


def _member(row: Waiting) -> Member:
    return row, (), Handling.RELEASE


@given(VARIED)
def test_variants_are_parted_and_lanes_keep_their_order(rows: list[Waiting]) -> None:
    parts = parts_of(rows)
    assert sorted(row for part in parts for row in part) == sorted(rows)
    for part in parts:
        assert len({row.wider for row in part}) <= 1
    for recipient in ("XAB", "XAC", "XAD"):
        lane = [row.delivery_seq for part in parts for row in part if row.recipient == recipient]
        assert lane == sorted(lane)


@given(VARIED)
def test_a_lane_is_parted_by_what_is_in_it_alone(rows: list[Waiting]) -> None:
    """What others get instead of an ordinary message changes nothing for a recipient."""
    plain = [row if row.recipient == "XAB" else row._replace(wider=0) for row in rows]
    mine, as_if = (
        [[row for row in part if row.recipient == "XAB"] for part in parts_of(some)] for some in (rows, plain)
    )
    assert [part for part in mine if part] == [part for part in as_if if part]
