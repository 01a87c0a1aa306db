"""`entente agreement`: what it asks of the gateway, and what it prints."""

import json
from pathlib import Path
from typing import Any

import httpx
import pytest
from typer.testing import CliRunner

from bus.keystore import write_secret
from entente import agreement as commands
from entente.bringing_out import request_body
from entente.cli import build_app
from entente.gateway_client import GatewayRefusedError
from tests.realm_fixtures import make_realm

DIGEST = "sha256:" + "ab" * 32
SHOWN = {
    "id": "pact",
    "version": 1,
    "digest": DIGEST,
    "state": "proposed",
    "title": "A pact [of two]",
    "proposed_by": "XAA",
    "parties": [
        {
            "nation": "XAA",
            "standing": "agreed",
            "act": "countersign",
            "number": 1,
            "at": "2026-03-02T09:30:00Z",
        },
        {"nation": "XBB", "standing": "missing"},
    ],
    "kinds": ["threat_alert"],
    "modes": ["OPERATION"],
    "categories": [],
    "highest": [{"policy": "NATO", "classification": "NATO SECRET"}],
    "not_before": "2026-03-02T00:00:00Z",
    "not_after": "2027-03-02T00:00:00Z",
}


class Gateway:
    """Answers every request with what it is told, and remembers what it was asked."""

    def __init__(self, status: int = 200, answer: Any = SHOWN) -> None:
        self.asked: list[tuple[str, str, bytes]] = []
        self._status, self._answer = status, answer

    def client(self, url: str, key: str) -> httpx.Client:
        def handle(request: httpx.Request) -> httpx.Response:
            self.asked.append((request.method, request.url.raw_path.decode(), request.read()))
            return httpx.Response(self._status, json=self._answer)

        return httpx.Client(base_url=url, transport=httpx.MockTransport(handle))


def run(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, gateway: Gateway, *arguments: str) -> str:
    monkeypatch.setattr(commands, "gateway_client", gateway.client)
    key = tmp_path / "key"
    write_secret(key, b"ent_key\n")
    result = CliRunner().invoke(
        build_app("agreement"), ["agreement", *arguments, "--key-file", str(key)], catch_exceptions=False
    )
    assert result.exit_code == 0, result.output
    return result.stdout


@pytest.mark.parametrize("verb", ["countersign", "suspend", "resume", "leave"])
def test_an_act_is_asked_for_by_digest(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, verb: str) -> None:
    gateway = Gateway()
    printed = run(monkeypatch, tmp_path, gateway, verb, DIGEST)
    assert gateway.asked == [("POST", f"/v1/agreements/{DIGEST}/{verb}", b"")]
    assert "A pact [of two]" in printed, "a title is no markup"
    assert DIGEST in printed
    assert "missing" in printed


def test_a_proposal_is_sent_as_it_stands_in_the_file(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    gateway, file = Gateway(201), tmp_path / "terms.json"
    file.write_text('{"id": "pact" }')
    printed = run(monkeypatch, tmp_path, gateway, "propose", str(file), "--json")
    assert gateway.asked == [("POST", "/v1/agreements", b'{"id": "pact" }')]
    assert json.loads(printed) == SHOWN


def test_list_and_show(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    gateway = Gateway(answer={"items": [SHOWN]})
    assert json.loads(run(monkeypatch, tmp_path, gateway, "list", "--json")) == {"items": [SHOWN]}
    assert "pact" in run(monkeypatch, tmp_path, gateway, "list")
    one = Gateway()
    run(monkeypatch, tmp_path, one, "show", "a/b?c")
    assert one.asked == [("GET", "/v1/agreements/a%2Fb%3Fc", b"")]


def test_a_refusal_is_told(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    gateway = Gateway(409, {"code": "AGREEMENT_LEFT", "detail": "left", "what_to_do": "agree anew"})
    with pytest.raises(GatewayRefusedError, match="AGREEMENT_LEFT"):
        run(monkeypatch, tmp_path, gateway, "resume", DIGEST)


def test_what_is_brought_to_gateways_leaves_the_acts_of_founding_out() -> None:
    """They grow with parties times agreements, and gateways know newer ones."""
    realm = make_realm()
    envelopes = json.loads(request_body(realm.trust))["envelopes"]
    types = {envelope["payloadType"] for envelope in envelopes}
    assert "application/vnd.entente.snapshot.v1+json" in types
    assert "application/vnd.entente.agreement-act.v1+json" not in types
    assert len(envelopes) == len(realm.envelopes) - 3
