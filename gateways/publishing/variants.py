"""The single messages that a publication goes out as: one per version, and of a change one per message that
its recipients hold. What each says is what it would say were there no others. Pure.
"""

from collections.abc import Iterator
from typing import NamedTuple

from bus.protocol.succession import Held
from bus.protocol.tear_lines import VersionPlan
from gateways.changing.chains import Change
from gateways.publishing.planned import Planned
from schemas.body import Body
from schemas.header import DraftHeader, Reference


class Variant(NamedTuple):
    """One message to be made. ``wider``: how many come after it; the last tells of no other by itself."""

    version: VersionPlan
    wider: int
    header: DraftHeader
    body: Body
    recipients: tuple[str, ...]


def variants(planned: Planned) -> tuple[Variant, ...]:
    """Every message, the fullest version first; of one version the message without a reference last, so that
    who gets it finds it just as if nothing had been changed."""
    bodies = (planned.draft.body, *(tear_line.body for tear_line in planned.draft.tear_lines))
    found = [
        (version, body, refers_to, nations)
        for version, body in zip(planned.versions, bodies, strict=True)
        for refers_to, nations in _groups(planned, version)
    ]
    made = []
    for number, (version, body, refers_to, nations) in enumerate(found):
        header = version.header
        if planned.change is not None:
            header = _referring(header, planned.change, refers_to)
            body = body if any(refers_to) else body.as_first()
        made.append(Variant(version, len(found) - 1 - number, header, body, nations))
    return tuple(made)


_RefersTo = tuple[Held | None, ...]


def _groups(planned: Planned, version: VersionPlan) -> list[tuple[_RefersTo, tuple[str, ...]]]:
    """The recipients of a version by what their message refers to; one group where that is nobody."""
    change, recipients = planned.change, version.plan.recipients
    if change is None:
        return [((), recipients)]
    nothing: _RefersTo = (None,) * len(change.chains)
    groups: dict[_RefersTo, list[str]] = {} if recipients else {nothing: []}
    for nation in recipients:
        groups.setdefault(change.shares[nation].refers_to, []).append(nation)
    order = sorted(groups, key=lambda each: (each == nothing, [held or Held("", "") for held in each]))
    return [(each, tuple(groups[each])) for each in order]


def _referring(header: DraftHeader, change: Change, refers_to: _RefersTo) -> DraftHeader:
    """The header with a reference to what its recipients hold of each chain, or none."""
    replaced: dict[int, Reference | None] = {}
    for chain, held in zip(change.chains, refers_to, strict=True):
        replaced |= dict.fromkeys(chain.references)
        if held is not None:
            first = chain.references[0]
            replaced[first] = header.references[first].model_copy(update=held._asdict())
    references = tuple(_kept(header, replaced))
    return header.model_copy(update={"references": references})


def _kept(header: DraftHeader, replaced: dict[int, Reference | None]) -> Iterator[Reference]:
    for index, reference in enumerate(header.references):
        found = replaced.get(index, reference)
        if found is not None:
            yield found
