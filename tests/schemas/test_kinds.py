"""The bodies of the five kinds: every rule that ties fields together."""

import pytest

from schemas.header import Kind
from schemas.message import KINDS
from schemas.strict_json import JsonRefused
from tests.schemas.example_bodies import A, Change, E, K, Q, T, changed, drop, put, put_in

SOURCE = {
    "standard": "CAP-1.2",
    "sender": "a@b",
    "identifier": "1",
    "sent": "2026-11-20T00:00:00Z",
    "status": "Actual",
    "msg_type": "Alert",
    "scope": "Public",
}

REFUSED: dict[str, tuple[Kind, Change, str]] = {
    "an exercise that ends before it starts": (E, put(end="2030-03-01T00:00:00Z"), "time_order"),
    "an exercise that ends when it starts": (E, put(end="2030-03-04T06:00:00Z"), "time_order"),
    "a phase that ends before it starts": (
        E,
        put_in("phases", 0, end="2030-03-04T06:00:00Z"),
        "time_order",
    ),
    "a phase outside the exercise": (E, put_in("phases", 2, end="2030-03-23T00:00:00Z"), "phase_outside"),
    "a landing outside the exercise": (
        E,
        put_in("special_activities", 0, start="2030-03-22T18:00:00Z"),
        "activity_outside",
    ),
    "a reservation that ends before it starts": (
        E,
        put_in("reservations", 0, end="2030-03-10T00:00:00Z"),
        "time_order",
    ),
    "an observers' programme that ends before it starts": (
        E,
        put_in("observer_invitation", programme_end="2030-03-12T07:00:00Z"),
        "time_order",
    ),
    "no notice without the time it began": (E, put(no_notice=True), "no_notice"),
    "the time it began without no notice": (E, put(commenced_at="2030-03-04T06:00:00Z"), "no_notice"),
    "forces of a nation that does not take part": (E, put_in("forces", 2, nation="XEE"), "forces_nation"),
    "forces of a nation twice": (E, put_in("forces", 2, nation="XBB"), "duplicate_value"),
    "a participant that observes": (E, put(observer_nations=["XBB"]), "observer_nation"),
    "no forces and no statement that they are few": (E, put(forces=[]), "forces_missing"),
    "no participants": (E, put(participating_nations=[]), "too_short"),
    "no area": (E, put(areas=[]), "too_short"),
    "an unknown nation": (E, put(host_nation="ZZZ"), "nation_unknown"),
    "a negative number of troops": (E, put_in("forces", 0, troops={"ground": -1}), "greater_than_equal"),
    "an unknown exercise type": (E, put(exercise_type="WAR"), "enum"),
    "an unnamed reservation system": (E, put_in("reservations", 0, system="ATC"), "string_pattern_mismatch"),
    "a naive time": (E, put(start="2030-03-04T06:00:00"), "time_not_rfc3339"),
    "an alert without category": (T, put(categories=[]), "alert_category"),
    "an alert with a category twice": (T, put(categories=["Met", "Met"]), "duplicate_value"),
    "an alert without severity": (T, drop("severity"), "alert_assessment"),
    "an alert without threat type": (T, drop("threat_type"), "alert_assessment"),
    "an alert without words": (T, put(texts=[]), "alert_texts"),
    "an alert of ours that says nowhere": (T, put(areas=[], affected_nations=[]), "alert_where"),
    "an alert that expires before it was observed": (
        T,
        put(expires="2026-11-20T05:05:00Z"),
        "time_order",
    ),
    "an alert of ours that expires before its onset": (
        T,
        put(onset="2030-02-12T07:00:00Z"),
        "time_order",
    ),
    "an alert with two texts in one language": (
        T,
        lambda body: body["texts"].append({"language": "EN", "event": "x"}),
        "duplicate_value",
    ),
    "an alert graded G": (T, put(grading={"reliability": "G", "credibility": "2"}), "enum"),
    "an alert graded by a number": (T, put(grading={"reliability": "A", "credibility": 2}), "enum"),
    "a link with markup": (T, put_in("texts", 0, web="https://x/<script>"), "string_pattern_mismatch"),
    "a source that says something else": (T, put(source_alert=SOURCE, action="UPDATE"), "alert_source"),
    "an update of a source that names nothing": (
        T,
        put(source_alert={**SOURCE, "msg_type": "Update"}, action="UPDATE"),
        "alert_source",
    ),
    "a question that wants its answer too late": (
        Q,
        put(answer_requested_by="2030-02-14T18:00:01Z"),
        "time_order",
    ),
    "a question of value from after it is of none": (Q, put(etiov="2030-02-14T18:00:00Z"), "time_order"),
    "a time of interest that ends before it starts": (
        Q,
        put_in("time_of_interest", end="2030-01-20T00:00:00Z"),
        "time_order",
    ),
    "a question that asks for no product": (Q, put(requested_products=[]), "too_short"),
    "revision nought": (Q, put(revision=0), "greater_than_equal"),
    "a question passed on to one nation twice": (Q, put(release_needed_to=["XBB", "XBB"]), "duplicate_value"),
    "a refusal without a code": (
        A,
        drop("answer", "products", "outstanding", "further_answer_by", state="DECLINED"),
        "decline_code",
    ),
    "a code without a refusal": (A, put(decline_code="NO_CAPACITY"), "decline_code"),
    "a refusal that answers": (
        A,
        drop("outstanding", "further_answer_by", state="DECLINED", decline_code="NO_CAPACITY"),
        "response_answer",
    ),
    "a refusal that tells that there is something": (
        A,
        drop(
            "answer",
            "products",
            "outstanding",
            "further_answer_by",
            state="DECLINED",
            decline_code="NOT_RELEASABLE",
        ),
        "enum",
    ),
    "an answer that answers nothing": (A, drop("answer", "products"), "response_answer"),
    "a part of an answer that does not say what is open": (A, drop("outstanding"), "response_outstanding"),
    "a whole answer with something open": (A, put(state="ANSWERED"), "response_outstanding"),
    "a whole answer with more to come": (
        A,
        drop("outstanding", state="ANSWERED"),
        "response_outstanding",
    ),
    "done without having acted": (K, put(outcome="COMPLETED"), "ack_outcome"),
    "unable without saying why": (K, drop("remarks", outcome="UNABLE_TO_COMPLY"), "ack_remarks"),
    "rejected without saying why": (K, drop("remarks", outcome="REJECTED"), "ack_remarks"),
    "delivered, which is for receipts to say": (K, put(level="DELIVERED"), "enum"),
    "a direction override in the remarks": (K, put(remarks="a\u202eb"), "text_control_character"),
    "a role of two lines": (K, put(officer_role="a\nb"), "text_not_one_line"),
}


