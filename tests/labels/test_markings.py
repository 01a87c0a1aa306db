"""Markings: the forms of the registers, and nothing that restricts is ever lost or forged."""

import pytest
from hypothesis import given

from schemas.label import ConfidentialityLabel, DraftLabel
from schemas.markings import markings
from tests.labels.label_cases import label, labels

FORMS = [
    pytest.param(label("USA", "SECRET", "GBR", "FRA"), "SECRET//REL TO USA, FRA, GBR", id="USA first"),
    pytest.param(
        label("USA", "SECRET", "NATO", "USA", "CAN", "AUS"),
        "SECRET//REL TO USA, AUS, CAN, NATO",
        id="nations before communities",
    ),
    pytest.param(label("USA", "TOP SECRET"), "TOP SECRET//NOFORN", id="released to nobody"),
    pytest.param(label("USA", "SECRET", "USA"), "SECRET//NOFORN", id="released to its owner alone"),
    pytest.param(
        label("USA", "SECRET", display_only_to=["AFG"]), "SECRET//DISPLAY ONLY AFG", id="display only"
    ),
    pytest.param(
        label("USA", "TOP SECRET", restrictive=["TK", "SI-G"], originator_controlled=True),
        "TOP SECRET//SI-G/TK//ORCON/NOFORN",
        id="categories before controls",
    ),
    pytest.param(label("USA", "LIMITED", "FRA"), "USA: LIMITED//REL TO FRA", id="no level of the register"),
    pytest.param(
        label("JOINT CAN GBR USA", "SECRET", "CAN", "GBR", "USA"),
        "//JOINT SECRET CAN GBR USA//REL TO USA, CAN, GBR",
        id="joint",
    ),
    pytest.param(
        label("JOINT GBR CAN", "SECRET", "CAN"), "JOINT GBR CAN: SECRET//REL TO CAN", id="joint out of order"
    ),
    pytest.param(label("NATO", "NATO SECRET", "NATO"), "NATO SECRET", id="NATO alone"),
    pytest.param(
        label("NATO", "NATO RESTRICTED", "NATO", "UKR", "JPN", "CHE"),
        "NATO RESTRICTED Releasable to CHE, JPN, UKR",
        id="NATO and more",
    ),
    pytest.param(
        label("NATO", "NATO CONFIDENTIAL", "KFOR", "ISL"),
        "NATO/KFOR CONFIDENTIAL Releasable to ISL",
        id="another context",
    ),
    pytest.param(
        label("NATO", "NATO SECRET", "NORDIC", "JPN"), "NATO SECRET JPN, NORDIC Only", id="without a context"
    ),
    pytest.param(
        label("NATO", "COSMIC TOP SECRET", "NATO", restrictive=["ATOMAL"]),
        "COSMIC TOP SECRET ATOMAL",
        id="COSMIC",
    ),
    pytest.param(
        label("NATO", "COSMIC TOP SECRET", "KFOR"), "COSMIC TOP SECRET KFOR Only", id="COSMIC, other context"
    ),
    pytest.param(label("NATO", "NATO SECRET"), "NATO SECRET//NATIONAL ONLY", id="NATO to nobody"),
    pytest.param(
        label("NATO", "NATO SECRET", "NATO", display_only_to=["AUS"], originator_controlled=True),
        "NATO SECRET//DISPLAY ONLY AUS//ORIGINATOR CONTROLLED",
        id="NATO with caveats",
    ),
    pytest.param(
        label("SWE", "KVALIFICERAT HEMLIG", "NORDIC", "EST", restrictive=["RÖD"], originator_controlled=True),
        'SWE: KVALIFICERAT HEMLIG//"RÖD"//REL TO EST, NORDIC//ORIGINATOR CONTROLLED',
        id="any other policy",
    ),
    pytest.param(label("SWE", "HEMLIG"), "SWE: HEMLIG//NATIONAL ONLY", id="any other policy, national"),
    pytest.param(
        label("EU", "TRÈS SECRET UE/EU TOP SECRET", "POL"),
        "EU: TRÈS SECRET UE/EU TOP SECRET//REL TO POL",
        id="native text with a slash",
    ),
]


@pytest.mark.parametrize(("given_label", "banner"), FORMS)
def test_a_label_has_the_form_of_its_register(given_label: DraftLabel, banner: str) -> None:
    assert markings(given_label, originator=_owner(given_label)).banner == banner


def _owner(given_label: DraftLabel) -> str:
    return "USA" if given_label.policy == "USA" else "NOR"


@pytest.mark.parametrize(
    ("given_label", "portion"),
    [
        (label("USA", "SECRET", "GBR", display_only_to=["AFG"]), "(S//REL TO USA, GBR/DISPLAY ONLY AFG)"),
        (
            label("USA", "TOP SECRET", restrictive=["SI-G"], originator_controlled=True),
            "(TS//SI-G//OC/NF)",
        ),
        (label("NATO", "COSMIC TOP SECRET", "NATO"), "(CTS)"),
        (label("NATO", "NATO RESTRICTED", "NATO", "JPN"), "(NR Releasable to JPN)"),
        (label("JOINT CAN GBR", "RESTRICTED", "CAN", "GBR"), "(//JOINT R CAN GBR//REL TO CAN, GBR)"),
        (label("SWE", "HEMLIG", "FIN"), "(SWE: HEMLIG//REL TO FIN)"),
    ],
)
def test_a_portion_has_the_short_form_of_its_register(given_label: DraftLabel, portion: str) -> None:
    assert markings(given_label, originator=_owner(given_label)).portion == portion


