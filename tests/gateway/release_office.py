"""A gateway with people of every role, where releases wait for a second person."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest

from bus.store import operators
from schemas.operator import Role
from tests.gateway.drafts import draft
from tests.gateway.operator_desk import hire, sign_in
from tests.gateway.running import NO_BROKER, Gateway, World

STAFF = {
    "rita": Role.RELEASER,
    "ralf": Role.RELEASER,
    "anna": Role.WATCH_OFFICER,
    "sam": Role.SECURITY_OFFICER,
    "otto": Role.AUDITOR,
    "emma": Role.EXERCISE_STAFF,
}
Json = dict[str, Any]


@dataclass
class Office:
    """A gateway with people, each signed in."""

    gateway: Gateway
    tokens: dict[str, str] = field(default_factory=dict)

    def sign_in(self, name: str) -> str:
        self.tokens[name] = sign_in(self.gateway, name)["access_token"]
        return self.tokens[name]

    def waiting(self, name: str = "rita") -> list[Json]:
        items: list[Json] = self.gateway.get("/v1/releases", self.tokens[name]).json()["items"]
        return items

    def accept(self, key: str | None = None, **header: Any) -> Json:
        """A FLASH is accepted; how a releaser sees it waiting."""
        answer = self.gateway.publish(draft(**{"precedence": "FLASH"} | header), key)
        assert answer.status_code == 201, answer.text
        place = answer.json()["publication_id"]
        [item] = [item for item in self.waiting() if item["publication_id"] == place]
        return item

    def say(self, item: Json, token: str, **changes: Any) -> httpx.Response:
        body = {"digest": item["release_digest"], "decision": "confirm"} | changes
        return self.gateway.post(f"/v1/messages/{item['publication_id']}/release", body, token)

    def states(self, item: Json) -> set[tuple[str, str | None]]:
        shown = self.gateway.get(f"/v1/messages/{item['publication_id']}").json()
        return {(delivery["state"], delivery.get("reason")) for delivery in shown["deliveries"]}

    def pass_(self, **duration: float) -> None:
        """The gateway's clock goes ahead."""
        ahead = timedelta(**duration)
        self.gateway.runtime.context.now = lambda: datetime.now(UTC) + ahead


@contextmanager
def staffed(world: World, state: str) -> Iterator[Office]:
    with world.gateway("XAA", state, nats_url=NO_BROKER) as running:
        for name, role in STAFF.items():
            hire(running, name, role)
        yield Office(running)


@pytest.fixture(scope="module")
def shared(world: World, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Office]:
    with staffed(world, tmp_path_factory.mktemp("releases").name) as made:
        yield made


@pytest.fixture
def office(shared: Office) -> Iterator[Office]:
    """Nothing waits, everybody is who they were, and rita has just signed in."""
    shared.sign_in("rita")
    yield shared
    shared.pass_()
    shared.gateway.write(lambda tx: operators.set_enabled(tx, "ralf", True))
    shared.gateway.write(lambda tx: operators.set_roles(tx, "ralf", frozenset({Role.RELEASER})))
    shared.sign_in("rita")
    for item in shared.waiting():
        assert shared.say(item, shared.tokens["rita"], decision="refuse").status_code == 200


WAITS = {("pending_release", None)}
