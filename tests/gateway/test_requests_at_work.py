"""Information requests on a board: found, put into somebody's hands, noted on, seen by whose they are."""

from typing import Any

import httpx
import pytest

from bus.store import operators
from bus.store.request_work import MOST_NOTES
from gateways.http.api_keys import Scope
from schemas.header import Kind
from schemas.operator import Role
from tests.gateway.asking import act, ask, shown, wait_state
from tests.gateway.drafts import CANARY, draft, soon
from tests.gateway.operator_desk import hire, sign_in
from tests.gateway.running import WAIT, Gateway, assert_problem

NOBODY = "01890000-0000-7000-8000-000000000000"
STAFF = {
    Role.WATCH_OFFICER: "rfi-watch",
    Role.RELEASER: "rfi-releaser",
    Role.EXERCISE_STAFF: "rfi-exercise",
    Role.SECURITY_OFFICER: "rfi-security",
    Role.AUDITOR: "rfi-auditor",
}


@pytest.fixture(scope="module")
def staff(xbb: Gateway) -> dict[Role, str]:
    """An access token of each role at the gateway that is asked."""
    for role, name in STAFF.items():
        hire(xbb, name, role)
    return {role: sign_in(xbb, name)["access_token"] for role, name in STAFF.items()}


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
    watch = staff[Role.WATCH_OFFICER]
    rows = xbb.get("/v1/traffic", watch, params={"q": "type:information_request"}).json()["rows"]
    assert {
        row["message_id"]: row["request_state"] for row in rows if row["message_id"] in (asked, other)
    } == {
        asked: "ACCEPTED",
        other: "SUBMITTED",
    }
    assert listed(xbb, state=["ACCEPTED", "SUBMITTED"], limit=2) == [other, asked]
    assert (listed(xbb, role="asking"), asked in listed(xbb, role="asked")) == ([], True)
    assert asked in listed(xaa, role="asking", limit=500)
    assert listed(xbb, mode="TEST") == []
    assert listed(xbb, mode=["TEST", "OPERATION"], limit=2) == [other, asked]
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
            assert writes.json()["author"] == f"operator:{STAFF[role]}"
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


# -- notes --------------------------------------------------------------------------------------------


def test_a_note_is_answered_with_that_note_alone(xbb: Gateway, asked: str) -> None:
    for text in ("first", "second"):
        answer = act(xbb, asked, "notes", {"text": text})
        assert (answer.status_code, answer.json().keys()) == (201, {"author", "at", "text"})
        assert answer.json()["text"] == text
    assert [note["text"] for note in shown(xbb, asked)["notes"]] == ["first", "second"]


def test_a_repeated_note_is_kept_once(xaa: Gateway, xbb: Gateway, asked: str) -> None:
    path, key = f"/v1/requests/{asked}/notes", f"note-{asked}"
    first, again = (xbb.post(path, {"text": "once"}, Idempotency_Key=key) for _ in "12")
    assert (first.content, again.headers["idempotent-replayed"]) == (again.content, "true")
    assert "idempotent-replayed" not in first.headers
    assert len(shown(xbb, asked)["notes"]) == 1
    another = f"/v1/requests/{ask(xaa, xbb)}/notes"
    for changed, text in ((path, "other"), (another, "once")):
        refused = xbb.post(changed, {"text": text}, Idempotency_Key=key)
        assert_problem(refused, 422, "IDEMPOTENCY_CONFLICT")
    assert_problem(xbb.post(path, {"text": "a"}, Idempotency_Key="a b"), 400, "IDEMPOTENCY_KEY_INVALID")


def test_too_many_notes_are_refused_for_good_and_not_as_a_queue(xbb: Gateway, asked: str) -> None:
    assert act(xbb, asked, "notes", {"text": "first"}).status_code == 201
    xbb.write(
        lambda tx: tx.execute(
            "WITH RECURSIVE n(i) AS (VALUES (2) UNION ALL SELECT i + 1 FROM n WHERE i < ?)"
            " INSERT INTO request_note (request_seq, author, at, text)"
            " SELECT request_seq, author, at, text FROM request_note, n"
            " WHERE request_seq = (SELECT request_seq FROM request WHERE message_id = ?)",
            (MOST_NOTES, asked),
        )
    )
    problem = assert_problem(act(xbb, asked, "notes", {"text": "more"}), 409, "NOTES_FULL")
    assert "Retry-After" not in problem["what_to_do"]
