"""Every operation, whoever calls: no server error, and no answer that the API's description does not allow.

One gateway, with content of every kind, is asked everything that its description names: so that it succeeds,
with documented examples, with generated requests that the description allows and some that it does not, about
things that are there and things that are not, by an API key with every scope, by operators of every role, and
by nobody.
"""

from collections.abc import Iterator
from typing import Any

import pytest

from schemas.header import Kind
from schemas.operator import Role
from tests.gateway.drafts import draft
from tests.gateway.known_good import succeed
from tests.gateway.operator_desk import as_, hire, sign_in
from tests.gateway.probing import Operation, Probe, is_success, known_values, path_of
from tests.gateway.running import Gateway, World
from tests.oidc.conftest import certificates as certificates
from tests.oidc.conftest import listening as listening
from tests.oidc.conftest import provider as provider
from tests.oidc.own_provider import OwnProvider

ALLOWED, ABOUT_WHAT_IS_THERE, NOT_ALLOWED = 4, 2, 2
"""How many generated requests of each sort per operation."""

LAST = ("/v1/agreements", "/v1/minimize", "/v1/operators")
"""What changes for whom everything else works is probed after everything else."""


@pytest.fixture(scope="module")
def own_world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    """A realm that nothing else uses: what is probed is done, too."""
    made = World(tmp_path_factory.mktemp("probed"))
    yield made
    made.close()


def exchange(xaa: Gateway, xbb: Gateway) -> None:
    """Messages and answers in both directions, a backfill, a webhook."""
    for author, recipient in ((xaa, xbb), (xbb, xaa)):
        nation = recipient.settings.nation
        sent = []
        for kind in (Kind.THREAT_ALERT, Kind.EXERCISE_NOTICE, Kind.INFORMATION_REQUEST):
            accepted = author.publish(draft(kind, action_addressees=[nation]) | label_for(nation))
            assert accepted.status_code == 201, accepted.text
            sent.append(accepted.json()["message_id"])
        for entry in recipient.wait_messages(0, sent):
            answer = {
                "level": "UNDERSTOOD",
                "outcome": "WILL_COMPLY",
                "officer_role": "Duty officer",
                "acknowledged_at": entry["received_at"],
            }
            path = f"/v1/inbox/{entry['message_id']}/acknowledgements"
            assert recipient.post(path, answer).status_code == 201

    everything = {
        "community": "NORDIC",
        "nation": "XBB",
        "mode": "OPERATION",
        "since": "2026-01-01T00:00:00Z",
    }
    for path, body in (("/v1/backfills", everything), ("/v1/webhooks", {"url": "https://nobody.invalid/"})):
        made = xaa.post(path, body)
        assert made.status_code == 201, made.text


def label_for(nation: str) -> dict[str, object]:
    return {"label": {"policy": "REALM", "classification": "LIMITED", "releasable_to": [nation]}}


def order(operation: Operation) -> tuple[int, bool, bool]:
    """Reading before doing, ending after all."""
    method, path = operation.method.upper(), operation.path
    last = next((place for place, beginning in enumerate(LAST, 1) if path.startswith(beginning)), 0)
    return last if method != "GET" else 0, method != "GET", method == "DELETE"


def test_every_answer_is_as_described(own_world: World, provider: OwnProvider) -> None:
    with own_world.gateway("XAA", **provider.settings()) as xaa, own_world.gateway("XBB") as xbb:
        exchange(xaa, xbb)
        probe = Probe(xaa.url, xaa.client.get("/openapi.json").json())
        try:
            succeed(probe, own_world, xaa, xbb, provider)
            by_everybody(probe, xaa)
        finally:
            probe.close()
    assert not probe.faults, "\n\n".join(sorted(probe.faults))
    assert probe.seen.keys() == {operation.label for operation in probe.operations}
    failed = {label: seen for label, seen in probe.seen.items() if not any(map(is_success, seen))}
    assert not failed, "what they answer when they succeed was never seen"


def by_everybody(probe: Probe, xaa: Gateway) -> None:
    for role in Role:
        hire(xaa, role.value, role)
    others = [as_(xaa.new_key(scopes=())), as_(xaa.new_key(kinds=(Kind.THREAT_ALERT,))), {}]
    signed_in: list[dict[str, str]] = []
    for operation in sorted(probe.operations, key=order):
        if not signed_in or operation.path.startswith("/v1/operators"):
            # These end sessions.
            signed_in = [as_(sign_in(xaa, role.value)["access_token"]) for role in Role]
        path = path_of(operation, known_values(lists_above(probe, operation, xaa)))
        probe.examples(operation, [xaa.auth, *signed_in, *others], path)
        probe.generated(operation, [xaa.auth], ALLOWED)
        probe.generated(operation, [xaa.auth], NOT_ALLOWED, valid=False)
        if path is not None:
            probe.generated(operation, [xaa.auth], ABOUT_WHAT_IS_THERE, path=path)


def lists_above(probe: Probe, operation: Operation, xaa: Gateway) -> dict[str, Any]:
    """What the lists answer under which an operation's address stands."""
    answers = {
        path: xaa.get(path)
        for path, item in probe.document["paths"].items()
        if "{" not in path and "get" in item and operation.path.startswith(f"{path}/")
    }
    return {path: answer.json() for path, answer in answers.items() if answer.status_code == 200}
