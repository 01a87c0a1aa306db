"""Operators over HTTP: every role on every route, what auditors and exercise staff never see."""

import json
from collections.abc import Iterable, Iterator
from typing import Any

import httpx
import pytest

from gateways.http.api_keys import Scope
from gateways.operators.roles import ROLE_MAY, OperatorRight, Right
from schemas.operator import Role
from tests.gateway.drafts import CANARY, draft
from tests.gateway.inbox_stream import events, stream
from tests.gateway.operator_desk import as_, hire, sign_in
from tests.gateway.running import Gateway, assert_problem, last_seq

ID = "01890000-0000-7000-8000-000000000000"
IN_PATH = {
    "{publication_id}": ID,
    "{backfill_id}": ID,
    "{message_id}": ID,
    "{name}": "everything",
    "{digest}": "sha256:" + "00" * 32,
    "{webhook_id}": "ab" * 16,
    "{event_seq}": "4711",
    "{audit_seq}": "1",
    "{nation}": "XBB",
}
OWN = OperatorRight.OWN_ACCOUNT
NAMES = {role: f"the-{role.value.replace('_', '-')}" for role in Role}

ROUTES: dict[str, Right | None] = {
    "GET /healthz": None,
    "GET /readyz": None,
    "GET /docs": None,
    "GET /openapi.json": None,
    "GET /v1/schemas/{kind}": None,
    "GET /metrics": Scope.METRICS_READ,
    "POST /v1/messages": Scope.MESSAGES_WRITE,
    "POST /v1/release-preview": Scope.MESSAGES_WRITE,
    "GET /v1/messages": Scope.MESSAGES_READ,
    "GET /v1/messages/{publication_id}": Scope.MESSAGES_READ,
    "GET /v1/messages/{publication_id}/release": Scope.MESSAGES_READ,
    "GET /v1/messages/{publication_id}/label.xml": Scope.MESSAGES_READ,
    "POST /v1/messages/{publication_id}/cancel": Scope.MESSAGES_WRITE,
    "POST /v1/messages/{publication_id}/recall": Scope.MESSAGES_RECALL,
    "GET /v1/messages/{publication_id}/recall": Scope.MESSAGES_READ,
    "GET /v1/releases": OperatorRight.RELEASE_CONFIRM,
    "POST /v1/messages/{publication_id}/release": OperatorRight.RELEASE_CONFIRM,
    "POST /v1/backfills": Scope.BACKFILLS_WRITE,
    "POST /v1/backfills/{backfill_id}/confirm": Scope.BACKFILLS_WRITE,
    "GET /v1/backfills": Scope.MESSAGES_READ,
    "GET /v1/backfills/{backfill_id}": Scope.MESSAGES_READ,
    "POST /v1/labels/read": Scope.MESSAGES_WRITE,
    "GET /v1/inbox": Scope.INBOX_READ,
    "GET /v1/inbox/stream": Scope.INBOX_READ,
    "GET /v1/inbox/{message_id}": Scope.INBOX_READ,
    "GET /v1/inbox/{message_id}/label.xml": Scope.INBOX_READ,
    "POST /v1/inbox/{message_id}/acknowledgements": Scope.INBOX_ACKNOWLEDGE,
    "GET /v1/requests": Scope.REQUESTS_READ,
    "GET /v1/requests/{message_id}": Scope.REQUESTS_READ,
    "PUT /v1/requests/{message_id}/assignment": Scope.REQUESTS_WRITE,
    "POST /v1/requests/{message_id}/notes": Scope.REQUESTS_WRITE,
    "POST /v1/requests/{message_id}/accept": Scope.REQUESTS_WRITE,
    "POST /v1/requests/{message_id}/decline": Scope.REQUESTS_WRITE,
    "POST /v1/requests/{message_id}/redirect": Scope.REQUESTS_WRITE,
    "POST /v1/requests/{message_id}/close": Scope.REQUESTS_WRITE,
    "POST /v1/requests/{message_id}/cancel": Scope.REQUESTS_WRITE,
    "GET /v1/rejected": Scope.AUDIT_READ,
    "GET /v1/held": Scope.AUDIT_READ,
    "GET /v1/audit": Scope.AUDIT_READ,
    "GET /v1/audit/search": Scope.AUDIT_READ,
    "GET /v1/audit/export": Scope.AUDIT_READ,
    "GET /v1/audit/{audit_seq}": Scope.AUDIT_READ,
    "GET /v1/traffic": OperatorRight.TRAFFIC_READ,
    "GET /v1/traffic/stream": OperatorRight.TRAFFIC_READ,
    "GET /v1/traffic/histogram": OperatorRight.TRAFFIC_READ,
    "GET /v1/traffic/awaiting": OperatorRight.TRAFFIC_READ,
    "GET /v1/traffic/export": OperatorRight.TRAFFIC_READ,
    "GET /v1/views": OperatorRight.TRAFFIC_READ,
    "PUT /v1/views/{name}": OperatorRight.TRAFFIC_READ,
    "DELETE /v1/views/{name}": OperatorRight.TRAFFIC_READ,
    "GET /v1/partners": Scope.TRUST_READ,
    "GET /v1/partners/{nation}": Scope.TRUST_READ,
    "GET /v1/lanes": Scope.TRUST_READ,
    "GET /v1/trust": Scope.TRUST_READ,
    "POST /v1/trust": Scope.TRUST_WRITE,
    "GET /v1/agreements": Scope.AGREEMENTS_READ,
    "GET /v1/agreements/{name}": Scope.AGREEMENTS_READ,
    "POST /v1/agreements": Scope.AGREEMENTS_WRITE,
    "POST /v1/agreements/{digest}/countersign": Scope.AGREEMENTS_WRITE,
    "POST /v1/agreements/{digest}/suspend": Scope.AGREEMENTS_WRITE,
    "POST /v1/agreements/{digest}/resume": Scope.AGREEMENTS_WRITE,
    "POST /v1/agreements/{digest}/leave": Scope.AGREEMENTS_WRITE,
    "POST /v1/inbox/{message_id}/read": Scope.INBOX_READ,
    "GET /v1/receipts": Scope.MESSAGES_READ,
    "GET /v1/events": Scope.EVENTS_READ,
    "GET /v1/events/stream": Scope.EVENTS_READ,
    "POST /v1/webhooks": Scope.WEBHOOKS_WRITE,
    "GET /v1/webhooks": Scope.WEBHOOKS_WRITE,
    "GET /v1/webhooks/{webhook_id}": Scope.WEBHOOKS_WRITE,
    "DELETE /v1/webhooks/{webhook_id}": Scope.WEBHOOKS_WRITE,
    "POST /v1/webhooks/{webhook_id}/secret": Scope.WEBHOOKS_WRITE,
    "POST /v1/webhooks/{webhook_id}/enable": Scope.WEBHOOKS_WRITE,
    "POST /v1/webhooks/{webhook_id}/replay": Scope.WEBHOOKS_WRITE,
    "GET /v1/webhooks/{webhook_id}/dead-letters": Scope.WEBHOOKS_WRITE,
    "POST /v1/webhooks/{webhook_id}/dead-letters/{event_seq}/retry": Scope.WEBHOOKS_WRITE,
    "DELETE /v1/webhooks/{webhook_id}/dead-letters/{event_seq}": Scope.WEBHOOKS_WRITE,
    "GET /v1/minimize": Scope.MESSAGES_READ,
    "POST /v1/minimize": OperatorRight.MINIMIZE_SET,
    "DELETE /v1/minimize": OperatorRight.MINIMIZE_SET,
    "POST /v1/operators/sign-in": None,
    "POST /v1/operators/link": None,
    "POST /v1/operators/refresh": None,
    "POST /v1/operators/revoke": None,
    "POST /v1/operators/fresh": OWN,
    "GET /v1/operators/oidc": None,
    "POST /v1/operators/oidc/begin": None,
    "POST /v1/operators/oidc/finish": None,
    "POST /v1/operators/oidc/fresh/begin": OWN,
    "POST /v1/operators/oidc/fresh/finish": OWN,
    "POST /v1/operators/password": OWN,
    "POST /v1/operators/sign-out": OWN,
    "GET /v1/operators/me": OWN,
}
"""What every route asks for; None is open to everybody. A new route needs a line, and its right an owner."""
GUARDED = {route: right for route, right in ROUTES.items() if right is not None}


