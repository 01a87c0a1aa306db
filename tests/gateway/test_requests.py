"""Information requests over HTTP and the real broker: asked, worked on, answered, closed."""

import asyncio
from typing import Any
from uuid import uuid4

import httpx
import pytest

from bus.store import operators
from gateways.http.api_keys import Scope
from schemas.header import Kind
from schemas.operator import Role
from tests.gateway.drafts import CANARY, draft, soon
from tests.gateway.operator_desk import hire, sign_in
from tests.gateway.running import WAIT, Gateway, assert_problem, last_seq

Json = dict[str, Any]
NOBODY = "01890000-0000-7000-8000-000000000000"
STAFF = {
    Role.WATCH_OFFICER: "rfi-watch",
    Role.RELEASER: "rfi-releaser",
    Role.EXERCISE_STAFF: "rfi-exercise",
    Role.SECURITY_OFFICER: "rfi-security",
    Role.AUDITOR: "rfi-auditor",
}


def ask(xaa: Gateway, xbb: Gateway, **body: Any) -> str:
    """XAA asks XBB; the id of the request's message, once XBB has it."""
    after = last_seq(xbb)
    made = draft("information_request")
    made["body"] |= {
        "title": f"{CANARY} title",
        "ltiov": soon(hours=5),
        "answer_requested_by": soon(hours=3),
        "release_needed_to": [],
        **body,
    }
    answer = xaa.publish(made)
    assert answer.status_code == 201, answer.text
    message_id: str = answer.json()["message_id"]
    xbb.wait_messages(after, [message_id])
    return message_id


def shown(gateway: Gateway, message_id: str, key: str | None = None) -> Json:
    answer = gateway.get(f"/v1/requests/{message_id}", key)
    assert answer.status_code == 200, answer.text
    found: Json = answer.json()
    return found


def act(gateway: Gateway, message_id: str, what: str, body: Any, key: str | None = None) -> httpx.Response:
    return gateway.post(f"/v1/requests/{message_id}/{what}", body, key, Idempotency_Key=str(uuid4()))


def wait_state(gateway: Gateway, message_id: str, state: str) -> Json:
    """The request, once it stands there with some nation."""

    async def look(seen: int) -> int:
        async with asyncio.timeout(WAIT):
            return await gateway.runtime.context.events.wait_beyond(seen)

    seen = 0
    while True:
        found = shown(gateway, message_id)
        if state in [party["state"] for party in found["parties"]]:
            return found
        seen = gateway._loop.call(look(seen))


@pytest.fixture
def asked(xaa: Gateway, xbb: Gateway) -> str:
    return ask(xaa, xbb)


@pytest.fixture(scope="module")
def staff(xbb: Gateway) -> dict[Role, str]:
    """An access token of each role at the gateway that is asked."""
    for role, name in STAFF.items():
        hire(xbb, name, role)
    return {role: sign_in(xbb, name)["access_token"] for role, name in STAFF.items()}


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
    assert problem["detail"].endswith(
        "ACCEPT is illegal; legal now: ACKNOWLEDGE, DECLINE, REDIRECT, ANSWER_PARTLY, ANSWER"
    )
    # What only the other side may do.
    for gateway, what, body in (
        (xbb, "close", {"outcome": "SATISFIED"}),
        (xaa, "accept", {}),
        (xaa, "decline", {"decline_code": "NO_CAPACITY"}),
        (xaa, "redirect", {"redirect_to": "XCC"}),
    ):
        assert_problem(act(gateway, asked, what, body), 409, "REQUEST_TRANSITION_ILLEGAL")


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
    assert_problem(xbb.publish(reply), 409, "REQUEST_TRANSITION_ILLEGAL", "/body/state")


# -- finding them -------------------------------------------------------------------------------------


def listed(gateway: Gateway, key: str | None = None, **params: Any) -> list[str]:
    answer = gateway.get("/v1/requests", key, params=params)
    assert answer.status_code == 200, answer.text
    return [item["message_id"] for item in answer.json()["items"]]


