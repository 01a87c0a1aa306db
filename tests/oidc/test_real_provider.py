"""The whole way, over HTTP, with a gateway as it is served and a provider that is certified."""

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import httpx
import pytest

from bus.store import operator_identities, operators
from bus.store.operator_identities import Identity
from schemas.operator import Role
from tests.gateway.conftest import world as world
from tests.gateway.operator_desk import PASSWORD, as_, hire, sign_in
from tests.gateway.running import NO_BROKER, Gateway, World, assert_problem
from tests.oidc.certificates import Certificates
from tests.oidc.own_provider import BACK, Json
from tests.oidc.real_provider import SECRET, RealProvider, real_provider

OIDC = "/v1/operators/oidc"


@pytest.fixture(scope="module")
def real(certificates: Certificates) -> Iterator[RealProvider]:
    with real_provider(certificates, BACK) as running:
        yield running


@pytest.fixture(scope="module")
def gateway(world: World, real: RealProvider) -> Iterator[Gateway]:
    with world.gateway("XCC", "oidc", nats_url=NO_BROKER, **real.settings()) as running:
        hire(running, "anna", Role.RELEASER)
        hire(running, "berta", Role.WATCH_OFFICER)
        link(running, real, "anna", "anna.andersson")
        yield running


def link(gateway: Gateway, real: RealProvider, name: str, value: str) -> None:
    identity = Identity(real.issuer, "sub", value)
    gateway.write(lambda tx: operator_identities.link(tx, name, identity, datetime.now(UTC)))


def begin(gateway: Gateway, part: str = "", token: str | None = None) -> Json:
    headers = {} if token is None else as_(token)
    answer = gateway.client.post(f"{OIDC}{part}/begin", json={"redirect_uri": BACK}, headers=headers)
    assert answer.status_code == 200, answer.text
    begun: Json = answer.json()
    return begun


def finish(
    gateway: Gateway, begun: Json, back: Json, part: str = "", token: str | None = None
) -> httpx.Response:
    headers = {} if token is None else as_(token)
    body = {name: back[name] for name in ("code", "state", "iss")} | {"transaction": begun["transaction"]}
    return gateway.client.post(f"{OIDC}{part}/finish", json=body, headers=headers)


def whole_way(gateway: Gateway, real: RealProvider, name: str) -> httpx.Response:
    begun = begin(gateway)
    return finish(gateway, begun, real.person(name).goes(begun["authorization_url"]))


def test_everybody_learns_how_to_sign_in(gateway: Gateway, real: RealProvider) -> None:
    assert gateway.client.get(OIDC).json() == {
        "passwords": True,
        "provider": {
            "issuer": real.issuer,
            "name": real.issuer.removeprefix("https://"),
            "client_id": "public",
            "scope": "openid",
        },
    }


def test_an_operator_signs_in_works_and_signs_out(gateway: Gateway, real: RealProvider) -> None:
    position = gateway.audit_position()
    session = whole_way(gateway, real, "anna.andersson").json()
    token = session["access_token"]
    me = gateway.get("/v1/operators/me", token).json()
    assert (me["name"], me["roles"], me["means"]) == ("anna", ["releaser"], "oidc")
    assert gateway.get("/v1/releases", token).status_code == 200
    body = {"refresh_token": session["refresh_token"]}
    refreshed = gateway.client.post("/v1/operators/refresh", json=body).json()
    assert refreshed["operator"]["fresh_at"] == session["operator"]["fresh_at"]
    assert gateway.post("/v1/operators/sign-out", {}, refreshed["access_token"]).status_code == 200
    assert_problem(gateway.get("/v1/operators/me", token), 401, "CREDENTIALS_INVALID")
    noted = [(r["event"], r["actor"], r.get("means")) for r in gateway.audit(position)]
    assert ("operator.signed-in", "operator:anna", "oidc") in noted


def test_the_same_browser_needs_no_password_until_it_is_asked_for_one(
    gateway: Gateway, real: RealProvider
) -> None:
    """Single sign-on is convenient; an act that must be confirmed is not done by a browser left open."""
    person = real.person("anna.andersson")
    begun = begin(gateway)
    finish(gateway, begun, person.goes(begun["authorization_url"]))
    assert person.seen == ["login", "consent"]
    begun = begin(gateway)
    session = finish(gateway, begun, person.goes(begun["authorization_url"])).json()
    assert person.seen == ["login", "consent"], "the provider knew them"
    token = session["access_token"]
    begun = begin(gateway, "/fresh", token)
    fresh = finish(gateway, begun, person.goes(begun["authorization_url"]), "/fresh", token).json()
    assert person.seen == ["login", "consent", "login"]
    assert fresh["operator"]["fresh_at"] >= session["operator"]["fresh_at"]
    assert fresh["operator"]["session"] == session["operator"]["session"]
    assert fresh["access_token"] != token


def test_somebody_else_at_the_same_browser_makes_nothing_fresh(gateway: Gateway, real: RealProvider) -> None:
    token = whole_way(gateway, real, "anna.andersson").json()["access_token"]
    begun = begin(gateway, "/fresh", token)
    back = real.person("berta.bengtsson").goes(begun["authorization_url"])
    assert_problem(finish(gateway, begun, back, "/fresh", token), 401, "SIGN_IN_REFUSED")