@pytest.fixture(scope="module")
def staff(xaa: Gateway) -> dict[Role, str]:
    """An access token for each role."""
    for role, name in NAMES.items():
        hire(xaa, name, role)
    return {role: sign_in(xaa, name)["access_token"] for role, name in NAMES.items()}


@pytest.fixture(scope="module")
def receivers(xbb: Gateway) -> dict[Role, str]:
    """The same at the gateway that receives."""
    for role, name in NAMES.items():
        hire(xbb, name, role)
    return {role: sign_in(xbb, name)["access_token"] for role, name in NAMES.items()}


def ask(gateway: Gateway, route: str, token: str) -> httpx.Response:
    """A request that gets as far as the right is judged; of a stream only how it begins."""
    method, path = route.split(" ")
    for name, value in IN_PATH.items():
        path = path.replace(name, value)
    headers = as_(token) | ({"Content-Type": "application/json"} if method == "POST" else {})
    with gateway.client.stream(
        method, path, headers=headers, content=b"{}" if method == "POST" else None
    ) as answer:
        if not answer.headers["content-type"].startswith("text/event-stream"):
            answer.read()
        return answer


def all_routes(routes: Iterable[Any]) -> Iterator[Any]:
    """Every route with a path, those of included routers too."""
    for route in routes:
        included = getattr(route, "original_router", None)
        if included is None:
            yield route
        else:
            yield from all_routes(included.routes)


