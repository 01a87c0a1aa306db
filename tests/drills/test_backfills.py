"""What a backfill in a drill has to come to, and what is said of one that does not. Without a realm."""

from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from bus.protocol.backfill import LeftOut
from drills.backfill_play import backfill_outcome
from drills.backfills import WHY, BackfillRow, Fate
from drills.expectation import Expectation
from drills.judging_life import different
from drills.judging_nation import nation_outcome
from drills.judging_steps import out_of_order
from drills.played import ListRead
from drills.scenario_file import ScenarioError, find_scenario, load_scenario
from drills.seen import Seen
from entente.drill_realm import next_version
from schemas.community import Membership
from schemas.reasons import ReasonCode
from tests.drills.test_judging_nation import HAS_IT, PERMITTED
from tests.realm_fixtures import community_document

LATE_GUESTS = load_scenario(find_scenario("late-guests"))
LISTED = {
    "1.1.2": ("sends",),
    "1.2.1": ("CLASSIFICATION_TOO_HIGH",),
    "1.2.2": ("withdrawn",),
    "1.2.3": ("sends",),
}


def rows(listed: Mapping[str, tuple[str, ...]]) -> Iterator[BackfillRow]:
    for serial, fates in listed.items():
        yield from (BackfillRow(inject=serial, fate=fate) for fate in fates)


def remark(listed: Mapping[str, tuple[str, ...]], expectation: Expectation | None = None) -> str:
    """What is said of the scenario's backfill when the list holds this."""
    inject = LATE_GUESTS.inject("3.1.2")
    assert inject.backfill is not None
    read = ListRead(inject, inject.backfill, tuple(rows(listed)))
    outcome = backfill_outcome(read, expectation or LATE_GUESTS.expectation("3.1.2"))
    assert outcome.as_expected == (outcome.remark == "")
    return outcome.remark


def test_a_list_that_says_what_it_must_is_not_remarked_upon() -> None:
    assert remark(LISTED) == ""


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        pytest.param(
            {"1.2.1": ("sends",)},
            "of 1.2.1 the list must say CLASSIFICATION_TOO_HIGH, but says sends",
            id="it sends what the newcomer may not have",
        ),
        pytest.param(
            {"1.1.2": ("already_sent",)},
            "of 1.1.2 the list must say sends, but says already_sent",
            id="it leaves out what the newcomer is to have",
        ),
        pytest.param(
            {"1.2.4": ("sends",)},
            "of 1.2.4 the list must say nothing, but says sends",
            id="it names another author's message",
        ),
        pytest.param(
            {"": ("sends",)},
            "of a message of no inject the list must say nothing, but says sends",
            id="it names what the play did not write",
        ),
        pytest.param(
            {"1.2.3": ()},
            "of 1.2.3 the list must say sends, but says nothing",
            id="it does not name what was missed",
        ),
        pytest.param(
            {"1.1.2": ("sends", "fuller_version")},
            "of 1.1.2 the list must say sends, but says sends, fuller_version",
            id="it has a version more",
        ),
    ],
)
def test_a_list_that_says_something_else_is_found(changed: dict[str, tuple[str, ...]], said: str) -> None:
    assert remark({**LISTED, **changed}) == said


@pytest.mark.parametrize("serial", LISTED)
def test_an_expectation_of_the_scenario_that_is_turned_round_fails(serial: str) -> None:
    right = LATE_GUESTS.expectation("3.1.2")
    turned = Fate.WITHDRAWN if right.listed[serial] == (Fate.SENDS,) else Fate.SENDS
    wrong = right.model_copy(update={"listed": {**right.listed, serial: (turned,)}})
    assert remark(LISTED, wrong).startswith(f"of {serial} the list must say {turned}")


def test_the_words_of_lists_are_those_of_the_gateways() -> None:
    assert {each.value for each in Fate} == {"sends", *(each.value for each in LeftOut)}
    assert not {each.value for each in Fate} & {code.value for code in ReasonCode}
    assert set(WHY) == set(Fate) - {Fate.SENDS}


@pytest.mark.parametrize(
    ("inbox", "said"),
    [
        (["1.1", "9.9", "1.2", "", "1.3"], []),
        (["1.2", "1.1", "1.3"], ["XBB must have 1.1, 1.2, 1.3 in this order, but has 1.2, 1.1, 1.3"]),
        (["1.1", "1.3"], ["XBB must have 1.1, 1.2, 1.3 in this order, but has 1.1, 1.3"]),
        (
            ["1.1", "1.2", "1.3", "1.3"],
            ["XBB must have 1.1, 1.2, 1.3 in this order, but has 1.1, 1.2, 1.3, 1.3"],
        ),
    ],
    ids=["in order, with others between", "in another order", "one is missing", "one came twice"],
)
def test_the_order_in_an_inbox_is_judged(inbox: list[str], said: list[str]) -> None:
    assert out_of_order({"XBB": ("1.1", "1.2")}, "1.3", {"XBB": inbox, "XCC": []}) == said


