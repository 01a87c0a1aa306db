"""MINIMIZE: what is refused while it is in force, and for how long."""

import json
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from bus.store import minimize as stored
from bus.store.minimize import Minimize
from entente.gateway_client import GatewayRefusedError
from entente.terminal import CommandFailed
from gateways.publishing.draft_refused import DraftRefused
from gateways.publishing.minimize import check_minimize, in_force
from schemas.header import Mode, Precedence
from schemas.operator import Role
from tests.cli.test_commands import run
from tests.gateway.drafts import draft, soon
from tests.gateway.operator_desk import PASSWORD, START, hire, sign_in
from tests.gateway.running import NO_BROKER, Gateway, World, assert_problem

SECOND = timedelta(seconds=1)


def refused(minimize: Minimize, mode: Mode, precedence: Precedence, seconds: int = 0) -> bool:
    try:
        check_minimize(precedence, mode, minimize, START + seconds * SECOND)
    except DraftRefused:
        return True
    return False


@pytest.mark.parametrize("lowest", list(Precedence))
def test_what_lies_below_is_refused_and_nothing_else(lowest: Precedence) -> None:
    minimize = Minimize(lowest, False, START + 10 * SECOND, "operator:rita", START)
    order = [Precedence.FLASH, Precedence.IMMEDIATE, Precedence.PRIORITY, Precedence.ROUTINE]
    below = order[order.index(lowest) + 1 :]
    assert [entry for entry in order if refused(minimize, Mode.OPERATION, entry)] == below
    assert not any(refused(minimize, Mode.OPERATION, entry, seconds=10) for entry in order), "it is over"
    assert not any(refused(minimize, mode, entry) for entry in order for mode in (Mode.EXERCISE, Mode.TEST))
    everywhere = Minimize(lowest, True, START + 10 * SECOND, "operator:rita", START)
    assert [entry for entry in order if refused(everywhere, Mode.EXERCISE, entry)] == below


def test_without_one_nothing_is_refused() -> None:
    assert in_force(None, START) is None
    check_minimize(Precedence.ROUTINE, Mode.OPERATION, None, START)


@pytest.fixture
def gateway(world: World, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Gateway]:
    with world.gateway("XAA", tmp_path_factory.mktemp("minimize").name, nats_url=NO_BROKER) as running:
        hire(running, "rita", Role.RELEASER)
        yield running


def body(**changes: Any) -> dict[str, Any]:
    return {"lowest": "IMMEDIATE", "until": soon(hours=1)} | changes


def test_an_operator_sets_it_and_lifts_it(gateway: Gateway) -> None:
    token = sign_in(gateway, "rita")["access_token"]
    assert gateway.get("/v1/minimize").json() == {"in_force": False}
    position = gateway.audit_position()
    assert gateway.post("/v1/minimize", body(), token).status_code == 200
    shown = gateway.get("/v1/minimize").json()
    assert (shown["in_force"], shown["lowest"], shown["set_by"]) == (True, "IMMEDIATE", "operator:rita")
    routine, urgent = draft(precedence="ROUTINE"), draft(precedence="IMMEDIATE")
    assert_problem(gateway.publish(routine), 403, "MINIMIZE_IN_FORCE", "/header/precedence")
    preview = gateway.post("/v1/release-preview", routine).json()
    assert (preview["would_be_accepted"], preview["problem"]["code"]) == (False, "MINIMIZE_IN_FORCE")
    assert gateway.refusals(position) == [("publication.refused", "MINIMIZE_IN_FORCE")]
    assert gateway.publish(urgent).status_code == 201
    assert (
        gateway.publish(draft(precedence="ROUTINE", mode="EXERCISE", exercise_id="DRY RUN")).status_code
        == 201
    )
    headers = {"Authorization": f"Bearer {token}"}
    assert gateway.client.delete("/v1/minimize", headers=headers).json() == {"in_force": False}
    assert_problem(gateway.client.delete("/v1/minimize", headers=headers), 409, "ALREADY_DONE")
    assert gateway.publish(routine).status_code == 201
    assert gateway.post("/v1/minimize", body(), token).status_code == 200
    gateway.write(stored.lift)  # as by another operator at the same moment
    assert_problem(gateway.client.delete("/v1/minimize", headers=headers), 409, "ALREADY_DONE")
    events = [r["event"] for r in gateway.audit(position) if r["event"].startswith("minimize.")]
    assert events == ["minimize.set", "minimize.lifted", "minimize.set"], "who lifted nothing is not recorded"


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        pytest.param({"until": soon(seconds=-1)}, "TIME_INVALID", id="an end that has passed"),
        pytest.param({"until": soon(days=31)}, "TIME_INVALID", id="an end too far away"),
        pytest.param({"until": "tomorrow"}, "TIME_INVALID", id="an end that is no time"),
        pytest.param({"lowest": "URGENT"}, "SCHEMA_INVALID", id="a precedence there is not"),
        pytest.param({"set_by": "operator:anna"}, "SCHEMA_INVALID", id="somebody else's name"),
    ],
)
def test_what_it_cannot_be_is_refused(gateway: Gateway, changes: dict[str, Any], code: str) -> None:
    token = sign_in(gateway, "rita")["access_token"]
    answer = gateway.post("/v1/minimize", body(**changes), token)
    assert_problem(answer, 422, code)
    assert gateway.get("/v1/minimize").json() == {"in_force": False}


def test_it_survives_a_restart(world: World) -> None:
    with world.gateway("XAA", "minimized", nats_url=NO_BROKER) as running:
        hire(running, "rita", Role.RELEASER)
        assert (
            running.post("/v1/minimize", body(), sign_in(running, "rita")["access_token"]).status_code == 200
        )
        key = running.key
    with world.gateway("XAA", "minimized", nats_url=NO_BROKER) as running:
        assert_problem(running.publish(draft(precedence="ROUTINE"), key), 403, "MINIMIZE_IN_FORCE")


def test_it_is_set_shown_and_lifted_from_the_command_line(gateway: Gateway, tmp_path: Path) -> None:
    password, key = tmp_path / "password", tmp_path / "api.key"
    password.write_text(PASSWORD + "\n", encoding="utf-8")
    key.touch(0o600)
    key.write_text(gateway.key, encoding="ascii")
    at = ("--gateway", gateway.url)
    rita = (*at, "--operator", "rita", "--password-file", str(password))
    shown = run("minimize", "set", "IMMEDIATE", "--minutes", "5", "--exercise-too", *rita)
    assert "IMMEDIATE and above in every mode, set by operator:rita" in shown
    assert "entente_minimize 1.0" in gateway.get("/metrics").text
    assert_problem(gateway.publish(draft(precedence="ROUTINE")), 403, "MINIMIZE_IN_FORCE")
    assert json.loads(run("minimize", "show", "--key-file", str(key), "--json", *at))["exercise_too"]
    assert run("minimize", "lift", *rita) == "MINIMIZE is not in force\n"
    assert "entente_minimize 0.0" in gateway.get("/metrics").text
    assert run("minimize", "show", "--key-file", str(key), *at) == "MINIMIZE is not in force\n"
    events = [record["event"] for record in gateway.audit()]
    assert events.count("operator.signed-in") == events.count("operator.signed-out") == 2
    with pytest.raises(GatewayRefusedError, match="ALREADY_DONE"):
        run("minimize", "lift", *rita)
    with pytest.raises(CommandFailed, match="--operator"):
        run("minimize", "lift", *at)
