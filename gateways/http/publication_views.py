"""What the API shows of publications. A message appears as its exact bytes, never re-serialised."""

from datetime import datetime
from operator import attrgetter
from typing import Any

from pydantic import Field

from bus.protocol.delivery_states import SHOWN
from bus.protocol.succession import Status
from bus.store.pending import SecondPerson
from bus.store.publications import DeliveryState, Publication, PublicationDetail, Version
from gateways.http.exact_message import with_message
from gateways.http.label_views import banner_of
from gateways.http.progress_views import ProgressView, progress_fields
from gateways.http.reading import Reading
from gateways.http.second_person_view import SecondPersonView, second_person_view
from gateways.http.signed_label import signed_label
from gateways.publishing.accepted import AcceptedRow
from schemas.base import Digest, KeyId, Nation, Statement, UtcTime, Uuid, Uuid7
from schemas.cancellation import CancellationReason
from schemas.header import Kind, Mode, Precedence
from schemas.reasons import ReasonCode
from schemas.wire import Lane


class DeliveryView(ProgressView):
    """How far one nation's copy has come."""

    nation: Nation
    state: str = Field(
        description="pending_release, queued, sent, delivered, read, acknowledged, actioned, refused or "
        "withheld. Whatever comes after sent, refused included, the recipient's gateway signed.",
        json_schema_extra={"enum": [*sorted(set(SHOWN.values()))]},
    )
    reason: ReasonCode | None = Field(None, description="Why it was refused or withheld.")
    attempts: int = Field(description="How often it was put into a bundle.")
    lane: Lane = Field(description="The lane it travels in.")
    lane_epoch: int | None = Field(None, description="Absent until it was put into a bundle.")
    serial: int | None = Field(None, description="Its place in the lane of that epoch.")
    sent_at: UtcTime | None = Field(
        None, description="When the broker last confirmed a bundle with it: the time of that delivery.sent."
    )
    settled_at: UtcTime | None = Field(
        None, description="When the recipient answered first, or it was withheld."
    )
    version: int = Field(description="Which version it gets; 0 is the draft itself, its tear lines follow.")
    message_id: Uuid7 = Field(description="Which message it gets.")
    cancelled_at: UtcTime | None = Field(
        None, description="When its copy was cancelled, for it or for everybody."
    )
    cancellation: str | None = Field(
        None,
        description="How far the word has come that says so: queued, sent or delivered.",
        json_schema_extra={"enum": [*sorted(set(SHOWN.values()))]},
    )


class MessageView(Statement):
    """One message of a publication. Of a change a version may be several, by what they refer to."""

    version: int
    message_id: Uuid7
    digest: Digest
    release_set: tuple[Nation, ...]
    recipients: tuple[Nation, ...] = Field(description="Who gets this message.")
    marking: str | None = Field(None, description="The label's banner; where one publication is shown.")
    level: int | None = Field(None, description="As of the publication; where one is shown.")
    message: Any = Field(
        None,
        description="The exact message; where one publication is shown, of the versions other than the one "
        "that stands beside this list. Not for auditors.",
    )


class PublicationView(Statement):
    """A message this nation published, with its state per nation.

    Of a draft with tear lines, ``message_id``, ``digest`` and ``release_set`` are those of the fullest
    version that anybody gets; ``messages`` lists every version.
    """

    publication_id: Uuid
    message_id: Uuid7
    digest: Digest
    kind: Kind
    mode: Mode
    exercise_id: str | None = None
    precedence: Precedence
    release_set: tuple[Nation, ...]
    source_id: str | None = Field(None, description="Its id in another standard, such as a CAP alert's.")
    accepted_at: UtcTime
    expires_at: UtcTime | None = None
    messages: tuple[MessageView, ...] = Field(description="Every version, the fullest first.")
    deliveries: tuple[DeliveryView, ...]
    status: Status = Field(
        description="CURRENT; UPDATED, CORRECTED or SUPERSEDED by a later publication; CANCELLED; RECALLED."
    )
    expired: bool = Field(description="Its expires_at has passed.")
    current: Uuid | None = Field(
        None,
        description="The publication that is current in its chain, itself or a later one. Absent once the "
        "chain has ended.",
    )
    history: tuple[Uuid, ...] = Field(
        description="The publications of its chain in order, at most the last hundred; itself where it "
        "stands alone."
    )
    copy_of: Uuid | None = Field(None, description="Of a backfill: the publication that this is a copy of.")
    cancelled_at: UtcTime | None = None
    cancelled_by: str | None = Field(
        None, description="api-key:<id> or operator:<name>. Absent where a later message cancels it."
    )
    cancel_reason: CancellationReason | None = Field(None, description="Told to nobody.")
    second_person: SecondPersonView | None = Field(
        None, description="Of one that waits, or waited, for a second person to confirm its release."
    )


class PublicationPage(Statement):
    """Publications, newest first. A page may hold fewer than asked for; ``next`` says whether to go on."""

    items: tuple[PublicationView, ...]
    next: int | None = Field(None, description="Give it as before= for the next page.")


class OwnSignature(Statement):
    """A key of this nation that signed copies of a publication."""

    kid: KeyId
    suite: str | None = Field(None, description="Absent where the nation's record lists the key no more.")


