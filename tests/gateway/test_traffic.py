"""The traffic over HTTP: rows of both directions, searches, pages, what waits, what a role does not see."""

from datetime import UTC, datetime, timedelta

import pytest

from schemas.base import rfc3339
from schemas.operator import Role
from tests.gateway.drafts import CANARY
from tests.gateway.operator_desk import as_, hire, sign_in
from tests.gateway.running import Gateway, assert_problem
from tests.gateway.traffic_desk import Who, found, get, ids, publish, received


@pytest.fixture(scope="module")
def wanda(xaa: Gateway) -> Who:
    """A watch officer."""
    hire(xaa, "wanda", Role.WATCH_OFFICER)
    return as_(sign_in(xaa, "wanda")["access_token"])


@pytest.fixture(scope="module")
def otto(xaa: Gateway) -> Who:
    """An auditor."""
    hire(xaa, "otto", Role.AUDITOR)
    return as_(sign_in(xaa, "otto")["access_token"])


@pytest.fixture(scope="module")
def edda(xaa: Gateway) -> Who:
    """Exercise staff."""
    hire(xaa, "edda", Role.EXERCISE_STAFF)
    return as_(sign_in(xaa, "edda")["access_token"])


def test_messages_of_both_directions_stand_in_one_order_and_are_found(
    xaa: Gateway, xbb: Gateway, wanda: Who
) -> None:
    sent = received(xaa, xbb, subject="Weir gauge fell")
    own = publish(xaa, subject="Weir gauge rises")
    (row,) = found(xaa, wanda, f"id:{sent['message_id']}")
    assert (row["direction"], row["subject"], row["originator"]) == ("in", "Weir gauge fell", "XBB")
    assert (row["key_standing"], row["action"], row["status"]) == ("GOOD", ["XAA"], "CURRENT")
    assert "copies" not in row
    (row,) = found(xaa, wanda, own["publication_id"])
    assert (row["direction"], row["publication_id"]) == ("out", own["publication_id"])
    assert [(copy["nation"], copy["role"]) for copy in row["copies"]] == [("XBB", "action")]
    assert row["marking"].startswith("REALM LIMITED") or "LIMITED" in row["marking"]
    assert ids(found(xaa, wanda, "weir gauge")) == [own["message_id"], sent["message_id"]]
    assert ids(found(xaa, wanda, '"gauge rises"')) == [own["message_id"]]
    assert ids(found(xaa, wanda, "weir -rises")) == [sent["message_id"]]
    assert ids(found(xaa, wanda, "weir dir:in from:XBB type:alert sig:good")) == [sent["message_id"]]
    assert found(xaa, wanda, "weir sig:revoked") == []
    assert ids(found(xaa, wanda, "weir to:XBB rel:XCC label:limited")) == [own["message_id"]]


def test_pages_follow_each_other_without_gap_or_duplicate(xaa: Gateway, wanda: Who) -> None:
    sent = [publish(xaa, subject="Lighthouse keeper sleeps")["message_id"] for _ in range(7)]
    seen: list[str] = []
    before: dict[str, int] = {}
    while True:
        page = get(xaa, wanda, "/v1/traffic", q="lighthouse", limit=3, **before).json()
        seen += ids(page["rows"])
        if "next_before" not in page:
            break
        before = {"before": page["next_before"]}
    assert seen == sent[::-1]
    newest = get(xaa, wanda, "/v1/traffic", limit=1).json()
    assert newest["rows"][0]["seq"] == newest["through"]
    assert found(xaa, wanda, after=newest["through"]) == []


def test_a_search_that_is_not_understood_says_where_and_what_would_be(xaa: Gateway, wanda: Who) -> None:
    answer = get(xaa, wanda, "/v1/traffic", q="weir prec:URGENT")
    problem = assert_problem(answer, 422, "SEARCH_NOT_UNDERSTOOD", "/query/q")
    assert (problem["search"]["at"], problem["search"]["length"]) == (10, 6)
    assert "flash" in problem["search"]["understood"]
    for path in ("/v1/traffic/histogram", "/v1/traffic/export", "/v1/traffic/stream"):
        assert_problem(get(xaa, wanda, path, q="what:ever"), 422, "SEARCH_NOT_UNDERSTOOD", "/query/q")


def test_an_auditor_finds_metadata_and_no_words(xaa: Gateway, xbb: Gateway, otto: Who) -> None:
    sent = received(xaa, xbb, subject="Weir keeper retired")
    (row,) = found(xaa, otto, f"id:{sent['message_id']} from:XBB")
    assert "subject" not in row
    assert row["marking"]
    assert CANARY not in get(xaa, otto, "/v1/traffic", limit=500).text
    for q in ("retired", '"keeper retired"', "-retired", "subj:retired", f"ref:{sent['message_id']}"):
        for path in ("/v1/traffic", "/v1/traffic/histogram", "/v1/traffic/export", "/v1/traffic/stream"):
            assert_problem(get(xaa, otto, path, q=q), 422, "SEARCH_NOT_UNDERSTOOD", "/query/q")
    for form in ("csv", "jsonl"):
        exported = get(xaa, otto, "/v1/traffic/export", format=form).text
        assert "Weir keeper" not in exported
        assert sent["message_id"] in exported