def test_a_confidential_client_shows_its_secret(
    world: World, real: RealProvider, tmp_path_factory: pytest.TempPathFactory
) -> None:
    directory = tmp_path_factory.mktemp("confidential")
    file = directory / "secret"
    changes: dict[str, Any] = {"oidc_client_id": "confidential", "oidc_client_secret_file": file}
    for secret, status in ((SECRET, 200), ("a wrong secret", 503)):
        file.write_text(secret + "\n")
        settings = real.settings(**changes)
        with world.gateway("XCC", directory.name + str(status), nats_url=NO_BROKER, **settings) as running:
            hire(running, "anna", Role.RELEASER)
            link(running, real, "anna", "anna.andersson")
            answer = whole_way(running, real, "anna.andersson")
            assert answer.status_code == status, answer.text
            if status == 503:
                assert "client id or secret" in assert_problem(answer, 503, "OIDC_PROVIDER_FAILED")["detail"]


def test_who_has_an_account_at_the_provider_and_none_here_is_nobody(
    gateway: Gateway, real: RealProvider
) -> None:
    position = gateway.audit_position()
    for name in ("nobody", "anna", "berta"):
        assert_problem(whole_way(gateway, real, name), 401, "SIGN_IN_REFUSED")
    gateway.write(lambda tx: operators.set_enabled(tx, "anna", False))
    try:
        assert_problem(whole_way(gateway, real, "anna.andersson"), 401, "SIGN_IN_REFUSED")
    finally:
        gateway.write(lambda tx: operators.set_enabled(tx, "anna", True))
    actors = [r["actor"] for r in gateway.audit(position) if r.get("reason") == "SIGN_IN_REFUSED"]
    assert actors == ["anonymous"] * 3 + ["claimed-operator:anna"]


def test_a_code_or_a_way_back_serves_once(gateway: Gateway, real: RealProvider) -> None:
    begun = begin(gateway)
    back = real.person("anna.andersson").goes(begun["authorization_url"])
    assert finish(gateway, begun, back).status_code == 200
    assert_problem(finish(gateway, begun, back), 409, "OIDC_TRANSACTION_INVALID")
    other = begin(gateway)
    state = real.person("anna.andersson").goes(other["authorization_url"])["state"]
    answer = finish(gateway, other, back | {"state": state})
    assert_problem(answer, 401, "OIDC_PROOF_REFUSED")


def test_a_stolen_code_is_worth_nothing_without_the_verifier(gateway: Gateway, real: RealProvider) -> None:
    """The thief begins a sign-in of their own and brings the victim's code: PKCE refuses it."""
    victim, thief = begin(gateway), begin(gateway)
    stolen = real.person("anna.andersson").goes(victim["authorization_url"])
    own = real.person("berta.bengtsson").goes(thief["authorization_url"])
    answer = finish(gateway, thief, own | {"code": stolen["code"]})
    assert "does not accept the code" in assert_problem(answer, 401, "OIDC_PROOF_REFUSED")["detail"]


ADDRESSES = [f"{OIDC}/begin", f"{OIDC}/finish", f"{OIDC}/fresh/begin", f"{OIDC}/fresh/finish"]


def test_without_a_provider_there_is_none(xcc_without: Gateway) -> None:
    assert xcc_without.client.get(OIDC).json() == {"passwords": True}
    hire(xcc_without, "anna", Role.RELEASER)
    headers = as_(sign_in(xcc_without, "anna")["access_token"])
    for address in ADDRESSES:
        body = {"transaction": "t", "state": "s", "code": "c"}
        if address.endswith("begin"):
            body = {"redirect_uri": BACK}
        answer = xcc_without.client.post(address, json=body, headers=headers)
        assert_problem(answer, 404, "OIDC_NOT_CONFIGURED")


@pytest.fixture
def xcc_without(world: World) -> Iterator[Gateway]:
    with world.gateway("XCC", "no-provider", nats_url=NO_BROKER) as running:
        yield running


def test_passwords_can_be_switched_off_and_sessions_that_began_with_one_end(
    world: World, real: RealProvider
) -> None:
    with world.gateway("XCC", "switched", nats_url=NO_BROKER, **real.settings()) as running:
        hire(running, "anna", Role.RELEASER)
        link(running, real, "anna", "anna.andersson")
        by_password = sign_in(running, "anna")["access_token"]
        at_provider = whole_way(running, real, "anna.andersson").json()["access_token"]
    off = real.settings(operator_passwords=False)
    with world.gateway("XCC", "switched", nats_url=NO_BROKER, **off) as running:
        assert_problem(running.get("/v1/operators/me", by_password), 401, "CREDENTIALS_INVALID")
        assert running.get("/v1/operators/me", at_provider).status_code == 200
        assert running.client.get(OIDC).json()["passwords"] is False
        new = {"current_password": PASSWORD, "new_password": "eight herons cross the ford"}
        for path, body in (
            ("sign-in", {"name": "anna", "password": PASSWORD}),
            ("fresh", {"password": PASSWORD}),
            ("password", new),
        ):
            answer = running.post(f"/v1/operators/{path}", body, at_provider)
            assert_problem(answer, 403, "PASSWORD_SIGN_IN_OFF")
    with world.gateway("XCC", "switched", nats_url=NO_BROKER) as running:
        assert_problem(running.get("/v1/operators/me", at_provider), 401, "CREDENTIALS_INVALID")


def test_secrets_of_the_way_stand_in_no_log(
    gateway: Gateway, real: RealProvider, capfd: pytest.CaptureFixture[str]
) -> None:
    begun = begin(gateway)
    back = real.person("nobody").goes(begun["authorization_url"])
    finish(gateway, begun, back | {"code": "x" + back["code"]})
    said = "".join(capfd.readouterr())
    for secret in (begun["transaction"], back["code"], back["state"]):
        assert secret not in said
