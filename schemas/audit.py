"""Audit records: one per act and per (message, recipient) decision (NIST SP 800-53 AU-3).

A record's exact bytes and its salt are kept, so that a later RFC 6962 log can take
``HMAC-SHA256(salt, record)`` as its leaf without touching what was written before (design 11).
"""

from enum import StrEnum
from typing import Annotated, Literal

from pydantic import Field

from schemas.base import Digest, HexId, Nation, Statement, UtcTime, Uuid, Uuid7
from schemas.header import Kind, Mode, Precedence
from schemas.operator import OperatorName, Role
from schemas.reasons import ReasonCode
from schemas.wire import Lane


class AuditEvent(StrEnum):
    """What was done. Every event stands in ``docs/operations.md`` (a test looks)."""

    PUBLICATION_ACCEPTED = "publication.accepted"
    PUBLICATION_REFUSED = "publication.refused"
    RELEASE_PERMITTED = "release.permitted"
    RELEASE_DENIED = "release.denied"
    RELEASE_PENDING = "release.pending"
    RELEASE_CONFIRMED = "release.confirmed"
    RELEASE_DECLINED = "release.declined"
    RELEASE_LAPSED = "release.lapsed"
    DELIVERY_WITHHELD = "delivery.withheld"
    DELIVERY_SENT = "delivery.sent"
    DELIVERY_RESENT = "delivery.resent"
    DELIVERY_SET_ASIDE = "delivery.set-aside"
    DELIVERY_VOIDED = "delivery.voided"
    RECEIPT_RECORDED = "receipt.recorded"
    RECEIPT_IGNORED = "receipt.ignored"
    RECEIPT_OVERDUE = "receipt.overdue"
    MESSAGE_ADMITTED = "message.admitted"
    MESSAGE_DUPLICATE = "message.duplicate"
    MESSAGE_EQUIVOCATION = "message.equivocation"
    MESSAGE_HELD = "message.held"
    MESSAGE_REJECTED = "message.rejected"
    MESSAGE_DISPLAYED = "message.displayed"
    MESSAGE_CHANGED = "message.changed"
    MESSAGE_CANCELLED = "message.cancelled"
    CHANGE_IGNORED = "change.ignored"
    PUBLICATION_CHANGED = "publication.changed"
    PUBLICATION_CANCELLED = "publication.cancelled"
    CANCELLATION_QUEUED = "cancellation.queued"
    CANCELLATION_KEPT = "cancellation.kept"
    MESSAGE_READ = "message.read"
    LANE_GAP = "lane.gap"
    LANE_GAP_CLOSED = "lane.gap-closed"
    LANE_GAP_GIVEN_UP = "lane.gap-given-up"
    RESEND_REQUESTED = "lane.resend-requested"
    LANE_ALARM = "lane.alarm"
    LANE_CLEARED = "lane.cleared"
    ACKNOWLEDGEMENT_RECORDED = "acknowledgement.recorded"
    ACKNOWLEDGED_BY_RECEIPT = "acknowledgement.by-receipt"
    REQUEST_ACT_RECORDED = "request.act-recorded"
    REQUEST_ACT_IGNORED = "request.act-ignored"
    REQUEST_CLOSED = "request.closed"
    REQUEST_ASSIGNED = "request.assigned"
    REQUEST_NOTED = "request.noted"
    TRUST_CHANGED = "trust.changed"
    TRUST_REFUSED = "trust.refused"
    AGREEMENT_PROPOSED = "agreement.proposed"
    AGREEMENT_COUNTERSIGNED = "agreement.countersigned"
    AGREEMENT_SUSPENDED = "agreement.suspended"
    AGREEMENT_RESUMED = "agreement.resumed"
    AGREEMENT_LEFT = "agreement.left"
    AGREEMENT_EQUIVOCATION = "agreement.equivocation"
    AGREEMENT_FOREIGN_ACT = "agreement.foreign-act"
    BACKFILL_PROPOSED = "backfill.proposed"
    BACKFILL_CONFIRMED = "backfill.confirmed"
    BACKFILL_REFUSED = "backfill.refused"
    MESSAGE_RECALLED = "message.recalled"
    MESSAGE_WITHDRAWN = "message.withdrawn"
    RECALL_ASKED = "recall.asked"
    RECALL_CONFIRMED = "recall.confirmed"
    RECALL_OVERDUE = "recall.overdue"
    RECALL_REFUSED = "recall.refused"
    BROKER_STORE_LOST = "broker.store-lost"
    LANE_EPOCH_BEGUN = "lane.epoch-begun"
    WEBHOOK_ADDED = "webhook.added"
    WEBHOOK_REMOVED = "webhook.removed"
    WEBHOOK_ENABLED = "webhook.enabled"
    WEBHOOK_DISABLED = "webhook.disabled"
    WEBHOOK_SECRET_REPLACED = "webhook.secret-replaced"  # noqa: S105 - the name of an event
    WEBHOOK_REPLAYED = "webhook.replayed"
    WEBHOOK_GIVEN_UP = "webhook.given-up"
    ACCESS_REFUSED = "access.refused"
    API_KEY_ADDED = "api-key.added"
    API_KEY_REVOKED = "api-key.revoked"
    OPERATOR_ADDED = "operator.added"
    OPERATOR_ENABLED = "operator.enabled"
    OPERATOR_DISABLED = "operator.disabled"
    OPERATOR_ROLE_GIVEN = "operator.role-given"
    OPERATOR_ROLE_TAKEN = "operator.role-taken"
    OPERATOR_PASSWORD_SET = "operator.password-set"  # noqa: S105 - the name of an event
    OPERATOR_LINK_MADE = "operator.link-made"
    OPERATOR_IDENTITY_LINKED = "operator.identity-linked"
    OPERATOR_IDENTITY_UNLINKED = "operator.identity-unlinked"
    OPERATOR_SIGNED_IN = "operator.signed-in"
    OPERATOR_CONFIRMED = "operator.confirmed"
    OPERATOR_SIGNED_OUT = "operator.signed-out"
    OPERATOR_TOKEN_REUSED = "operator.token-reused"  # noqa: S105 - the name of an event
    MINIMIZE_SET = "minimize.set"
    MINIMIZE_LIFTED = "minimize.lifted"
    AUDIT_EXPORTED = "audit.exported"
    TRAFFIC_EXPORTED = "traffic.exported"
    GATEWAY_STARTED = "gateway.started"
    GATEWAY_STOPPED = "gateway.stopped"
    STORE_COPIED = "store.copied"
    STORE_RESTORED = "store.restored"


