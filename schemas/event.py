"""Happenings that a nation's own systems and operators follow: what became of messages, never what they say.

A feed in order of happening, one per gateway (``GET /v1/events``, its stream, webhooks). Not evidence: that
is the audit log.
"""

from enum import StrEnum
from typing import Annotated

from pydantic import Field

from schemas.base import Nation, Statement, UtcTime, Uuid, Uuid7
from schemas.header import Kind, Mode


class EventType(StrEnum):
    """What happened. Every type stands in ``docs/lifecycle.md`` (a test looks)."""

    MESSAGE_ACCEPTED = "message.accepted"
    MESSAGE_RECEIVED = "message.received"
    MESSAGE_READ = "message.read"
    MESSAGE_ACKNOWLEDGED = "message.acknowledged"
    MESSAGE_CHANGED = "message.changed"
    MESSAGE_CANCELLED = "message.cancelled"
    MESSAGE_RECALLED = "message.recalled"
    DELIVERY_CHANGED = "delivery.changed"
    RECEIPT_OVERDUE = "receipt.overdue"
    RECALL_CONFIRMED = "recall.confirmed"
    RECALL_OVERDUE = "recall.overdue"
    PARTNER_SILENT = "partner.silent"
    PARTNER_HEARD = "partner.heard"
    REQUEST_CHANGED = "request.changed"
    LANE_ALARM = "lane.alarm"
    LANE_CLEARED = "lane.cleared"
    BUNDLE_REFUSED = "bundle.refused"


class Event(Statement):
    """One happening. What does not apply is absent; ``state`` and ``reason`` are codes, never prose."""

    event_seq: Annotated[int, Field(ge=1)]
    type: EventType
    at: UtcTime
    nation: Nation | None = Field(
        None,
        description="The partner it is about: of message.* who sent the message; of delivery.changed,"
        " receipt.overdue and recalls whose copy it is; of request.changed the other side; of partner.* and"
        " lane.* who is silent, or whose lane it is; of bundle.refused whose lane it came on.",
    )
    kind: Kind | None = None
    mode: Mode | None = None
    message_id: Uuid7 | None = None
    publication_id: Uuid | None = None
    inbox_seq: int | None = None
    state: Annotated[str, Field(pattern=r"^[A-Za-z_.-]{1,40}$")] | None = Field(
        None,
        description="What it is now, by type: of message.changed and message.cancelled the message's status;"
        " of delivery.changed the copy's state; of an overdue event what is awaited; of recall.confirmed the"
        " outcome; of request.changed where the request stands; of lane.* the lane.",
    )
    reason: Annotated[str, Field(pattern=r"^[A-Z_]{1,60}$")] | None = Field(
        None,
        description="Why, by type: of delivery.changed why the copy was refused or withheld; of"
        " message.recalled the recall's reason; of request.changed the outcome of one that is closed;"
        " of lane.* the alarm; of bundle.refused the code.",
    )
    count: Annotated[int, Field(ge=1)] | None = Field(
        None,
        description="Of a bundle.refused that sums up: how many more there were since the one told before.",
    )
