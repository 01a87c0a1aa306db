"""What a draft changes of our own, who holds what of it, and what each nation would get (design 3).

Read before a draft is planned and looked at again in the transaction that accepts it: the relay goes on
sending in between, and another change may have come first.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace

from bus.protocol.release import PlanRow, ReleaseDecision, ReleasePlan
from bus.protocol.succession import CHANGES, ChainHeld, Gets, Held, Share, Status, dropped, share_out
from bus.protocol.tear_lines import TearLinePlan
from bus.store import publication_changes
from bus.store.publication_changes import Head
from bus.store.writer import Transaction
from gateways.publishing.draft_refused import CurrentMessage, DraftRefused
from schemas.header import DraftHeader, Relation
from schemas.reasons import ReasonCode


@dataclass(frozen=True, slots=True)
class ChainChanged:
    """One chain that a draft changes: by its references with these numbers, of which the first counts."""

    relation: Relation
    references: tuple[int, ...]
    head: Head
    members: tuple[int, ...]
    held: Mapping[str, Held]


@dataclass(frozen=True, slots=True)
class Change:
    """What a draft changes, and what each nation gets that may have it or holds something of it."""

    chains: tuple[ChainChanged, ...]
    shares: Mapping[str, Share]


class HoldingsMoved(Exception):
    """Between planning and accepting a change some nation came to hold something else: plan again."""


def chains_of(tx: Transaction, header: DraftHeader, nation: str) -> tuple[ChainChanged, ...]:
    """The chains of ours that a draft changes, as they are now; call ``check_references`` first.

    A draft may name several messages of one chain, as CAP updates do: the current one must be among them.
    Raises DraftRefused REFERENCE_KIND_MISMATCH, CHANGE_NOT_CURRENT, CHANGE_OF_WAITING, CANCELLED, RECALLED.
    """
    named: dict[int, list[tuple[int, int, Relation]]] = {}
    for index, reference in enumerate(header.references):
        if reference.relation not in CHANGES or reference.originator != nation:
            continue
        seq = publication_changes.of_message(tx, reference.message_id)
        if seq is not None:
            named.setdefault(publication_changes.last(tx, seq), []).append((index, seq, reference.relation))
    return tuple(_chain(tx, header, last, each) for last, each in named.items())


def _chain(
    tx: Transaction, header: DraftHeader, last: int, named: list[tuple[int, int, Relation]]
) -> ChainChanged:
    head = publication_changes.head(tx, last)
    index = named[0][0]
    if head.kind is not header.kind:
        raise _refused(ReasonCode.REFERENCE_KIND_MISMATCH, index)
    current = [each for each in named if each[1] == last]
    if not current:
        raise _refused(ReasonCode.CHANGE_NOT_CURRENT, index, head)
    if head.status in _ENDED:
        raise _refused(_ENDED[head.status], current[0][0])
    if head.waits:
        raise _refused(ReasonCode.CHANGE_OF_WAITING, current[0][0])
    members = publication_changes.members(tx, last)
    numbers = tuple(each[0] for each in current) + tuple(each[0] for each in named if each[1] != last)
    held = publication_changes.outstanding(tx, members)
    return ChainChanged(current[0][2], numbers, head, members, held)


_ENDED = {Status.CANCELLED: ReasonCode.CANCELLED, Status.RECALLED: ReasonCode.RECALLED}


def _refused(code: ReasonCode, index: int, current: Head | None = None) -> DraftRefused:
    pointer, detail = f"/header/references/{index}", code.explanation
    if current is None:
        return DraftRefused(code, pointer, detail)
    return DraftRefused(
        code,
        pointer,
        f"the current message is {current.message_id} of publication {current.publication_id}",
        current=CurrentMessage(current.publication_id, current.message_id, current.digest),
    )


def shares_of(chains: Collection[ChainChanged], permitted: Collection[str]) -> dict[str, Share]:
    """What each nation would get."""
    return share_out([ChainHeld(chain.relation, chain.held) for chain in chains], permitted)


def without_nothing(made: TearLinePlan, shares: Mapping[str, Share]) -> TearLinePlan:
    """The plan without those who would get a cancellation of what they never had.

    Raises DraftRefused NO_RECIPIENT when nobody is left.
    """
    nothing = {nation for nation, share in shares.items() if share.gets is Gets.NOTHING}
    if not nothing:
        return made
    if nothing.issuperset(made.plan.recipients):
        raise DraftRefused(
            ReasonCode.NO_RECIPIENT,
            "",
            "nobody who may have this holds what it cancels; POST /v1/messages/{publication_id}/cancel tells "
            "whoever does",
        )
    return TearLinePlan(
        _denied(made.plan, nothing),
        tuple(replace(version, plan=_denied(version.plan, nothing)) for version in made.versions),
        made.findings,
    )


def _denied(plan: ReleasePlan, nothing: Collection[str]) -> ReleasePlan:
    rows = tuple(_deny(row) if row.nation in nothing else row for row in plan.rows)
    return ReleasePlan(plan.label, rows, tuple(each for each in plan.recipients if each not in nothing))


def _deny(row: PlanRow) -> PlanRow:
    if not row.decision.permit:
        return row
    code = ReasonCode.NOTHING_TO_CANCEL
    return replace(row, decision=ReleaseDecision(row.nation, False, code, code.explanation), version=None)


def nations_dropped(chains: Collection[ChainChanged], shares: Mapping[str, Share]) -> tuple[str, ...]:
    """Who would be left out of something that goes on."""
    return dropped([ChainHeld(chain.relation, chain.held) for chain in chains], shares)


def check_narrowing(
    chains: Collection[ChainChanged], shares: Mapping[str, Share], *, confirmed: bool
) -> None:
    """Raises DraftRefused NARROWING_NOT_CONFIRMED with the nations that would be left out."""
    lost = nations_dropped(chains, shares)
    if lost and not confirmed:
        raise DraftRefused(
            ReasonCode.NARROWING_NOT_CONFIRMED,
            "/confirm_narrowing",
            f"{', '.join(lost)} would only be told that what they hold is cancelled",
        )


def check_unmoved(tx: Transaction, change: Change, header: DraftHeader, nation: str) -> None:
    """Look again, in the transaction that accepts the change.

    Raises DraftRefused as ``chains_of`` does, HoldingsMoved.
    """
    if chains_of(tx, header, nation) != change.chains:
        raise HoldingsMoved
