"""Every error is a problem, whoever raised it; no error, log line or metric quotes content."""

import io
import json
import logging
import sqlite3
from collections.abc import Iterator
from dataclasses import fields

import pytest
import structlog
from fastapi import APIRouter

from bus.store.errors import StoreUnavailable
from gateways import logs
from gateways.counters import Counters
from gateways.http.problem_codes import status_of, what_to_do
from schemas.reasons import ReasonCode
from tests.gateway.drafts import CANARY, changed, draft, encoded
from tests.gateway.running import NO_BROKER, Gateway, World, assert_problem


@pytest.mark.parametrize(
    ("method", "path", "status", "code"),
    [
        pytest.param("GET", "/", 404, "NOT_FOUND", id="the root"),
        pytest.param("GET", "/v1/nothing", 404, "NOT_FOUND", id="an unknown address"),
        pytest.param("GET", "/v1/messages/", 404, "NOT_FOUND", id="a slash too many"),
        pytest.param("GET", "/v1/../etc/passwd", 404, "NOT_FOUND", id="a path upwards"),
        pytest.param("DELETE", "/v1/messages", 405, "METHOD_NOT_ALLOWED", id="a method that is not there"),
        pytest.param("BREW", "/v1/messages", 400, "HTTP_MALFORMED", id="a method that does not exist"),
        pytest.param("GET", "/v1/messages/1", 422, "PARAMETER_INVALID", id="an id that is none"),
        pytest.param("GET", "/v1/inbox/1", 422, "PARAMETER_INVALID", id="a message id that is none"),
    ],
)
def test_the_frameworks_errors_are_problems(
    xaa: Gateway, method: str, path: str, status: int, code: str
) -> None:
    answer = xaa.client.request(method, path, headers=xaa.auth)
    body = answer.json()
    assert (answer.status_code, body["code"], body["status"]) == (status, code, status)
    assert answer.headers["content-type"] == "application/problem+json"
    if status == 405:
        assert answer.headers["allow"]


def test_what_does_not_follow_its_schema_is_sent_to_a_schema_that_there_is(xaa: Gateway) -> None:
    absent = "01890000-0000-7000-8000-000000000000"
    wrong = {"wrong": True}
    draft_faults = [xaa.publish(wrong), xaa.post("/v1/release-preview", wrong)]
    assert ["/v1/schemas/{kind}" in fault.json()["what_to_do"] for fault in draft_faults] == [True, True]
    for path in (
        *(f"/v1/messages/{absent}/recall", f"/v1/messages/{absent}/cancel", "/v1/webhooks"),
        *(f"/v1/requests/{absent}/{act}" for act in ("accept", "close", "cancel", "notes")),
        *("/v1/backfills", f"/v1/inbox/{absent}/acknowledgements"),
    ):
        problem = assert_problem(xaa.post(path, wrong), 422, "SCHEMA_INVALID")
        assert "/docs" in problem["what_to_do"], path
        assert "/v1/schemas" not in problem["what_to_do"], path


def test_what_does_not_exist_is_not_found(xaa: Gateway) -> None:
    absent = "01890000-0000-7000-8000-000000000000"
    assert_problem(xaa.get(f"/v1/messages/{absent}"), 404, "NOT_FOUND")
    assert_problem(xaa.get(f"/v1/inbox/{absent}"), 404, "NOT_FOUND")


@pytest.mark.parametrize("code", list(ReasonCode))
def test_every_code_has_a_status_and_advice(code: ReasonCode) -> None:
    assert 400 <= status_of(code).value <= 599
    assert what_to_do(code).endswith(".")


@pytest.fixture
def log_lines() -> Iterator[io.StringIO]:
    """What the process logs, as it is configured when it is served."""
    root, kept = logging.getLogger(), structlog.get_config()
    handlers, level = root.handlers[:], root.level
    logs.configure("DEBUG", "XCC")
    lines = io.StringIO()
    [handler] = root.handlers
    assert isinstance(handler, logging.StreamHandler)
    handler.setStream(lines)
    yield lines
    root.handlers[:] = handlers
    root.setLevel(level)
    structlog.configure(**kept)


def test_no_content_in_problems_logs_metrics_or_audit_records(world: World, log_lines: io.StringIO) -> None:
    with world.gateway("XCC", "canary", nats_url=NO_BROKER) as running:
        good = changed(draft(action_addressees=["XAA"]), "label", "releasable_to", to=["XAA"])
        assert running.publish(good, Idempotency_Key="canary-1").status_code == 201
        answers = [
            running.publish(encoded(good)[:-1]),
            running.publish(changed(good, "header", CANARY.lower(), to=[]) | {"label": None}),
            running.publish(changed(good, "header", "kind", to=CANARY)),
            running.publish(changed(good, "label", "policy", to=CANARY)),
            running.publish(changed(good, "label", "classification", to=CANARY)),
            running.publish(changed(good, "header", "language", to=CANARY * 9)),
            running.publish(changed(good, "header", "expires_at", to=CANARY)),
            running.publish(changed(good, "label", "releasable_to", to=[])),
            running.publish(changed(good, "header", "precedence", to="FLASH"), Idempotency_Key="canary-1"),
        ]
        assert all(400 <= answer.status_code < 500 for answer in answers)
        texts = [answer.text for answer in answers]
        texts += [running.get("/metrics").text, json.dumps(running.audit())]
    texts.append(log_lines.getvalue())
    assert "gateway.listening" in texts[-1]
    for text in texts:
        assert CANARY not in text


