"""Webhooks through HTTP: what a receiver gets, who may do what, what happens when it fails."""

import re
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import pytest

from bus.store import api_keys, events, inbox
from bus.store.events import NewEvent
from gateways.http.api_keys import Scope
from gateways.http.routes import webhooks as routes
from schemas.event import EventType
from schemas.header import Kind, Mode
from schemas.operator import Role
from schemas.wire import Handling
from tests.gateway.drafts import draft
from tests.gateway.hook_receiver import HookReceiver, hook_receiver
from tests.gateway.operator_desk import hire, sign_in
from tests.gateway.running import WAIT, Gateway, assert_problem
from tests.gateway.test_display_only import filed

Json = dict[str, Any]
FOLLOWS = [Scope.EVENTS_READ, Scope.INBOX_READ, Scope.WEBHOOKS_WRITE, Scope.TRUST_READ]


@pytest.fixture
def receiver() -> Iterator[HookReceiver]:
    with hook_receiver() as listening:
        yield listening


@pytest.fixture
def key(xbb: Gateway) -> Iterator[str]:
    """A partner system's own key; its webhooks go with it."""
    made = xbb.new_key(FOLLOWS, rate_per_second=1000, burst=1000)
    yield made
    xbb.write(lambda tx: tx.execute("DELETE FROM webhook WHERE key_id = ?", (made.split("_")[1],)))


def register(gateway: Gateway, receiver: HookReceiver, key: str, **more: Any) -> Json:
    """A webhook, whose secret the receiver then knows."""
    answer = gateway.post("/v1/webhooks", {"url": receiver.url} | more, key)
    assert answer.status_code == 201, answer.text
    made: Json = answer.json()
    receiver.secrets.append(made["secret"])
    return made


def happen(gateway: Gateway, count: int = 1, **changes: Any) -> list[int]:
    """Something happens ``count`` times, at a partner XDD that nobody else speaks of; the events' numbers."""

    def job(tx: Any) -> list[int]:
        at = datetime.now(UTC)
        given = {"type": EventType.PARTNER_HEARD, "nation": "XDD"} | changes
        first = events.latest_seq(tx) + 1
        events.add(tx, [NewEvent(at=at, **given)] * count)
        return list(range(first, first + count))

    return gateway.write(job)


def posted(receiver: HookReceiver, wanted: list[int]) -> list[tuple[dict[str, str], Json]]:
    """The posts of these events once all are there, in the order in which they came."""
    found: list[tuple[dict[str, str], Json]] = []
    while len(found) < len(wanted):
        headers, event = receiver.posts.get(timeout=WAIT)
        if event["data"]["event_seq"] in wanted:
            found.append((headers, event))
    return found


def numbers(found: list[tuple[dict[str, str], Json]]) -> list[int]:
    return [event["data"]["event_seq"] for _, event in found]


def told_of(gateway: Gateway, webhook: Json, position: int) -> list[str]:
    """What the audit log says of a webhook after a position."""
    records = gateway.audit(position)
    return [record["event"] for record in records if record.get("webhook") == webhook["webhook_id"]]


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


URLS = {
    "in the clear": "http://hooks.example/",
    "loopback": "https://127.0.0.1/",
    "IPv6 loopback": "https://[::1]:8443/",
    "a cloud's metadata": "https://169.254.169.254/latest",
    "mapped": "https://[::ffff:10.0.0.1]/",
    "a user": "https://user@hooks.example/",
    "another scheme": "ftp://hooks.example/",
    "nothing": "",
}


@pytest.mark.parametrize("url", URLS.values(), ids=URLS.keys())
def test_an_address_that_policy_does_not_open_is_refused(xaa: Gateway, url: str) -> None:
    answer = xaa.post("/v1/webhooks", {"url": url})
    problem = assert_problem(answer, 422, "WEBHOOK_URL_REFUSED", "/url")
    assert not url or url not in answer.text
    assert "docs/webhooks.md" in problem["what_to_do"]
    assert xaa.get("/v1/webhooks").json() == {"items": []}


@pytest.mark.parametrize(
    "more",
    [
        pytest.param({"types": ["message.read-by-us"]}, id="an unknown type"),
        pytest.param({"kinds": []}, id="no kind"),
        pytest.param({"secret": "whsec_AAAA"}, id="a secret of its own"),
        pytest.param({"key_id": "x"}, id="what is no key"),
        pytest.param({"position": 0}, id="what is ours to say"),
    ],
)
def test_a_request_with_something_else_in_it_is_refused(xbb: Gateway, more: Json) -> None:
    assert_problem(xbb.post("/v1/webhooks", {"url": "https://8.8.8.8/"} | more), 422, "SCHEMA_INVALID")


