"""Operators over HTTP: signing in, sessions, and the attacks on both."""

import sqlite3
from collections.abc import Callable
from contextlib import closing
from typing import Any

import httpx
import pytest

from gateways.operators.attempts import PER_NAME
from gateways.operators.roles import ROLE_MAY, OperatorRight
from gateways.store_file import STORE_FILE
from schemas.operator import Role
from tests.gateway.inbox_stream import stream
from tests.gateway.operator_desk import PASSWORD, as_, hire, sign_in
from tests.gateway.operator_desk import alone as alone
from tests.gateway.running import NO_BROKER, Gateway, World, assert_problem


def try_(gateway: Gateway, body: Any, **options: Any) -> httpx.Response:
    return gateway.client.post("/v1/operators/sign-in", json=body, **options)


def test_a_gateway_hashes_passwords_at_the_cost_that_is_documented(alone: Gateway) -> None:
    assert alone.hashing.hash_now(PASSWORD).startswith("$argon2id$v=19$m=47104,t=3,p=1$")


def test_me_says_who_is_signed_in_and_what_they_may_do(alone: Gateway) -> None:
    hire(alone, "otto", Role.AUDITOR)
    me = alone.get("/v1/operators/me", sign_in(alone, "otto")["access_token"]).json()
    assert (me["name"], me["roles"], me["sees_content"]) == ("otto", ["auditor"], False)
    rights = ROLE_MAY[Role.AUDITOR] | {OperatorRight.OWN_ACCOUNT}
    assert me["rights"] == sorted(right.value for right in rights)


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


def test_a_token_of_another_gateway_is_refused(alone: Gateway, xbb: Gateway) -> None:
    token = sign_in(alone, "anna")["access_token"]
    assert alone.get("/v1/inbox", token).status_code == 200
    assert_problem(xbb.get("/v1/inbox", token), 401, "CREDENTIALS_INVALID")


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
    leaving = {"refresh_token": sign_in(alone, "anna")["refresh_token"]}
    position = alone.audit_position()
    for ended in (True, False):
        answer = alone.client.post("/v1/operators/revoke", json=leaving)
        assert (answer.status_code, answer.json()) == (200, {"ended": ended})
    assert [record["event"] for record in alone.audit(position)] == ["operator.signed-out"]
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
            assert [next(lines) for _ in range(2)] == ["retry: 1000", "id: 0"]
            running.write(lambda tx: tx.execute("UPDATE operator SET enabled = 0"))
            assert all(line == "" or line.startswith(":") for line in lines)


@pytest.mark.parametrize("role", [Role.EXERCISE_STAFF, Role.AUDITOR, Role.RELEASER])
def test_an_open_stream_ends_when_its_operator_has_another_role(world: World, role: Role) -> None:
    with world.gateway("XCC", f"now-{role}", nats_url=NO_BROKER, stream_keep_alive_seconds=0.05) as running:
        hire(running, "anna", Role.WATCH_OFFICER)
        with stream(running, sign_in(running, "anna")["access_token"]) as lines:
            assert [next(lines) for _ in range(2)] == ["retry: 1000", "id: 0"]
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
    assert session["operator"]["rights"] == [OperatorRight.OWN_ACCOUNT.value]
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
