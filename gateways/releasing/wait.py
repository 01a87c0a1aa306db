"""Whether a new draft waits for a second person and until when; what its author is told of that."""

from collections.abc import Iterable
from datetime import datetime

from pydantic_core import to_json

from bus.store.new_publications import NewPublication
from bus.store.pending import SecondPersonWanted
from gateways.context import GatewayContext
from gateways.evidence import Evidence
from gateways.releasing.policy import why_two_persons
from schemas.audit import AuditEvent
from schemas.base import rfc3339
from schemas.header import DraftHeader, Precedence
from schemas.label import DraftLabel


def second_person_wanted(
    context: GatewayContext, header: DraftHeader, labels: Iterable[DraftLabel], now: datetime
) -> SecondPersonWanted | None:
    """Why and until when this draft waits under these labels of its versions; None when it is sent at once.

    What expires waits no longer than that.
    """
    why = why_two_persons(
        context.release_policy, header.kind, header.mode, header.precedence, labels, context.trust, now
    )
    if why is None:
        return None
    limits = context.limits
    until = now + (limits.release_flash if header.precedence is Precedence.FLASH else limits.release)
    return SecondPersonWanted(why, until if header.expires_at is None else min(until, header.expires_at))


def told(answer: bytes, wanted: SecondPersonWanted) -> bytes:
    """The answer to an accepted draft, saying that it waits."""
    waits = {"why": wanted.why, "until": rfc3339(wanted.until)}
    return b'%b,"second_person":%b}' % (answer[:-1], to_json(waits))


def record_wait(evidence: Evidence, new: NewPublication) -> None:
    """The audit record of a publication that waits."""
    evidence.add(
        AuditEvent.RELEASE_PENDING,
        kind=new.kind,
        mode=new.mode,
        precedence=new.precedence,
        publication_id=new.publication_id,
        message_id=new.message_id,
        digest=new.digest,
    )