def test_the_secret_is_shown_once_and_written_nowhere(xbb: Gateway, receiver: HookReceiver, key: str) -> None:
    position = xbb.audit_position()
    made = register(xbb, receiver, key)
    assert re.fullmatch(r"whsec_[A-Za-z0-9+/]{43}=", made["secret"])
    path = f"/v1/webhooks/{made['webhook_id']}"
    [listed] = xbb.get("/v1/webhooks", key).json()["items"]
    shown = xbb.get(path, key).json()
    for seen in (listed, shown):
        assert "secret" not in seen
        assert seen["url"] == receiver.url
    assert told_of(xbb, made, position) == ["webhook.added"]
    assert made["secret"].removeprefix("whsec_") not in str(xbb.audit(position))
    assert receiver.url not in str(xbb.audit(position))


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


def test_a_key_sees_and_changes_its_own_webhooks_only(xbb: Gateway, receiver: HookReceiver, key: str) -> None:
    made = register(xbb, receiver, key)
    stranger = xbb.new_key(FOLLOWS)
    path = f"/v1/webhooks/{made['webhook_id']}"
    assert xbb.get("/v1/webhooks", stranger).json() == {"items": []}
    assert_problem(xbb.get(path, stranger), 404, "NOT_FOUND")
    assert_problem(xbb.get(f"{path}/dead-letters", stranger), 404, "NOT_FOUND")
    for act in ("secret", "enable", "dead-letters/1/retry"):
        assert_problem(xbb.post(f"{path}/{act}", b"", stranger), 404, "NOT_FOUND")
    assert_problem(xbb.post(f"{path}/replay", {"after": 0}, stranger), 404, "NOT_FOUND")
    for gone in (path, f"{path}/dead-letters/1"):
        answer = xbb.client.delete(gone, headers={"Authorization": f"Bearer {stranger}"})
        assert_problem(answer, 404, "NOT_FOUND")
    assert xbb.get(path, key).status_code == 200
    reader = xbb.new_key([scope for scope in Scope if scope is not Scope.WEBHOOKS_WRITE])
    for answer in (xbb.get("/v1/webhooks", reader), xbb.post("/v1/webhooks", {"url": "https://x"}, reader)):
        assert_problem(answer, 403, "SCOPE_MISSING")


def test_a_webhook_belongs_to_a_key_that_may_read_events(xbb: Gateway, key: str) -> None:
    other = xbb.new_key(FOLLOWS)
    request = {"url": "https://8.8.8.8/"}
    named = request | {"key_id": other.split("_")[1]}
    assert_problem(xbb.post("/v1/webhooks", named, key), 422, "WEBHOOK_KEY_UNSUITABLE", "/key_id")
    blind = xbb.new_key([Scope.WEBHOOKS_WRITE])
    assert_problem(xbb.post("/v1/webhooks", request, blind), 422, "WEBHOOK_KEY_UNSUITABLE")


def test_security_officers_keep_webhooks_for_keys_and_nobody_else_does(
    xbb: Gateway, receiver: HookReceiver, key: str
) -> None:
    hire(xbb, "hook-officer", Role.SECURITY_OFFICER)
    officer = sign_in(xbb, "hook-officer")["access_token"]
    key_id = key.split("_")[1]
    assert_problem(xbb.post("/v1/webhooks", {"url": receiver.url}, officer), 422, "WEBHOOK_KEY_UNSUITABLE")
    unknown = {"url": receiver.url, "key_id": "0" * 16}
    assert_problem(xbb.post("/v1/webhooks", unknown, officer), 422, "WEBHOOK_KEY_UNSUITABLE")
    made = register(xbb, receiver, officer, key_id=key_id)
    assert (made["key_id"], made["created_by"]) == (key_id, "operator:hook-officer")
    assert made["webhook_id"] in {
        each["webhook_id"] for each in xbb.get("/v1/webhooks", officer).json()["items"]
    }
    [number] = happen(xbb)
    posted(receiver, [number])
    for number, role in enumerate(set(Role) - {Role.SECURITY_OFFICER}):
        hire(xbb, f"no-hooks-{number}", role)
        token = sign_in(xbb, f"no-hooks-{number}")["access_token"]
        assert_problem(xbb.get("/v1/webhooks", token), 403, "ROLE_MISSING")
        assert_problem(xbb.post("/v1/webhooks", unknown, token), 403, "ROLE_MISSING")


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


def test_a_key_has_no_more_webhooks_than_it_may(xbb: Gateway, key: str) -> None:
    for _ in range(routes.PER_KEY):
        assert xbb.post("/v1/webhooks", {"url": "https://8.8.8.8/"}, key).status_code == 201
    assert_problem(xbb.post("/v1/webhooks", {"url": "https://8.8.8.8/"}, key), 409, "WEBHOOK_LIMIT")
    assert len(xbb.get("/v1/webhooks", key).json()["items"]) == routes.PER_KEY