def at(nation: str, serial: str, **found: Any) -> str:
    """What is said of a nation and an inject of the scenario when gateways show this."""
    expectation = LATE_GUESTS.expectation(serial)
    return nation_outcome(expectation, nation, marking=None, accepted_at=datetime.now(UTC), **found).remark


@pytest.mark.parametrize(
    ("nation", "serial"),
    [("XGD", "1.1.2"), ("XGD", "1.2.4"), ("XGD", "2.1.5"), ("XGB", "3.1.2"), ("XGE", "4.1.2")],
    ids=[
        "the newcomer has what came before it",
        "the newcomer has what its author never gave it",
        "the newcomer has what its agreement does not cover",
        "another nation has what the newcomer missed",
        "who left has what came afterwards",
    ],
)
def test_who_has_what_it_must_never_have_is_found(nation: str, serial: str) -> None:
    assert at(nation, serial, **HAS_IT).startswith("must never have it, and got it")


@pytest.mark.parametrize(
    ("nation", "serial"), [("XGC", "1.2.1"), ("XGD", "2.1.3"), ("XGD", "3.1.2"), ("XGD", "4.1.2")]
)
def test_who_comes_late_and_lacks_what_it_must_have_is_found(nation: str, serial: str) -> None:
    lacking = {"decision": PERMITTED, "state": {"state": "sent"}, "entry": None, "latency": None}
    assert at(nation, serial, **lacking).startswith("must have it, but it is sent")
    assert at(nation, serial, **HAS_IT) in ("", "must acknowledge it, and did not")


def test_that_a_late_partner_is_overdue_is_told_once_and_not_again() -> None:
    wanted, progress = LATE_GUESTS.expectation("1.3.1"), {"XGB": "acknowledged", "XGC": "sent"}
    for told, said in ((0, "0 times"), (1, ""), (2, "2 times")):
        seen = Seen(
            progress={**progress, "XGE": "acknowledged"},
            overdue={"XGC": "acknowledgement"},
            told={"XGC": told} if told else {},
        )
        remarks = different(wanted, seen)
        assert len(remarks) == bool(said)
        assert said in "".join(remarks)
    still = Seen(overdue={"XGC": "acknowledgement"}, told={"XGC": 1})
    assert different(LATE_GUESTS.expectation("1.3.3"), still), "it acknowledged, and is overdue no more"


@pytest.mark.parametrize(
    ("right", "wrong", "says"),
    [
        ("      1.1.2: [sends]\n", "      1.1.2: [sent]\n", "did you mean sends?"),
        ("must_have: [XGD]\n    others", "must_have: [XGB]\n    others", "goes to its nation alone"),
        ("- {inject: 4.1.1}", "- {inject: 4.1.1, listed: {1.1.2: [sends]}}", "listed goes with backfill"),
        (
            "GULF-WATCH, nation: XGE}\n",
            "GULF-WATCH, nation: XGE}\n      like: 1.1.2\n",
            "an attempt has one of",
        ),
        ("after: {XGC:", "after: {XGF:", "XGF"),
    ],
    ids=[
        "a word that no list says",
        "to somebody else",
        "a list where there is none",
        "a backfill and a draft at once",
        "the order at a nation that is not there",
    ],
)
def test_a_scenario_that_expects_what_cannot_be_is_refused(
    tmp_path: Path, right: str, wrong: str, says: str
) -> None:
    text = find_scenario("late-guests").read_text()
    assert text.count(right) == 1
    file = tmp_path / "wrong.yaml"
    file.write_text(text.replace(right, wrong))
    with pytest.raises(ScenarioError, match=says):
        load_scenario(file)


def test_who_leaves_a_community_has_been_a_member_until_then_and_may_come_back() -> None:
    now = datetime(2026, 11, 22, 12, tzinfo=UTC)
    hour = timedelta(hours=1)
    members = (Membership(nation="XGA"), Membership(nation="XGE", since=now - hour))
    founded = community_document("sha256:" + "0" * 64, "GULF-WATCH", members)
    left = next_version(founded, "XGE", False, now)
    back = next_version(left, "XGE", True, now + hour)
    assert [each.version for each in (founded, left, back)] == [1, 2, 3]
    assert left.members_at(now - hour / 2) == {"XGA", "XGE"}
    assert left.members_at(now) == {"XGA"}
    assert back.members_at(now + hour) == {"XGA", "XGE"}
    assert back.members_at(now + hour / 2) == {"XGA"}