def test_every_route_of_the_app_has_a_decision(xaa: Gateway) -> None:
    found = {f"{method} {route.path}" for route in all_routes(xaa.app.routes) for method in route.methods}
    assert found == set(ROUTES), "decide what a new route asks for, and which roles have that"


@pytest.mark.parametrize("role", list(Role))
@pytest.mark.parametrize("route", sorted(set(GUARDED) - {"POST /v1/operators/sign-out"}))
def test_a_role_may_do_what_the_table_says_and_nothing_else(
    xaa: Gateway, staff: dict[Role, str], role: Role, route: str
) -> None:
    answer = ask(xaa, route, staff[role])
    if GUARDED[route] in ROLE_MAY[role] | {OWN}:
        assert answer.status_code not in (401, 403), answer.text
    else:
        assert_problem(answer, 403, "ROLE_MISSING")


@pytest.mark.parametrize("route", sorted(route for route, right in GUARDED.items() if right in OperatorRight))
def test_no_api_key_does_what_is_for_operators(xaa: Gateway, route: str) -> None:
    assert_problem(ask(xaa, route, xaa.key), 403, "OPERATOR_ONLY")


def test_a_right_of_operators_in_a_keys_row_is_worth_nothing(xaa: Gateway) -> None:
    key = xaa.new_key([Scope.INBOX_READ])
    scopes = json.dumps([Scope.INBOX_READ.value, *(right.value for right in OperatorRight)])
    xaa.write(lambda tx: tx.execute("UPDATE api_key SET scopes = ? WHERE key_id = ?", (scopes, key[4:20])))
    assert_problem(ask(xaa, "GET /v1/operators/me", key), 403, "OPERATOR_ONLY")


def test_roles_count_from_the_next_request_on(xaa: Gateway) -> None:
    hire(xaa, "rolf", Role.WATCH_OFFICER)
    token = sign_in(xaa, "rolf")["access_token"]
    assert xaa.get("/v1/audit", token).status_code == 403
    xaa.write(lambda tx: tx.execute("""UPDATE operator SET roles = '["auditor"]' WHERE name = 'rolf'"""))
    assert xaa.get("/v1/audit", token).status_code == 200
    assert xaa.publish(draft(), token).status_code == 403


@pytest.mark.parametrize("role", list(Role))
def test_only_an_auditor_is_shown_no_content(
    xaa: Gateway, xbb: Gateway, staff: dict[Role, str], receivers: dict[Role, str], role: Role
) -> None:
    after = last_seq(xbb)
    accepted = xaa.publish(draft(mode="EXERCISE", exercise_id="DRY RUN")).json()
    [entry] = xbb.wait_messages(after, [accepted["message_id"]])
    seen = [
        xaa.get(f"/v1/messages/{accepted['publication_id']}", staff[role]).text,
        xbb.get("/v1/inbox", receivers[role], params={"after": entry["inbox_seq"] - 1}).text,
        xbb.get(f"/v1/inbox/{entry['message_id']}", receivers[role]).text,
    ]
    with stream(xbb, receivers[role], params={"after": entry["inbox_seq"] - 1}) as lines:
        seen.append(json.dumps(events(lines, 1)))
    for text in seen:
        assert entry["message_id"] in text
        assert (CANARY in text) == (role is not Role.AUDITOR)
        assert ('"body"' in text) == (role is not Role.AUDITOR)


