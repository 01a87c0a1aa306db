"""Who may do what over HTTP: keys, scopes, kinds, expiry, revocation, rates; refusals are recorded."""

import re
from collections import Counter
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest

from bus.store import api_keys
from gateways.http.api_keys import Scope, secret_fits, split_api_key
from gateways.http.token_bucket import TokenBucket
from schemas.agreement import ActKind
from schemas.header import Kind
from tests.gateway.drafts import draft, encoded
from tests.gateway.running import NO_BROKER, Gateway, World, assert_problem

NOBODY = "ent_0123456789abcdef_" + "A" * 43

BAD_HEADERS: list[tuple[str, Callable[[str], list[tuple[str, str]]], str, int]] = [
    ("no key at all", lambda key: [], "CREDENTIALS_MISSING", 401),
    ("an empty bearer", lambda key: [("Authorization", "Bearer")], "CREDENTIALS_INVALID", 401),
    ("another scheme", lambda key: [("Authorization", f"Basic {key}")], "CREDENTIALS_INVALID", 401),
    ("a key nobody made", lambda key: [("Authorization", f"Bearer {NOBODY}")], "CREDENTIALS_INVALID", 401),
    ("not the shape of a key", lambda key: [("X-API-Key", "hunter2")], "CREDENTIALS_INVALID", 401),
    ("a wrong secret", lambda key: [("X-API-Key", key[:-43] + "A" * 43)], "CREDENTIALS_INVALID", 401),
    ("a secret cut short", lambda key: [("X-API-Key", key[:-1])], "CREDENTIALS_INVALID", 401),
    ("a key with something behind it", lambda key: [("X-API-Key", key + "A")], "CREDENTIALS_INVALID", 401),
    (
        "the key in both headers",
        lambda key: [("Authorization", f"Bearer {key}"), ("X-API-Key", key)],
        "CREDENTIALS_INVALID",
        401,
    ),
    (
        "two Authorization headers",
        lambda key: [("Authorization", f"Bearer {NOBODY}"), ("Authorization", f"Bearer {key}")],
        "CREDENTIALS_INVALID",
        401,
    ),
]  # fmt: skip


@pytest.mark.parametrize(
    ("headers", "code", "status"), [pytest.param(*case[1:], id=case[0]) for case in BAD_HEADERS]
)
def test_without_a_good_key_nothing_is_accepted(
    xaa: Gateway, headers: Callable[[str], list[tuple[str, str]]], code: str, status: int
) -> None:
    position, before = xaa.audit_position(), xaa.publications()
    answer = xaa.client.post(
        "/v1/messages",
        content=encoded(draft()),
        headers=[*headers(xaa.key), ("Content-Type", "application/json")],
    )
    assert_problem(answer, status, code)
    assert answer.headers["www-authenticate"] == 'Bearer realm="entente"'
    assert xaa.publications() == before
    assert xaa.refusals(position) == [("access.refused", code)]


@pytest.mark.parametrize("header", ["Authorization", "X-API-Key"])
def test_a_good_key_in_either_header_lets_in(xaa: Gateway, header: str) -> None:
    value = f"Bearer {xaa.key}" if header == "Authorization" else xaa.key
    assert xaa.client.get("/v1/messages", headers={header: value}).status_code == 200


def test_an_expired_key_is_refused(xaa: Gateway) -> None:
    now = datetime.now(UTC)
    assert xaa.get("/v1/messages", xaa.new_key(expires_at=now + timedelta(hours=1))).status_code == 200
    expired = xaa.new_key(expires_at=now - timedelta(seconds=1))
    assert_problem(xaa.get("/v1/messages", expired), 401, "CREDENTIALS_INVALID")
    assert_problem(xaa.publish(draft(), expired), 401, "CREDENTIALS_INVALID")


def test_a_revoked_key_is_refused(xaa: Gateway) -> None:
    key = xaa.new_key()
    assert xaa.get("/v1/messages", key).status_code == 200
    key_id = key.split("_")[1]
    assert xaa.write(lambda tx: api_keys.revoke(tx, key_id, datetime.now(UTC)))
    assert_problem(xaa.get("/v1/messages", key), 401, "CREDENTIALS_INVALID")


