"""Labels out: the document says the label, nothing wider, and reads back as the same label."""

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st
from lxml import etree

from schemas.interop.stanag4774 import (
    LabelNotExpressible,
    OriginatorId,
    in_order,
    read_label,
    write_alternative,
    write_label,
)
from schemas.label import DraftLabel
from tests.labels.label_cases import (
    CREATED,
    MEMBERS,
    NATIONS,
    NS,
    always,
    label,
    labels,
    likely_writable,
    nations_of,
)
from tests.labels.label_reading import admitted_tag_by_tag

NOR = OriginatorId("uniformResourceIdentifier", "urn:entente:nation:NOR")


def values(document: bytes) -> dict[str, list[str]]:
    """GenericValues by tag name."""
    return {
        str(category.get("TagName")): [str(value.text) for value in category]
        for category in etree.fromstring(document).iter(f"{{{NS}}}Category")
    }


@pytest.mark.parametrize(
    ("given_label", "expected"),
    [
        pytest.param(label("NATO", "NATO SECRET", "NATO"), {"Context": ["NATO"]}, id="the context alone"),
        pytest.param(
            label("NATO", "NATO SECRET", "JPN", "NATO", "AUS"),
            {"Context": ["NATO", "Releasable"], "Releasable To": ["NATO", "AUS", "JPN"]},
            id="the context and more",
        ),
        pytest.param(
            label("NATO", "NATO SECRET", "SWE", "FIN"),
            {"Context": ["NATO"], "Only": ["FIN", "SWE"]},
            id="some of NATO",
        ),
        pytest.param(
            label("NATO", "NATO SECRET", "NORDIC", "JPN"),
            {"Context": ["NATO", "Releasable"], "Only": ["NORDIC"], "Releasable To": ["NATO", "JPN"]},
            id="some of NATO and others",
        ),
        pytest.param(
            label("NATO", "NATO SECRET", "RESOLUTE-SUPPORT", "JPN"),
            {
                "Context": ["RESOLUTE SUPPORT", "Releasable"],
                "Releasable To": ["RESOLUTE SUPPORT", "JPN"],
            },
            id="another context",
        ),
        pytest.param(
            label("NATO", "NATO SECRET", "NATO", restrictive=["CRYPTO", "ATOMAL"]),
            {"Context": ["NATO"], "Additional Sensitivity": ["ATOMAL", "CRYPTO"]},
            id="categories",
        ),
        pytest.param(
            label("SWE", "HEMLIG", "NORDIC", "EST", restrictive=["röd"]),
            {"Releasable To": ["EST", "NORDIC"], "Additional Sensitivity": ["röd"]},
            id="any other policy",
        ),
    ],
)
def test_the_audience_is_said_as_the_policy_says_it(
    given_label: DraftLabel, expected: dict[str, list[str]]
) -> None:
    assert values(write_label(given_label, MEMBERS, created=CREATED)) == expected


def test_a_document_stands_in_the_order_of_the_xsd_with_its_identifiers() -> None:
    review = datetime(2031, 3, 1, tzinfo=UTC)
    written = write_label(
        label("NATO", "COSMIC TOP SECRET", "NATO", "JPN", restrictive=["ATOMAL"], review_at=review),
        MEMBERS,
        created=CREATED,
        originator_id=NOR,
    )
    root = etree.fromstring(written)
    assert root.tag == f"{{{NS}}}originatorConfidentialityLabel"
    assert (len(root.attrib), root.get("ReviewDateTime")) == (1, "2031-03-01T00:00:00Z")
    assert [etree.QName(child).localname for child in root] == [
        "ConfidentialityInformation",
        "OriginatorID",
        "CreationDateTime",
    ]
    policy, level, *categories = root[0]
    assert (policy.text, policy.get("URI")) == ("NATO", "urn:oid:1.3.26.1.3.1")
    assert (level.text, len(level.attrib)) == ("TOP SECRET", 0)
    assert [(each.get("Type"), each.get("TagName"), each.get("URI")) for each in categories] == [
        ("PERMISSIVE", "Context", "urn:oid:1.3.26.1.4.4"),
        ("PERMISSIVE", "Releasable To", "urn:oid:1.3.26.1.4.2"),
        ("RESTRICTIVE", "Additional Sensitivity", "urn:oid:1.3.26.1.4.1"),
    ]
    assert (root[1].text, root[1].get("IDType")) == (NOR.text, NOR.id_type)
    assert root[2].text == "2026-03-01T09:30:00Z"


def test_a_label_without_review_date_gets_the_one_that_the_standard_demands_and_says_so() -> None:
    written = write_label(label("SWE", "HEMLIG", "FIN"), MEMBERS, created=CREATED)
    assert etree.fromstring(written).get("ReviewDateTime") == "2031-02-28T09:30:00Z"
    assert read_label(written, always, CREATED).label.review_at is None
    last = write_label(label("SWE", "HEMLIG", "FIN"), MEMBERS, created=datetime(9999, 12, 1, tzinfo=UTC))
    assert read_label(last, always, CREATED).label.review_at is None


