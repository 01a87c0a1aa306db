"""What a new member of a community may be given afterwards: only what its author asks for, after seeing it.

A release set is fixed when a message is issued, so a nation that joins a community later has none of what was
released to the community before. A backfill is an act of the originator: new messages, each with an id of its
own, to the new member alone. Here is the list to show before anything is sent, and to record with it.
"""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from bus.protocol.errors import ReleaseRefused
from bus.protocol.release import ReleaseDecision, decide
from bus.protocol.trust import TrustStore
from schemas.header import Header
from schemas.label import ConfidentialityLabel
from schemas.reasons import ReasonCode


@dataclass(frozen=True, slots=True)
class OwnMessage:
    """A message that this nation published, as it was signed."""

    header: Header
    label: ConfidentialityLabel
    digest: str


class LeftOut(StrEnum):
    """Why a message stays out of a backfill that release would permit."""

    EXPIRED = "expired"
    WITHDRAWN = "withdrawn"
    """Recalled, cancelled or superseded."""
    NOT_OURS_TO_WIDEN = "not_ours_to_widen"
    """It refers to another nation's message, which was not released to the new member."""
    ALREADY_SENT = "already_sent"
    """An earlier backfill sent it to this nation."""
    FULLER_VERSION = "fuller_version"
    """The nation gets a fuller version of the same publication."""


@dataclass(frozen=True, slots=True)
class BackfillRow:
    """One message that membership would have brought to the nation, and whether it is to be sent now."""

    message_id: str
    digest: str
    issued_at: datetime
    decision: ReleaseDecision
    left_out: LeftOut | None

    @property
    def sends(self) -> bool:
        """Whether the backfill sends it."""
        return self.decision.permit and self.left_out is None


def plan_backfill(
    community: str,
    nation: str,
    published: Iterable[OwnMessage],
    withdrawn: Collection[str],
    *,
    originator: str,
    trust: TrustStore,
    now: datetime,
    sent: Collection[str] = (),
) -> tuple[BackfillRow, ...]:
    """Own messages that a member of ``community`` would have been given had it been one at their issue.

    In order of issue: those released to the community by name, addressed to it or to everybody they were
    released to, and not released to the nation then. Each is decided anew. ``withdrawn`` and ``sent``,
    to this nation by an earlier backfill, are message ids.

    Raises ReleaseRefused COMMUNITY_UNKNOWN, NATION_UNKNOWN, or NOT_IN_RELEASE_SET when it is no member.
    """
    known = trust.communities.get(community)
    if known is None:
        raise ReleaseRefused(
            ReasonCode.COMMUNITY_UNKNOWN, f"the realm does not know the community {community}", community
        )
    if nation not in trust.nations:
        raise ReleaseRefused(ReasonCode.NATION_UNKNOWN, f"the realm does not know {nation}", nation)
    if nation not in known.members_at(now):
        raise ReleaseRefused(ReasonCode.NOT_IN_RELEASE_SET, f"{nation} is no member of {community}", nation)
    missed = sorted(
        (own for own in published if _missed(own, community, nation, originator, trust)),
        key=lambda own: (own.header.issued_at, own.header.message_id),
    )
    left_out = dict.fromkeys(withdrawn, LeftOut.WITHDRAWN) | dict.fromkeys(sent, LeftOut.ALREADY_SENT)
    return tuple(_row(own, nation, left_out, originator, trust, now) for own in missed)


def _missed(own: OwnMessage, community: str, nation: str, originator: str, trust: TrustStore) -> bool:
    header, label = own.header, own.label
    if header.originator != originator or nation == originator:
        return False
    if community not in label.releasable_to or nation in label.release_set:
        return False
    addressees = (*header.action_addressees, *header.info_addressees)
    return not addressees or any(
        _means(name, community, nation, header.issued_at, trust) for name in addressees
    )


def _means(name: str, community: str, nation: str, at: datetime, trust: TrustStore) -> bool:
    """Whether an addressee would have meant the nation, had it been in the community."""
    if name in (nation, community):
        return True
    other = trust.communities.get(name)
    return other is not None and nation in other.members_at(at)


def _row(
    own: OwnMessage,
    nation: str,
    known: Mapping[str, LeftOut],
    originator: str,
    trust: TrustStore,
    now: datetime,
) -> BackfillRow:
    header, label = own.header, own.label
    # The same label for one nation more: what was issued keeps its own release set.
    widened = ConfidentialityLabel.of_valid(
        **{name: getattr(label, name) for name in ConfidentialityLabel.model_fields if name != "release_set"},
        release_set=tuple(sorted({*label.release_set, nation})),
    )
    decision = decide(
        originator=originator,
        kind=header.kind,
        mode=header.mode,
        label=widened,
        nation=nation,
        trust=trust,
        now=now,
    )
    left_out = known.get(header.message_id)
    if left_out is not None:
        pass
    elif header.expires_at is not None and header.expires_at <= now:
        left_out = LeftOut.EXPIRED
    elif any(reference.originator != originator for reference in header.references):
        left_out = LeftOut.NOT_OURS_TO_WIDEN
    return BackfillRow(header.message_id, own.digest, header.issued_at, decision, left_out)
