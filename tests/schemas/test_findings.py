"""Bodies read critically: lead times, thresholds, references, and times against the time of issue."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from schemas.body import FindingCode, FindingLevel
from schemas.exercise_forces import NOTIFICATION, OBSERVATION, VERY_LARGE, Thresholds
from schemas.header import Kind, Relation
from schemas.reasons import ReasonCode
from tests.schemas.example_bodies import NOW, A, Change, E, K, Q, T, changed, drop, put, reference


def found(
    kind: Kind, change: Change, now: datetime = NOW, *relations: Relation
) -> list[tuple[FindingLevel, FindingCode, str]]:
    findings = changed(kind, change).findings(now, tuple(reference(relation) for relation in relations))
    return [(finding.level, finding.code, finding.pointer) for finding in findings]


START = datetime(2030, 3, 4, 6, tzinfo=UTC)
LATE = (FindingLevel.ERROR, FindingCode.NOTICE_TOO_LATE, "/body/start")
KEEP = put()
NO_INVITATION = drop("observer_invitation")


@pytest.mark.parametrize(
    ("change", "lead", "late"),
    [
        (NO_INVITATION, timedelta(days=42), False),
        (NO_INVITATION, timedelta(days=42, seconds=-1), True),
        (NO_INVITATION, timedelta(days=-1), True),
        (drop("observer_invitation", notification_basis="BILATERAL"), timedelta(days=1), False),
        (drop("observer_invitation", notification_basis="VOLUNTARY"), timedelta(days=1), False),
        (
            drop("observer_invitation", no_notice=True, commenced_at="2030-03-04T06:00:00Z"),
            timedelta(0),
            False,
        ),
    ],
    ids=[
        "42 days before",
        "a second less than 42 days before",
        "after the start",
        "bilateral, a day before",
        "voluntary, a day before",
        "no notice, as it begins",
    ],
)
def test_vienna_document_lead_time(change: Change, lead: timedelta, late: bool) -> None:
    assert (LATE in found(E, change, START - lead)) == late


def test_an_exercise_that_is_over_is_not_announced() -> None:
    assert (FindingLevel.ERROR, FindingCode.TIME_INVALID, "/body/end") in found(
        E, KEEP, START + timedelta(30)
    )


def test_observers_cannot_be_asked_to_reply_in_the_past() -> None:
    after = datetime(2030, 2, 10, 12, tzinfo=UTC)
    assert (FindingLevel.ERROR, FindingCode.TIME_INVALID, "/body/observer_invitation/reply_by") in found(
        E, KEEP, after
    )


def few(**fields: Any) -> Change:
    """The example with the forces of one nation only, without observers."""

    def change(body: dict[str, Any]) -> None:
        del body["observer_invitation"]
        body["special_activities"] = fields.pop("special", [])
        body["forces"] = [{"nation": "XAA", "troops": {"ground": fields.pop("troops", 0)}, **fields}]
        body["notification_basis"] = "VOLUNTARY"

    return change


THRESHOLDS: dict[str, tuple[Thresholds, FindingCode]] = {
    "prior notification": (NOTIFICATION, FindingCode.THRESHOLD_CROSSED),
    "observation": (OBSERVATION, FindingCode.OBSERVERS_NOT_INVITED),
    "very large": (VERY_LARGE, FindingCode.VERY_LARGE_ACTIVITY),
}


@pytest.mark.parametrize(("thresholds", "code"), THRESHOLDS.values(), ids=THRESHOLDS.keys())
@pytest.mark.parametrize("below", [0, 1])
def test_each_threshold_is_reached_exactly(thresholds: Thresholds, code: FindingCode, below: int) -> None:
    cases = [
        few(troops=thresholds.troops - below),
        few(battle_tanks=thresholds.battle_tanks - below),
    ]
    if thresholds is not VERY_LARGE:
        cases += [
            few(armoured_combat_vehicles=thresholds.armoured_combat_vehicles - below),
            few(artillery_100mm=thresholds.artillery_100mm - below),
            few(special=[{"type": "PARACHUTE_ASSAULT", "troops": thresholds.landing_troops - below}]),
        ]
    for case in cases:
        codes = [each for level, each, _ in found(E, case) if level is FindingLevel.WARNING]
        assert (code in codes) == (below == 0)


def test_forces_of_all_nations_count_together() -> None:
    codes = [code for _, code, _ in found(E, drop("observer_invitation", below_threshold=True))]
    assert FindingCode.THRESHOLD_CROSSED in codes


ANSWERED_ONCE = [
    (A, Relation.REPLIES),
    (K, Relation.ACKNOWLEDGES),
]
MISSING = (FindingLevel.ERROR, FindingCode.REFERENCE_UNKNOWN, "/header/references")


@pytest.mark.parametrize(("kind", "relation"), ANSWERED_ONCE)
def test_an_answer_refers_to_exactly_one_message(kind: Kind, relation: Relation) -> None:
    assert found(kind, KEEP, NOW, relation) == []
    assert found(kind, KEEP, NOW, relation, Relation.RELATES) == []
    assert found(kind, KEEP, NOW) == [MISSING]
    assert found(kind, KEEP, NOW, relation, relation) == [MISSING]
    assert found(kind, KEEP, NOW, Relation.RELATES) == [MISSING]


def test_our_updates_and_cancellations_refer_to_exactly_one_alert() -> None:
    update, cancel = put(action="UPDATE"), put(action="CANCEL")
    for relation in (Relation.UPDATES, Relation.SUPERSEDES, Relation.CORRECTS):
        assert found(T, update, NOW, relation) == []
    assert found(T, cancel, NOW, Relation.CANCELS) == []
    assert found(T, update, NOW) == [MISSING]
    assert found(T, update, NOW, Relation.CANCELS) == [MISSING]
    assert found(T, cancel, NOW, Relation.UPDATES) == [MISSING]


TOO_LATE: dict[str, tuple[Kind, datetime, Relation | None, str]] = {
    "observed in the future": (T, datetime(2026, 11, 20, 5, 4, tzinfo=UTC), None, "/body/observed_at"),
    "of value no longer": (Q, datetime(2030, 2, 14, 18, tzinfo=UTC), None, "/body/ltiov"),
    "wanted already": (Q, datetime(2030, 2, 12, 12, tzinfo=UTC), None, "/body/answer_requested_by"),
    "known from the future": (
        A,
        datetime(2026, 11, 20, 11, 39, tzinfo=UTC),
        Relation.REPLIES,
        "/body/information_as_of",
    ),
    "more to come in the past": (
        A,
        datetime(2030, 2, 13, 12, tzinfo=UTC),
        Relation.REPLIES,
        "/body/further_answer_by",
    ),
    "acknowledged in the future": (
        K,
        datetime(2026, 11, 20, 5, 51, tzinfo=UTC),
        Relation.ACKNOWLEDGES,
        "/body/acknowledged_at",
    ),
}


@pytest.mark.parametrize(("kind", "now", "relation", "pointer"), TOO_LATE.values(), ids=TOO_LATE.keys())
def test_a_time_that_does_not_fit_the_time_of_issue(
    kind: Kind, now: datetime, relation: Relation | None, pointer: str
) -> None:
    expected = (FindingLevel.ERROR, FindingCode.TIME_INVALID, pointer)
    relations = () if relation is None else (relation,)
    assert expected in found(kind, KEEP, now, *relations)
    assert expected not in found(kind, KEEP, now + timedelta(minutes=1) if now < NOW else NOW, *relations)


def test_findings_that_stop_publication_are_reasons() -> None:
    reasons = {reason.value for reason in ReasonCode}
    assert {FindingCode.NOTICE_TOO_LATE, FindingCode.TIME_INVALID, FindingCode.REFERENCE_UNKNOWN} <= reasons