@pytest.mark.parametrize(("kind", "change", "fault"), REFUSED.values(), ids=REFUSED.keys())
def test_body_is_refused(kind: Kind, change: Change, fault: str) -> None:
    with pytest.raises(JsonRefused) as refusal:
        changed(kind, change)
    assert [found for _, found, _ in refusal.value.faults] == [fault]
    assert refusal.value.pointer.startswith("/body")


TAKEN: dict[str, tuple[Kind, Change]] = {
    "few forces, stated": (E, put(forces=[], below_threshold=True)),
    "no notice with the time it began": (E, put(no_notice=True, commenced_at="2030-03-04T06:00:00Z")),
    "a host that only hosts": (E, put(participating_nations=["XBB", "XCC"])),
    "an alert by nations only": (T, put(areas=[])),
    "an alert by area only": (T, put(affected_nations=[])),
    "an alert that never expires": (T, drop("expires")),
    "an alert of another source that says nowhere and expires before its onset": (
        T,
        put(source_alert=SOURCE, areas=[], affected_nations=[], onset="2030-02-12T07:00:00Z"),
    ),
    "a cancellation that says nothing": (
        T,
        lambda body: [body.pop(field) for field in list(body)] and body.update(action="CANCEL"),
    ),
    "an answer by product only": (A, drop("answer")),
    "a neutral refusal": (
        A,
        drop(
            "answer",
            "products",
            "outstanding",
            "further_answer_by",
            state="DECLINED",
            decline_code="UNABLE_TO_ASSIST",
        ),
    ),
    "done": (K, put(level="ACTIONED", outcome="COMPLETED")),
}


@pytest.mark.parametrize(("kind", "change"), TAKEN.values(), ids=TAKEN.keys())
def test_body_is_taken(kind: Kind, change: Change) -> None:
    assert isinstance(changed(kind, change), KINDS[kind])
