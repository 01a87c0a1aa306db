"""Webhooks through HTTP: what a receiver gets, and what happens when it fails."""

from datetime import UTC, datetime
from typing import Any

from bus.store import api_keys, events, inbox
from bus.store.events import NewEvent
from schemas.event import EventType
from schemas.header import Kind, Mode
from schemas.operator import Role
from schemas.wire import Handling
from tests.gateway.drafts import draft
from tests.gateway.hook_receiver import (
    FOLLOWS,
    HookReceiver,
    happen,
    numbers,
    posted,
    register,
    told_of,
)
from tests.gateway.operator_desk import hire, sign_in
from tests.gateway.running import WAIT, Gateway, assert_problem
from tests.gateway.test_display_only import filed

Json = dict[str, Any]


def test_a_message_is_posted_as_a_signed_cloud_event(
    xaa: Gateway, xbb: Gateway, receiver: HookReceiver, key: str
) -> None:
    register(xbb, receiver, key, types=["message.received"])
    accepted = xaa.publish(draft()).json()
    while True:
        headers, event = receiver.posts.get(timeout=WAIT)
        if event["subject"] == accepted["message_id"]:
            break
    assert headers["content-type"] == "application/cloudevents+json"
    assert headers["webhook-id"] == event["id"]
    assert event["specversion"] == "1.0"
    assert event["source"] == f"urn:entente:gateway:{xbb.settings.realm.partition(':')[2]}:XBB"
    assert event["type"] == "entente.message.received"
    assert event["datacontenttype"] == "application/json"
    data = event["data"]
    assert event["time"] == data["at"]
    assert data.pop("entry") == xbb.get(f"/v1/inbox/{accepted['message_id']}").json()
    after = data["event_seq"] - 1
    assert xbb.get("/v1/events", params={"after": after, "limit": 1}).json()["items"] == [data]
    assert receiver.forged == 0


def test_while_the_secret_is_replaced_receivers_with_either_are_served(
    xbb: Gateway, receiver: HookReceiver, key: str
) -> None:
    made = register(xbb, receiver, key)
    again = xbb.post(f"/v1/webhooks/{made['webhook_id']}/secret", b"", key).json()
    assert again["secret"] != made["secret"]
    assert again["former_secret_until"] > again["created_at"]
    [first] = happen(xbb)
    [(headers, _)] = posted(receiver, [first])
    assert len(headers["webhook-signature"].split(" ")) == 2
    receiver.secrets = [again["secret"]]
    [second] = happen(xbb)
    posted(receiver, [second])
    assert receiver.forged == 0


def test_a_webhook_gets_what_its_key_sees_and_it_asked_for(xbb: Gateway, receiver: HookReceiver) -> None:
    narrow = xbb.new_key(FOLLOWS, kinds=[Kind.INFORMATION_REQUEST])
    register(xbb, receiver, narrow, modes=["EXERCISE"])
    about: Json = {"type": EventType.REQUEST_CHANGED, "inbox_seq": 10**9, "mode": Mode.EXERCISE}
    wanted = Kind.INFORMATION_REQUEST
    hidden = [
        *happen(xbb, **about | {"kind": Kind.THREAT_ALERT}),
        *happen(xbb, **about | {"kind": wanted, "mode": Mode.OPERATION}),
        *happen(xbb, **about | {"kind": wanted, "inbox_seq": None, "publication_id": "a-b"}),
    ]
    [last] = happen(xbb, **about | {"kind": wanted})
    [(_, event)] = posted(receiver, [*hidden, last][-1:])
    assert event["data"]["event_seq"] == last
    assert receiver.posts.empty()


def test_what_people_may_only_look_at_is_never_posted(xbb: Gateway, receiver: HookReceiver, key: str) -> None:
    register(xbb, receiver, key)

    def job(tx: Any) -> list[int]:
        rows = [filed(901, Handling.DISPLAY_ONLY, "SECRET-HERON"), filed(902, Handling.RELEASE)]
        told = [
            NewEvent(
                EventType.MESSAGE_RECEIVED,
                datetime.now(UTC),
                nation="XAA",
                kind=row.kind,
                mode=row.mode,
                message_id=row.message_id,
                inbox_seq=number,
            )
            for number, row in zip(inbox.file(tx, rows), rows, strict=True)
        ]
        events.add(tx, told)
        return [events.latest_seq(tx) - 1, events.latest_seq(tx)]

    shown, released = xbb.write(job)
    xbb.runtime.context.inbox.announce(xbb.write(inbox.latest_seq))
    found: list[Json] = []
    while not found or found[-1]["data"]["event_seq"] != released:
        found += receiver.next()
    assert shown not in [event["data"]["event_seq"] for event in found]
    assert found[-1]["data"]["entry"]["message"]
    assert "HERON" not in str(found)


