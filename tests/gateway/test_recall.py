"""Recall over HTTP and the real broker: everything that shows the message shows it no more."""

import contextlib
import json
import queue
import sqlite3
from typing import Any

import pytest

from bus.store import checkpoints
from gateways.http.api_keys import Scope
from schemas.event import EventType
from schemas.operator import Role
from tests.gateway.drafts import draft
from tests.gateway.feed_waiting import wait_event
from tests.gateway.inbox_stream import events, stream
from tests.gateway.operator_desk import hire, sign_in
from tests.gateway.running import WAIT, Gateway, assert_problem, last_seq

Json = dict[str, Any]
SECRET = "STEINADLER-2208"
WORDS = "FISCHADLER-4417"
LOGGED = "SEEADLER-8830"
NOWHERE = "01890000-0000-7000-8000-000000000000"


@pytest.fixture(scope="module", autouse=True)
def people(xaa: Gateway) -> None:
    for role in (Role.WATCH_OFFICER, Role.AUDITOR, Role.EXERCISE_STAFF):
        hire(xaa, f"recall-{role.value.replace('_', '-')}", role)


def delivered(xaa: Gateway, xbb: Gateway, **header: Any) -> tuple[Json, Json]:
    """A message that stands in XBB's inbox: how its author sees it, and how XBB does."""
    before = last_seq(xbb)
    made = draft(**{"subject": f"{SECRET} alert"} | header)
    made["label"]["releasable_to"] = ["XBB"]
    accepted = xaa.publish(made).json()
    (entry,) = xbb.wait_messages(before, [accepted["message_id"]])
    assert SECRET in json.dumps(entry)
    return accepted, entry


def test_a_recalled_message_is_withdrawn_everywhere_and_the_author_sees_who_confirmed(
    xaa: Gateway, xbb: Gateway
) -> None:
    accepted, entry = delivered(xaa, xbb)
    place = f"/v1/messages/{accepted['publication_id']}/recall"
    assert_problem(xaa.get(place), 404, "NOT_FOUND")
    answer = xaa.post(place, {"reason": "RELEASED_IN_ERROR"})
    assert answer.status_code == 202, answer.text
    assert "cannot un-send" in answer.json()["notice"]
    wait_event(xaa, EventType.RECALL_CONFIRMED, accepted["message_id"])
    shown = xaa.get(place).json()
    (nation,) = shown["nations"]
    assert (nation["nation"], nation["outcome"], nation["already_read"]) == ("XBB", "WITHDRAWN", False)
    assert (nation["overdue"], nation["asked_count"]) == (False, 1)
    assert (shown["publications"], shown["never_sent"]) == ([accepted["publication_id"]], [])

    at = f"/v1/inbox/{entry['message_id']}"
    single = xbb.get(at)
    assert SECRET not in single.text
    assert "marking" not in single.json()
    assert (single.json()["recall_reason"], single.json()["digest"]) == ("RELEASED_IN_ERROR", entry["digest"])
    listed = xbb.get("/v1/inbox", params={"after": entry["inbox_seq"] - 1, "limit": 1})
    assert SECRET not in listed.text
    assert listed.json()["items"][0]["recalled_at"]
    assert_problem(xbb.get(f"{at}/label.xml"), 409, "RECALLED")
    with stream(xbb, params={"after": entry["inbox_seq"] - 1}) as lines:
        ((number, data),) = events(lines, 1)
    assert number == entry["inbox_seq"]
    assert SECRET not in json.dumps(data)
    evidence = [record["event"] for record in xbb.audit() if record.get("message_id") == entry["message_id"]]
    assert {"message.admitted", "message.withdrawn"} <= set(evidence)


def test_its_words_are_in_no_file_of_the_recipient_any_more(xaa: Gateway, xbb: Gateway) -> None:
    accepted, entry = delivered(xaa, xbb, subject=f"{SECRET} {WORDS}")
    xaa.post(f"/v1/messages/{accepted['publication_id']}/recall", {})
    wait_event(xbb, EventType.MESSAGE_RECALLED, entry["message_id"])
    path = xbb.runtime.context.store.path
    with contextlib.closing(sqlite3.connect(path, timeout=WAIT)) as connection:
        # Busy only while the gateway itself is at it.
        while connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()[0]:
            pass
    files = [file for file in path.parent.iterdir() if file.name.startswith(path.name)]
    assert files
    for file in files:
        assert accepted["message_id"].encode() in path.read_bytes()
        assert WORDS.encode() not in file.read_bytes(), file.name


