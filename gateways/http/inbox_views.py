"""What the API shows of the inbox. A message appears as its exact bytes, never re-serialised."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from pydantic import Field

from bus.protocol.succession import Status
from bus.store.inbox import InboxMessage
from gateways.http.exact_message import with_message
from gateways.http.label_views import banner_of
from gateways.http.reading import NATIVE_ONLY, EquivalentView, Reading
from gateways.http.signed_label import signed_label
from schemas.base import Digest, KeyId, Nation, Statement, UtcTime, Uuid7
from schemas.header import Kind, Mode, Precedence
from schemas.recall import RecallReason
from schemas.wire import Basis, Handling, Lane

LEVEL = (
    "The classification's rank in its policy, 0 for unclassified, by which screens choose a colour; 99 where "
    "the realm has no such classification. Absent once recalled."
)


class InboxEntry(Statement):
    """A message in the inbox: verified, released to this nation, filed once."""

    inbox_seq: int = Field(description="The cursor: it grows in order of filing.")
    originator: Nation
    message_id: Uuid7
    digest: Digest
    kind: Kind
    mode: Mode
    exercise_id: str | None = None
    precedence: Precedence
    lane: Lane
    lane_epoch: int
    serial: int
    handling: Handling
    trust_version: int
    basis: tuple[Basis, ...] = Field(description="The agreements that release to us rested on.")
    sign_kid: KeyId
    issued_at: UtcTime
    expires_at: UtcTime | None = None
    received_at: UtcTime
    late: bool = Field(description="It came after later ones of its lane.")
    expired: bool = Field(description="Its expires_at has passed.")
    expired_on_arrival: bool = Field(description="It had expired when it came.")
    status: Status = Field(
        description="CURRENT; UPDATED, CORRECTED or SUPERSEDED by a later message of its originator; "
        "CANCELLED; RECALLED."
    )
    current: Uuid7 | None = Field(
        None,
        description="The message to read: that which is current in its chain, itself or a later one. Absent "
        "once the chain has ended, and for systems where it may only be displayed.",
    )
    history: tuple[Uuid7, ...] = Field(
        description="The messages of its chain as they were issued, at most the last hundred; itself where "
        "it stands alone."
    )
    cancelled_at: UtcTime | None = Field(None, description="When its originator cancelled it, as signed.")
    read_at: UtcTime | None = Field(
        None, description="When a person of this nation first opened it, as far as this gateway knows."
    )
    acknowledged_at: UtcTime | None = None
    recalled_at: UtcTime | None = Field(
        None,
        description="When its originator recalled it. The content is gone then: no message, no marking. What "
        "people had read, or systems had taken over by then, is not undone.",
    )
    recall_reason: RecallReason | None = Field(None, description="Why, as far as its originator says.")
    marking: str | None = Field(
        None, description="The label's banner. Rendered from it, never parsed back. Absent once recalled."
    )
    level: int | None = Field(None, description=LEVEL)
    equivalent: EquivalentView | None = Field(
        None, description="How its classification reads in this nation's own policy, if that can be said."
    )
    message: Any = Field(
        None,
        description="The exact message as its originator signed it. Not for auditors; with handling "
        "DISPLAY_ONLY only where a person opens this one message, never in lists and streams.",
    )


class InboxPage(Statement):
    """Inbox entries in order of filing; with before= the newest first."""

    items: tuple[InboxEntry, ...]
    next: int = Field(
        description="Give it as after= for what follows, now or later; of a page asked for with before=, as "
        "before= for what is older."
    )


def inbox_entry(
    stored: InboxMessage,
    now: datetime,
    reading: Reading = NATIVE_ONLY,
    *,
    with_content: bool,
    displaying: bool = False,
) -> bytes:
    """An inbox entry as JSON (an ``InboxEntry``), with its message or without it.

    What is handled DISPLAY_ONLY has its message only where it is ``displaying`` it to a person.
    """
    if stored.handling is not Handling.RELEASE:
        with_content = with_content and displaying
    label = signed_label(stored.content) if stored.recalled_at is None else None
    view = InboxEntry.model_construct(
        inbox_seq=stored.inbox_seq,
        originator=stored.originator,
        message_id=stored.message_id,
        digest=stored.digest,
        kind=stored.kind,
        mode=stored.mode,
        exercise_id=stored.exercise_id,
        precedence=stored.precedence,
        lane=stored.lane,
        lane_epoch=stored.epoch,
        serial=stored.serial,
        handling=stored.handling,
        trust_version=stored.trust_version,
        basis=stored.basis,
        sign_kid=stored.sign_kid,
        issued_at=stored.issued_at,
        expires_at=stored.expires_at,
        received_at=stored.received_at,
        late=stored.late,
        expired=stored.expires_at is not None and stored.expires_at <= now,
        expired_on_arrival=stored.expired,
        status=stored.status,
        current=stored.current,
        history=stored.history,
        cancelled_at=stored.cancelled_at,
        read_at=stored.read_at,
        acknowledged_at=stored.acknowledged_at,
        recalled_at=stored.recalled_at,
        recall_reason=stored.recall_reason,
        marking=None if label is None else banner_of(label),
        level=None if label is None else reading.level(label),
        equivalent=None if label is None else reading.equivalent(label),
        message=None,
    )
    return with_message(view, stored.content) if with_content and label is not None else view.encode()


def inbox_page(
    stored: Sequence[InboxMessage],
    following: int,
    now: datetime,
    reading: Reading = NATIVE_ONLY,
    *,
    with_content: bool,
) -> bytes:
    """A page of the inbox as JSON (an ``InboxPage``)."""
    entries = b",".join(inbox_entry(entry, now, reading, with_content=with_content) for entry in stored)
    return b'{"items":[%b],"next":%d}' % (entries, following)