def test_a_receiver_that_was_away_gets_everything_in_order(
    xbb: Gateway, receiver: HookReceiver, key: str
) -> None:
    made = register(xbb, receiver, key, types=["partner.heard"])
    path = f"/v1/webhooks/{made['webhook_id']}"
    receiver.status = 503
    wanted = happen(xbb, 3)
    assert numbers(posted(receiver, wanted[:1])) == wanted[:1]
    while not (shown := xbb.get(path, key).json())["failures"]:
        pass
    assert shown["fault"] == "STATUS_503"
    assert shown["next_try_at"] > shown["failing_since"]
    assert shown["position"] < wanted[0]
    receiver.status = 200
    # Who knows that the receiver is back need not wait for the end of the pause.
    assert xbb.post(f"{path}/enable", b"", key).status_code == 200
    assert numbers(posted(receiver, wanted)) == wanted
    while (shown := xbb.get(path, key).json())["position"] < wanted[-1]:
        pass
    assert (shown["failures"], shown["dead_letters"]) == (0, 0)
    assert "fault" not in shown


def test_a_receiver_that_is_gone_is_posted_to_no_more_until_somebody_says_so(
    xbb: Gateway, receiver: HookReceiver, key: str
) -> None:
    position = xbb.audit_position()
    made = register(xbb, receiver, key, types=["partner.heard"])
    path = f"/v1/webhooks/{made['webhook_id']}"
    receiver.status = 410
    wanted = happen(xbb)
    posted(receiver, wanted)
    while (shown := xbb.get(path, key).json()).get("disabled") is None:
        pass
    assert shown["disabled"] == "GONE"
    wanted += happen(xbb)
    receiver.status = 200
    assert receiver.posts.empty()
    xbb.post(f"{path}/enable", b"", key)
    assert numbers(posted(receiver, wanted)) == wanted
    assert told_of(xbb, made, position) == ["webhook.added", "webhook.disabled", "webhook.enabled"]


def test_nothing_is_posted_for_a_key_that_was_revoked(xbb: Gateway, receiver: HookReceiver, key: str) -> None:
    made = register(xbb, receiver, key, types=["partner.heard"])
    posted(receiver, happen(xbb))
    xbb.write(lambda tx: api_keys.revoke(tx, key.split("_")[1], datetime.now(UTC)))
    happen(xbb)
    path = f"/v1/webhooks/{made['webhook_id']}"
    while (shown := xbb.get(path, _officer(xbb)).json()).get("disabled") is None:
        pass
    assert shown["disabled"] == "KEY"
    assert receiver.posts.empty()


def _officer(gateway: Gateway) -> str:
    token: str | None = getattr(gateway, "officer_token", None)
    if token is None:
        hire(gateway, "revoking-officer", Role.SECURITY_OFFICER)
        token = sign_in(gateway, "revoking-officer")["access_token"]
        gateway.officer_token = token  # type: ignore[attr-defined]
    return str(token)


def test_events_are_posted_again_from_a_cursor_under_the_same_ids(
    xbb: Gateway, receiver: HookReceiver, key: str
) -> None:
    made = register(xbb, receiver, key, types=["partner.heard"])
    wanted = happen(xbb, 2)
    first = posted(receiver, wanted)
    path = f"/v1/webhooks/{made['webhook_id']}/replay"
    assert xbb.post(path, {"after": wanted[0] - 1}, key).status_code == 200
    again = posted(receiver, wanted)
    assert [event for _, event in again] == [event for _, event in first]
    assert [headers["webhook-id"] for headers, _ in again] == [headers["webhook-id"] for headers, _ in first]
    assert_problem(xbb.post(path, {"after": 2**53 - 1}, key), 410, "CURSOR_GONE")
    assert_problem(xbb.post(path, {"after": -1}, key), 422, "SCHEMA_INVALID", "/after")


def test_a_webhook_that_was_removed_is_gone_with_its_secret(
    xbb: Gateway, receiver: HookReceiver, key: str
) -> None:
    made = register(xbb, receiver, key, types=["partner.heard"])
    posted(receiver, happen(xbb))
    path = f"/v1/webhooks/{made['webhook_id']}"
    answer = xbb.client.delete(path, headers={"Authorization": f"Bearer {key}"})
    assert answer.json()["webhook_id"] == made["webhook_id"]
    assert_problem(xbb.get(path, key), 404, "NOT_FOUND")
    happen(xbb)
    assert xbb.write(lambda tx: tx.execute("SELECT count(*) FROM webhook WHERE webhook_id = ?",
                                           (made["webhook_id"],)).fetchone()) == (0,)  # fmt: skip
    assert receiver.posts.empty()
