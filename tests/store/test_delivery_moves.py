"""The table of a copy's states says what the store does, and the store does nothing else."""

import sqlite3
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta

import pytest

from bus.protocol.delivery_states import OWN_MOVES, RANK, told_moves
from bus.store import (
    bundles,
    deliveries,
    new_publications,
    pending,
    publication_returns,
    resending,
    settlement,
)
from bus.store.deliveries import ResendPolicy
from bus.store.pending import SecondPersonWanted
from bus.store.settlement import mark_settled
from schemas.header import Mode
from schemas.reasons import ReasonCode
from schemas.receipt import ReceiptStatus
from tests.store.samples import NOW, SECOND, publication, sealed
from tests.store.test_settlement import CLAIM

Tx = sqlite3.Connection


def let_go(tx: Tx) -> None:
    (waiting,) = pending.waiting(tx)
    pending.let_go(tx, waiting.wait)


def withheld(tx: Tx) -> None:
    settlement.mark_withheld(tx, [1], ReasonCode.RELEASE_DECLINED, NOW)


def declined(tx: Tx) -> None:
    let_go(tx)
    withheld(tx)


def stands_again(tx: Tx) -> None:
    tx.execute("UPDATE delivery SET reason = 'SUPERSEDED', attempts = 0, serial = NULL")
    publication_returns.queue_again(tx, 1, NOW)


DONE: dict[tuple[str, str], Callable[[Tx], object]] = {
    ("pending_release", "a second person confirmed it"): let_go,
    ("pending_release", "nobody confirmed it"): declined,
    ("queued", "sealed into a bundle"): sealed,
    ("queued", "no longer permitted, recalled or replaced"): withheld,
    ("withheld", "never left, and what replaced it is recalled"): stands_again,
    ("sealed", "the broker has it"): lambda tx: deliveries.mark_sent(tx, [1], NOW, ResendPolicy()),
    ("sealed", "decided again before it was offered"): lambda tx: bundles.take_back(tx, 0),
    ("sealed", "refused by the broker"): lambda tx: deliveries.set_aside(tx, 1, NOW, ResendPolicy()),
    ("sent", "no receipt in time, or asked for again"): lambda tx: resending.requeue_overdue(
        tx, NOW + timedelta(days=9), 9
    ),
}


def in_state(tx: Tx, state: str) -> None:
    """Message 1 to XBB in this state, reached as a gateway reaches it as far as it matters here."""
    seq = new_publications.insert(tx, publication(1, ("XBB",)))
    if state == "pending_release":
        pending.hold(tx, seq, SecondPersonWanted("FLASH", NOW + SECOND))
    elif state != "queued":
        sealed(tx)
    if state not in ("pending_release", "queued", "sealed"):
        tx.execute("UPDATE delivery SET state = ?, sent_at = 1, resend_at = 1", (state,))


def state_of(tx: Tx) -> str:
    return settlement.states(tx, publication(1).publication_id)[0].state


def test_every_move_of_the_table_is_tried() -> None:
    assert DONE.keys() == OWN_MOVES.keys()


@pytest.mark.parametrize("move", OWN_MOVES, ids=" ".join)
def test_the_gateway_moves_a_copy_as_the_table_says(tx: Tx, move: tuple[str, str]) -> None:
    in_state(tx, move[0])
    DONE[move](tx)
    assert state_of(tx) == OWN_MOVES[move]


@pytest.mark.parametrize("state", sorted(RANK.keys() - {"pending_release", "queued", "done"}))
@pytest.mark.parametrize("status", ReceiptStatus)
def test_a_receipt_moves_a_copy_as_the_table_says_or_not_at_all(
    tx: Tx, state: str, status: ReceiptStatus
) -> None:
    in_state(tx, state)
    mark_settled(tx, "XBB", Mode.OPERATION, [replace(CLAIM, status=status)], NOW)
    assert state_of(tx) == told_moves().get((state, status), state)