@pytest.mark.parametrize(
    ("given_label", "banner"),
    [
        (label("NATO", "COSMIC TOP SECRET", "NATO"), "//COSMIC TOP SECRET//REL TO NATO"),
        (label("SWE", "HEMLIG", "USA", "FIN"), "//SWE HEMLIG//REL TO USA, FIN"),
        (label("SWE", "HEMLIG"), "//SWE HEMLIG//NATIONAL ONLY"),
        (label("REALM", "LIMITED", "USA"), "REALM: LIMITED//REL TO USA"),
    ],
)
def test_a_reader_in_the_united_states_sees_the_foreign_form(given_label: DraftLabel, banner: str) -> None:
    assert markings(given_label, originator="NOR", reader="USA").banner == banner


def test_rel_to_usa_is_only_said_where_the_usa_is_meant() -> None:
    """REL TO always begins with USA: a label of another originator that leaves the USA out can't have it."""
    assert markings(label("USA", "SECRET", "FRA"), originator="GBR").banner == "USA: SECRET//REL TO FRA"
    assert markings(label("USA", "SECRET", "FRA")).banner == "USA: SECRET//REL TO FRA"
    assert markings(label("USA", "SECRET", "USA", "FRA"), originator="GBR").banner.startswith("SECRET//")


def test_a_long_release_list_is_never_cut() -> None:
    nations = [f"X{second}{third}" for second in "ABCDEFGH" for third in "ABCDEFGHIJKLMNOPQRSTUVWXY"]
    banner = markings(label("SWE", "HEMLIG", *reversed(nations))).banner
    assert banner == f"SWE: HEMLIG//REL TO {', '.join(nations)}"


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        pytest.param("A//REL TO FRA", '"A\\u{2F}\\u{2F}REL TO FRA"', id="separators"),
        pytest.param('A"B', '"A\\u{22}B"', id="a quote"),
        pytest.param("A\\B", '"A\\u{5C}B"', id="a backslash"),
        pytest.param("REL TO USA", '"REL TO USA"', id="words of a marking"),
        pytest.param("A\u200eB", '"A\\u{200E}B"', id="a direction mark"),
        pytest.param("A\u2044\u2044B", '"A\\u{2044}\\u{2044}B"', id="what looks like slashes"),
        pytest.param("A\u00a0B", '"A\\u{A0}B"', id="a space that is none"),
        pytest.param("\u0301A", '"\\u{301}A"', id="an accent for what stands before"),
        pytest.param("A\u3164B", '"A\\u{3164}B"', id="a letter drawn as nothing"),
        pytest.param("A\ufe0fB", '"A\\u{FE0F}B"', id="a variation selector"),
        pytest.param(" A", '"\\u{20}A"', id="a space at the end"),
        pytest.param("אבג", '"\u2068אבג\u2069"', id="right to left is isolated"),
    ],
)
def test_a_name_cannot_forge_a_marking(value: str, shown: str) -> None:
    banner = markings(label("SWE", "HEMLIG", "FIN", restrictive=[value])).banner
    assert banner == f"SWE: HEMLIG//{shown}//REL TO FIN"


def test_the_nations_meant_stand_beside_the_banner_of_a_signed_label() -> None:
    draft = label("NATO", "NATO SECRET", "NATO")
    signed = ConfidentialityLabel(**draft.model_dump(), release_set=("FIN", "SWE"))
    nobody = ConfidentialityLabel(**draft.model_dump(), release_set=())
    assert markings(draft).released_to is None
    assert markings(signed).released_to == "Released to FIN, SWE"
    assert markings(nobody).released_to == "Released to nobody"


def _restricts(given_label: DraftLabel, originator: str | None) -> object:
    released = frozenset(given_label.releasable_to) - {originator}
    return (
        given_label.policy,
        given_label.classification,
        released,
        frozenset(given_label.display_only_to),
        frozenset(given_label.restrictive),
        given_label.originator_controlled,
    )


@given(labels, labels)
def test_labels_that_differ_in_what_restricts_render_differently(one: DraftLabel, other: DraftLabel) -> None:
    for originator, reader in (("USA", None), ("NOR", None), (None, None), ("NOR", "USA"), ("SWE", "USA")):
        ours = markings(one, originator=originator, reader=reader)
        theirs = markings(other, originator=originator, reader=reader)
        if _restricts(one, originator) != _restricts(other, originator):
            assert ours.banner != theirs.banner
            assert ours.portion != theirs.portion


@given(labels)
def test_one_field_that_changes_changes_the_marking(given_label: DraftLabel) -> None:
    changes: list[dict[str, object]] = [
        {"originator_controlled": not given_label.originator_controlled},
        {"restrictive": (*given_label.restrictive, "ZEBRA")},
        {"display_only_to": (*given_label.display_only_to, "XZZ")},
        {"releasable_to": (*given_label.releasable_to, "XZZ")},
        {"releasable_to": given_label.releasable_to[1:]},
        {"classification": f"{given_label.classification}X"},
        {"policy": f"{given_label.policy}X"},
    ]
    for change in changes:
        other = given_label.model_copy(update=change)
        for originator in ("USA", "NOR"):
            if _restricts(given_label, originator) != _restricts(other, originator):
                assert markings(given_label, originator=originator) != markings(other, originator=originator)


@given(labels)
def test_no_marking_holds_a_control_but_the_isolates(given_label: DraftLabel) -> None:
    for text in (markings(given_label).banner, markings(given_label).portion):
        bare = text.replace("\u2068", "").replace("\u2069", "")
        assert bare.isprintable()
        assert text.count("\u2068") == text.count("\u2069")
