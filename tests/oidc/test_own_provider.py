"""A provider, or somebody in its place, that does everything wrong: each time nobody is signed in."""

import asyncio
import gzip
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric import ec

from gateways.oidc.errors import Fault, OidcRefused, ProofRefused, ProviderFailed
from gateways.oidc.fetching import Fetching
from gateways.oidc.kept import AFTER_FAILURE, AGAIN_AFTER, KEPT_FOR
from gateways.oidc.provider import AT_A_TIME, MOST_WAITING
from tests.oidc.certificates import make_certificates
from tests.oidc.conftest import Counter, made_counter, way_back
from tests.oidc.own_provider import (
    DISCOVERY,
    KEYS,
    TOKEN,
    Json,
    OwnProvider,
    own_provider,
    parameters,
    said,
)


def _answer(status: int, media_type: str, body: bytes, **headers: str) -> Callable[..., Any]:
    return lambda *_: (status, {"Content-Type": media_type} | headers, body)


def _hangs(provider: OwnProvider, _: Json) -> Any:
    provider.released.wait(120)
    return said({})


ANSWERS: list[tuple[str, Callable[..., Any], Fault]] = [
    ("a redirect", _answer(302, "application/json", b"{}", Location="https://evil.example/"),
     Fault.REDIRECTED),
    ("a page", _answer(200, "text/html", b"<html>"), Fault.NOT_JSON),
    ("an error's page", _answer(502, "text/html", b"<html>"), Fault.STATUS_UNEXPECTED),
    ("broken JSON", _answer(200, "application/json", b'{"issuer":'), Fault.NOT_JSON),
    ("a list", _answer(200, "application/json", b"[]"), Fault.NOT_JSON),
    ("a member twice", _answer(200, "application/json", b'{"a":1,"a":2}'), Fault.NOT_JSON),
    ("packed JSON", _answer(200, "application/json", gzip.compress(b"{}"), **{"Content-Encoding": "gzip"}),
     Fault.NOT_JSON),
    ("a hundred thousand octets", _answer(200, "application/json", b'{"a":"' + b"x" * 100_000 + b'"}'),
     Fault.TOO_LARGE),
    ("nothing, for long", _hangs, Fault.TOO_SLOW),
]  # fmt: skip


@pytest.mark.parametrize("place", [DISCOVERY, TOKEN])
@pytest.mark.parametrize(("answer", "fault"), [pytest.param(*case[1:], id=case[0]) for case in ANSWERS])
async def test_no_odd_answer_signs_anybody_in(
    counter: Counter, place: str, answer: Callable[..., Any], fault: Fault
) -> None:
    if place == TOKEN:
        await counter.begin()
    if answer is _hangs:
        fetching = Fetching(counter.provider.certificates.authority, within=0.3)
        counter.sign_in.provider._fetching = fetching
    counter.provider.answers[place] = answer
    with pytest.raises(ProviderFailed) as failed:
        await counter.signed_in()
    assert failed.value.fault is fault


METADATA: list[tuple[str, Json, Fault]] = [
    ("another issuer's", {"issuer": "https://evil.example"}, Fault.ISSUER_OTHER),
    ("nobody's", {"issuer": None}, Fault.ISSUER_OTHER),
    ("keys elsewhere", {"jwks_uri": "https://evil.example/keys"}, Fault.HOST_FOREIGN),
    ("keys at another port", {"jwks_uri": "https://localhost:1/keys"}, Fault.HOST_FOREIGN),
    ("tokens elsewhere", {"token_endpoint": "https://evil.example/token"}, Fault.HOST_FOREIGN),
    ("people sent elsewhere", {"authorization_endpoint": "https://evil.example/a"}, Fault.HOST_FOREIGN),
    ("people sent elsewhere by a user", {"authorization_endpoint": "https://localhost@evil.example/a"},
     Fault.METADATA_INVALID),
    ("people sent to a script", {"authorization_endpoint": "javascript:alert(1)"}, Fault.METADATA_INVALID),
    ("keys in the clear", {"jwks_uri": "http://localhost/keys"}, Fault.METADATA_INVALID),
    ("keys in a file", {"jwks_uri": "file:///etc/passwd"}, Fault.METADATA_INVALID),
    ("no keys", {"jwks_uri": None}, Fault.METADATA_INVALID),
    ("no code flow", {"response_types_supported": ["id_token"]}, Fault.FLOW_UNSUPPORTED),
    ("no S256", {"code_challenge_methods_supported": ["plain"]}, Fault.FLOW_UNSUPPORTED),
    ("ways that are no list", {"response_types_supported": "code"}, Fault.METADATA_INVALID),
]  # fmt: skip


@pytest.mark.parametrize(("changes", "fault"), [pytest.param(*case[1:], id=case[0]) for case in METADATA])
async def test_no_odd_metadata_lead_anybody_anywhere(counter: Counter, changes: Json, fault: Fault) -> None:
    changed = {name: value for name, value in (counter.provider.metadata | changes).items() if value}
    counter.provider.answers[DISCOVERY] = lambda *_: said(changed)
    with pytest.raises(ProviderFailed) as failed:
        await counter.begin()
    assert failed.value.fault is fault


async def test_hosts_that_the_settings_name_are_asked_besides(counter: Counter) -> None:
    other = counter.provider.url.replace("localhost", "127.0.0.1")
    changed = counter.provider.metadata | {"jwks_uri": f"{other}{KEYS}", "token_endpoint": f"{other}{TOKEN}"}
    counter.provider.answers[DISCOVERY] = lambda *_: said(changed)
    named = made_counter(counter.desk, counter.provider, oidc_further_hosts=other.removeprefix("https://"))
    assert (await named.signed_in()).signed_in.operator.name == "anna"


