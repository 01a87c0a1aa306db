"""What can be done about an agreement, what it would change, and a proposal out of a form."""

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from console.agreements.acts import Passage, acts_of, change_by, grouped, missing_from, needs_us
from console.agreements.order import ending, sections
from console.agreements.proposal import Proposal, field_of
from console.agreements.reach import Levels, Reach
from schemas.agreement import AgreementDraft
from schemas.base import rfc3339

NOW = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)


def agreement(name: str = "one", state: str = "in_force", **changes: Any) -> dict[str, Any]:
    standings = changes.pop("standings", {"XAA": "agreed", "XBB": "agreed"})
    return {
        "id": name,
        "version": 1,
        "digest": f"sha256:{name}",
        "state": state,
        "title": name.title(),
        "parties": [{"nation": nation, "standing": standing} for nation, standing in standings.items()],
        "kinds": ["threat_alert"],
        "modes": ["EXERCISE"],
        "highest": [{"policy": "NATO", "classification": "NATO SECRET"}],
        "categories": [],
        "not_before": rfc3339(NOW - timedelta(days=1)),
        "not_after": rfc3339(NOW + timedelta(days=300)),
    } | changes


@pytest.mark.parametrize(
    ("state", "ours", "acts"),
    [
        ("proposed", "missing", ("countersign",)),
        ("proposed", "lapsed", ("countersign", "leave")),
        ("proposed", "agreed", ("suspend", "leave")),
        ("in_force", "agreed", ("suspend", "leave")),
        ("suspended", "suspended", ("resume", "leave")),
        ("left", "agreed", ()),
        ("expired", "agreed", ()),
        ("superseded", "agreed", ()),
    ],
)
def test_what_may_be_tried(state: str, ours: str, acts: tuple[str, ...]) -> None:
    assert acts_of(agreement(state=state, standings={"XAA": ours, "XBB": "agreed"}), "XAA") == acts


LEVELS = Levels(
    {
        "policies": [
            {"id": "NATO", "levels": ["NATO UNCLASSIFIED", "NATO RESTRICTED", "NATO SECRET"]},
            {"id": "REALM", "levels": ["OPEN", "LIMITED"]},
        ],
        "equivalences": [
            {
                "from_policy": "NATO",
                "to_policy": "REALM",
                "not_before": rfc3339(NOW - timedelta(days=1)),
                "not_after": rfc3339(NOW + timedelta(days=1)),
            }
        ],
    },
    NOW,
)
SECRET = Reach("NATO", "NATO SECRET")
ALERT = Passage("XBB", "threat_alert", "EXERCISE", (SECRET,))


def ceilings(*levels: str) -> list[dict[str, str]]:
    return [
        {"policy": "NATO" if level.startswith("NATO") else "REALM", "classification": level}
        for level in levels
    ]


def test_without_another_agreement_what_it_names_stops() -> None:
    for act in ("suspend", "leave"):
        change = change_by(act, agreement(), [agreement()], "XAA", LEVELS)
        assert (change.stops, change.remains) == ((ALERT,), ())


def test_what_another_agreement_in_force_names_may_still_pass() -> None:
    other = agreement("two", kinds=["threat_alert", "exercise_notice"])
    change = change_by("suspend", agreement(), [agreement(), other], "XAA", LEVELS)
    assert (change.stops, change.remains) == ((), (ALERT,))
    for state in ("suspended", "proposed", "left", "expired"):
        change = change_by("suspend", agreement(), [agreement("two", state=state)], "XAA", LEVELS)
        assert change.stops == (ALERT,), state


def test_what_is_not_in_force_stops_nothing() -> None:
    change = change_by("leave", agreement(state="suspended"), [], "XAA", LEVELS)
    assert (change.stops, change.remains, change.opens) == ((), (), ())


@pytest.mark.parametrize(
    ("state", "standings", "opens"),
    [
        ("proposed", {"XAA": "missing", "XBB": "agreed"}, (ALERT,)),
        ("proposed", {"XAA": "missing", "XBB": "missing"}, ()),
        ("suspended", {"XAA": "suspended", "XBB": "agreed"}, (ALERT,)),
        ("suspended", {"XAA": "suspended", "XBB": "suspended"}, ()),
        ("not_yet_valid", {"XAA": "agreed", "XBB": "agreed"}, ()),
    ],
)
def test_agreeing_opens_only_what_waits_for_us_alone(
    state: str, standings: dict[str, str], opens: tuple[Passage, ...]
) -> None:
    act = "resume" if state == "suspended" else "countersign"
    assert change_by(act, agreement(state=state, standings=standings), [], "XAA", LEVELS).opens == opens


RESTRICTED = Reach("NATO", "NATO RESTRICTED")
ABOVE_RESTRICTED = Reach("NATO", "NATO SECRET", "NATO RESTRICTED")


