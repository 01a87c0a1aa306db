"""The client's decisions without any network: repeating, reading streams, keys, what it is tolerant of."""

import inspect
import json
import subprocess
import sys
import traceback
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import BaseModel

from entente.client import AsyncClient, Client, Retries, Unreadable, calls, life_calls, results
from entente.client.answers import Answer, read_accepted, refuse_problems
from entente.client.attempts import Attempts
from entente.client.results.result import Result
from gateways.http.app import create_app
from gateways.settings import Settings

KEY = f"ent_0123456789abcdef_{'s' * 43}"
RETRIES = Retries(again=3, first=1.0, longest=3.0)


def answer(status: int, headers: dict[str, str] | None = None, body: bytes = b"") -> Answer:
    return Answer(status, headers or {}, body)


def attempts(*, repeatable: bool) -> Attempts:
    return Attempts(RETRIES, repeatable=repeatable, chance=lambda: 1.0)


def test_importing_the_client_brings_no_gateway_with_it() -> None:
    program = (
        "import sys; from entente.client import Client, AsyncClient, results; "
        "print(*sorted({name.partition('.')[0] for name in sys.modules}))"
    )
    loaded = subprocess.run(
        [sys.executable, "-c", program], check=True, capture_output=True, text=True
    ).stdout
    heavy = {"bus", "gateways", "drills", "schemas", "fastapi", "starlette", "nats", "cryptography", "typer"}
    assert "httpx" in loaded.split()
    assert not heavy & set(loaded.split())


def test_both_faces_offer_the_same() -> None:
    def offered(face: type) -> dict[str, list[inspect.Parameter]]:
        return {
            name: list(inspect.signature(method).parameters.values())
            for name, method in inspect.getmembers(face, inspect.isfunction)
            if not name.startswith("_") and name not in ("close", "aclose")
        }

    assert offered(Client) == offered(AsyncClient)
    assert len(offered(Client)) >= 28


@pytest.mark.parametrize("status", [408, 429, 500, 502, 503, 504])
def test_a_passing_fault_is_tried_again_with_growing_pauses(status: int) -> None:
    trying = attempts(repeatable=True)
    assert [trying.after_answer(answer(status)) for _ in range(4)] == [1.0, 2.0, 3.0, None]


@pytest.mark.parametrize("status", [200, 201, 400, 401, 403, 404, 409, 413, 422])
def test_an_answer_that_will_not_change_stands(status: int) -> None:
    assert attempts(repeatable=True).after_answer(answer(status)) is None


@pytest.mark.parametrize("status", [408, 500, 502, 503, 504])
def test_what_must_not_be_done_twice_is_not_repeated_after_a_fault(status: int) -> None:
    assert attempts(repeatable=False).after_answer(answer(status)) is None


def test_what_must_not_be_done_twice_is_repeated_only_if_it_had_no_effect() -> None:
    trying = attempts(repeatable=False)
    assert trying.after_failure(was_sent=False) == 1.0
    assert trying.after_answer(answer(429)) == 2.0
    assert trying.after_failure(was_sent=True) is None
    assert trying.maybe_done


@pytest.mark.parametrize(
    ("header", "pause"),
    [("2", 3.0), ("3", 4.0), ("4", None), ("Sun, 06 Nov 1994 08:49:37 GMT", 1.0), ("-1", 1.0), ("", 1.0)],
)
def test_retry_after_is_a_floor_unless_it_is_too_long(header: str, pause: float | None) -> None:
    assert attempts(repeatable=True).after_answer(answer(429, {"retry-after": header})) == pause


@given(st.integers(0, 10_000), st.floats(0, 1))
def test_every_pause_lies_between_half_and_all_of_the_longest(repetition: int, chance: float) -> None:
    pause = Retries(first=0.5, longest=30.0).pause(repetition, chance)
    assert 0.25 <= pause <= 30.0


def test_every_publish_has_a_key_and_may_be_repeated() -> None:
    call = calls.publish({"header": {}}, key="k-1", source_id="a b/ü")
    assert call.repeatable
    assert call.headers == {"Content-Type": "application/json", "Idempotency-Key": "k-1"}
    assert call.query == {"source_id": ("a b/ü",)}
    assert json.loads(call.body or b"") == {"header": {}}