class PublicationDetailView(PublicationView):
    """A publication with its decision table, as of acceptance, and the message as it is sent."""

    decisions: tuple[AcceptedRow, ...]
    signatures: tuple[OwnSignature, ...] = Field(
        description="What copies were signed with as they were last put into a bundle: one key, or several "
        "where it was replaced meanwhile. Empty until then, and for what was sent before this was kept."
    )
    marking: str = Field(description="The label's banner. Rendered from it, never parsed back.")
    level: int = Field(
        description="The classification's rank in its policy, 0 for unclassified, by which screens choose a "
        "colour; 99 where the realm has no such classification."
    )
    message: Any = Field(None, description="The exact message: header, label, body. Not for auditors.")


def delivery_view(state: DeliveryState) -> DeliveryView:
    """One nation's state."""
    return DeliveryView.model_construct(
        nation=state.nation,
        state=SHOWN[state.state],
        reason=state.reason,
        attempts=state.attempts,
        lane=state.lane,
        lane_epoch=state.lane_epoch,
        serial=state.serial,
        sent_at=state.sent_at,
        settled_at=state.settled_at,
        version=state.version,
        message_id=state.message_id,
        cancelled_at=state.cancelled_at,
        cancellation=None if state.cancellation is None else SHOWN[state.cancellation],
        **progress_fields(state.progress),
    )


def message_views(stored: Publication) -> tuple[MessageView, ...]:
    """Every version of a publication, the fullest first, without content."""
    versions: list[Publication | Version] = sorted((stored, *stored.others), key=attrgetter("version"))
    return tuple(
        MessageView.model_construct(
            version=version.version,
            message_id=version.message_id,
            digest=version.digest,
            release_set=version.release_set,
            recipients=tuple(
                state.nation for state in stored.deliveries if state.message_id == version.message_id
            ),
            marking=None,
            message=None,
        )
        for version in versions
    )


def publication_view(stored: Publication, now: datetime, wait: SecondPerson | None = None) -> PublicationView:
    """A publication as listed."""
    waits = second_person_view(wait, with_note=False)
    return PublicationView.model_construct(**_publication_fields(stored, now), second_person=waits)


def publication_detail(
    stored: PublicationDetail,
    now: datetime,
    wait: SecondPerson | None = None,
    *,
    reading: Reading,
    with_content: bool,
) -> bytes:
    """A publication in full, as JSON (a ``PublicationDetailView``), with its message or without it."""
    # With its versions' exact messages, this list is put together from bytes.
    fields = _publication_fields(stored.publication, now) | {"messages": None}
    label = signed_label(stored.content)
    view = PublicationDetailView.model_construct(
        **fields,
        decisions=tuple(
            AcceptedRow.model_construct(
                nation=row.nation,
                addressed=row.addressed,
                permit=row.permit,
                code=row.code,
                explanation=row.explanation,
                version=row.version,
                by_version=row.by_version or None,
            )
            for row in stored.decisions
        ),
        second_person=second_person_view(wait, with_note=with_content),
        signatures=_signatures(stored.publication, reading),
        marking=banner_of(label),
        level=reading.level(label),
        message=None,
    )
    others = [other.message_id for other in stored.publication.others]
    contents = dict(zip(others, stored.other_contents, strict=True))
    messages = b",".join(
        _version(version, contents.get(version.message_id), stored.content, reading, with_content)
        for version in message_views(stored.publication)
    )
    whole = with_message(view, stored.content) if with_content else view.encode()
    return b'%b,"messages":[%b]}' % (whole[:-1], messages)


def _signatures(stored: Publication, reading: Reading) -> tuple[OwnSignature, ...]:
    kids = dict.fromkeys(state.sign_kid for state in stored.deliveries if state.sign_kid is not None)
    return tuple(OwnSignature.model_construct(kid=kid, suite=reading.suite(kid)) for kid in kids)


def _version(
    version: MessageView, other: bytes | None, fullest: bytes, reading: Reading, with_content: bool
) -> bytes:
    """One version with its banner; with its message where that is not the one beside the list."""
    label = signed_label(fullest if other is None else other)
    marked = version.model_copy(update={"marking": banner_of(label), "level": reading.level(label)})
    return marked.encode() if other is None or not with_content else with_message(marked, other)


def _publication_fields(stored: Publication, now: datetime) -> dict[str, Any]:
    return {
        "publication_id": stored.publication_id,
        "message_id": stored.message_id,
        "digest": stored.digest,
        "kind": stored.kind,
        "mode": stored.mode,
        "exercise_id": stored.exercise_id,
        "precedence": stored.precedence,
        "release_set": stored.release_set,
        "source_id": stored.source_id,
        "accepted_at": stored.accepted_at,
        "expires_at": stored.expires_at,
        "messages": message_views(stored),
        "deliveries": tuple(map(delivery_view, stored.deliveries)),
        "status": stored.standing.status,
        "expired": stored.expires_at is not None and stored.expires_at <= now,
        "current": stored.standing.current,
        "history": stored.standing.history,
        "copy_of": stored.standing.copy_of,
        "cancelled_at": stored.standing.cancelled_at,
        "cancelled_by": stored.standing.cancelled_by,
        "cancel_reason": stored.standing.cancel_reason,
    }
