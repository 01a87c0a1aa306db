"""Idempotency-Key: a repeated request is answered, not done again; also after a restart, also at once."""

import asyncio
import sqlite3
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from typing import TypeVar, cast
from uuid import uuid4

import httpx
import pytest

from bus.store.writer import Store, Transaction
from tests.gateway.drafts import changed, draft
from tests.gateway.running import NO_BROKER, WAIT, Gateway, World, assert_problem

T = TypeVar("T")


def test_a_repeated_request_gets_the_first_answer(xaa: Gateway) -> None:
    body, key, before = draft(), str(uuid4()), xaa.publications()
    first = xaa.publish(body, Idempotency_Key=key)
    again = xaa.publish(body, Idempotency_Key=key)
    assert (first.status_code, again.status_code) == (201, 201)
    assert again.content == first.content
    assert again.headers["location"] == first.headers["location"]
    assert "idempotent-replayed" not in first.headers
    assert again.headers["idempotent-replayed"] == "true"
    assert xaa.publications() == before + 1


def test_the_same_key_with_another_body_is_a_conflict(xaa: Gateway) -> None:
    body, key = draft(), str(uuid4())
    assert xaa.publish(body, Idempotency_Key=key).status_code == 201
    position, before = xaa.audit_position(), xaa.publications()
    other = changed(body, "header", "precedence", to="FLASH")
    assert_problem(xaa.publish(other, Idempotency_Key=key), 422, "IDEMPOTENCY_CONFLICT")
    assert xaa.publications() == before
    assert xaa.refusals(position) == [("publication.refused", "IDEMPOTENCY_CONFLICT")]


def test_the_same_key_and_body_with_another_source_id_is_a_conflict(xaa: Gateway) -> None:
    body, key, before = draft(), str(uuid4()), xaa.publications()

    def publish(query: str) -> httpx.Response:
        return xaa.post(f"/v1/messages{query}", body, Idempotency_Key=key)

    first = publish("?source_id=alert-1")
    assert first.status_code == 201
    assert publish("?source_id=alert-1").content == first.content
    for other in ("?source_id=alert-2", ""):
        assert_problem(publish(other), 422, "IDEMPOTENCY_CONFLICT")
    assert xaa.publications() == before + 1


def test_equal_requests_at_once_are_accepted_once(xaa: Gateway) -> None:
    body, key, before = draft(), str(uuid4()), xaa.publications()
    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(lambda _: xaa.publish(body, Idempotency_Key=key), range(16)))
    assert {answer.status_code for answer in answers} == {201}
    assert len({answer.content for answer in answers}) == 1
    assert sum("idempotent-replayed" in answer.headers for answer in answers) == 15
    assert xaa.publications() == before + 1


class WriteTogether:
    """A gateway's store whose first write waits for a second one: neither knows of the other before."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._both = asyncio.Event()
        self.writes = 0
        self.read = store.read

    async def write(self, job: Callable[[Transaction], T]) -> T:
        self.writes += 1
        if self.writes == 2:
            self._both.set()
        async with asyncio.timeout(WAIT):
            await self._both.wait()
        return await self._store.write(job)


def test_equal_requests_in_one_transaction_are_told_apart_by_it(
    xaa: Gateway, monkeypatch: pytest.MonkeyPatch
) -> None:
    body, key, before = draft(), str(uuid4()), xaa.publications()
    context = xaa.runtime.context
    together = WriteTogether(context.store)
    with monkeypatch.context() as patch, ThreadPoolExecutor(2) as pool:
        patch.setattr(xaa.runtime, "context", replace(context, store=cast(Store, together)))
        answers = list(pool.map(lambda _: xaa.publish(body, Idempotency_Key=key), range(2)))
    assert together.writes == 2
    assert [answer.status_code for answer in answers] == [201, 201]
    assert answers[0].content == answers[1].content
    assert sorted(answer.headers.get("idempotent-replayed", "") for answer in answers) == ["", "true"]
    assert xaa.publications() == before + 1


def test_a_repeated_request_gets_the_first_answer_when_its_draft_would_be_refused_now(
    xaa: Gateway, monkeypatch: pytest.MonkeyPatch
) -> None:
    body, key, other = draft(), str(uuid4()), changed(draft(), "header", "subject", to="another")
    first, position = xaa.publish(body, Idempotency_Key=key), xaa.audit_position()
    context = xaa.runtime.context
    with monkeypatch.context() as patch:
        patch.setattr(context, "limits", replace(context.limits, queue=0))
        assert_problem(xaa.publish(body), 503, "QUEUE_FULL")
        assert xaa.publish(body, Idempotency_Key=key).content == first.content
        assert_problem(xaa.publish(other, Idempotency_Key=key), 422, "IDEMPOTENCY_CONFLICT")
    refusals = [("publication.refused", "QUEUE_FULL"), ("publication.refused", "IDEMPOTENCY_CONFLICT")]
    assert xaa.refusals(position) == refusals


def test_a_repeated_request_gets_the_first_answer_when_the_disk_takes_nothing(
    xaa: Gateway, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(_: Transaction) -> None:
        raise sqlite3.OperationalError("database or disk is full")

    body, key = draft(), str(uuid4())
    first = xaa.publish(body, Idempotency_Key=key)
    with monkeypatch.context() as patch:
        patch.setattr(xaa.runtime.context.store, "_commit", full)
        assert_problem(xaa.publish(body, Idempotency_Key=str(uuid4())), 503, "STORE_UNAVAILABLE")
        assert xaa.publish(body, Idempotency_Key=key).content == first.content
    assert xaa.publish(body, Idempotency_Key=key).content == first.content


def test_different_requests_at_once_under_one_key_are_accepted_once(xaa: Gateway) -> None:
    key, before = str(uuid4()), xaa.publications()
    bodies = [changed(draft(), "header", "subject", to=f"number {number}") for number in range(8)]
    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(lambda body: xaa.publish(body, Idempotency_Key=key), bodies))
    assert sorted(answer.status_code for answer in answers) == [201] + [422] * 7
    assert xaa.publications() == before + 1


def test_the_same_idempotency_key_of_another_caller_is_another(xaa: Gateway) -> None:
    body, key, before = draft(), str(uuid4()), xaa.publications()
    first = xaa.publish(body, Idempotency_Key=key)
    other = xaa.publish(body, xaa.new_key(), Idempotency_Key=key)
    assert (first.status_code, other.status_code) == (201, 201)
    assert xaa.publications() == before + 2


def test_the_answer_is_kept_across_a_restart(world: World) -> None:
    body, key = changed(draft(), "label", "releasable_to", to=["XBB"]), str(uuid4())
    with world.gateway("XCC", "idempotency", nats_url=NO_BROKER) as running:
        first = running.publish(body, Idempotency_Key=key)
        assert first.status_code == 201
        api_key = running.key
    with world.gateway("XCC", "idempotency", nats_url=NO_BROKER) as running:
        again = running.publish(body, api_key, Idempotency_Key=key)
        assert again.content == first.content
        assert again.headers["idempotent-replayed"] == "true"
        assert running.publications() == 1
