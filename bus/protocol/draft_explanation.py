"""Every nation's decision on a draft, explained, also where the draft as a whole would be refused.

``plan_release`` stops at the first thing that is wrong; an author who is to mend it wants to see them all.
"""

from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime

from bus.protocol.communities import expand
from bus.protocol.errors import ReleaseRefused
from bus.protocol.explanation import Explanation, explain
from bus.protocol.release_case import Bound, ReleaseCase
from bus.protocol.trust import TrustStore
from schemas.header import DraftHeader
from schemas.label import ConfidentialityLabel, DraftLabel


def explain_draft(
    header: DraftHeader,
    label: DraftLabel,
    *,
    originator: str,
    trust: TrustStore,
    now: datetime,
    bounds: tuple[Bound, ...] = (),
) -> tuple[ConfidentialityLabel, tuple[Explanation, ...]]:
    """The completed label and every other nation's explanation, sorted by nation.

    Names that the realm does not know mean nobody here. Of a draft that ``plan_release`` takes, label,
    ``addressed`` and decisions are the same.
    """
    released = _meant(label.releasable_to, trust, now) - {originator}
    displayed = _meant(label.display_only_to, trust, now) - {originator}
    eligible = released | displayed
    complete = ConfidentialityLabel.of_valid(
        **{name: getattr(label, name) for name in DraftLabel.model_fields},
        release_set=tuple(sorted(released)),
        display_set=tuple(sorted(displayed)),
    )
    action, info = (_meant(names, trust, now) for names in (header.action_addressees, header.info_addressees))
    if not header.action_addressees and not header.info_addressees:
        action = set(trust.nations)  # whoever the label releases to
    rows = []
    for nation in sorted(trust.nations.keys() - {originator}):
        case = ReleaseCase(
            originator=originator,
            kind=header.kind,
            mode=header.mode,
            label=complete,
            nation=nation,
            addressed="action" if nation in action else "info" if nation in info else "none",
            trust=trust,
            now=now,
            bounds=bounds,
        )
        row = explain(case)
        named = nation in header.action_addressees or nation in header.info_addressees
        # Members of an addressed community beyond the release set are not addressed, and no error.
        rows.append(row if nation in eligible or named else replace(row, addressed="none"))
    return complete, tuple(rows)


def _meant(names: Iterable[str], trust: TrustStore, now: datetime) -> set[str]:
    found: set[str] = set()
    for name in names:
        try:
            found.update(expand((name,), trust, "", now))
        except ReleaseRefused:
            continue  # the problem says so; here it means nobody
    return found