def test_an_unforeseen_fault_in_publishing_is_a_problem_with_the_headers_of_every_answer(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fault() -> None:
        raise RuntimeError(CANARY)

    body = changed(draft(), "label", "releasable_to", to=["XBB"])
    with world.gateway("XCC", "publish faults", nats_url=NO_BROKER) as running:
        with monkeypatch.context() as patch:
            patch.setattr(running.runtime.context, "now", fault)
            answer = running.publish(body)
        problem = assert_problem(answer, 500, "INTERNAL_FAULT")
        assert problem["instance"].startswith("urn:uuid:")
        assert CANARY not in answer.text
        accepted = running.publish(body)
        assert accepted.status_code == 201
        for each in (answer, accepted):
            assert each.headers["x-content-type-options"] == "nosniff"
            assert each.headers["referrer-policy"] == "no-referrer"
        counted = 'entente_http_requests_total{method="POST",route="/v1/messages",status="500"} 1.0'
        assert counted in running.get("/metrics").text


def test_other_methods_at_the_busy_address_are_refused_as_everywhere(xaa: Gateway) -> None:
    assert_problem(xaa.client.put("/v1/messages"), 405, "METHOD_NOT_ALLOWED")
    assert_problem(xaa.client.post("/v1/messages/"), 404, "NOT_FOUND")


def test_an_unforeseen_fault_is_a_problem_without_trace(world: World, log_lines: io.StringIO) -> None:
    with world.gateway("XCC", "faults", nats_url=NO_BROKER) as running:
        router = APIRouter()

        @router.get("/fault")
        async def fault() -> None:
            raise RuntimeError(CANARY)

        @router.get("/unavailable")
        async def unavailable() -> None:
            raise StoreUnavailable(CANARY)

        running.app.include_router(router)
        problem = assert_problem(running.client.get("/fault"), 500, "INTERNAL_FAULT")
        assert_problem(running.client.get("/unavailable"), 503, "STORE_UNAVAILABLE")
        assert running.client.get("/healthz").status_code == 200
    logged = [json.loads(line) for line in log_lines.getvalue().splitlines()]
    [line] = [line for line in logged if line["event"] == "request.fault"]
    assert line["fault"] == "RuntimeError"
    assert line["place"].startswith("test_problems.py:")
    assert line["instance"] == problem["instance"]
    assert CANARY not in log_lines.getvalue()
    assert CANARY not in json.dumps(problem)


def test_without_its_store_the_gateway_accepts_nothing_and_says_so(world: World) -> None:
    with world.gateway("XCC", "storeless", nats_url=NO_BROKER) as running:
        assert running.publish(changed(draft(), "label", "releasable_to", to=["XBB"])).status_code == 201
        assert running.client.get("/readyz").json()["ready"]
        running._loop.call(running.runtime.context.store.close())
        answer = running.publish(changed(draft(), "label", "releasable_to", to=["XBB"]))
        assert_problem(answer, 503, "STORE_UNAVAILABLE")
        ready = running.client.get("/readyz")
        assert (ready.status_code, ready.json()["store"]) == (503, False)


def test_a_gateway_that_cannot_write_is_not_ready_until_it_can_again(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    body = changed(draft(), "label", "releasable_to", to=["XBB"])

    def full(connection: sqlite3.Connection) -> None:
        raise sqlite3.OperationalError("database or disk is full")

    with world.gateway("XCC", "disk full", nats_url=NO_BROKER) as running:
        assert running.client.get("/readyz").json()["ready"]
        with monkeypatch.context() as patch:
            patch.setattr(running.runtime.context.store, "_commit", full)
            before = running.runtime.context.counters.storage_faults
            assert_problem(running.publish(body), 503, "STORE_UNAVAILABLE")
            assert running.runtime.context.counters.storage_faults > before
            assert running.get("/v1/inbox").status_code == 200, "reading goes on"
            for _ in range(2):
                ready = running.client.get("/readyz")
                assert (ready.status_code, ready.json()["store"], ready.json()["ready"]) == (
                    503,
                    False,
                    False,
                )
        assert running.client.get("/readyz").json()["ready"], "asking finds out that the disk is well again"
        assert running.publish(body).status_code == 201


def test_metrics_count_requests_by_route_and_never_by_address(xaa: Gateway) -> None:
    accepted = xaa.publish(draft()).json()
    xaa.get(f"/v1/messages/{accepted['publication_id']}")
    text = xaa.get("/metrics").text
    assert 'entente_http_requests_total{method="POST",route="/v1/messages",status="201"}' in text
    assert 'route="/v1/messages/{publication_id}"' in text
    assert accepted["publication_id"] not in text
    for name in ("accepted_total", "waiting", "deliveries_sent_total", "alarm_gaps", "inbox_streams"):
        assert f"\nentente_{name} " in text, name


def test_every_metric_says_in_a_sentence_what_it_counts(xaa: Gateway) -> None:
    lines = xaa.get("/metrics").text.splitlines()
    told = dict(line.removeprefix("# HELP ").split(" ", 1) for line in lines if line.startswith("# HELP "))
    kinds = dict(line.removeprefix("# TYPE ").split(" ") for line in lines if line.startswith("# TYPE "))
    for field in fields(Counters):
        gauge = f"entente_{field.name}"
        name = gauge if gauge in told else f"{gauge}_total"
        assert kinds[name] == ("gauge" if name == gauge else "counter")
        assert told[name].endswith(".")
        assert len(told[name]) > 15, name
        assert told[name].lower().rstrip(".") != field.name.replace("_", " ")
    assert {name for name in kinds if kinds[name] == "gauge" and "alarm" in name} == {
        "entente_alarm_gaps",
        "entente_alarm_lanes",
        "entente_alarm_overdue",
        "entente_alarm_partners_silent",
        "entente_alarm_recalls_overdue",
        "entente_alarm_release_stopped",
        "entente_alarm_trust_stale",
    }