def test_the_record_of_a_refusal_names_the_key_that_was_given_where_there_is_one(xaa: Gateway) -> None:
    key = xaa.new_key([Scope.INBOX_READ])
    key_id, secret = key.split("_", 2)[1:]
    unknown = f"ent_{'0' * 16}_{secret}"
    wrong_secret = f"ent_{key_id}_{'A' * 43}"
    position = xaa.audit_position()
    for given in (key, unknown, wrong_secret, "no key at all"):
        assert xaa.get("/v1/messages", given).status_code in (401, 403)
    records = [record for record in xaa.audit(position) if record["event"] == "access.refused"]
    assert [record.get("key_id") for record in records] == [key_id, None, key_id, None]
    assert all(secret not in str(record) for record in records)


DIGEST = "sha256:" + "0" * 64
ID = "01890000-0000-7000-8000-000000000000"
HOOK, LETTER = "ab" * 16, "4711"
HOOK_ACTS = ("secret", "enable", "replay", f"dead-letters/{LETTER}/retry")
REQUEST_ACTS = ("accept", "decline", "redirect", "close", "cancel", "notes")
ROUTES = [
    ("POST", "/v1/messages", Scope.MESSAGES_WRITE),
    ("POST", "/v1/release-preview", Scope.MESSAGES_WRITE),
    ("GET", "/v1/messages", Scope.MESSAGES_READ),
    ("GET", "/v1/messages/01890000-0000-7000-8000-000000000000", Scope.MESSAGES_READ),
    ("GET", "/v1/messages/01890000-0000-7000-8000-000000000000/release", Scope.MESSAGES_READ),
    ("POST", f"/v1/messages/{ID}/cancel", Scope.MESSAGES_WRITE),
    ("POST", f"/v1/messages/{ID}/recall", Scope.MESSAGES_RECALL),
    ("GET", f"/v1/messages/{ID}/recall", Scope.MESSAGES_READ),
    ("POST", "/v1/backfills", Scope.BACKFILLS_WRITE),
    ("POST", "/v1/backfills/01890000-0000-7000-8000-000000000000/confirm", Scope.BACKFILLS_WRITE),
    ("GET", "/v1/backfills", Scope.MESSAGES_READ),
    ("GET", "/v1/backfills/01890000-0000-7000-8000-000000000000", Scope.MESSAGES_READ),
    ("GET", "/v1/inbox", Scope.INBOX_READ),
    ("GET", "/v1/inbox/stream", Scope.INBOX_READ),
    ("GET", "/v1/inbox/01890000-0000-7000-8000-000000000000", Scope.INBOX_READ),
    ("POST", "/v1/inbox/01890000-0000-7000-8000-000000000000/read", Scope.INBOX_READ),
    ("GET", "/v1/receipts", Scope.MESSAGES_READ),
    ("POST", "/v1/inbox/01890000-0000-7000-8000-000000000000/acknowledgements", Scope.INBOX_ACKNOWLEDGE),
    ("GET", "/v1/messages/01890000-0000-7000-8000-000000000000/label.xml", Scope.MESSAGES_READ),
    ("GET", "/v1/inbox/01890000-0000-7000-8000-000000000000/label.xml", Scope.INBOX_READ),
    ("POST", "/v1/labels/read", Scope.MESSAGES_WRITE),
    ("GET", "/v1/minimize", Scope.MESSAGES_READ),
    ("GET", "/v1/requests", Scope.REQUESTS_READ),
    ("GET", f"/v1/requests/{ID}", Scope.REQUESTS_READ),
    ("PUT", f"/v1/requests/{ID}/assignment", Scope.REQUESTS_WRITE),
    *(("POST", f"/v1/requests/{ID}/{act}", Scope.REQUESTS_WRITE) for act in REQUEST_ACTS),
    ("GET", "/v1/rejected", Scope.AUDIT_READ),
    ("GET", "/v1/held", Scope.AUDIT_READ),
    ("GET", "/v1/audit", Scope.AUDIT_READ),
    ("GET", "/v1/audit/search", Scope.AUDIT_READ),
    ("GET", "/v1/audit/export", Scope.AUDIT_READ),
    ("GET", f"/v1/audit/{LETTER}", Scope.AUDIT_READ),
    ("GET", "/v1/partners", Scope.TRUST_READ),
    ("GET", "/v1/partners/XBB", Scope.TRUST_READ),
    ("GET", "/v1/lanes", Scope.TRUST_READ),
    ("GET", "/v1/trust", Scope.TRUST_READ),
    ("POST", "/v1/trust", Scope.TRUST_WRITE),
    ("GET", "/v1/agreements", Scope.AGREEMENTS_READ),
    ("GET", "/v1/agreements/everything", Scope.AGREEMENTS_READ),
    ("POST", "/v1/agreements", Scope.AGREEMENTS_WRITE),
    *(("POST", f"/v1/agreements/{DIGEST}/{act.value}", Scope.AGREEMENTS_WRITE) for act in ActKind),
    ("GET", "/v1/events", Scope.EVENTS_READ),
    ("GET", "/v1/events/stream", Scope.EVENTS_READ),
    ("POST", "/v1/webhooks", Scope.WEBHOOKS_WRITE),
    ("GET", "/v1/webhooks", Scope.WEBHOOKS_WRITE),
    ("GET", f"/v1/webhooks/{HOOK}", Scope.WEBHOOKS_WRITE),
    ("DELETE", f"/v1/webhooks/{HOOK}", Scope.WEBHOOKS_WRITE),
    *(("POST", f"/v1/webhooks/{HOOK}/{act}", Scope.WEBHOOKS_WRITE) for act in HOOK_ACTS),
    ("GET", f"/v1/webhooks/{HOOK}/dead-letters", Scope.WEBHOOKS_WRITE),
    ("DELETE", f"/v1/webhooks/{HOOK}/dead-letters/{LETTER}", Scope.WEBHOOKS_WRITE),
    ("GET", "/metrics", Scope.METRICS_READ),
]