class AuditOutcome(StrEnum):
    """Whether the act succeeded."""

    SUCCESS = "success"
    REFUSED = "refused"


class AuditRecord(Statement):
    """One act. Holds ids, digests and codes, never labelled content."""

    v: Literal[1] = 1
    at: UtcTime
    nation: Nation
    event: AuditEvent
    outcome: AuditOutcome
    actor: Annotated[str, Field(max_length=128)]
    partner: Nation | None = None
    kind: Kind | None = None
    mode: Mode | None = None
    precedence: Precedence | None = None
    lane: Lane | None = None
    lane_epoch: int | None = None
    serial: int | None = None
    publication_id: Uuid | None = None
    message_id: Uuid7 | None = None
    digest: Digest | None = None
    bundle_id: HexId | None = None
    key_id: Annotated[str, Field(pattern=r"^[0-9a-f]{16}$")] | None = None
    """The API key that was added, revoked, or given with a refused request (its secret may be wrong)."""
    operator: OperatorName | None = None
    """The operator it was done to, or who signed in or out."""
    role: Role | None = None
    session: HexId | None = None
    means: Annotated[str, Field(pattern=r"^[a-z]{1,20}$")] | None = None
    """How who signed in was proven, where it was not a password given here."""
    acr: Annotated[str, Field(pattern=r"^[!-~]{1,100}$")] | None = None
    """What the identity provider calls the way in which it authenticated the operator."""
    amr: Annotated[str, Field(pattern=r"^[ -~]{1,200}$")] | None = None
    """The methods that it names for that, separated by spaces (RFC 8176)."""
    state: Annotated[str, Field(pattern=r"^[A-Za-z_.-]{1,40}$")] | None = None
    """What it is now: the state that a receipt tells of, or which deadline passed."""
    webhook: HexId | None = None
    reason: ReasonCode | None = None
    count: int | None = None
    query_length: int | None = None
    """Of traffic.exported: how long the search was; its words are nobody's business."""
    highest: Annotated[str, Field(max_length=500)] | None = None
    """Of traffic.exported: the highest classification of its rows."""
