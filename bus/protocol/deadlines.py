"""By when a message should have been delivered, and acknowledged (ACP 121's speed of service). Pure.

Both deadlines begin with the release: the acceptance, or the second person's word where one was wanted. They
belong to the publication; which of its deliveries have to meet them is said by state and by addressing.
"""

from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from enum import StrEnum
from typing import NamedTuple

from bus.protocol.release import PlanRow
from bus.protocol.trust import TrustStore
from schemas.header import AcknowledgementPolicy, DraftHeader, Precedence
from schemas.trust import DeliveryObjectives

DEFAULT_OBJECTIVES: Mapping[Precedence, timedelta] = {
    Precedence.FLASH: timedelta(minutes=10),
    Precedence.IMMEDIATE: timedelta(minutes=30),
    Precedence.PRIORITY: timedelta(hours=3),
    Precedence.ROUTINE: timedelta(hours=6),
}
"""What holds where the realm's snapshot says nothing else."""


class Awaited(StrEnum):
    """What a deadline is for."""

    DELIVERY = "delivery"
    ACKNOWLEDGEMENT = "acknowledgement"


BIT: Mapping[Awaited, int] = {Awaited.DELIVERY: 1, Awaited.ACKNOWLEDGEMENT: 2}
"""How each stands in a delivery's ``overdue``."""

OPEN_IN: Mapping[Awaited, frozenset[str]] = {
    Awaited.DELIVERY: frozenset({"queued", "sealed", "sent"}),
    Awaited.ACKNOWLEDGEMENT: frozenset({"queued", "sealed", "sent", "delivered", "read"}),
}
"""The states of a delivery in which it is still owed."""

MET_BY: Mapping[str, int] = {
    state: sum(bit for awaited, bit in BIT.items() if state not in OPEN_IN[awaited])
    for state in ("delivered", "read", "acknowledged", "actioned", "refused", "withheld")
}
"""What is overdue no more once a delivery is in this state: it came, or nobody can expect it any longer."""


class Deadlines(NamedTuple):
    """``acknowledge_by`` is None where no acknowledgement is asked for."""

    released_at: datetime
    deliver_by: datetime
    acknowledge_by: datetime | None


def objective(precedence: Precedence, realm: DeliveryObjectives | None) -> timedelta:
    """How long a message of this precedence may take; ``realm``: what the realm's snapshot says of it."""
    seconds = None if realm is None else getattr(realm, f"{precedence.value.lower()}_seconds")
    return DEFAULT_OBJECTIVES[precedence] if seconds is None else timedelta(seconds=seconds)


def deadlines(
    released_at: datetime,
    precedence: Precedence,
    asked: AcknowledgementPolicy,
    realm: DeliveryObjectives | None,
) -> Deadlines:
    """The deadlines of what is released at ``released_at``."""
    deliver_by = released_at + objective(precedence, realm)
    acknowledge_by = (asked.by or deliver_by) if asked.required else None
    return Deadlines(released_at, deliver_by, acknowledge_by)


def acknowledgers(rows: Iterable[PlanRow], asked: AcknowledgementPolicy) -> frozenset[str]:
    """Which recipients owe an acknowledgement: those for action, which all are where nobody is addressed."""
    if not asked.required:
        return frozenset()
    return frozenset(row.nation for row in rows if row.addressed == "action" and row.decision.permit)


def asks(header: DraftHeader, nation: str, trust: TrustStore, issued_at: datetime) -> bool:
    """Whether a message asks this nation, which may have it, to acknowledge: as an addressee for action."""
    if not header.acknowledgement.required:
        return False
    action, info = header.action_addressees, header.info_addressees
    if not action and not info:
        return True
    # Action counts where a nation is meant both ways, as it does with the originator's gateway.
    return nation in action or any(
        nation in community.members_at(issued_at)
        for name, community in trust.communities.items()
        if name in action
    )
