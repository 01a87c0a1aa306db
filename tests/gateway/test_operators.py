"""Operators over HTTP: every role on every route, what auditors never see, attacks on sessions."""

import json
import sqlite3
from collections.abc import Callable, Iterable, Iterator
from contextlib import closing
from typing import Any

import httpx
import pytest

from gateways.http.api_keys import Scope
from gateways.operators.attempts import PER_NAME
from gateways.operators.roles import ROLE_MAY, OperatorRight, Right
from gateways.store_file import STORE_FILE
from schemas.operator import Role
from tests.gateway.drafts import CANARY, draft
from tests.gateway.inbox_stream import events, stream
from tests.gateway.operator_desk import PASSWORD, hire, sign_in
from tests.gateway.running import NO_BROKER, Gateway, World, assert_problem, last_seq

ID = "01890000-0000-7000-8000-000000000000"
IN_PATH = {
    "{publication_id}": ID,
    "{backfill_id}": ID,
    "{message_id}": ID,
    "{name}": "everything",
    "{digest}": "sha256:" + "00" * 32,
}
OWN = OperatorRight.OWN_ACCOUNT
NAMES = {role: f"the-{role.value.replace('_', '-')}" for role in Role}

ROUTES: dict[str, Right | None] = {
    "GET /healthz": None,
    "GET /readyz": None,
    "GET /docs": None,
    "GET /openapi.json": None,
    "HEAD /openapi.json": None,
    "GET /v1/schemas/{kind}": None,
    "GET /metrics": Scope.METRICS_READ,
    "POST /v1/messages": Scope.MESSAGES_WRITE,
    "POST /v1/release-preview": Scope.MESSAGES_WRITE,
    "GET /v1/messages": Scope.MESSAGES_READ,
    "GET /v1/messages/{publication_id}": Scope.MESSAGES_READ,
    "GET /v1/messages/{publication_id}/release": Scope.MESSAGES_READ,
    "GET /v1/messages/{publication_id}/label.xml": Scope.MESSAGES_READ,
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
    "GET /v1/rejected": Scope.AUDIT_READ,
    "GET /v1/held": Scope.AUDIT_READ,
    "GET /v1/audit": Scope.AUDIT_READ,
    "GET /v1/partners": Scope.TRUST_READ,
    "GET /v1/trust": Scope.TRUST_READ,
    "POST /v1/trust": Scope.TRUST_WRITE,
    "GET /v1/agreements": Scope.AGREEMENTS_READ,
    "GET /v1/agreements/{name}": Scope.AGREEMENTS_READ,
    "POST /v1/agreements": Scope.AGREEMENTS_WRITE,
    "POST /v1/agreements/{digest}/countersign": Scope.AGREEMENTS_WRITE,
    "POST /v1/agreements/{digest}/suspend": Scope.AGREEMENTS_WRITE,
    "POST /v1/agreements/{digest}/resume": Scope.AGREEMENTS_WRITE,
    "POST /v1/agreements/{digest}/leave": Scope.AGREEMENTS_WRITE,
    "GET /v1/minimize": Scope.MESSAGES_READ,
    "POST /v1/minimize": OperatorRight.MINIMIZE_SET,
    "DELETE /v1/minimize": OperatorRight.MINIMIZE_SET,
    "POST /v1/operators/sign-in": None,
    "POST /v1/operators/refresh": None,
    "POST /v1/operators/fresh": OWN,
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


@pytest.fixture
def alone(world: World, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Gateway]:
    """A gateway of its own, where failures may be counted."""
    with world.gateway("XCC", tmp_path_factory.mktemp("alone").name, nats_url=NO_BROKER) as running:
        hire(running, "anna", Role.WATCH_OFFICER)
        yield running


def as_(token: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {token}"}


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


# -- roles --------------------------------------------------------------------------------------------


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
    figures = {"queued", "sealed", "unreceipted", "missing", "held", "last_message_at"}
    for role, token in staff.items():
        for partner in xaa.get("/v1/partners", token).json()["items"]:
            shown = figures & partner.keys()
            assert not shown if role is Role.EXERCISE_STAFF else shown >= figures - {"last_message_at"}
            assert {"nation", "status", "keys_in_force"} <= partner.keys()


def test_what_an_operator_publishes_is_recorded_as_theirs(xaa: Gateway, staff: dict[Role, str]) -> None:
    position = xaa.audit_position()
    accepted = xaa.publish(draft(), staff[Role.RELEASER], Idempotency_Key="one").json()
    again = xaa.publish(draft(), staff[Role.WATCH_OFFICER], Idempotency_Key="one").json()
    assert accepted["publication_id"] != again["publication_id"], "keys of idempotency are each caller's own"
    actors = [r["actor"] for r in xaa.audit(position) if r["event"] == "publication.accepted"]
    assert actors == [f"operator:{NAMES[Role.RELEASER]}", f"operator:{NAMES[Role.WATCH_OFFICER]}"]


# -- sign-in and sessions -----------------------------------------------------------------------------


def try_(gateway: Gateway, body: Any, **options: Any) -> httpx.Response:
    return gateway.client.post("/v1/operators/sign-in", json=body, **options)


def test_me_says_who_is_signed_in_and_what_they_may_do(xaa: Gateway, staff: dict[Role, str]) -> None:
    me = xaa.get("/v1/operators/me", staff[Role.AUDITOR]).json()
    assert (me["name"], me["roles"], me["sees_content"]) == ("the-auditor", ["auditor"], False)
    assert me["rights"] == sorted(right.value for right in ROLE_MAY[Role.AUDITOR] | {OWN})


WRONG: list[tuple[str, dict[str, str]]] = [
    ("a wrong password", {"name": "anna", "password": "a wrong password"}),
    ("a name nobody has", {"name": "berta", "password": PASSWORD}),
    ("a name that cannot be one", {"name": "'; DROP TABLE operator;--", "password": PASSWORD}),
]


def test_whatever_is_wrong_the_answer_is_the_same(alone: Gateway) -> None:
    answers = [try_(alone, body) for _, body in WRONG]
    alone.write(lambda tx: tx.execute("UPDATE operator SET enabled = 0"))
    answers.append(try_(alone, {"name": "anna", "password": PASSWORD}))
    for answer in answers:
        assert_problem(answer, 401, "SIGN_IN_REFUSED")
    assert len({answer.content for answer in answers}) == 1
    assert len({tuple(sorted(answer.headers.keys())) for answer in answers}) == 1
    actors = [r["actor"] for r in alone.audit() if r.get("reason") == "SIGN_IN_REFUSED"]
    assert actors == ["claimed-operator:anna", "anonymous", "anonymous", "claimed-operator:anna"]


MALFORMED: list[tuple[str, Callable[[Gateway], httpx.Response], int, str]] = [
    (
        "the password in the address",
        lambda g: g.client.post(f"/v1/operators/sign-in?password={PASSWORD}", json={"name": "anna"}),
        422,
        "PARAMETER_INVALID",
    ),
    (
        "roles in the body",
        lambda g: try_(g, {"name": "anna", "password": PASSWORD, "roles": ["releaser"]}),
        422,
        "SCHEMA_INVALID",
    ),
    (
        "an operator's row in the body",
        lambda g: try_(g, {"name": "anna", "password": PASSWORD, "operator": {"enabled": True}}),
        422,
        "SCHEMA_INVALID",
    ),
    (
        "the password twice",
        lambda g: g.client.post(
            "/v1/operators/sign-in",
            content=b'{"name":"anna","password":"x","password":"y"}',
            headers={"Content-Type": "application/json"},
        ),
        400,
        "JSON_DUPLICATE_KEY",
    ),
    (
        "a form instead of JSON",
        lambda g: g.client.post("/v1/operators/sign-in", data={"name": "anna", "password": PASSWORD}),
        415,
        "MEDIA_TYPE_UNSUPPORTED",
    ),
    (
        "a password longer than any",
        lambda g: try_(g, {"name": "anna", "password": "x" * 5000}),
        422,
        "SCHEMA_INVALID",
    ),
    ("a long body", lambda g: try_(g, {"name": "anna", "password": "x" * 9000}), 413, "BODY_TOO_LARGE"),
    ("no password", lambda g: try_(g, {"name": "anna"}), 422, "SCHEMA_INVALID"),
    ("a number for a password", lambda g: try_(g, {"name": "anna", "password": 1}), 422, "SCHEMA_INVALID"),
]  # fmt: skip


@pytest.mark.parametrize(
    ("attack", "status", "code"), [pytest.param(*case[1:], id=case[0]) for case in MALFORMED]
)
def test_a_sign_in_that_is_no_sign_in_is_refused_and_not_quoted(
    xaa: Gateway, attack: Callable[[Gateway], httpx.Response], status: int, code: str
) -> None:
    answer = attack(xaa)
    assert_problem(answer, status, code)
    assert PASSWORD not in answer.text
    assert "token" not in answer.text


NOT_A_SESSION: list[tuple[str, Callable[[dict[str, Any]], dict[str, str]]]] = [
    ("the refresh token", lambda s: as_(s["refresh_token"])),
    ("the access token in X-API-Key", lambda s: {"X-API-Key": s["access_token"]}),
    ("the access token in both headers", lambda s: as_(s["access_token"]) | {"X-API-Key": s["access_token"]}),
    ("the access token as a cookie", lambda s: {"Cookie": f"access_token={s['access_token']}"}),
    ("the access token as Basic", lambda s: {"Authorization": f"Basic {s['access_token']}"}),
    ("the session's name", lambda s: as_(s["operator"]["session"])),
    ("another last letter", lambda s: as_(s["access_token"][:-2] + "AA")),
    ("a token nobody made", lambda s: as_("ena_" + "A" * 43)),
    ("a token with something behind it", lambda s: as_(s["access_token"] + "A")),
]  # fmt: skip


@pytest.mark.parametrize("headers", [pytest.param(case[1], id=case[0]) for case in NOT_A_SESSION])
def test_nothing_but_the_access_token_where_it_belongs_is_a_session(
    alone: Gateway, headers: Callable[[dict[str, Any]], dict[str, str]]
) -> None:
    session = sign_in(alone, "anna")
    answer = alone.client.get("/v1/messages", headers=headers(session))
    assert answer.status_code == 401
    assert alone.get("/v1/messages", session["access_token"]).status_code == 200


def test_a_token_of_another_gateway_is_refused(xaa: Gateway, xbb: Gateway, staff: dict[Role, str]) -> None:
    assert_problem(xbb.get("/v1/inbox", staff[Role.WATCH_OFFICER]), 401, "CREDENTIALS_INVALID")


def test_a_token_sent_along_when_signing_in_is_not_made_a_session(alone: Gateway) -> None:
    planted = "ena_" + "B" * 43
    session = alone.client.post(
        "/v1/operators/sign-in",
        json={"name": "anna", "password": PASSWORD},
        headers=as_(planted) | {"Cookie": f"session={planted}"},
    )
    assert session.status_code == 200
    assert session.json()["access_token"] != planted
    assert "set-cookie" not in session.headers
    assert_problem(alone.get("/v1/operators/me", planted), 401, "CREDENTIALS_INVALID")


def test_after_signing_out_both_tokens_are_worth_nothing(alone: Gateway) -> None:
    session = sign_in(alone, "anna")
    position = alone.audit_position()
    headers = as_(session["access_token"])
    assert alone.client.post("/v1/operators/sign-out", headers=headers).status_code == 200
    assert_problem(alone.client.post("/v1/operators/sign-out", headers=headers), 401, "CREDENTIALS_INVALID")
    again = alone.client.post("/v1/operators/refresh", json={"refresh_token": session["refresh_token"]})
    assert_problem(again, 401, "CREDENTIALS_INVALID")
    [out] = [r for r in alone.audit(position) if r["event"] == "operator.signed-out"]
    assert (out["actor"], out["operator"], out["session"]) == (
        "operator:anna",
        "anna",
        session["operator"]["session"],
    )


def test_a_session_goes_on_with_its_refresh_token_once(alone: Gateway) -> None:
    session = sign_in(alone, "anna")
    body = {"refresh_token": session["refresh_token"]}
    following = alone.client.post("/v1/operators/refresh", json=body).json()
    assert following["operator"]["session"] == session["operator"]["session"]
    assert alone.get("/v1/messages", following["access_token"]).status_code == 200
    assert_problem(alone.client.post("/v1/operators/refresh", json=body), 401, "CREDENTIALS_INVALID")
    assert alone.get("/v1/messages", following["access_token"]).status_code == 401


def test_who_is_disabled_by_another_process_is_out_with_the_next_request(alone: Gateway) -> None:
    token = sign_in(alone, "anna")["access_token"]
    assert alone.get("/v1/messages", token).status_code == 200
    with closing(sqlite3.connect(alone.settings.state_dir / STORE_FILE)) as other:
        other.execute("UPDATE operator SET enabled = 0")
        other.commit()
    assert_problem(alone.get("/v1/messages", token), 401, "CREDENTIALS_INVALID")


def test_an_open_stream_ends_when_its_operator_is_disabled(world: World) -> None:
    with world.gateway("XCC", "closed-stream", nats_url=NO_BROKER, stream_keep_alive_seconds=0.05) as running:
        hire(running, "anna", Role.WATCH_OFFICER)
        with stream(running, sign_in(running, "anna")["access_token"]) as lines:
            assert next(lines) == "retry: 1000"
            running.write(lambda tx: tx.execute("UPDATE operator SET enabled = 0"))
            assert all(line == "" or line.startswith(":") for line in lines)


@pytest.mark.parametrize("role", [Role.EXERCISE_STAFF, Role.AUDITOR, Role.RELEASER])
def test_an_open_stream_ends_when_its_operator_has_another_role(world: World, role: Role) -> None:
    with world.gateway("XCC", f"now-{role}", nats_url=NO_BROKER, stream_keep_alive_seconds=0.05) as running:
        hire(running, "anna", Role.WATCH_OFFICER)
        with stream(running, sign_in(running, "anna")["access_token"]) as lines:
            assert next(lines) == "retry: 1000"
            running.write(lambda tx: tx.execute("UPDATE operator SET roles = ?", (f'["{role}"]',)))
            assert all(line == "" or line.startswith(":") for line in lines)


def test_a_session_survives_a_restart_and_ends_with_it_no_later(world: World) -> None:
    with world.gateway("XCC", "restarted", nats_url=NO_BROKER) as running:
        hire(running, "anna", Role.WATCH_OFFICER)
        token = sign_in(running, "anna")["access_token"]
    with world.gateway("XCC", "restarted", nats_url=NO_BROKER) as running:
        assert running.get("/v1/operators/me", token).json()["name"] == "anna"


def test_with_a_one_time_password_nothing_is_done_but_replacing_it(alone: Gateway) -> None:
    hire(alone, "berta", Role.SECURITY_OFFICER, one_time=True)
    session = sign_in(alone, "berta")
    token = session["access_token"]
    assert session["operator"]["password_change_required"] is True
    assert session["operator"]["rights"] == [OWN.value]
    for path in ("/v1/messages", "/v1/audit", "/v1/trust"):
        assert_problem(alone.get(path, token), 403, "PASSWORD_CHANGE_REQUIRED")
    new = {"current_password": PASSWORD, "new_password": "nine cranes over the moor"}
    weak = alone.post("/v1/operators/password", new | {"new_password": "aaaaaaaaaaaaaaaaaaaa"}, token)
    assert_problem(weak, 422, "PASSWORD_UNSUITABLE", "/new_password")
    following = alone.post("/v1/operators/password", new, token).json()
    assert following["operator"]["password_change_required"] is False
    assert alone.get("/v1/audit", following["access_token"]).status_code == 200
    assert_problem(alone.get("/v1/audit", token), 401, "CREDENTIALS_INVALID")


def test_giving_the_password_again_needs_the_password(alone: Gateway) -> None:
    session = sign_in(alone, "anna")
    token = session["access_token"]
    wrong = alone.post("/v1/operators/fresh", {"password": "a wrong password"}, token)
    assert_problem(wrong, 401, "SIGN_IN_REFUSED")
    fresh = alone.post("/v1/operators/fresh", {"password": PASSWORD}, token).json()
    assert fresh["operator"]["fresh_at"] > session["operator"]["fresh_at"]
    assert alone.get("/v1/operators/me", token).json()["fresh_at"] == session["operator"]["fresh_at"]


def test_too_many_failures_must_wait_whether_the_name_is_one_or_not(
    alone: Gateway, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(alone.runtime.sign_in, "_clock", lambda: 1000.0)
    for name in ("anna", "nobody"):
        body = {"name": name, "password": "a wrong password"}
        assert [try_(alone, body).status_code for _ in range(PER_NAME.free)] == [401] * PER_NAME.free
        answer = try_(alone, body)
        assert_problem(answer, 429, "SIGN_IN_DELAYED")
        assert answer.headers["retry-after"] == "1"
    assert_problem(try_(alone, {"name": "anna", "password": PASSWORD}), 429, "SIGN_IN_DELAYED")


def test_a_flood_of_sign_ins_leaves_few_records_and_counts_them_all(world: World) -> None:
    with world.gateway("XCC", "sign-ins", nats_url=NO_BROKER, refusals_per_second=0.001) as running:
        hire(running, "anna", Role.AUDITOR)
        for number in range(30):
            try_(running, {"name": f"n{number % 3}", "password": "x"})
        refused = [r for r in running.audit() if r["event"] == "access.refused"]
        assert [r["count"] for r in refused] == [1] * 10
        assert "entente_audit_suppressed_total 20.0" in running.get("/metrics").text


def test_neither_passwords_nor_tokens_nor_unknown_names_stand_in_store_or_log(
    world: World, capfd: pytest.CaptureFixture[str]
) -> None:
    with world.gateway("XCC", "no-secrets", nats_url=NO_BROKER) as running:
        hire(running, "anna", Role.WATCH_OFFICER)
        session = sign_in(running, "anna")
        try_(running, {"name": "typed-into-the-wrong-field", "password": "x"})
        directory = running.settings.state_dir
    kept = b"".join(file.read_bytes() for file in directory.iterdir() if file.is_file())
    written = "".join(capfd.readouterr()).encode()
    for secret in (PASSWORD, session["access_token"], session["refresh_token"], "typed-into-the-wrong-field"):
        assert secret.encode() not in kept
        assert secret.encode() not in written
