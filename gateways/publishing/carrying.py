"""What a draft may carry on of the messages that it refers to. Pure.

A reference shows that a message exists and is about this; an answer is drawn from what it answers. So a
reference to a message that its originator controls, or that this nation may display only, stays among those
who may have that message, and an answer stays among those who may have everything it refers to.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from bus.protocol.label_rollup import check_within, roll_up, shortfalls, suggested
from bus.protocol.release import PlanRow
from bus.protocol.succession import CHANGES
from bus.protocol.trust import TrustStore
from gateways.publishing.draft_checks import Known, answered
from schemas.body import Finding, FindingCode, warning
from schemas.header import DraftHeader
from schemas.label import DraftLabel
from schemas.reasons import ReasonCode


@dataclass(frozen=True, slots=True)
class Carried:
    """What follows for an answer from what it refers to: the label to take, and what is lower in its own."""

    suggested: DraftLabel | None = None
    findings: tuple[Finding, ...] = ()


def check_carried(
    header: DraftHeader,
    label: DraftLabel,
    rows: Iterable[PlanRow],
    known: Known,
    *,
    author: str,
    trust: TrustStore,
    now: datetime,
) -> Carried:
    """Hold a draft's copies against the messages it refers to; call ``check_references`` first.

    Raises ReleaseRefused REFERENCE_BEYOND_RELEASE, REPLY_BEYOND_RELEASE, CLASSIFICATION_UNKNOWN,
    CLASSIFICATION_UNMAPPED.
    """
    copies = {row.nation: row.decision.handling for row in rows if row.decision.permit}
    named = [
        known.get((each.originator, each.message_id))
        for each in header.references
        # What is changed is the author's own, and who does not hold it is not told of it.
        if each.relation not in CHANGES
    ]
    met = [message for message in named if message is not None]
    for message in met:
        if message.carried_no_further:
            check_within(copies, message.bounds, ReasonCode.REFERENCE_BEYOND_RELEASE)
    if not answered(header, known):
        return Carried()
    bounds = roll_up((message.bounds for message in met), label.policy, trust, now)
    check_within(copies, bounds, ReasonCode.REPLY_BEYOND_RELEASE)
    findings = tuple(
        warning(FindingCode.LABEL_BELOW_ANSWERED, pointer, _BELOW)
        for pointer in shortfalls(label, bounds, trust)
    )
    return Carried(suggested(bounds, author), findings)


_BELOW = "the label is lower here than those of the messages this draft refers to, taken together"