def test_requests_are_found_by_what_a_board_needs(
    xaa: Gateway, xbb: Gateway, asked: str, staff: dict[Role, str]
) -> None:
    other = ask(xaa, xbb)
    assert listed(xbb, limit=2) == [other, asked]
    page = xbb.get("/v1/requests", params={"limit": 1}).json()
    assert listed(xbb, limit=1, before=page["next"]) == [asked]
    assert act(xbb, asked, "accept", {}).status_code == 201
    assert listed(xbb, state="ACCEPTED", limit=1) == [asked]
    assert listed(xbb, state=["ACCEPTED", "SUBMITTED"], limit=2) == [other, asked]
    assert (listed(xbb, role="asking"), asked in listed(xbb, role="asked")) == ([], True)
    assert asked in listed(xaa, role="asking", limit=500)
    assert listed(xbb, mode="TEST") == []
    assigned = xbb.client.put(
        f"/v1/requests/{asked}/assignment",
        json={"assignee": "rfi-watch", "due_at": soon(minutes=5)},
        headers={"Authorization": f"Bearer {staff[Role.WATCH_OFFICER]}"},
    )
    assert assigned.status_code == 200, assigned.text
    assert listed(xbb, assignee="rfi-watch") == [asked]
    assert asked in listed(xbb, due_before=soon(minutes=6))
    assert other not in listed(xbb, due_before=soon(minutes=6))
    assert_problem(xbb.get("/v1/requests", params={"state": "DONE"}), 422, "PARAMETER_INVALID")
    assert_problem(
        xbb.get("/v1/requests", params={"due_before": "2026-05-04T12:00:00"}), 422, "PARAMETER_INVALID"
    )


def test_a_request_that_is_not_there_is_not_found(xbb: Gateway) -> None:
    assert_problem(xbb.get(f"/v1/requests/{NOBODY}"), 404, "NOT_FOUND")
    for what, body in (("accept", {}), ("close", {"outcome": "SATISFIED"}), ("notes", {"text": "a"})):
        assert_problem(act(xbb, NOBODY, what, body), 404, "NOT_FOUND")


# -- who may ------------------------------------------------------------------------------------------


def test_a_key_for_other_kinds_sees_no_request_and_answers_none(xbb: Gateway, asked: str) -> None:
    other = xbb.new_key(kinds=[Kind.THREAT_ALERT.value])
    assert listed(xbb, other) == []
    assert_problem(xbb.get(f"/v1/requests/{asked}", other), 404, "NOT_FOUND")
    assert_problem(act(xbb, asked, "accept", {}, other), 404, "NOT_FOUND")
    assert_problem(act(xbb, asked, "notes", {"text": "a"}, other), 404, "NOT_FOUND")
    requests = xbb.new_key(
        [Scope.REQUESTS_READ, Scope.REQUESTS_WRITE], kinds=[Kind.INFORMATION_REQUEST.value]
    )
    assert asked in listed(xbb, requests)
    assert act(xbb, asked, "accept", {}, requests).status_code == 201


def test_roles_see_and_do_what_is_theirs(xbb: Gateway, asked: str, staff: dict[Role, str]) -> None:
    assert act(xbb, asked, "notes", {"text": f"{CANARY} note"}).status_code == 201
    for role, token in staff.items():
        answer = xbb.get(f"/v1/requests/{asked}", token)
        writes = act(xbb, asked, "notes", {"text": "more"}, token)
        if role is Role.EXERCISE_STAFF:
            assert_problem(answer, 404, "NOT_FOUND")
            assert_problem(writes, 404, "NOT_FOUND")
            assert asked not in listed(xbb, token)
            continue
        assert answer.status_code == 200
        if role is Role.AUDITOR:
            assert CANARY not in answer.text
            assert CANARY not in xbb.get("/v1/requests", token).text
            assert "notes" not in answer.json()
        else:
            assert answer.json()["notes"][0]["text"] == f"{CANARY} note"
        if role in (Role.WATCH_OFFICER, Role.RELEASER):
            assert writes.status_code == 201
            assert writes.json()["notes"][-1]["author"] == f"operator:{STAFF[role]}"
        else:
            assert_problem(writes, 403, "ROLE_MISSING")