def test_a_recall_from_a_partner_cuts_the_log_off(
    xaa: Gateway, xbb: Gateway, monkeypatch: pytest.MonkeyPatch
) -> None:
    cuts: queue.SimpleQueue[bool] = queue.SimpleQueue()
    cut_off = checkpoints.cut_off

    def telling(connection: sqlite3.Connection) -> bool:
        done = cut_off(connection)
        cuts.put(done)
        return done

    monkeypatch.setattr(checkpoints, "cut_off", telling)
    accepted, entry = delivered(xaa, xbb, subject=f"{SECRET} {LOGGED}")
    store = xbb.runtime.context.store.path
    log = store.with_name(f"{store.name}-wal")
    assert LOGGED.encode() in log.read_bytes()
    xaa.post(f"/v1/messages/{accepted['publication_id']}/recall", {})
    wait_event(xbb, EventType.MESSAGE_RECALLED, entry["message_id"])
    while LOGGED.encode() in log.read_bytes():
        cuts.get(timeout=WAIT)
    assert LOGGED.encode() not in store.read_bytes()


def test_nobody_acknowledges_or_answers_what_was_recalled(xaa: Gateway, xbb: Gateway) -> None:
    accepted, entry = delivered(xaa, xbb)
    xaa.post(f"/v1/messages/{accepted['publication_id']}/recall", {})
    wait_event(xbb, EventType.MESSAGE_RECALLED, entry["message_id"])
    body = {"level": "UNDERSTOOD", "outcome": "NOTED", "officer_role": "Duty officer"}
    body |= {"acknowledged_at": entry["received_at"]}
    answer = xbb.post(f"/v1/inbox/{entry['message_id']}/acknowledgements", body)
    assert_problem(answer, 409, "RECALLED")
    reference = {
        "message_id": entry["message_id"],
        "originator": "XAA",
        "digest": entry["digest"],
        "relation": "replies",
    }
    reply = draft("information_response", action_addressees=["XAA"], references=[reference])
    reply["label"]["releasable_to"] = ["XAA"]
    assert_problem(xbb.publish(reply), 409, "RECALLED", "/header/references/0")


def test_recalling_again_answers_the_same(xaa: Gateway, xbb: Gateway) -> None:
    accepted, _ = delivered(xaa, xbb)
    place = f"/v1/messages/{accepted['publication_id']}/recall"
    first = xaa.post(place, {"reason": "ISSUED_IN_ERROR"})
    wait_event(xaa, EventType.RECALL_CONFIRMED, accepted["message_id"])
    again = xaa.post(place, {"reason": "UNSPECIFIED"})
    assert again.status_code == 202
    for member in ("recalled_at", "reason", "recalled_by"):
        assert again.json()[member] == first.json()[member]
    assert again.json()["nations"][0]["asked_count"] == 1


@pytest.mark.parametrize(
    ("body", "status", "code", "pointer"),
    [
        pytest.param({"reason": "BECAUSE"}, 422, "SCHEMA_INVALID", "/reason", id="a reason that is none"),
        pytest.param({"why": "x"}, 422, "SCHEMA_INVALID", "/why", id="a member that is not known"),
        pytest.param({"history": "yes"}, 422, "SCHEMA_INVALID", "/history", id="a flag that is none"),
        pytest.param(b"", 400, "JSON_MALFORMED", None, id="no body"),
    ],
)
def test_what_is_no_recall_recalls_nothing(
    xaa: Gateway, body: Any, status: int, code: str, pointer: str | None
) -> None:
    accepted = xaa.publish(draft()).json()
    place = f"/v1/messages/{accepted['publication_id']}/recall"
    assert_problem(xaa.post(place, body), status, code, pointer)
    assert xaa.get(place).status_code == 404


def test_who_may_recall_and_what(xaa: Gateway) -> None:
    accepted = xaa.publish(draft()).json()
    place = f"/v1/messages/{accepted['publication_id']}/recall"
    others = [scope for scope in Scope if scope is not Scope.MESSAGES_RECALL]
    assert_problem(xaa.post(place, {}, xaa.new_key(others)), 403, "SCOPE_MISSING")
    of_other_kinds = xaa.new_key([Scope.MESSAGES_RECALL], kinds=["exercise_notice"])
    assert_problem(xaa.post(place, {}, of_other_kinds), 404, "NOT_FOUND")
    auditor = sign_in(xaa, "recall-auditor")["access_token"]
    assert_problem(xaa.post(place, {}, auditor), 403, "ROLE_MISSING")
    # Of the live traffic, exercise staff are not even told that there is such a publication.
    staff = sign_in(xaa, "recall-exercise-staff")["access_token"]
    live = draft(mode="OPERATION")
    live["header"].pop("exercise_id", None)
    answer = xaa.publish(live)
    assert answer.status_code == 201, answer.text
    operation = f"/v1/messages/{answer.json()['publication_id']}/recall"
    assert_problem(xaa.post(operation, {}, staff), 404, "NOT_FOUND")
    assert_problem(xaa.post(f"/v1/messages/{NOWHERE}/recall", {}), 404, "NOT_FOUND")
    assert xaa.get(place).status_code == 404
    officer = sign_in(xaa, "recall-watch-officer")["access_token"]
    recalled = xaa.post(place, {}, officer)
    assert recalled.status_code == 202
    assert recalled.json()["recalled_by"] == "operator:recall-watch-officer"
    assert xaa.get(place, auditor).status_code == 200