def test_a_preview_keeps_nothing_and_may_be_repeated_without_a_key() -> None:
    call = calls.preview({})
    assert call.repeatable
    assert "Idempotency-Key" not in call.headers


@pytest.mark.parametrize("key", ["", "a b", "ü", "x\r\nX-API-Key: y", "x" * 256])
def test_what_is_no_idempotency_key_is_not_sent(key: str) -> None:
    with pytest.raises(ValueError, match="Idempotency-Key"):
        calls.publish({}, key=key)


@pytest.mark.parametrize(
    "path", ["https://elsewhere.example/v1", "//elsewhere.example/v1", "v1/messages", ""]
)
def test_the_key_goes_to_no_other_server(path: str) -> None:
    with pytest.raises(ValueError, match="one slash"):
        calls.anything(path, {})


def test_what_adds_or_takes_away_is_repeated_only_where_it_had_no_effect() -> None:
    once = (
        life_calls.add_webhook("https://hook.example/", None, None, None),
        life_calls.delete_webhook("w"),
        calls.anything_deleted("/v1/minimize", {}),
        calls.anything_posted("/v1/backfills", {}, {}, None),
    )
    assert not any(call.repeatable for call in once)
    again = (
        life_calls.recall("p", None, history=False),
        life_calls.cancel("p", None),
        life_calls.read("m", None),
        life_calls.close_request("m", "SATISFIED", None, None),
        life_calls.cancel_request("m", None, None),
        life_calls.answer_request("m", "accept", key="k", originator=None),
        calls.anything_put("/v1/requests/m/assignment", {}, {}),
    )
    assert all(call.repeatable for call in again)


def test_an_id_stays_one_part_of_the_address() -> None:
    assert calls.publication("../audit?limit=1#x").path == "/v1/messages/..%2Faudit%3Flimit%3D1%23x"


def test_a_time_without_an_offset_is_no_time() -> None:
    given: dict[str, Any] = {"key": "k", "level": "READ", "outcome": "NOTED", "officer_role": "x"}
    given |= {"by_receipt": False}
    with pytest.raises(ValueError, match="offset"):
        calls.acknowledge(
            "m", remarks=None, originator=None, acknowledged_at=datetime(2026, 3, 2), **given  # noqa: DTZ001
        )  # fmt: skip
    with pytest.raises(ValueError, match="offset"):
        Client("http://127.0.0.1:9", api_key=KEY).inbox(expires_after=datetime(2026, 3, 2))  # noqa: DTZ001


@pytest.mark.parametrize("body", [b"<html>SECRET</html>", b"", b"[]", b'{"detail": "SECRET"}'])
def test_what_is_no_problem_of_a_gateway_is_said_so_without_being_quoted(body: bytes) -> None:
    with pytest.raises(Unreadable, match="502") as caught:
        refuse_problems(answer(502, body=body))
    assert "SECRET" not in "".join(traceback.format_exception(caught.value))


def test_a_newer_gateway_that_says_more_is_understood() -> None:
    body = {
        "publication_id": "p",
        "message_id": "m",
        "digest": "d",
        "accepted_at": "2026-03-02T09:30:00Z",
        "recipients": ["XBB"],
        "newer": {"x": 1},
        "decisions": [{"nation": "XBB", "addressed": "newer", "permit": True, "code": "NEWER", "newer": 1}],
    }
    accepted = read_accepted(answer(201, {"idempotent-replayed": "true"}, json.dumps(body).encode()))
    assert accepted.replayed
    assert accepted.decisions[0].code == "NEWER"
    assert accepted.model_extra == {"newer": {"x": 1}}


