"""Update, correct and cancel over HTTP: previews, refusals, what both sides are shown."""

from typing import Any

import pytest

from bus.store import events as feed
from gateways.http.api_keys import Scope
from schemas.event import EventType
from schemas.header import Kind
from tests.gateway.drafts import draft
from tests.gateway.feed_waiting import wait_told
from tests.gateway.running import Gateway, assert_problem, last_seq

Json = dict[str, Any]
NOWHERE = "01890000-0000-7000-8000-000000000000"


def changing(accepted: Json, relation: str = "updates", **header: Any) -> Json:
    """A draft that changes what was accepted."""
    reference = {
        "message_id": accepted["message_id"],
        "originator": "XAA",
        "digest": accepted["digest"],
        "relation": relation,
    }
    made = draft(references=[reference], **header)
    made["body"]["action"] = "UPDATE"
    return made


def published(gateway: Gateway, body: Json) -> Json:
    answer = gateway.publish(body)
    assert answer.status_code == 201, answer.text
    accepted: Json = answer.json()
    return accepted


def in_inbox(gateway: Gateway, after: int, accepted: Json) -> Json:
    (entry,) = gateway.wait_messages(after, [accepted["message_id"]])
    return entry


def wait_status(gateway: Gateway, message_id: str, status: str) -> Json:
    """The inbox entry once its status is this one; woken by the feed of events."""
    wait_told(gateway, lambda each: (each.message_id, each.state) == (message_id, status))
    entry: Json = gateway.get(f"/v1/inbox/{message_id}").json()
    assert entry["status"] == status
    return entry


def test_both_sides_show_what_is_current_and_what_came_before(xaa: Gateway, xbb: Gateway) -> None:
    after = last_seq(xbb)
    first = published(xaa, draft())
    in_inbox(xbb, after, first)
    second = published(xaa, changing(first))
    assert [(each["nation"], each["gets"]) for each in second["change"]["shares"]] == [("XBB", "UPDATE")]
    new = in_inbox(xbb, after, second)
    old = wait_status(xbb, first["message_id"], "UPDATED")
    history = [first["message_id"], second["message_id"]]
    assert (old["current"], old["history"]) == (second["message_id"], history)
    assert (new["status"], new["current"], new["history"]) == ("CURRENT", second["message_id"], history)
    assert (new["expired"], new["expired_on_arrival"]) == (False, False)
    assert old["message"]["header"]["message_id"] == first["message_id"], "the text stays readable"
    current = xbb.get("/v1/inbox", params={"after": after, "current": "true"}).json()["items"]
    assert [each["message_id"] for each in current] == [second["message_id"]]

    of_first, of_second = (
        xaa.get(f"/v1/messages/{each['publication_id']}").json() for each in (first, second)
    )
    publications = [first["publication_id"], second["publication_id"]]
    assert (of_first["status"], of_first["current"]) == ("UPDATED", second["publication_id"])
    assert (of_second["status"], of_second["current"]) == ("CURRENT", second["publication_id"])
    assert of_first["history"] == of_second["history"] == publications
    listed = xaa.get("/v1/messages", params={"current": "true", "limit": 100}).json()["items"]
    assert second["publication_id"] in [each["publication_id"] for each in listed]
    assert first["publication_id"] not in [each["publication_id"] for each in listed]


def test_who_changes_what_is_not_current_is_told_what_is(xaa: Gateway, xbb: Gateway) -> None:
    first = published(xaa, draft())
    second = published(xaa, changing(first))
    problem = assert_problem(xaa.publish(changing(first)), 409, "CHANGE_NOT_CURRENT")
    assert problem["current"] == {name: second[name] for name in ("publication_id", "message_id", "digest")}
    assert problem["pointer"] == "/header/references/0"
    preview = xaa.post("/v1/release-preview", changing(first)).json()
    assert preview["problem"]["code"] == "CHANGE_NOT_CURRENT"
    assert "change" not in preview


def test_leaving_a_nation_out_is_confirmed_and_shown_beforehand(xaa: Gateway, xbb: Gateway) -> None:
    after = last_seq(xbb)
    first = published(xaa, draft())
    in_inbox(xbb, after, first)
    narrower = changing(first, action_addressees=["XCC"])
    problem = assert_problem(xaa.publish(narrower), 422, "NARROWING_NOT_CONFIRMED")
    assert "XBB" in problem["detail"]
    preview = xaa.post("/v1/release-preview", narrower).json()
    assert not preview["would_be_accepted"]
    assert preview["change"]["confirm_narrowing"] is True
    assert {each["nation"]: each["gets"] for each in preview["change"]["shares"]} == {
        "XBB": "CANCELLATION",
        "XCC": "FRESH",
    }
    assert all(each["sentence"] for each in preview["change"]["shares"])
    accepted = published(xaa, narrower | {"confirm_narrowing": True})
    entry = wait_status(xbb, first["message_id"], "CANCELLED")
    assert "current" not in entry
    assert entry["cancelled_at"]
    assert accepted["message_id"] not in str(xbb.get("/v1/inbox", params={"after": after}).json())
    (delivery,) = xaa.get(f"/v1/messages/{first['publication_id']}").json()["deliveries"]
    assert delivery["cancelled_at"]
    assert delivery["cancellation"] in ("queued", "sent", "delivered")