@pytest.mark.parametrize(
    ("highest", "stops", "remains"),
    [
        (["NATO RESTRICTED"], (ABOVE_RESTRICTED,), (RESTRICTED,)),
        (["NATO RESTRICTED", "NATO SECRET"], (ABOVE_RESTRICTED,), (RESTRICTED,)),
        (["NATO GONE"], (SECRET,), ()),
        (["OPEN"], (), (SECRET,)),
    ],
    ids=["a lower level", "the lower of two", "a level that the realm has not", "a policy it is mapped into"],
)
def test_what_is_classified_higher_than_others_carry_stops(
    highest: list[str], stops: tuple[Reach, ...], remains: tuple[Reach, ...]
) -> None:
    change = change_by("leave", agreement(), [agreement("two", highest=ceilings(*highest))], "XAA", LEVELS)
    assert [each.reaches for each in change.stops] == ([stops] if stops else [])
    assert [each.reaches for each in change.remains] == ([remains] if remains else [])


def test_each_policy_is_looked_at_by_itself() -> None:
    waits = agreement(
        "new",
        "proposed",
        highest=ceilings("NATO SECRET", "LIMITED"),
        standings={"XAA": "missing", "XBB": "agreed"},
    )
    others = [agreement("two", highest=ceilings("NATO SECRET", "OPEN"))]
    (opened,) = change_by("countersign", waits, others, "XAA", LEVELS).opens
    assert opened.reaches == (Reach("REALM", "LIMITED", "OPEN"),)
    assert opened.reaches[0].named("LIMITED") == "REALM LIMITED"
    assert SECRET.named(SECRET.highest) == "NATO SECRET"


def test_passages_are_told_together_where_they_are_alike() -> None:
    found = [Passage(n, k, m) for n in ("XBB", "XCC") for m in ("EXERCISE", "TEST") for k in ("a", "b")]
    assert grouped(found) == [(["XBB", "XCC"], [(("EXERCISE", "TEST"), ("a", "b"), ())])]
    higher = Passage("XBB", "c", "TEST", (SECRET,))
    assert grouped([*found, higher])[0] == (
        ["XBB"],
        [(("EXERCISE", "TEST"), ("a", "b"), ()), (("TEST",), ("c",), (SECRET,))],
    )


def test_what_waits_for_us_stands_first() -> None:
    waits = agreement("waits", "proposed", standings={"XAA": "missing", "XBB": "agreed"})
    ends = agreement("ends", not_after=rfc3339(NOW + timedelta(days=3)))
    found = sections([agreement("zeta"), agreement("gone", "left"), waits, ends], "XAA", NOW)
    names = {name: [each["id"] for each in listed] for name, listed in found.items()}
    assert names == {"needs": ["waits"], "open": ["ends", "zeta"], "ended": ["gone"]}
    assert needs_us(waits, "XAA")
    assert not needs_us(waits, "XBB")
    assert missing_from(waits) == ["XAA"]
    assert ending(ends, NOW)


FORM = [
    *(("id", " alerts "), ("title", "Alerts"), ("version", "2"), ("parties", "XBB"), ("parties", "XBB")),
    *(
        ("kinds", "threat_alert"),
        ("modes", "EXERCISE"),
        ("highest.NATO", "NATO SECRET"),
        ("highest.REALM", ""),
    ),
    *(
        ("categories", "CRYPTO\n\n ATOMAL "),
        ("not_before", "2026-11-22T12:00"),
        ("not_after", "2027-11-22T12:00"),
    ),
]


def test_a_form_becomes_a_draft_that_the_gateway_takes() -> None:
    given = Proposal.of(FORM)
    assert given.faults("XAA") == {}
    made = AgreementDraft.model_validate_json(json.dumps(given.draft("XAA")))
    assert (made.id, made.version, made.parties) == ("alerts", 2, ("XAA", "XBB"))
    assert made.categories == ("CRYPTO", "ATOMAL")
    assert [(each.policy, each.classification) for each in made.highest] == [("NATO", "NATO SECRET")]


@pytest.mark.parametrize("field", ["id", "title", "parties", "kinds", "modes", "not_before", "not_after"])
def test_a_field_that_is_missing_is_named(field: str) -> None:
    assert set(Proposal.of([pair for pair in FORM if pair[0] != field]).faults("XAA")) == {field}


@pytest.mark.parametrize(
    ("field", "value"),
    [("version", "two"), ("version", "²"), ("not_after", "soon"), ("not_before", "2026-11-22T12:00 AM")],
)
def test_a_value_that_makes_no_sense_is_named(field: str, value: str) -> None:
    assert set(Proposal.of([*FORM, (field, value)]).faults("XAA")) == {field}


def test_the_next_version_has_the_terms_of_the_one_before() -> None:
    following = Proposal.next_of(agreement())
    assert (following.version, following.faults("XAA")) == ("2", {})
    assert following.draft("XAA")["highest"] == agreement()["highest"]


@pytest.mark.parametrize(
    ("pointer", "code", "field"),
    [
        ("/highest/0/classification", "SCHEMA_INVALID", "highest"),
        (None, "AGREEMENT_VERSION_TAKEN", "version"),
        (None, "AGREEMENT_QUOTA", None),
        ("/nonsense", "SCHEMA_INVALID", None),
    ],
)
def test_a_fault_of_the_gateway_finds_its_field(pointer: str | None, code: str, field: str | None) -> None:
    assert field_of(pointer, code) == field
