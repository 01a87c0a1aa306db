"""A bundle between mailbox and inbox: opened outside any transaction, and what became of it once filed."""

from dataclasses import dataclass, field
from typing import Literal

from bus.protocol.carried_trust import HELD_FOR_TRUST, carried_trust_documents
from bus.protocol.errors import BundleRefused
from bus.protocol.opening import OpenedBundle, open_bundle
from bus.protocol.trust import TrustStore
from bus.store.lane_alarms import LanePlace
from gateways.context import GatewayContext


@dataclass(frozen=True)
class OpenedMail:
    """A bundle after steps 1-11, under the trust store that was in force: opened, or refused as a whole."""

    subject: str
    sealed: bytes
    trust: TrustStore
    opened: OpenedBundle | None = None
    refused: BundleRefused | None = None


def open_mail(context: GatewayContext, subject: str, sealed: bytes) -> OpenedMail:
    """Steps 1-11 for one bundle: pure work, outside any transaction."""
    trust = context.trust
    try:
        opened = open_bundle(
            sealed,
            subject,
            me=context.nation,
            trust=trust,
            keyring=context.keyring,
            now=context.now(),
        )
    except BundleRefused as refused:
        return OpenedMail(subject, sealed, trust, refused=refused)
    return OpenedMail(subject, sealed, trust, opened=opened)


@dataclass
class Filed:
    """What became of a bundle; counts are added to the counters once it is committed."""

    end: Literal["ack", "term"] = "ack"
    inbox_latest: int = 0
    relay: bool = False
    trust: TrustStore | None = None
    still_held: bool = False
    admitted: int = 0
    duplicates: int = 0
    late: int = 0
    held: int = 0
    held_under: TrustStore | None = None
    """The trust store under which something was newly held."""
    equivocations: int = 0
    mismatches: int = 0
    acknowledgements_ignored: int = 0
    deadlines: bool = False
    """Whether something that was overdue may be so no more."""
    withdrawn: int = 0
    """Messages withdrawn or barred because their originator recalled them."""
    overwritten: bool = False
    """Whether content was overwritten for it, of which the log beside the store still has a copy."""
    barren: LanePlace | None = None
    """The lane of a bundle that brought nothing but duplicates and refusals."""
    refusals: list[str] = field(default_factory=list)

    def count(self, context: GatewayContext) -> None:
        """Add to the gateway's counters, and wake whoever this concerns."""
        counters = context.counters
        counters.admitted += self.admitted
        counters.duplicates += self.duplicates
        counters.late += self.late
        counters.held += self.held
        counters.alarm_equivocation += self.equivocations
        counters.alarm_release_mismatch += self.mismatches
        counters.alarm_receipts_ignored += self.acknowledgements_ignored
        for code in self.refusals:
            counters.count_rejected(code)
        if self.withdrawn:
            counters.messages_withdrawn += self.withdrawn
        if self.overwritten:
            context.store.scrub()
        if self.barren is not None:
            context.floods.note(self.barren, context.now())
        if self.inbox_latest:
            context.inbox.announce(self.inbox_latest)
        if self.trust is not None:
            context.adopt(self.trust)
        if self.deadlines:
            context.deadlines_changed.set()
        if self.relay:
            context.relay_wanted.set()
        if self.held_under is not None and self.held_under is not context.trust:
            # Trust changed while this was being committed: the look that followed the change missed it.
            context.held_behind = True
            context.held_wanted.set()


def trust_documents_in(context: GatewayContext, mail: OpenedMail) -> tuple[bytes, ...]:
    """The trust documents in a control bundle that is held for want of trust; they prove themselves."""
    if mail.refused is None or mail.refused.code not in HELD_FOR_TRUST:
        return ()
    return carried_trust_documents(
        mail.sealed, mail.subject, me=context.nation, trust=mail.trust, keyring=context.keyring
    )