REFUSED = [
    pytest.param(label("NATO", "NATO SECRET"), "/releasable_to", id="released to nobody"),
    pytest.param(
        label("NATO", "NATO SECRET", "NATO", originator_controlled=True),
        "/originator_controlled",
        id="originator controlled",
    ),
    pytest.param(
        label("NATO", "NATO SECRET", "NATO", display_only_to=["FIN"]),
        "/display_only_to",
        id="display only to a member of the context",
    ),
    pytest.param(
        label("SWE", "HEMLIG", "FIN", display_only_to=["NORDIC"]),
        "/display_only_to",
        id="display only to a community with one who has it in full",
    ),
    pytest.param(label("NATO", "NATO SECRET", "JPN", "AUS"), "/releasable_to", id="nobody of the context"),
    pytest.param(label("NATO", "SECRET", "NATO"), "/classification", id="not the native text"),
    pytest.param(label("nato", "SECRET", "FIN"), "/policy", id="a policy that reads like NATO's"),
    pytest.param(label("SWE", "HEMLIG", "FIN", "ASEAN"), "/releasable_to/1", id="an unknown community"),
    pytest.param(label("SWE", "HEMLIG", "QQQ"), "/releasable_to/0", id="an unknown nation"),
    pytest.param(
        label("SWE", "HEMLIG", "FIN", display_only_to=["ASEAN"]),
        "/display_only_to/0",
        id="display only to an unknown community",
    ),
    pytest.param(label("SWE", " HEMLIG", "FIN"), "/classification", id="a space at the end"),
    pytest.param(label("SWE", "HEMLIG  A", "FIN"), "/classification", id="two spaces"),
    pytest.param(label("S\ufffeE", "HEMLIG", "FIN"), "/policy", id="no character of XML"),
    pytest.param(
        label("NATO", "NATO SECRET", "NATO", restrictive=["Atomal"]), "/restrictive/0", id="lower case"
    ),
]


@pytest.mark.parametrize(("given_label", "pointer"), REFUSED)
def test_what_the_standard_cannot_say_is_refused(given_label: DraftLabel, pointer: str) -> None:
    with pytest.raises(LabelNotExpressible) as refused:
        write_label(given_label, MEMBERS, created=CREATED)
    assert (refused.value.code.value, refused.value.pointer) == ("LABEL_NOT_IN_4774", pointer)


def test_nations_under_the_nato_policy_need_the_members_of_nato() -> None:
    with pytest.raises(LabelNotExpressible):
        write_label(label("NATO", "NATO SECRET", "FIN"), {}, created=CREATED)


def test_an_alternative_label_says_the_equivalent_beside_the_originators() -> None:
    own = label("SWE", "HEMLIG", "NORDIC", "JPN")
    written = write_alternative(
        own, MEMBERS, policy="NATO", classification="NATO SECRET", created=CREATED, originator_id=NOR
    )
    root = etree.fromstring(written)
    assert root.tag == f"{{{NS}}}alternativeConfidentialityLabel"
    assert [each.text for each in list(root[0])[:2]] == ["NATO", "SECRET"]
    assert values(written)["Only"] == ["NORDIC"]
    assert own.policy == "SWE"


def test_an_alternative_label_never_stands_for_the_originators_or_drops_a_category() -> None:
    with pytest.raises(ValueError):
        write_alternative(
            label("SWE", "HEMLIG", "FIN"), MEMBERS, policy="SWE", classification="HEMLIG", created=CREATED
        )
    with pytest.raises(LabelNotExpressible):
        write_alternative(
            label("SWE", "HEMLIG", "FIN", restrictive=["RÖD"]),
            MEMBERS,
            policy="NATO",
            classification="NATO SECRET",
            created=CREATED,
        )


def test_an_id_type_that_the_standard_lacks_is_a_mistake() -> None:
    with pytest.raises(ValueError):
        OriginatorId("nation", "NOR")


written_at = st.datetimes(timezones=st.just(UTC))


@given(likely_writable | labels, written_at, st.booleans())
def test_every_label_that_can_be_written_reads_back(
    given_label: DraftLabel, created: datetime, named: bool
) -> None:
    try:
        written = write_label(given_label, MEMBERS, created=created, originator_id=NOR if named else None)
    except LabelNotExpressible:
        return
    read = read_label(written, always, CREATED)
    assert read.label == in_order(given_label)
    assert (read.created, read.warnings) == (created, ())
    assert write_label(read.label, MEMBERS, created=created, originator_id=NOR if named else None) == written


@given(likely_writable | labels)
def test_a_reader_that_goes_tag_by_tag_and_ignores_us_admits_nobody_else(given_label: DraftLabel) -> None:
    """ADatP-4774 App. 2: every tag must match. Who passes has it in full by the label."""
    try:
        written = write_label(given_label, MEMBERS, created=CREATED)
    except LabelNotExpressible:
        return
    admitted = {nation for nation in (*NATIONS, "GBR") if admitted_tag_by_tag(written, nation)}
    assert admitted <= nations_of(given_label.releasable_to)
    assert not admitted & (nations_of(given_label.display_only_to) - nations_of(given_label.releasable_to))
