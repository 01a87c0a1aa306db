"""Where an alert goes: mode, exercise, references to earlier alerts, replay."""

from datetime import UTC, datetime, timedelta, timezone

import pytest

from schemas.header import Mode, Precedence, Relation
from schemas.interop.cap import CapOptions, CapWarningCode
from schemas.reasons import ReasonCode
from tests.cap.alert_xml import (
    REFERENCE,
    alert_xml,
    codes,
    draft,
    read,
    refused,
    taken,
)

R = ReasonCode
W = CapWarningCode


EXERCISE = CapOptions(as_exercise="COLD WATER 31")


@pytest.mark.parametrize(
    ("status", "note", "options", "mode", "exercise_id"),
    [
        ("Actual", None, CapOptions(), Mode.OPERATION, None),
        ("Actual", "DEEP SNOW 31", CapOptions(), Mode.OPERATION, None),
        ("Actual", None, EXERCISE, Mode.EXERCISE, "COLD WATER 31"),
        ("Exercise", "DEEP SNOW 31", CapOptions(), Mode.EXERCISE, "DEEP SNOW 31"),
        ("Exercise", None, EXERCISE, Mode.EXERCISE, "COLD WATER 31"),
        ("Test", None, CapOptions(), Mode.TEST, None),
        ("Test", None, EXERCISE, Mode.EXERCISE, "COLD WATER 31"),
    ],
)
def test_mode(
    status: str, note: str | None, options: CapOptions, mode: Mode, exercise_id: str | None
) -> None:
    found = draft(alert_xml({"status": status, "note": note}), options)
    assert (found.mode, found.exercise_id) == (mode, exercise_id)
    assert found.header().mode is mode
    assert found.body.source_alert is not None
    assert found.body.source_alert.status.value == status


@pytest.mark.parametrize("status", ["Exercise", "Test"])
@pytest.mark.parametrize("options", [CapOptions(), EXERCISE])
def test_what_is_not_actual_never_becomes_an_operation(status: str, options: CapOptions) -> None:
    for alert in read(alert_xml({"status": status, "note": "DEEP SNOW 31"}), options).drafts:
        assert alert.mode is not Mode.OPERATION


@pytest.mark.parametrize("note", [None, "an exercise in lower case", "  "])
def test_an_exercise_without_a_name_is_refused(note: str | None) -> None:
    assert refused(alert_xml({"status": "Exercise", "note": note})).code is R.CAP_EXERCISE_ID_MISSING


def test_an_exercise_put_into_another_exercise_is_reported() -> None:
    assert codes(taken(alert_xml({"status": "Exercise", "note": "DEEP SNOW 31"}), EXERCISE)) == [
        W.EXERCISE_ID_DIFFERS
    ]


@pytest.mark.parametrize("status", ["System", "Draft"])
@pytest.mark.parametrize("options", [CapOptions(), EXERCISE])
def test_system_and_draft_alerts_are_refused(status: str, options: CapOptions) -> None:
    assert refused(alert_xml({"status": status}), options).code is R.CAP_STATUS_NOT_TAKEN


@pytest.mark.parametrize("msg_type", ["Ack", "Error"])
def test_acknowledgements_and_errors_are_refused(msg_type: str) -> None:
    alert = alert_xml({"msgType": msg_type, "references": REFERENCE})
    assert refused(alert).code is R.CAP_MSGTYPE_NOT_TAKEN


@pytest.mark.parametrize("name", ["", "cold water", "X" * 65, "COLD\nWATER"])
def test_an_exercise_id_that_is_none_is_the_callers_mistake(name: str) -> None:
    with pytest.raises(ValueError, match="as_exercise"):
        CapOptions(as_exercise=name)


@pytest.mark.parametrize(
    ("msg_type", "relation"), [("Update", Relation.UPDATES), ("Cancel", Relation.CANCELS)]
)
def test_update_and_cancel_refer_to_earlier_alerts(msg_type: str, relation: Relation) -> None:
    older = "warnings@met.example,XNO-MET-2031-0005,2031-02-28T20:00:00-00:00"
    found = draft(alert_xml({"msgType": msg_type, "references": f" {older}\n\t{REFERENCE} {older}"}))
    assert found.relation is relation
    assert [each.identifier for each in found.cap_references] == ["XNO-MET-2031-0005", "XNO-MET-2031-0006"]
    assert found.cap_references[1].sent == datetime(2031, 2, 28, 20, tzinfo=UTC)
    assert found.body.source_alert is not None
    assert found.body.source_alert.references == found.cap_references
    assert found.body.action == msg_type.upper()


