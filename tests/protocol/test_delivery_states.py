"""What signed receipts make of a delivery: the same whatever order they come in, and never a step back."""

from itertools import permutations

from hypothesis import given
from hypothesis import strategies as st

from bus.protocol.delivery_states import LASTING, RANK, SHOWN, STATE_TOLD, after
from schemas.receipt import ReceiptStatus

STATES = st.sampled_from(sorted(RANK))
STATUSES = st.sampled_from(list(ReceiptStatus))


def ends(state: str, statuses: list[ReceiptStatus]) -> str:
    for status in statuses:
        state = after(state, status)
    return state


@given(STATES, st.lists(STATUSES, max_size=8))
def test_no_receipt_takes_a_delivery_back(state: str, statuses: list[ReceiptStatus]) -> None:
    for status in statuses:
        moved = after(state, status)
        assert moved == state or RANK[moved] > RANK[state]
        state = moved


@given(STATES, st.lists(STATUSES, max_size=6), st.randoms(use_true_random=False))
def test_order_and_repetition_change_nothing(
    state: str, statuses: list[ReceiptStatus], random: object
) -> None:
    shuffled = [*statuses, *statuses]
    random.shuffle(shuffled)  # type: ignore[attr-defined]
    assert ends(state, shuffled) == ends(state, statuses)


def test_all_five_end_with_what_was_done_in_every_order() -> None:
    assert {ends("sent", list(order)) for order in permutations(ReceiptStatus)} == {"actioned"}


def test_a_copy_that_was_filed_is_told_as_such_whatever_was_said_of_another() -> None:
    for state in ("withheld", "refused"):
        assert after(state, ReceiptStatus.DELIVERED) == "delivered"
        assert after("delivered", ReceiptStatus.REFUSED) == "delivered"


def test_what_awaits_no_receipt_is_moved_by_none() -> None:
    assert {after("done", status) for status in ReceiptStatus} == {"done"}


def test_every_status_has_a_state_that_callers_see_and_every_state_a_rank() -> None:
    assert STATE_TOLD.keys() == set(ReceiptStatus)
    assert set(STATE_TOLD.values()) <= SHOWN.keys()
    assert SHOWN.keys() == RANK.keys()


def test_what_people_do_is_kept_and_what_gateways_say_comes_back_by_itself() -> None:
    assert set(ReceiptStatus) - LASTING == {ReceiptStatus.DELIVERED, ReceiptStatus.REFUSED}
