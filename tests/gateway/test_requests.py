"""Information requests over HTTP and the real broker: asked, answered, turned down, closed."""

import pytest

from tests.gateway.asking import act, shown, wait_state
from tests.gateway.drafts import CANARY, draft, soon
from tests.gateway.running import Gateway, assert_problem


def test_a_request_is_accepted_answered_and_closed(xaa: Gateway, xbb: Gateway, asked: str) -> None:
    seen = shown(xbb, asked)
    assert (seen["role"], seen["originator"], seen["state"]) == ("asked", "XAA", "SUBMITTED")
    assert seen["title"] == f"{CANARY} title"
    (party,) = seen["parties"]
    assert party["addressed"] == "action"
    assert party["legal"] == ["ACKNOWLEDGE", "ACCEPT", "DECLINE", "REDIRECT", "ANSWER_PARTLY", "ANSWER"]
    accepted = act(xbb, asked, "accept", {"further_answer_by": soon(hours=2)})
    assert accepted.status_code == 201
    assert accepted.json()["recipients"] == ["XAA"]
    assert accepted.headers["location"].startswith("/v1/messages/")
    at_asker = wait_state(xaa, asked, "ACCEPTED")
    assert (at_asker["role"], at_asker["parties"][0]["nation"]) == ("asking", "XBB")
    assert at_asker["parties"][0]["legal"] == ["CLOSE", "CANCEL", "REPLACE"]
    (step,) = at_asker["parties"][0]["timeline"]
    assert (step["act"], step["by"], step["message_id"]) == ("ACCEPT", "XBB", accepted.json()["message_id"])
    assert (step["effective"], step["state"]) == (True, "ACCEPTED")
    reply = draft("information_response")
    entry = next(item for item in xbb.get(f"/v1/inbox/{asked}").json().items() if item[0] == "digest")
    reply["header"] |= {
        "action_addressees": ["XAA"],
        "references": [{"message_id": asked, "originator": "XAA", "digest": entry[1], "relation": "replies"}],
    }
    reply["label"]["releasable_to"] = ["XAA"]
    reply["body"] = {"rfi_id": seen["rfi_id"], "state": "ANSWERED", "answer": "Three vessels."}
    assert xbb.publish(reply).status_code == 201
    wait_state(xaa, asked, "ANSWERED")
    closed = act(xaa, asked, "close", {"outcome": "SATISFIED"})
    assert (closed.status_code, closed.json()["state"]) == (200, "CLOSED")
    assert act(xaa, asked, "close", {"outcome": "SATISFIED"}).status_code == 200
    assert_problem(act(xaa, asked, "close", {"outcome": "OVERTAKEN"}), 409, "REQUEST_TRANSITION_ILLEGAL")
    there = wait_state(xbb, asked, "CLOSED")
    (party,) = there["parties"]
    assert (party["outcome"], party["legal"]) == ("SATISFIED", [])
    assert [step["act"] for step in party["timeline"]] == ["ACCEPT", "ANSWER", "CLOSE"]
    assert party["timeline"][-1]["by"] == "XAA"


def test_what_is_illegal_is_refused_with_the_legal_acts_named(xaa: Gateway, xbb: Gateway, asked: str) -> None:
    assert act(xbb, asked, "accept", {}).status_code == 201
    problem = assert_problem(act(xbb, asked, "accept", {}), 409, "REQUEST_TRANSITION_ILLEGAL", "")
    legal = ["ACKNOWLEDGE", "DECLINE", "REDIRECT", "ANSWER_PARTLY", "ANSWER"]
    assert problem["legal"] == legal
    named = ", ".join(legal)
    assert problem["detail"] == f"The request is ACCEPTED, where ACCEPT is illegal; legal now: {named}."
    # What only the other side may do.
    for gateway, what, body in (
        (xbb, "close", {"outcome": "SATISFIED"}),
        (xaa, "accept", {}),
        (xaa, "decline", {"decline_code": "NO_CAPACITY"}),
        (xaa, "redirect", {"redirect_to": "XCC"}),
    ):
        problem = assert_problem(act(gateway, asked, what, body), 409, "REQUEST_TRANSITION_ILLEGAL")
        assert problem["legal"] == (legal if gateway is xbb else ["CLOSE", "CANCEL", "REPLACE"])


def test_declining_gives_a_code_and_nothing_else(xaa: Gateway, xbb: Gateway, asked: str) -> None:
    assert_problem(act(xbb, asked, "decline", {}), 422, "SCHEMA_INVALID", "/decline_code")
    assert_problem(
        act(xbb, asked, "decline", {"decline_code": "NOT_RELEASABLE"}), 422, "SCHEMA_INVALID", "/decline_code"
    )
    assert act(xbb, asked, "decline", {"decline_code": "UNABLE_TO_ASSIST"}).status_code == 201
    seen = wait_state(xaa, asked, "DECLINED")
    assert seen["parties"][0]["timeline"][0]["detail"] == "UNABLE_TO_ASSIST"


