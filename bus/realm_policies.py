"""Classification policies and equivalences a realm may start from, with where each row comes from.

Only rows that were checked against their source stand here; every other policy is the realm's own business
and comes in as data. Ranks order the levels of one policy; between policies only an equivalence speaks.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from schemas.classification import ClassificationPolicy, Equivalence, EquivalentLevel, Level


@dataclass(frozen=True)
class PolicyRow:
    """A policy's id, its classifications from the lowest up with their ranks, and the source of both."""

    id: str
    levels: tuple[tuple[str, int], ...]
    source: str


NATO = PolicyRow(
    "NATO",
    (
        ("NATO UNCLASSIFIED", 0),
        ("NATO RESTRICTED", 1),
        ("NATO CONFIDENTIAL", 2),
        ("NATO SECRET", 3),
        ("COSMIC TOP SECRET", 4),
    ),
    "ADatP-4774 Ed. A V1, NATO policy value domain, hierarchy 1 to 5, as displayed.",
)
SWE = PolicyRow(
    "SWE",
    (("BEGRÄNSAT HEMLIG", 1), ("KONFIDENTIELL", 2), ("HEMLIG", 3), ("KVALIFICERAT HEMLIG", 4)),
    "Swedish Protective Security Act 2018:585; EEAS 2022/C 238/07. There is no level below BEGRÄNSAT HEMLIG.",
)
USA = PolicyRow(
    "USA",
    (("CONFIDENTIAL", 2), ("SECRET", 3), ("TOP SECRET", 4)),
    "Council Decision 2013/488/EU Appendix B as amended by (EU) 2021/1075; the three classified levels.",
)
EU = PolicyRow(
    "EU",
    (
        ("CONFIDENTIEL UE/EU CONFIDENTIAL", 2),
        ("SECRET UE/EU SECRET", 3),
        ("TRÈS SECRET UE/EU TOP SECRET", 4),
    ),
    "Council Decision 2013/488/EU Appendix B as amended by (EU) 2021/1075; the top three levels.",
)
REALM = PolicyRow(
    "REALM",
    (("OPEN", 0), ("LIMITED", 1), ("PROTECTED", 2), ("CLOSED", 3)),
    "This realm's own policy for its coordination traffic; laid down by the realm, equal to no national one.",
)
KNOWN_POLICIES: Mapping[str, PolicyRow] = {row.id: row for row in (NATO, SWE, USA, EU, REALM)}

RANK_EQUIVALENCE_SOURCE = (
    "Rows of the public reference table (Council Decision 2013/488/EU Appendix B as amended by (EU) "
    "2021/1075) that were checked; levels missing on either side are left out and so refused."
)


def policy_document(row: PolicyRow, realm: str, version: int = 1) -> ClassificationPolicy:
    """The row as a document of `realm`, to be signed."""
    return ClassificationPolicy(
        type="classification_policy",
        v=1,
        realm=realm,
        id=row.id,
        version=version,
        source=row.source,
        levels=tuple(Level(classification=text, rank=rank) for text, rank in row.levels),
    )


def equivalence_document(
    realm: str,
    from_policy: str,
    to_policy: str,
    levels: Sequence[tuple[str, str]],
    *,
    source: str,
    not_before: datetime,
    not_after: datetime,
    version: int = 1,
) -> Equivalence:
    """How levels of one policy are handled under another, as a document of `realm`, to be signed."""
    return Equivalence(
        type="equivalence",
        v=1,
        realm=realm,
        id=f"{from_policy}-to-{to_policy}",
        version=version,
        source=source,
        from_policy=from_policy,
        to_policy=to_policy,
        levels=tuple(
            EquivalentLevel(classification=classification, equivalent=equivalent)
            for classification, equivalent in levels
        ),
        not_before=not_before,
        not_after=not_after,
    )


def checked_levels(from_row: PolicyRow, to_row: PolicyRow) -> tuple[tuple[str, str], ...]:
    """Pairs of levels that stand in the same column of the public table; what has no partner is left out."""
    columns = {rank: text for text, rank in to_row.levels}
    return tuple((text, columns[rank]) for text, rank in from_row.levels if rank in columns)