def test_a_request_for_display_is_for_people_and_its_words_stay_in_the_inbox(
    xaa: Gateway, xbb: Gateway, staff: dict[Role, str]
) -> None:
    made = draft("information_request", action_addressees=[])
    made["label"] |= {"releasable_to": ["XCC"], "display_only_to": ["XBB"]}
    made["body"] |= {"title": f"{CANARY} title", "ltiov": soon(hours=5), "answer_requested_by": soon(hours=3)}
    before = xbb.runtime.context.inbox.latest
    asked = xaa.publish(made).json()["message_id"]
    while xbb.get(f"/v1/requests/{asked}", staff[Role.WATCH_OFFICER]).status_code != 200:
        before = xbb._loop.call(xbb.runtime.context.inbox.wait_beyond(before, WAIT))
    assert_problem(xbb.get(f"/v1/requests/{asked}"), 404, "NOT_FOUND")
    assert asked not in listed(xbb)
    for what, body in (("accept", {}), ("notes", {"text": "a"}), ("close", {"outcome": "SATISFIED"})):
        assert_problem(act(xbb, asked, what, body), 404, "NOT_FOUND")
    token = staff[Role.WATCH_OFFICER]
    assert asked in listed(xbb, token)
    seen = xbb.get(f"/v1/requests/{asked}", token)
    assert CANARY not in seen.text
    assert "title" not in seen.json()
    assert act(xbb, asked, "decline", {"decline_code": "OUT_OF_SCOPE"}, token).status_code == 201
    assert wait_state(xaa, asked, "DECLINED")["state"] == "SUBMITTED", "XCC has not answered"


def test_a_request_is_put_into_the_hands_of_somebody_who_may_work_on_it(
    xbb: Gateway, asked: str, staff: dict[Role, str]
) -> None:
    def assign(name: str | None) -> httpx.Response:
        body = {} if name is None else {"assignee": name}
        return xbb.client.put(
            f"/v1/requests/{asked}/assignment", json=body, headers={"Authorization": f"Bearer {xbb.key}"}
        )

    for role, name in STAFF.items():
        if role in (Role.WATCH_OFFICER, Role.RELEASER):
            assert assign(name).json()["assignee"] == name
        else:
            assert_problem(assign(name), 422, "ASSIGNEE_UNKNOWN", "/assignee")
    assert_problem(assign("nobody-here"), 422, "ASSIGNEE_UNKNOWN", "/assignee")
    hire(xbb, "rfi-gone", Role.WATCH_OFFICER)
    xbb.write(lambda tx: operators.set_enabled(tx, "rfi-gone", False))
    assert_problem(assign("rfi-gone"), 422, "ASSIGNEE_UNKNOWN", "/assignee")
    assert shown(xbb, asked)["assignee"] == "rfi-releaser"
    assert "assignee" not in assign(None).json()


def test_work_on_a_request_is_recorded_without_its_words(xbb: Gateway, asked: str) -> None:
    position = xbb.audit_position()
    assert act(xbb, asked, "notes", {"text": f"{CANARY} note"}).status_code == 201
    (record,) = [each for each in xbb.audit(position) if each["event"] == "request.noted"]
    assert (record["message_id"], record["partner"]) == (asked, "XAA")
    assert CANARY not in str(record)


def test_the_feed_tells_of_a_request_to_who_may_see_it(xaa: Gateway, xbb: Gateway) -> None:
    def told(gateway: Gateway, after: int, key: str | None = None) -> list[tuple[str, str, str]]:
        params = {"after": after, "type": "request.changed", "limit": 500}
        items = gateway.get("/v1/events", key, params=params).json()["items"]
        return [(item["message_id"], item["nation"], item["state"]) for item in items]

    at_xbb = xbb.get("/v1/events", params={"limit": 1}).json()["first"]
    asked = ask(xaa, xbb)
    act(xbb, asked, "accept", {})
    wait_state(xaa, asked, "ACCEPTED")
    assert (asked, "XAA", "ACCEPTED") in told(xbb, max(at_xbb - 1, 0))
    assert CANARY not in xbb.get("/v1/events", params={"type": "request.changed", "limit": 500}).text
    reader = xbb.new_key([Scope.EVENTS_READ, Scope.INBOX_READ])
    assert (asked, "XAA", "ACCEPTED") in told(xbb, 0, reader)
    for other in (
        xbb.new_key([Scope.EVENTS_READ, Scope.MESSAGES_READ]),
        xbb.new_key([Scope.EVENTS_READ, Scope.INBOX_READ], kinds=[Kind.THREAT_ALERT.value]),
    ):
        assert asked not in {entry[0] for entry in told(xbb, 0, other)}