@pytest.fixture
def no_key(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("ENTENTE_API_KEY", raising=False)


@pytest.mark.usefixtures("no_key")
def test_the_key_comes_from_one_place_and_is_shown_nowhere(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "key"
    file.write_text(KEY + "\n")
    file.chmod(0o600)
    monkeypatch.setenv("ENTENTE_API_KEY", KEY)
    ways: list[Callable[[], Client]] = [
        lambda: Client("http://gateway.example", api_key=KEY),
        lambda: Client("http://gateway.example", key_file=file),
        lambda: Client("http://gateway.example"),
    ]
    for way in ways:
        with way() as client:
            assert repr(client) == "Client('http://gateway.example')"
            assert client._http.headers["authorization"] == f"Bearer {KEY}"
            assert KEY not in str(vars(client))


@pytest.mark.usefixtures("no_key")
@pytest.mark.parametrize(
    ("url", "options", "match"),
    [
        pytest.param("http://g.example", {}, "ENTENTE_API_KEY", id="no key at all"),
        pytest.param("http://g.example", {"api_key": KEY, "key_file": "x"}, "not both", id="two keys"),
        pytest.param("http://g.example", {"api_key": f"{KEY}\r\nX: y"}, "no API key", id="a key with lines"),
        pytest.param("http://g.example", {"api_key": ""}, "no API key", id="an empty key"),
        pytest.param("ftp://g.example", {"api_key": KEY}, "https://", id="an address of something else"),
        pytest.param("g.example", {"api_key": KEY}, "https://", id="an address without a scheme"),
    ],
)
def test_a_client_is_not_made_with(url: str, options: dict[str, Any], match: str) -> None:
    with pytest.raises(ValueError, match=match) as caught:
        Client(url, **options)
    assert KEY not in str(caught.value)


def test_a_key_file_that_others_can_read_is_refused(tmp_path: Path) -> None:
    file = tmp_path / "key"
    file.write_text(KEY)
    file.chmod(0o640)
    with pytest.raises(ValueError, match="chmod 600"):
        Client("http://gateway.example", key_file=file)


SHOWN_AS: dict[str, type[Result]] = {
    "Accepted": results.Accepted,
    "InboxPage": results.InboxPage,
    "InboxEntry": results.InboxEntry,
    "PublicationPage": results.PublicationPage,
    "PublicationDetailView": results.PublicationDetail,
    "EventPage": results.EventPage,
    "PartnerList": results.PartnerList,
    "ReceiptPage": results.ReceiptPage,
    "ToldByReceiptView": results.ToldByReceipt,
    "RecallView": results.Recall,
    "CancellationView": results.Cancellation,
    "ReadView": results.ReadReport,
    "RequestView": results.InformationRequest,
    "RequestPage": results.RequestPage,
    "WebhookSecretView": results.NewWebhook,
    "WebhookList": results.WebhookList,
    "ReleaseTable": results.Preview,
    "Problem": results.Problem,
}


@pytest.fixture(scope="module")
def promised() -> dict[str, Any]:
    """What the API's description says of every body, by name."""
    settings = Settings(
        nation="XAA",
        realm="sha256:" + "0" * 64,
        state_dir=Path("state"),
        keys_file=Path("keys"),
        trust_dir=Path("trust"),
        nats_url="nats://127.0.0.1:9",
    )
    schemas: dict[str, Any] = create_app(settings).openapi()["components"]["schemas"]
    return schemas


@pytest.mark.parametrize("name", sorted(SHOWN_AS))
def test_results_ask_for_nothing_that_the_gateway_does_not_promise(
    name: str, promised: dict[str, Any]
) -> None:
    compare(SHOWN_AS[name], promised[name], promised)


def compare(model: type[BaseModel], shown: dict[str, Any], schemas: dict[str, Any]) -> None:
    """Every member of the model is one of the schema's; what it cannot do without is always there."""
    for name, field in model.model_fields.items():
        if (model, name) == (results.Accepted, "replayed"):
            continue  # a header
        assert name in shown["properties"], f"{model.__name__}.{name}"
        if field.is_required():
            assert name in shown["required"], f"{model.__name__}.{name}"
        inner = [part for part in _parts(field.annotation) if issubclass(part, BaseModel)]
        if inner:
            text = json.dumps(shown["properties"][name])
            reference = text.partition("#/components/schemas/")[2].partition('"')[0]
            compare(inner[0], schemas[reference], schemas)


def _parts(annotation: Any) -> list[type]:
    inner = [part for each in getattr(annotation, "__args__", ()) for part in _parts(each)]
    return inner + ([annotation] if isinstance(annotation, type) else [])
