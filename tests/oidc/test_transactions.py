"""What ties the way back to the way there, as a function of key, chance and time."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateways.oidc.errors import Fault, TransactionRefused
from gateways.oidc.transaction import GOOD_FOR, Transaction, begin, read
from gateways.oidc.used import MOST_USED, Used

KEY = bytes(range(32))
AT = datetime(2026, 5, 4, 12, 0, tzinfo=UTC)

keys = st.binary(min_size=32, max_size=32)
chances = st.binary(min_size=16, max_size=16)
times = st.integers(0, 10**15).map(lambda micros: AT + timedelta(microseconds=micros))
sessions = st.none() | st.binary(min_size=16, max_size=16).filter(any).map(bytes.hex)


@given(keys, chances, times, st.integers(0, 31), sessions)
def test_what_was_begun_is_read_again(
    key: bytes, chance: bytes, now: datetime, redirect: int, session: str | None
) -> None:
    begun = begin(key, chance, now, redirect, session)
    assert read(key, begun.text, begun.state, now) == begun
    assert (begun.begun_at, begun.redirect, begun.session_id) == (now, redirect, session)


@given(keys, chances, chances, times)
def test_two_have_nothing_in_common(key: bytes, one: bytes, other: bytes, now: datetime) -> None:
    first, second = begin(key, one, now, 0, None), begin(key, other, now, 0, None)
    shared = secrets_of(first) & secrets_of(second)
    assert shared == (secrets_of(first) if one == other else set())
    assert len(secrets_of(first)) == 3


def secrets_of(transaction: Transaction) -> set[str]:
    return {transaction.state, transaction.nonce, transaction.verifier}


@given(st.text(max_size=200), st.text(max_size=100))
def test_no_made_up_text_is_one(text: str, state: str) -> None:
    with pytest.raises(TransactionRefused):
        read(KEY, text, state, AT)


@given(
    st.integers(0, 97), st.sampled_from("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_")
)
def test_no_letter_of_it_may_change(place: int, letter: str) -> None:
    begun = begin(KEY, bytes(16), AT, 0, None)
    changed = begun.text[:place] + letter + begun.text[place + 1 :]
    if changed == begun.text:
        return
    with pytest.raises(TransactionRefused) as refused:
        read(KEY, changed, begun.state, AT)
    assert refused.value.fault is Fault.UNKNOWN


@given(keys.filter(lambda key: key != KEY))
def test_another_process_knows_nothing_of_it(key: bytes) -> None:
    begun = begin(KEY, bytes(16), AT, 0, None)
    with pytest.raises(TransactionRefused, match="UNKNOWN"):
        read(key, begun.text, begun.state, AT)


@pytest.mark.parametrize(
    ("after", "good"),
    [
        (timedelta(0), True),
        (GOOD_FOR - timedelta(microseconds=1), True),
        (GOOD_FOR, False),
        (-timedelta(microseconds=1), False),
    ],
    ids=["at once", "just in time", "too late", "before it was begun"],
)
def test_it_serves_for_its_time(after: timedelta, good: bool) -> None:
    begun = begin(KEY, bytes(16), AT, 0, None)
    if good:
        assert read(KEY, begun.text, begun.state, AT + after) == begun
        return
    with pytest.raises(TransactionRefused, match="OVER"):
        read(KEY, begun.text, begun.state, AT + after)


def test_what_was_used_is_remembered_for_as_long_as_it_would_serve() -> None:
    used = Used()
    for number in range(MOST_USED):
        used.use(begin(KEY, number.to_bytes(16, "big"), AT, 0, None), AT)
    again = begin(KEY, bytes(16), AT, 0, None)
    with pytest.raises(TransactionRefused, match="USED"):
        used.use(again, AT + GOOD_FOR - timedelta(microseconds=1))
    with pytest.raises(Exception, match="BUSY"):
        used.use(begin(KEY, b"\xff" * 16, AT, 0, None), AT)
    used.use(begin(KEY, b"\xff" * 16, AT, 0, None), AT + GOOD_FOR)


def test_a_fault_in_making_one_is_said() -> None:
    with pytest.raises(ValueError, match="16 octets"):
        begin(KEY, b"short", AT, 0, None)
