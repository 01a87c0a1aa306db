"""Rows for store tests: plausible in shape, numbered so that each is its own."""

import hashlib
from datetime import UTC, datetime, timedelta

from bus.store.decision_table import Decision, encode_table
from bus.store.deliveries import LanePosition, SealedDelivery, assign_serials, mark_sealed
from bus.store.inbox import NewInboxMessage
from bus.store.new_publications import NewPublication, insert
from bus.store.waiting import take_waiting
from bus.store.writer import Transaction
from schemas.header import Kind, Mode, Precedence
from schemas.reasons import ReasonCode
from schemas.wire import Basis, Handling, lane_of

NATION = "XAA"
REALM = "sha256:" + "ab" * 32
NOW = datetime(2026, 5, 4, 12, 0, 0, 123456, tzinfo=UTC)
SECOND = timedelta(seconds=1)
SIGN_KID = "ab" * 16
BASIS = (Basis(id="agreement:one", digest="sha256:" + "cd" * 32),)


def digest_of(data: bytes) -> str:
    return "sha256:" + hashlib.sha256(data).hexdigest()


def message_id(number: int) -> str:
    return f"01890000-0000-7000-8000-{number:012x}"


def decisions_of(recipients: tuple[str, ...]) -> tuple[Decision, ...]:
    permitted = (
        Decision(nation, "action", True, ReasonCode.RELEASE_PERMITTED, "covered", BASIS)
        for nation in sorted(recipients)
    )
    return (*permitted, Decision("XZZ", "none", False, ReasonCode.NO_AGREEMENT, "no agreement", ()))


def publication(
    number: int,
    recipients: tuple[str, ...] = ("XBB", "XCC"),
    *,
    precedence: Precedence = Precedence.ROUTINE,
    mode: Mode = Mode.OPERATION,
    kind: Kind = Kind.THREAT_ALERT,
    source_id: str | None = None,
    size: int = 200,
) -> NewPublication:
    label = '{"policy":"NATO","classification":"NATO RESTRICTED","releasable_to":[],"release_set":[]}'
    content = f'{{"header":{number},"label":{label},"body":"'.encode().ljust(size - 2, b".") + b'"}'
    return NewPublication(
        publication_id=f"{number:032x}",
        message_id=message_id(number),
        content=content,
        digest=digest_of(content),
        kind=kind,
        mode=mode,
        exercise_id="STEADY 26" if mode is Mode.EXERCISE else None,
        precedence=precedence,
        release_set=("XBB", "XCC", "XDD"),
        source_id=source_id,
        api_key_id="key-1",
        accepted_at=NOW,
        expires_at=NOW + 3600 * SECOND,
        decisions=encode_table(decisions_of(recipients), 7),
        recipients=recipients,
    )


def inbox_message(number: int, originator: str = "XBB", serial: int | None = None) -> NewInboxMessage:
    content = f"from {originator}: {number} ".encode().ljust(1000, b".")
    return NewInboxMessage(
        originator=originator,
        message_id=message_id(number),
        digest=digest_of(content),
        kind=Kind.EXERCISE_NOTICE if number % 2 else Kind.THREAT_ALERT,
        mode=Mode.EXERCISE,
        exercise_id="STEADY 26",
        precedence=Precedence.PRIORITY,
        lane=lane_of(Precedence.PRIORITY),
        epoch=1,
        serial=serial or number,
        release_set=("XAA", "XCC"),
        handling=Handling.RELEASE,
        trust_version=7,
        basis=BASIS,
        sign_kid="ef" * 16,
        issued_at=NOW - SECOND,
        expires_at=None,
        received_at=NOW,
        late=False,
        expired=False,
        content=content,
    )


def sealed(tx: Transaction, bundle_seq: int = 1, limit: int = 64) -> dict[int, LanePosition]:
    """What a relay does in one transaction, without the cryptography: take, number, mark as sealed."""
    batch = take_waiting(tx, limit=limit)
    positions = assign_serials(tx, batch.deliveries)
    mark_sealed(
        tx, [SealedDelivery(seq, bundle_seq, place, BASIS, SIGN_KID) for seq, place in positions.items()]
    )
    return dict(positions)


def published(tx: Transaction, count: int, recipients: tuple[str, ...] = ("XBB",)) -> None:
    for number in range(1, count + 1):
        insert(tx, publication(number, recipients))