def test_cancelling_marks_it_everywhere_once_and_tells_no_reason(xaa: Gateway, xbb: Gateway) -> None:
    after = last_seq(xbb)
    first = published(xaa, draft())
    in_inbox(xbb, after, first)
    address = f"/v1/messages/{first['publication_id']}/cancel"
    answer = xaa.post(address, {"reason": "ISSUED_IN_ERROR"})
    assert answer.status_code == 200, answer.text
    assert [each["nation"] for each in answer.json()["nations"]] == ["XBB"]
    entry = wait_status(xbb, first["message_id"], "CANCELLED")
    assert entry["message"], "the text stays readable"
    assert "ISSUED_IN_ERROR" not in str(entry)
    again = xaa.post(address, {"reason": "OVERTAKEN"}).json()
    assert (again["cancelled_at"], again["reason"]) == (answer.json()["cancelled_at"], "ISSUED_IN_ERROR")
    shown = xaa.get(f"/v1/messages/{first['publication_id']}").json()
    assert (shown["status"], shown.get("current")) == ("CANCELLED", None)
    assert_problem(xaa.publish(changing(first)), 409, "CANCELLED")
    kinds = [each.type for each in _told(xaa, first["publication_id"])]
    assert EventType.MESSAGE_CANCELLED in kinds


def _told(gateway: Gateway, publication_id: str) -> list[Any]:
    found = gateway.write(lambda tx: feed.look(tx, limit=100_000)).events
    return [each for each in found if each.publication_id == publication_id]


def test_only_what_is_current_is_cancelled(xaa: Gateway, xbb: Gateway) -> None:
    first = published(xaa, draft())
    second = published(xaa, changing(first))
    problem = assert_problem(
        xaa.post(f"/v1/messages/{first['publication_id']}/cancel", {}), 409, "CHANGE_NOT_CURRENT"
    )
    assert problem["current"]["publication_id"] == second["publication_id"]


def test_whoever_may_not_publish_it_finds_nothing_to_cancel(xaa: Gateway, xbb: Gateway) -> None:
    first = published(xaa, draft())
    address = f"/v1/messages/{first['publication_id']}/cancel"
    other_kind = xaa.new_key([Scope.MESSAGES_WRITE], kinds=[Kind.EXERCISE_NOTICE])
    assert_problem(xaa.post(address, {}, other_kind), 404, "NOT_FOUND")
    reader = xaa.new_key([Scope.MESSAGES_READ])
    assert_problem(xaa.post(address, {}, reader), 403, "SCOPE_MISSING")
    assert_problem(xaa.post(f"/v1/messages/{NOWHERE}/cancel", {}), 404, "NOT_FOUND")
    assert xaa.get(f"/v1/messages/{first['publication_id']}").json()["status"] == "CURRENT"


@pytest.mark.parametrize("body", [b"", b"[]", b'{"reason":"BECAUSE"}', b'{"why":"x"}'], ids=str)
def test_a_cancellation_says_one_of_the_codes_or_nothing(xaa: Gateway, xbb: Gateway, body: bytes) -> None:
    first = published(xaa, draft())
    answer = xaa.post(f"/v1/messages/{first['publication_id']}/cancel", body)
    assert 400 <= answer.status_code < 500
    assert xaa.get(f"/v1/messages/{first['publication_id']}").json()["status"] == "CURRENT"


def test_a_message_is_changed_by_its_own_kind_only(xaa: Gateway, xbb: Gateway) -> None:
    first = published(xaa, draft())
    notice = draft("exercise_notice", references=changing(first)["header"]["references"])
    for name in ("mode", "exercise_id"):
        if name in draft()["header"]:
            notice["header"][name] = draft()["header"][name]
    assert_problem(xaa.publish(notice), 422, "REFERENCE_KIND_MISMATCH")


def test_a_repeated_request_gets_its_first_answer_although_its_change_is_done(
    xaa: Gateway, xbb: Gateway
) -> None:
    first = published(xaa, draft())
    body = changing(first)
    once = xaa.publish(body, Idempotency_Key="change-once")
    again = xaa.publish(body, Idempotency_Key="change-once")
    assert (once.status_code, again.status_code) == (201, 201)
    assert again.json() == once.json()
    assert again.headers["idempotent-replayed"] == "true"
