"""Labels and STANAG 4774 documents for the tests of this directory."""

from collections.abc import Mapping
from datetime import UTC, datetime

from hypothesis import strategies as st

from schemas.label import DraftLabel

NS = "urn:nato:stanag:4774:confidentialitymetadatalabel:1:0"
CREATED = datetime(2026, 3, 1, 9, 30, tzinfo=UTC)
MEMBERS = {
    "NATO": frozenset({"EST", "FIN", "NOR", "POL", "SWE", "USA"}),
    "NORDIC": frozenset({"FIN", "NOR", "SWE"}),
    "PACIFIC": frozenset({"AUS", "JPN", "NZL"}),
    "MIXED": frozenset({"FIN", "JPN"}),
    "KFOR": frozenset({"FIN", "IRL", "POL", "CHE"}),
    "RESOLUTE-SUPPORT": frozenset({"FIN", "GEO"}),
}
"""Communities with members that suit the tests, not the world."""


LATER = CREATED.replace(year=2027)
GROWN = MEMBERS | {
    "NATO": MEMBERS["NATO"] | {"JPN", "CHE"},
    "NORDIC": MEMBERS["NORDIC"] | {"EST"},
    "KFOR": MEMBERS["KFOR"] - {"IRL"} | {"SWE"},
    "PACIFIC": frozenset({"AUS"}),
}
"""The same communities at ``LATER``: some have grown, some shrunk."""


def dated(at: datetime) -> dict[str, frozenset[str]]:
    """Membership that has changed by ``LATER``."""
    return GROWN if at == LATER else MEMBERS


def always(_: datetime) -> dict[str, frozenset[str]]:
    """Membership that never changed."""
    return MEMBERS


NATIONS = ("AUS", "CHE", "EST", "FIN", "IRL", "JPN", "NOR", "POL", "SWE", "USA", "XAA")
NATO_LEVELS = (
    "NATO UNCLASSIFIED",
    "NATO RESTRICTED",
    "NATO CONFIDENTIAL",
    "NATO SECRET",
    "COSMIC TOP SECRET",
)


def label(
    policy: str = "NATO", classification: str = "NATO SECRET", *released: str, **more: object
) -> DraftLabel:
    """A draft's label."""
    given = {"policy": policy, "classification": classification, "releasable_to": released} | more
    return DraftLabel.model_validate(given, strict=False)


def nations_of(names: tuple[str, ...], members: Mapping[str, frozenset[str]] = MEMBERS) -> set[str]:
    """Who is meant by nations and communities."""
    return {nation for name in names for nation in members.get(name, (name,))}


names = st.lists(st.sampled_from((*NATIONS, *MEMBERS)), unique=True, max_size=6).map(tuple)
words = st.text('ABCNOR 012/-"\\(),:üЖ機א\u200e\u2044\u3164\u0301é', min_size=1, max_size=8)
categories = st.sampled_from(
    ("ATOMAL", "CRYPTO", "SIOP", "SIOP ESI", "NOFORN", "REL TO USA, GBR", "ATOMAL//REL TO FRA", "FIN")
)
policies = st.sampled_from(
    (
        *(("NATO", level) for level in NATO_LEVELS),
        ("NATO", "SECRET"),
        ("nato", "SECRET"),
        ("USA", "SECRET"),
        ("USA", "TOP SECRET"),
        ("USA", "LIMITED"),
        ("SWE", "HEMLIG"),
        ("EU", "TRÈS SECRET UE/EU TOP SECRET"),
        ("AUS", "OFFICIAL: Sensitive"),
        ("AUS: OFFICIAL", "Sensitive"),
        ("JOINT CAN GBR USA", "SECRET"),
        ("JOINT GBR CAN USA", "SECRET"),
    )
) | st.tuples(words, words)
labels: st.SearchStrategy[DraftLabel] = st.builds(
    lambda both, **more: DraftLabel(policy=both[0], classification=both[1], **more),
    policies,
    releasable_to=names,
    display_only_to=names,
    restrictive=st.lists(categories | words, unique=True, max_size=3).map(tuple),
    originator_controlled=st.booleans(),
    review_at=st.none() | st.datetimes(timezones=st.just(UTC)),
)

likely_writable: st.SearchStrategy[DraftLabel] = st.builds(
    lambda both, **more: DraftLabel(policy=both[0], classification=both[1], **more),
    st.sampled_from((*(("NATO", level) for level in NATO_LEVELS), ("SWE", "HEMLIG"), ("אב", "א: ב"))),
    releasable_to=st.lists(
        st.sampled_from((*NATIONS[1:], "NORDIC", "MIXED", "KFOR", "NATO", "RESOLUTE-SUPPORT")),
        unique=True,
        min_size=1,
        max_size=6,
    ).map(tuple),
    display_only_to=st.sampled_from(((), ("AUS",), ("NZL", "AUS"), ("NOR",), ("PACIFIC",))),
    restrictive=st.lists(categories, unique=True, max_size=3).map(tuple),
    review_at=st.none() | st.datetimes(timezones=st.just(UTC)),
)
"""Mostly labels that STANAG 4774 can say."""


def xml(
    *categories: str,
    policy: str = "<s:PolicyIdentifier>NATO</s:PolicyIdentifier>",
    level: str = "<s:Classification>SECRET</s:Classification>",
    mark: str = "",
    attributes: str = 'ReviewDateTime="2031-03-01T00:00:00Z"',
    created: str = "<s:CreationDateTime>2026-03-01T09:30:00Z</s:CreationDateTime>",
    before: str = "",
    after: str = "",
    root: str = "originatorConfidentialityLabel",
    namespace: str = NS,
    prolog: str = "",
) -> str:
    """A document, part by part; without categories it is released to NATO."""
    inside = "".join(categories) or category("Context", "NATO")
    return (
        f'{prolog}<s:{root} xmlns:s="{namespace}" xmlns:e="urn:entente:label:1" {attributes}>'
        f"<s:ConfidentialityInformation>{policy}{level}{mark}{inside}</s:ConfidentialityInformation>"
        f"{before}{created}{after}</s:{root}>"
    )


def category(tag: str, *values: str, kind: str = "PERMISSIVE", more: str = "") -> str:
    """One category of GenericValues."""
    inside = "".join(f"<s:GenericValue>{value}</s:GenericValue>" for value in values)
    return f'<s:Category Type="{kind}" TagName="{tag}"{more}>{inside}</s:Category>'