@pytest.mark.parametrize(("method", "path", "scope"), ROUTES, ids=lambda value: str(value))
def test_every_other_scope_together_does_not_open_a_route(
    xaa: Gateway, method: str, path: str, scope: Scope
) -> None:
    position = xaa.audit_position()
    key = xaa.new_key([other for other in Scope if other is not scope])
    answer = xaa.client.request(
        method, path, headers={"X-API-Key": key, "Content-Type": "application/json"}, content=b"{}"
    )
    problem = assert_problem(answer, 403, "SCOPE_MISSING")
    assert scope.value in problem["detail"]
    assert xaa.refusals(position) == [("access.refused", "SCOPE_MISSING")]


def test_every_route_that_takes_a_key_asks_for_one_and_is_tested(xaa: Gateway) -> None:
    documented = xaa.client.get("/openapi.json").json()["paths"]
    ids = re.compile(
        "01890000-0000-7000-8000-000000000000|everything|XBB|" + "|".join((DIGEST, HOOK, LETTER))
    )
    tested = {(method, ids.sub("{id}", path)) for method, path, _ in ROUTES}
    guarded = {
        (method.upper(), re.sub(r"\{[a-z_]+\}", "{id}", path))
        for path, item in documented.items()
        for method, operation in item.items()
        if {"apiKey": []} in operation["security"]
    }
    assert guarded == tested


def test_a_key_for_one_kind_publishes_and_sees_only_that_kind(xaa: Gateway) -> None:
    key = xaa.new_key(kinds=[Kind.THREAT_ALERT])
    mine = xaa.publish(draft(), key).json()["publication_id"]
    other = xaa.publish(draft("information_request")).json()["publication_id"]
    position = xaa.audit_position()
    assert_problem(xaa.publish(draft("information_request"), key), 403, "SCOPE_MISSING", "/header/kind")
    assert xaa.refusals(position) == [("publication.refused", "SCOPE_MISSING")]
    assert_problem(xaa.post("/v1/release-preview", draft("information_request"), key), 403, "SCOPE_MISSING")
    listed = xaa.get("/v1/messages", key).json()["items"]
    assert {item["kind"] for item in listed} == {"threat_alert"}
    assert xaa.get(f"/v1/messages/{mine}", key).status_code == 200
    assert_problem(xaa.get(f"/v1/messages/{other}", key), 404, "NOT_FOUND")
    assert xaa.get(f"/v1/messages/{other}").status_code == 200