def test_a_cancel_needs_no_info() -> None:
    found = draft(alert_xml({"msgType": "Cancel", "references": REFERENCE}, inner="<!-- nothing -->"))
    assert found.subject == "Cancellation of XNO-MET-2031-0006"
    assert found.precedence is Precedence.PRIORITY
    assert (found.body.texts, found.body.areas, found.expires_at) == ((), (), None)


@pytest.mark.parametrize("msg_type", ["Alert", "Update"])
def test_everything_but_a_cancel_needs_an_info(msg_type: str) -> None:
    text = alert_xml({"msgType": msg_type, "references": REFERENCE}, inner="<!-- nothing -->")
    assert refused(text).code is R.CAP_INFO_MISSING


@pytest.mark.parametrize("msg_type", ["Update", "Cancel"])
@pytest.mark.parametrize("references", [None, "", "  "])
def test_update_and_cancel_without_references_are_refused(msg_type: str, references: str | None) -> None:
    text = alert_xml({"msgType": msg_type, "references": references})
    assert refused(text).code is R.CAP_REFERENCE_MISSING


@pytest.mark.parametrize(
    "references",
    [
        "warnings@met.example,XNO-MET-2031-0006",
        "warnings@met.example,XNO-MET-2031-0006,yesterday",
        "warnings@met.example,,2031-02-28T21:00:00+01:00",
        "a,b,c,2031-02-28T21:00:00+01:00",
        REFERENCE + " and more",
    ],
)
def test_a_reference_that_is_no_triple_is_refused(references: str) -> None:
    place = refused(alert_xml({"msgType": "Update", "references": references}))
    assert (place.code, place.path) == (R.CAP_REFERENCE_INVALID, "/alert/references")


def test_an_alert_that_names_itself_keeps_only_the_others() -> None:
    itself = "warnings@met.example,XNO-MET-2031-0007,2031-03-01T08:00:00+00:00"
    alert = taken(alert_xml({"msgType": "Update", "references": f"{itself} {REFERENCE}"}))
    assert codes(alert) == [W.REFERENCE_TO_ITSELF]
    assert [each.identifier for each in alert.drafts[0].cap_references] == ["XNO-MET-2031-0006"]


def test_a_replay_moves_all_times_by_the_same_amount() -> None:
    at = datetime(2040, 1, 1, 12, tzinfo=timezone(timedelta(hours=2)))
    straight, alert = draft(alert_xml()), taken(alert_xml(), CapOptions(replay_at=at))
    moved = alert.drafts[0]
    shift = at - datetime(2031, 3, 1, 8, tzinfo=UTC)
    assert straight.effective_at is not None
    assert straight.expires_at is not None
    assert straight.body.onset is not None
    assert moved.effective_at == straight.effective_at + shift == at
    assert moved.expires_at == moved.body.expires == straight.expires_at + shift
    assert moved.body.onset == straight.body.onset + shift
    assert codes(alert) == [W.REPLAYED]
    source = moved.body.source_alert
    assert source is not None
    assert (source.sent, source.replayed) == (datetime(2031, 3, 1, 8, tzinfo=UTC), True)


def test_a_replay_leaves_references_alone() -> None:
    text = alert_xml({"msgType": "Update", "references": REFERENCE})
    moved = draft(text, CapOptions(replay_at=datetime(2040, 1, 1, tzinfo=UTC)))
    assert moved.cap_references == draft(text).cap_references


def test_a_replay_at_the_end_of_the_calendar_is_refused() -> None:
    options = CapOptions(replay_at=datetime(9999, 12, 31, 23, tzinfo=UTC))
    assert refused(alert_xml(), options).code is R.CAP_TIME_INVALID


def test_a_replay_time_without_offset_is_the_callers_mistake() -> None:
    with pytest.raises(ValueError, match="replay_at"):
        CapOptions(replay_at=datetime(2031, 3, 1))  # noqa: DTZ001 - that is the mistake