@pytest.mark.parametrize(
    "path", ["/v1/messages", "/v1/audit", "/v1/rejected", "/v1/held", "/v1/partners", "/v1/trust", "/metrics"]
)
def test_nothing_else_that_an_auditor_reads_holds_content(
    xaa: Gateway, staff: dict[Role, str], path: str
) -> None:
    xaa.publish(draft())
    answer = xaa.get(path, staff[Role.AUDITOR], params={} if path == "/metrics" else None)
    assert answer.status_code == 200
    assert CANARY not in answer.text


def test_exercise_staff_neither_sends_nor_sees_what_is_live(
    xaa: Gateway, xbb: Gateway, staff: dict[Role, str], receivers: dict[Role, str]
) -> None:
    token, reader = staff[Role.EXERCISE_STAFF], receivers[Role.EXERCISE_STAFF]
    live = draft(mode="OPERATION")
    position, before = xaa.audit_position(), xaa.publications()
    assert_problem(xaa.publish(live, token), 403, "ROLE_MISSING", "/header/mode")
    assert_problem(xaa.post("/v1/release-preview", live, token), 403, "ROLE_MISSING", "/header/mode")
    assert xaa.refusals(position) == [("publication.refused", "ROLE_MISSING")]
    assert xaa.publications() == before
    after = last_seq(xbb)
    accepted = xaa.publish(live).json()
    xbb.wait_messages(after, [accepted["message_id"]])
    shown = xbb.get("/v1/inbox", reader, params={"limit": 500}).json()["items"]
    assert {entry["mode"] for entry in shown} <= {"EXERCISE", "TEST"}
    assert_problem(xaa.get(f"/v1/messages/{accepted['publication_id']}", token), 404, "NOT_FOUND")
    assert_problem(xbb.get(f"/v1/inbox/{accepted['message_id']}", reader), 404, "NOT_FOUND")
    listed = xaa.get("/v1/messages", token, params={"limit": 500}).json()["items"]
    assert accepted["publication_id"] not in {entry["publication_id"] for entry in listed}


def test_the_list_of_partners_tells_exercise_staff_nothing_of_live_traffic(
    xaa: Gateway, staff: dict[Role, str]
) -> None:
    figures = {"queued", "sealed", "unreceipted", "missing", "held", "last_message_at", "lane_alarms"}
    for role, token in staff.items():
        for partner in xaa.get("/v1/partners", token).json()["items"]:
            shown = figures & partner.keys()
            assert not shown if role is Role.EXERCISE_STAFF else shown >= figures - {"last_message_at"}
            assert {"nation", "status", "keys_in_force"} <= partner.keys()


def test_exercise_staff_sees_no_lane_of_live_traffic(
    xaa: Gateway, xbb: Gateway, receivers: dict[Role, str]
) -> None:
    sent = []
    for exercise in ({}, {"mode": "EXERCISE", "exercise_id": "EX"}):
        sent.append(xaa.publish(draft(**exercise)).json()["message_id"])
    xbb.wait_messages(0, sent)
    for role, token in receivers.items():
        modes = {row["mode"] for row in xbb.get("/v1/lanes", token).json()["items"]}
        assert modes == {"EXERCISE"} if role is Role.EXERCISE_STAFF else modes >= {"EXERCISE", "OPERATION"}


def test_what_an_operator_publishes_is_recorded_as_theirs(xaa: Gateway, staff: dict[Role, str]) -> None:
    position = xaa.audit_position()
    accepted = xaa.publish(draft(), staff[Role.RELEASER], Idempotency_Key="one").json()
    again = xaa.publish(draft(), staff[Role.WATCH_OFFICER], Idempotency_Key="one").json()
    assert accepted["publication_id"] != again["publication_id"], "keys of idempotency are each caller's own"
    actors = [r["actor"] for r in xaa.audit(position) if r["event"] == "publication.accepted"]
    assert actors == [f"operator:{NAMES[Role.RELEASER]}", f"operator:{NAMES[Role.WATCH_OFFICER]}"]