def test_a_cancelled_request_is_cancelled_at_both_ends_whatever_was_answered(
    xaa: Gateway, xbb: Gateway, asked: str
) -> None:
    assert act(xbb, asked, "accept", {}).status_code == 201
    assert_problem(act(xbb, asked, "cancel", {}), 409, "REQUEST_TRANSITION_ILLEGAL")
    cancelled = act(xaa, asked, "cancel", {"reason": "OVERTAKEN"})
    assert (cancelled.status_code, cancelled.json()["state"]) == (200, "CANCELLED")
    assert act(xaa, asked, "cancel", {}).json()["state"] == "CANCELLED"
    there = wait_state(xbb, asked, "CANCELLED")
    assert there["parties"][0]["legal"] == []
    assert "OVERTAKEN" not in str(there), "why is told to nobody"
    assert_problem(
        act(xbb, asked, "decline", {"decline_code": "DUPLICATE"}), 409, "REQUEST_TRANSITION_ILLEGAL"
    )
    assert_problem(act(xaa, asked, "close", {"outcome": "SATISFIED"}), 409, "REQUEST_TRANSITION_ILLEGAL")
    assert wait_state(xaa, asked, "CANCELLED")


def test_of_a_recalled_request_no_words_are_left_and_nothing_is_answered(
    xaa: Gateway, xbb: Gateway, asked: str
) -> None:
    publication = shown(xaa, asked)["publication_id"]
    assert xaa.post(f"/v1/messages/{publication}/recall", {}).status_code == 202
    there = wait_state(xbb, asked, "CANCELLED")
    assert not {"title", "rfi_id", "priority"} & there.keys()
    assert CANARY not in xbb.get("/v1/requests", params={"limit": 1}).text
    refused = act(xbb, asked, "accept", {})
    assert_problem(refused, refused.status_code, "RECALLED")
    assert 400 <= refused.status_code < 500


def test_what_is_closed_cannot_be_cancelled(xaa: Gateway, asked: str) -> None:
    assert act(xaa, asked, "close", {"outcome": "OVERTAKEN"}).status_code == 200
    problem = assert_problem(act(xaa, asked, "cancel", {}), 409, "REQUEST_TRANSITION_ILLEGAL")
    assert problem["detail"] == "The request is CLOSED, where CANCEL is illegal; legal now: none."
    assert problem["legal"] == []


@pytest.mark.parametrize("nation", ["XAA", "XBB", "XZZ"])
def test_a_request_is_redirected_to_a_third_nation(
    xaa: Gateway, xbb: Gateway, asked: str, nation: str
) -> None:
    refused = act(xbb, asked, "redirect", {"redirect_to": nation})
    assert_problem(refused, 422, "REDIRECT_INVALID", "/redirect_to")
    assert act(xbb, asked, "redirect", {"redirect_to": "XCC"}).status_code == 201
    assert wait_state(xaa, asked, "REDIRECTED")["parties"][0]["timeline"][0]["detail"] == "XCC"


def test_a_repeated_acceptance_gets_the_first_answer_again(xbb: Gateway, asked: str) -> None:
    first, again = (xbb.post(f"/v1/requests/{asked}/accept", {}, Idempotency_Key=f"a-{asked}") for _ in "12")
    assert (first.status_code, again.status_code) == (201, 201)
    assert again.headers["idempotent-replayed"] == "true"
    assert again.content == first.content


def test_an_illegal_answer_shows_in_the_preview(xbb: Gateway, asked: str) -> None:
    entry = xbb.get(f"/v1/inbox/{asked}").json()
    reply = draft("information_response")
    reply["header"] |= {
        "action_addressees": ["XAA"],
        "references": [
            {"message_id": asked, "originator": "XAA", "digest": entry["digest"], "relation": "replies"}
        ],
    }
    reply["label"]["releasable_to"] = ["XAA"]
    reply["body"] = {"rfi_id": "X-1", "state": "DECLINED", "decline_code": "DUPLICATE"}
    assert xbb.post("/v1/release-preview", reply).json()["would_be_accepted"] is True
    reply["body"] = {"rfi_id": "X-1", "state": "ANSWERED", "answer": "Yes."}
    assert xbb.publish(reply).status_code == 201
    reply["body"] = {"rfi_id": "X-1", "state": "DECLINED", "decline_code": "DUPLICATE"}
    preview = xbb.post("/v1/release-preview", reply).json()
    assert (preview["would_be_accepted"], preview["problem"]["code"]) == (False, "REQUEST_TRANSITION_ILLEGAL")
    problem = assert_problem(xbb.publish(reply), 409, "REQUEST_TRANSITION_ILLEGAL", "/body/state")
    assert problem["legal"] == preview["problem"]["legal"] == ["ACKNOWLEDGE", "ANSWER"]
    assert problem["detail"] == preview["problem"]["detail"]