@pytest.mark.parametrize("trusted", [False, True], ids=["of an unknown authority", "of another host"])
async def test_a_certificate_that_is_not_the_providers_is_refused(
    counter: Counter, tmp_path: Path, trusted: bool
) -> None:
    certificates = make_certificates(tmp_path, *(("elsewhere.example",) if trusted else ()))
    with own_provider(certificates) as other:
        changes: Json = {} if trusted else {"oidc_ca_file": counter.provider.certificates.authority}
        with pytest.raises(ProviderFailed, match="TLS_FAILED"):
            await made_counter(counter.desk, other, **changes).begin()
    assert not other.asked


async def test_a_provider_that_is_not_there_is_said_so(counter: Counter) -> None:
    nowhere = made_counter(counter.desk, counter.provider, oidc_issuer="https://localhost:9")
    with pytest.raises(ProviderFailed, match="NOT_REACHED"):
        await nowhere.begin()


@pytest.mark.parametrize(
    ("status", "error", "fault"),
    [
        (400, "invalid_grant", Fault.CODE_REFUSED),
        (401, "invalid_client", Fault.CLIENT_REFUSED),
        (400, "unauthorized_client", Fault.CLIENT_REFUSED),
        (400, "something_else", Fault.STATUS_UNEXPECTED),
        (500, "invalid_grant", Fault.STATUS_UNEXPECTED),
        (200, None, Fault.TOKEN_MISSING),
    ],
)
async def test_refusals_of_the_code_are_told_apart(
    counter: Counter, status: int, error: str | None, fault: Fault
) -> None:
    counter.provider.answers[TOKEN] = lambda *_: said({"error": error} if error else {"id_token": 7}, status)
    with pytest.raises(OidcRefused) as failed:
        await counter.signed_in()
    assert failed.value.fault is fault


async def test_new_keys_of_the_provider_are_found_and_old_ones_forgotten(counter: Counter) -> None:
    await counter.signed_in()
    await counter.signed_in()
    assert (counter.provider.times_asked(KEYS), counter.provider.times_asked(DISCOVERY)) == (1, 1)
    old = counter.provider.signing
    counter.provider.signing, counter.provider.kid = ec.generate_private_key(ec.SECP256R1()), "key-2"
    counter.desk.pass_(seconds=AGAIN_AFTER)
    assert (await counter.signed_in()).signed_in.operator.name == "anna"
    assert counter.provider.times_asked(KEYS) == 2
    counter.provider.signing, new = old, counter.provider.signing
    begun = await counter.begin()
    counter.provider.kid = "key-1"
    back = counter.back(begun)
    counter.provider.signing, counter.provider.kid = new, "key-2"
    with pytest.raises(ProofRefused, match="KEY_UNKNOWN"):
        await counter.finish(back)


async def test_keys_that_are_not_there_are_not_looked_for_again_and_again(counter: Counter) -> None:
    counter.desk.pass_(seconds=1)
    for _ in range(5):
        begun = await counter.begin()
        asked = parameters(begun.authorization_url)
        token = counter.provider.token(
            counter.provider.claims(counter.desk.at, nonce=asked["nonce"]), kid="made-up"
        )
        with pytest.raises(ProofRefused, match="KEY_UNKNOWN"):
            await counter.finish(way_back(begun, counter.provider.give(asked, token)))
    assert counter.provider.times_asked(KEYS) == 1


async def test_a_provider_that_fails_is_left_alone_for_a_while(counter: Counter) -> None:
    counter.provider.answers[DISCOVERY] = _answer(500, "application/json", b"{}")
    for _ in range(5):
        with pytest.raises(ProviderFailed, match="STATUS_UNEXPECTED"):
            await counter.begin()
    assert counter.provider.times_asked(DISCOVERY) == 1
    counter.provider.answers.clear()
    counter.desk.pass_(seconds=AFTER_FAILURE)
    await counter.begin()


async def test_metadata_are_read_again_after_their_time(counter: Counter) -> None:
    await counter.begin()
    counter.desk.pass_(seconds=KEPT_FOR)
    await asyncio.gather(*(counter.begin() for _ in range(5)))
    assert counter.provider.times_asked(DISCOVERY) == 2, "asked once for all who wait"


async def test_a_flood_of_ways_back_is_no_flood_of_the_provider(counter: Counter) -> None:
    """Whatever waits beyond a bound is refused at once; no failure of a person is counted for it."""
    begun = [await counter.begin() for _ in range(MOST_WAITING + 5)]
    arrived = threading.Semaphore(0)

    def hangs(provider: OwnProvider, form: Json) -> Any:
        arrived.release()
        return _hangs(provider, form)

    counter.provider.answers[TOKEN] = hangs
    ways = [asyncio.create_task(counter.finish(counter.back(each))) for each in begun]
    done, waiting = await asyncio.wait(ways, timeout=60, return_when=asyncio.FIRST_COMPLETED)
    while len(done) < 5:
        more, waiting = await asyncio.wait(waiting, timeout=60, return_when=asyncio.FIRST_COMPLETED)
        done |= more
    assert {str(task.exception()) for task in done} == {"BUSY"}
    for _ in range(AT_A_TIME):
        assert await asyncio.to_thread(arrived.acquire, timeout=60)
    assert counter.provider.times_asked(TOKEN) == AT_A_TIME
    for task in waiting:
        task.cancel()
    await asyncio.gather(*waiting, return_exceptions=True)