def test_a_key_for_no_kind_at_all_publishes_and_sees_nothing(xaa: Gateway) -> None:
    key = xaa.new_key(kinds=[])
    assert_problem(xaa.publish(draft(), key), 403, "SCOPE_MISSING")
    assert xaa.get("/v1/messages", key).json()["items"] == []


def test_a_key_beyond_its_rate_must_wait(xaa: Gateway) -> None:
    position = xaa.audit_position()
    key = xaa.new_key(rate_per_second=0.5, burst=3)
    assert [xaa.get("/v1/messages", key).status_code for _ in range(3)] == [200] * 3
    answer = xaa.get("/v1/messages", key)
    assert_problem(answer, 429, "RATE_LIMITED")
    assert 1 <= int(answer.headers["retry-after"]) <= 2
    assert xaa.get("/v1/messages").status_code == 200, "another key is not affected"
    assert xaa.refusals(position) == [("access.refused", "RATE_LIMITED")]


def test_a_flood_of_refusals_does_not_fill_the_audit_log_and_is_counted(world: World) -> None:
    with world.gateway("XCC", "flood", nats_url=NO_BROKER, refusals_per_second=0.001) as running:
        for _ in range(40):
            assert running.client.get("/v1/inbox").status_code == 401
        records = [record for record in running.audit() if record["event"] == "access.refused"]
        assert [record["count"] for record in records] == [1] * 10
        assert "entente_audit_suppressed_total 30.0" in running.get("/metrics").text
        narrow = running.new_key([Scope.INBOX_READ])
        for _ in range(3):
            assert_problem(running.get("/v1/audit", narrow), 403, "SCOPE_MISSING")
        key = running.key
    with world.gateway("XCC", "flood", nats_url=NO_BROKER) as running:
        running.key = key
        counted: Counter[tuple[str, str]] = Counter()
        for record in running.audit():
            if record["event"] == "access.refused":
                counted[record["actor"], record["reason"]] += record["count"]
        actor = f"api-key:{narrow.split('_')[1]}"
        assert counted == {("anonymous", "CREDENTIALS_MISSING"): 40, (actor, "SCOPE_MISSING"): 3}


def test_the_secret_is_not_in_the_store(world: World) -> None:
    with world.gateway("XCC", "secrets", nats_url=NO_BROKER) as running:
        secret = running.key.split("_", 2)[2].encode()
        directory = running.settings.state_dir
    stored = b"".join(file.read_bytes() for file in directory.iterdir() if file.is_file())
    assert stored
    assert secret not in stored


def test_a_key_text_is_split_exactly() -> None:
    assert split_api_key(NOBODY) == ("0123456789abcdef", "A" * 43)
    for wrong in ("", "ent_", NOBODY + "\n", NOBODY.upper(), " " + NOBODY, NOBODY.replace("ent", "tne")):
        assert split_api_key(wrong) is None


def test_an_unknown_key_fits_no_secret() -> None:
    assert not secret_fits("", None)


def test_a_token_bucket_gives_its_burst_then_its_rate() -> None:
    bucket = TokenBucket(2.0, 3, at=100.0)
    assert [bucket.take(100.0) for _ in range(3)] == [0.0] * 3
    assert bucket.take(100.0) == pytest.approx(0.5)
    assert bucket.take(100.5) == 0.0
    assert bucket.take(100.5) == pytest.approx(0.5)
    assert [bucket.take(1000.0) for _ in range(4)] == [0.0, 0.0, 0.0, pytest.approx(0.5)]
    assert bucket.take(0.0) > 0, "a clock that goes back gives nothing"