def test_who_sees_exercises_only_finds_nothing_live_by_any_search(
    xaa: Gateway, xbb: Gateway, edda: Who
) -> None:
    live = received(xaa, xbb, subject="Estuary buoy adrift", mode="OPERATION", exercise_id=None)
    played = received(xaa, xbb, subject="Estuary buoy adrift", mode="EXERCISE", exercise_id="STEADY 26")
    for q in (
        *(
            "",
            "estuary",
            "-nothing",
            "mode:operation,exercise",
            f"id:{live['message_id']},{played['message_id']}",
        ),
        *("from:XBB", "is:unread", "-mode:test", "ex:STEADY,X", "-status:recalled"),
    ):
        rows = found(xaa, edda, q, limit=500)
        assert live["message_id"] not in ids(rows), q
        assert {row["mode"] for row in rows} <= {"EXERCISE", "TEST"}, q
    assert ids(found(xaa, edda, "estuary")) == [played["message_id"]]
    assert live["message_id"] not in get(xaa, edda, "/v1/traffic/export").text
    counted = get(xaa, edda, "/v1/traffic/histogram", q="estuary").json()["buckets"]
    assert sum(sum(each["counts"].values()) for each in counted) == 1


def test_a_histogram_counts_each_row_once(xaa: Gateway, wanda: Who) -> None:
    for precedence in ("ROUTINE", "ROUTINE", "PRIORITY"):
        publish(xaa, subject="Quarry blast at noon", precedence=precedence)
    until = datetime.now(UTC) + timedelta(minutes=1)
    answer = get(
        xaa,
        wanda,
        "/v1/traffic/histogram",
        **{"q": "quarry", "from": rfc3339(until - timedelta(hours=1)), "to": rfc3339(until), "buckets": 4},
    ).json()
    assert answer["seconds"] == 900
    total: dict[str, int] = {}
    for bucket in answer["buckets"]:
        for precedence, count in bucket["counts"].items():
            total[precedence] = total.get(precedence, 0) + count
    assert total == {"ROUTINE": 2, "PRIORITY": 1}
    for begin, end in (
        ("0001-01-01T00:00:00+23:59", rfc3339(until)),
        (rfc3339(until), "9999-12-31T23:59:59-23:59"),
    ):
        beyond = get(xaa, wanda, "/v1/traffic/histogram", **{"from": begin, "to": end})
        assert_problem(beyond, 422, "PARAMETER_INVALID", "/query/from")
    bad = get(xaa, wanda, "/v1/traffic/histogram", **{"from": rfc3339(until), "to": rfc3339(until)})
    assert_problem(bad, 422, "PARAMETER_INVALID", "/query/from")


def test_what_waits_for_an_acknowledgement_leaves_when_anyone_acknowledges(
    xaa: Gateway, xbb: Gateway, wanda: Who
) -> None:
    asked = received(
        xaa, xbb, subject="Dam gate open", precedence="IMMEDIATE", acknowledgement={"required": True}
    )
    path, only = "/v1/traffic/awaiting", {"precedence": "IMMEDIATE"}
    waits = get(xaa, wanda, path, **only).json()
    assert asked["message_id"] in ids(waits["rows"])
    assert asked["message_id"] not in ids(get(xaa, wanda, path).json()["rows"]), "FLASH alone by default"
    assert ids(found(xaa, wanda, "is:awaiting dam")) == [asked["message_id"]]
    body = {
        "level": "UNDERSTOOD",
        "outcome": "NOTED",
        "officer_role": "Duty officer",
        "acknowledged_at": rfc3339(datetime.now(UTC)),
    }
    answer = xaa.client.post(f"/v1/inbox/{asked['message_id']}/acknowledgements", json=body, headers=xaa.auth)
    assert answer.status_code == 201, answer.text
    after = get(xaa, wanda, path, **only).json()
    assert asked["message_id"] not in ids(after["rows"])
    assert after["counts"].get("IMMEDIATE", 0) == waits["counts"]["IMMEDIATE"] - 1
    (row,) = found(xaa, wanda, f"id:{asked['message_id']}")
    assert (row["awaiting_ours"], row["own_receipt"]) == (False, "acknowledged")


def test_own_messages_are_found_by_who_has_not_acknowledged(xaa: Gateway, wanda: Who) -> None:
    own = publish(xaa, subject="Silo door jammed", acknowledgement={"required": True})
    assert ids(found(xaa, wanda, "silo ack:missing")) == [own["message_id"]]
    assert ids(found(xaa, wanda, "silo ack:XBB")) == [own["message_id"]]
    assert found(xaa, wanda, "silo ack:XCC") == []
    assert found(xaa, wanda, "silo -ack:missing") == []
    (row,) = found(xaa, wanda, "silo")
    assert row["receipts_wanted"] is True
    assert row["copies"][0]["owes"] is True
    assert found(xaa, wanda, "silo is:mine") == [], "a partner system's key handed it in"


def test_no_api_key_follows_the_traffic(xaa: Gateway) -> None:
    for path in ("", "/stream", "/histogram", "/awaiting", "/export"):
        answer = xaa.client.get(f"/v1/traffic{path}", headers=xaa.auth)
        assert_problem(answer, 403, "OPERATOR_ONLY")
