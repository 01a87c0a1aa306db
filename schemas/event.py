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

    MESSAGE_RECEIVED = "message.received"
    MESSAGE_CHANGED = "message.changed"
    MESSAGE_CANCELLED = "message.cancelled"
    MESSAGE_RECALLED = "message.recalled"
    DELIVERY_CHANGED = "delivery.changed"
    RECEIPT_OVERDUE = "receipt.overdue"
    RECALL_CONFIRMED = "recall.confirmed"
    PARTNER_SILENT = "partner.silent"
    PARTNER_HEARD = "partner.heard"
    REQUEST_CHANGED = "request.changed"
    LANE_ALARM = "lane.alarm"
    LANE_CLEARED = "lane.cleared"


class Event(Statement):
    """One happening. What does not apply is absent; ``state`` and ``reason`` are codes, never prose."""

    event_seq: Annotated[int, Field(ge=1)]
    type: EventType
    at: UtcTime
    nation: Nation | None = None
    """The partner it is about: who sent the message, or whose copy changed."""
    kind: Kind | None = None
    mode: Mode | None = None
    message_id: Uuid7 | None = None
    publication_id: Uuid | None = None
    inbox_seq: int | None = None
    state: Annotated[str, Field(pattern=r"^[A-Za-z_.-]{1,40}$")] | None = None
    """What it is now: a delivery's state, a request's, which deadline passed, which alarm."""
    reason: Annotated[str, Field(pattern=r"^[A-Z_]{1,60}$")] | None = None
