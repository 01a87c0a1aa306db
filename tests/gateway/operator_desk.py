"""Operators for tests: a desk with a clock of its own and cheap hashing, and people in a running gateway."""

import os
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path
from typing import Any, cast

import pytest

from bus.store import audit, operators
from bus.store.operators import Operator
from bus.store.writer import Store
from gateways.context import GatewayContext
from gateways.evidence import Evidence
from gateways.operators.hashing import Cost, Hashing
from gateways.operators.link_sign_in import hand_out, new_link
from gateways.operators.password_sign_in import PasswordSignIn
from gateways.operators.sessions import Issued, Lifetimes, SessionEnded, Sessions
from schemas.audit import AuditRecord
from schemas.operator import Role
from tests.gateway.running import CHEAP, NO_BROKER, Gateway, World

PASSWORD = "seven herons cross the ford"
HERE = "192.0.2.7"
START = datetime(2026, 5, 4, 12, 0, tzinfo=UTC)
NATION, REALM = "XAA", "sha256:" + "ab" * 32


class CountedHashing(Hashing):
    """Cheap, and remembers what it was asked."""

    def __init__(self, cost: Cost | None = None) -> None:
        super().__init__(cost or CHEAP)
        self.checked: list[bool] = []
        """For every check, whether there was a stored hash."""
        self.hashed = 0

    def _fits(self, password: str, stored: str | None) -> bool:
        self.checked.append(stored is not None)
        return super()._fits(password, stored)

    def hash_now(self, password: str) -> str:
        self.hashed += 1
        return super().hash_now(password)


@dataclass
class Desk:
    """Sign-in and sessions over a real store; time stands still unless ``pass_`` moves it."""

    store: Store
    hashing: CountedHashing
    nation: str = NATION
    at: datetime = START

    def __post_init__(self) -> None:
        self.randomness = os.urandom
        context = cast(GatewayContext, self)
        self.sessions = Sessions(context, Lifetimes())
        self.sign_in = PasswordSignIn(context, self.sessions, self.hashing, self.seconds)

    def now(self) -> datetime:
        return self.at

    def seconds(self) -> float:
        return (self.at - START) / timedelta(seconds=1)

    def pass_(self, **duration: float) -> None:
        self.at += timedelta(**duration)

    def evidence(self, actor: str, at: datetime) -> Evidence:
        return Evidence(self.nation, actor, at, os.urandom)

    async def add(self, name: str = "anna", role: Role = Role.WATCH_OFFICER, **options: Any) -> None:
        await self.store.write(lambda tx: operators.add(tx, person(name, role, self.hashing, **options)))

    async def change(self, statement: str, *values: object) -> None:
        await self.store.write(lambda tx: tx.execute(statement, values))

    async def events(self) -> list[str]:
        records = await self.store.read(lambda tx: audit.list_after(tx))
        return [AuditRecord.model_validate_json(entry.record).event.value for entry in records]


@asynccontextmanager
async def open_desk(directory: Path, hashing: CountedHashing | None = None) -> AsyncIterator[Desk]:
    store = Store.open(directory / "store.db", NATION, REALM)
    desk = Desk(store, hashing or CountedHashing())
    try:
        yield desk
    finally:
        desk.sign_in.close()
        await store.close()


def person(name: str, role: Role, hashing: Hashing, password: str = PASSWORD, **options: Any) -> Operator:
    given: dict[str, Any] = {
        "name": name,
        "display_name": name.title(),
        "roles": frozenset({role}),
        "enabled": True,
        "created_at": START,
        "password_hash": hashing.hash_now(password),
        "password_set_at": START,
    }
    return Operator(**given | options)


@cache
def _cheap() -> Hashing:
    return Hashing(CHEAP)


def hire(gateway: Gateway, name: str, *roles: Role, **options: Any) -> None:
    """An operator in a running gateway's store, with a hash of cheap parameters."""
    made = person(name, roles[0], _cheap(), **options | {"roles": frozenset(roles)})
    gateway.write(lambda tx: operators.add(tx, made))


def sign_in(gateway: Gateway, name: str, password: str = PASSWORD) -> dict[str, Any]:
    """A new session's tokens."""
    answer = gateway.client.post("/v1/operators/sign-in", json={"name": name, "password": password})
    assert answer.status_code == 200, answer.text
    session: dict[str, Any] = answer.json()
    return session


def link_for(gateway: Gateway, name: str, minutes: int = 15) -> str:
    """A one-time link by which an operator of a running gateway signs in."""
    now = datetime.now(UTC)
    text, made = new_link(name, now + timedelta(minutes=minutes), os.urandom)
    gateway.write(lambda tx: hand_out(tx, made, now))
    return text


def as_(token: str) -> dict[str, str]:
    """Headers with a token."""
    return {"Authorization": f"Bearer {token}"}


@pytest.fixture
def alone(world: World, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Gateway]:
    """A gateway of its own, where failures may be counted."""
    with world.gateway("XCC", tmp_path_factory.mktemp("alone").name, nats_url=NO_BROKER) as running:
        hire(running, "anna", Role.WATCH_OFFICER)
        yield running


@pytest.fixture
async def desk(tmp_path: Path) -> AsyncIterator[Desk]:
    """A desk where anna works."""
    async with open_desk(tmp_path) as opened:
        await opened.add()
        yield opened


async def signed_in(desk: Desk, name: str = "anna", password: str = PASSWORD) -> Issued:
    """A new session."""
    return await desk.sign_in.sign_in(name, password, HERE)


async def alive(desk: Desk, issued: Issued) -> bool:
    """Whether its access token still opens anything."""
    try:
        await desk.sessions.of_access_token(issued.access)
    except SessionEnded:
        return False
    return True
