"""Signing in at the provider: what comes of it, and what does not."""

import base64
import hashlib
from collections.abc import Awaitable, Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from bus.store import audit, operator_sessions, operators
from gateways.oidc.errors import (
    Fault,
    NobodyHere,
    NotRecent,
    OidcRefused,
    ProofRefused,
    RedirectNotListed,
    TransactionRefused,
)
from gateways.oidc.transaction import GOOD_FOR
from gateways.operators.attempts import PER_ADDRESS
from gateways.operators.password_sign_in import SignInDelayed
from gateways.operators.sessions import SessionEnded
from schemas.audit import AuditRecord
from tests.gateway.operator_desk import Desk, signed_in
from tests.oidc.conftest import Counter, made_counter, way_back
from tests.oidc.own_provider import BACK, CLIENT, DISCOVERY, TOKEN, OwnProvider, parameters, said


async def records(desk: Desk) -> list[AuditRecord]:
    found = await desk.store.read(lambda tx: audit.list_after(tx))
    return [AuditRecord.model_validate_json(each.record) for each in found]


async def test_whom_the_provider_names_is_signed_in_as_the_operator_linked_to_it(counter: Counter) -> None:
    issued = await counter.signed_in()
    assert issued.signed_in.operator.name == "anna"
    assert issued.signed_in.means == "oidc"
    assert (await counter.desk.sessions.of_access_token(issued.access)).operator.name == "anna"
    (record,) = await records(counter.desk)
    assert (record.event, record.actor) == ("operator.signed-in", "operator:anna")
    assert (record.means, record.acr, record.amr) == ("oidc", "urn:example:silver", "pwd otp")
    assert record.session == issued.signed_in.session_id


async def test_the_browser_is_sent_with_state_nonce_and_a_challenge(counter: Counter) -> None:
    begun = await counter.begin()
    assert begun.authorization_url.startswith(f"{counter.provider.url}/authorize?")
    asked = parameters(begun.authorization_url)
    own = {name: asked.pop(name) for name in ("state", "nonce", "code_challenge")}
    assert asked == {
        "response_type": "code",
        "client_id": CLIENT,
        "redirect_uri": BACK,
        "scope": "openid",
        "code_challenge_method": "S256",
        "max_age": "43200",
    }
    assert len(set(own.values())) == 3
    assert all(len(value) == 43 for value in own.values())
    assert not any(value in begun.transaction for value in own.values())
    again = parameters((await counter.begin()).authorization_url)
    assert not {again[name] for name in own} & set(own.values())


async def test_the_verifier_goes_to_the_provider_alone_and_fits_the_challenge(counter: Counter) -> None:
    begun = await counter.begin()
    await counter.finish(counter.back(begun))
    ((_, form),) = [each for each in counter.provider.asked if each[0] == TOKEN]
    asked = parameters(begun.authorization_url)
    assert _challenge_of(form["code_verifier"]) == asked["code_challenge"]
    assert form["code_verifier"] not in begun.authorization_url + begun.transaction
    assert (form["client_id"], form["redirect_uri"], form["authorization"]) == (CLIENT, BACK, None)


def _challenge_of(verifier: str) -> str:
    return base64.urlsafe_b64encode(hashlib.sha256(verifier.encode()).digest()).rstrip(b"=").decode()


@pytest.mark.parametrize(
    ("ways", "header", "in_body"),
    [
        (["client_secret_basic"], "Basic ZW50ZW50ZS1nYXRld2F5OmElM0FiJTI1", None),
        (["client_secret_post"], None, "a:b%"),
    ],
    ids=["by HTTP Basic", "in the body where that is all there is"],
)
async def test_a_client_secret_is_sent_as_the_provider_takes_it(
    counter: Counter, ways: list[str], header: str | None, in_body: str | None
) -> None:
    metadata = counter.provider.metadata | {"token_endpoint_auth_methods_supported": ways}
    counter.provider.answers[DISCOVERY] = lambda *_: said(metadata)
    confidential = made_counter(counter.desk, counter.provider, "a:b%")
    await confidential.signed_in()
    ((_, form),) = [each for each in counter.provider.asked if each[0] == TOKEN]
    assert form["authorization"] == header
    assert form.get("client_secret") == in_body


async def test_a_session_is_as_fresh_as_the_authentication_behind_it(counter: Counter) -> None:
    hour_ago = counter.desk.at - timedelta(hours=1)
    issued = await counter.signed_in(auth_time=int(hour_ago.timestamp()))
    assert issued.signed_in.fresh_at == hour_ago


NOBODY: list[tuple[str, Callable[[Counter], Awaitable[Any]], str | None]] = [
    ("somebody else at the provider", lambda c: c.link("5678"), None),
    ("the operator is disabled",
     lambda c: c.desk.store.write(lambda tx: operators.set_enabled(tx, "anna", False)), "anna"),
    ("the identity is another claim's", lambda c: c.link("1234", claim="preferred_username"), None),
    ("the identity is another issuer's",
     lambda c: c.desk.change("UPDATE operator_identity SET issuer = 'https://other.example'"), None),
    ("an operator of that very name, without a link",
     lambda c: c.desk.change("DELETE FROM operator_identity"), None),
]  # fmt: skip


@pytest.mark.parametrize(("change", "known"), [pytest.param(*case[1:], id=case[0]) for case in NOBODY])
async def test_nobody_becomes_an_operator_by_signing_in(
    counter: Counter, change: Callable[[Counter], Awaitable[Any]], known: str | None
) -> None:
    await counter.desk.add("1234")
    await change(counter)
    with pytest.raises(NobodyHere) as refused:
        await counter.signed_in()
    assert refused.value.known == known
    assert await counter.desk.store.read(lambda tx: operators.find(tx, "1234")) is not None
    assert not await counter.desk.store.read(lambda tx: operator_sessions.begun_by(tx, "oidc"))


async def test_a_verified_address_can_stand_for_an_operator_and_an_unverified_one_cannot(
    counter: Counter,
) -> None:
    by_mail = made_counter(counter.desk, counter.provider, oidc_operator_claim="email")
    await by_mail.link("anna@example.org", claim="email")
    for verified in (None, False, "true", 1):
        with pytest.raises(ProofRefused, match="SUBJECT"):
            await by_mail.signed_in(email="anna@example.org", email_verified=verified)
    issued = await by_mail.signed_in(email="anna@example.org", email_verified=True)
    assert issued.signed_in.operator.name == "anna"


async def test_a_one_time_password_that_nobody_used_does_not_narrow_such_a_session(counter: Counter) -> None:
    await counter.desk.change("UPDATE operator SET one_time = 1")
    assert not (await counter.signed_in()).signed_in.password_change_required


async def test_a_way_back_serves_once_even_where_the_provider_would_take_its_code_again(
    counter: Counter,
) -> None:
    begun = await counter.begin()
    back = counter.back(begun)
    await counter.finish(back)
    again = way_back(begun, counter.provider.authorize(begun.authorization_url, counter.desk.at))
    for replayed in (back, again):
        with pytest.raises(TransactionRefused, match="USED"):
            await counter.finish(replayed)


def _flipped(text: str) -> str:
    return ("A" if text[0] != "A" else "B") + text[1:]


MIXED_UP: list[tuple[str, Callable[[Any, Any], Any], Fault]] = [
    ("another transaction's state", lambda b, o: replace(b, state=o.state), Fault.STATE),
    ("another browser's transaction", lambda b, o: replace(b, transaction=o.transaction), Fault.STATE),
    ("no state", lambda b, o: replace(b, state=""), Fault.STATE),
    ("a state that is not text", lambda b, o: replace(b, state="\ud800"), Fault.STATE),
    ("a transaction changed", lambda b, o: replace(b, transaction=_flipped(b.transaction)), Fault.UNKNOWN),
    ("its last octet changed", lambda b, o: replace(b, transaction=b.transaction[:-1] + "!"), Fault.UNKNOWN),
    ("a transaction of nobody", lambda b, o: replace(b, transaction="A" * 98), Fault.UNKNOWN),
    ("a longer transaction", lambda b, o: replace(b, transaction=b.transaction + "A"), Fault.UNKNOWN),
    ("another issuer on the way back", lambda b, o: replace(b, issuer="https://evil.example"),
     Fault.RESPONSE_ISSUER),
    ("no issuer where one always is", lambda b, o: replace(b, issuer=None), Fault.RESPONSE_ISSUER),
    ("another person's code", lambda b, o: replace(b, code=o.code), Fault.NONCE),
    ("a code of nobody", lambda b, o: replace(b, code="guessed"), Fault.CODE_REFUSED),
]  # fmt: skip


@pytest.mark.parametrize(("mix", "fault"), [pytest.param(*case[1:], id=case[0]) for case in MIXED_UP])
async def test_ways_back_are_not_mixed_up(
    counter: Counter, mix: Callable[[Any, Any], Any], fault: Fault
) -> None:
    mine, others = [counter.back(await counter.begin()) for _ in range(2)]
    with pytest.raises(OidcRefused) as refused:
        await counter.finish(mix(mine, others))
    assert refused.value.fault is fault


async def test_a_transaction_is_over_after_its_time_and_unknown_to_another_process(counter: Counter) -> None:
    begun = await counter.begin()
    other = made_counter(counter.desk, counter.provider)
    with pytest.raises(TransactionRefused, match="UNKNOWN"):
        await other.finish(counter.back(begun))
    counter.desk.at += GOOD_FOR
    with pytest.raises(TransactionRefused, match="OVER"):
        await counter.finish(counter.back(begun))


@pytest.mark.parametrize(
    "address",
    ["https://evil.example/sign-in/oidc/back", BACK + "/", BACK + "?next=x", BACK.upper(), BACK + "#", ""],
)
async def test_nobody_is_sent_back_elsewhere(counter: Counter, address: str) -> None:
    with pytest.raises(RedirectNotListed):
        await counter.sign_in.begin(address)


async def test_to_become_fresh_the_person_is_authenticated_anew(counter: Counter) -> None:
    issued = await counter.signed_in()
    counter.desk.pass_(minutes=5)
    signed = await counter.desk.sessions.of_access_token(issued.access)
    begun = await counter.begin(signed)
    asked = parameters(begun.authorization_url)
    assert (asked["prompt"], asked["max_age"]) == ("login", "60")
    counter.desk.pass_(seconds=30)
    fresh = await counter.sign_in.confirm(counter.back(begun), signed)
    assert fresh.signed_in.fresh_at == counter.desk.at
    assert fresh.signed_in.session_id == issued.signed_in.session_id
    old = await counter.desk.sessions.of_access_token(issued.access)
    assert old.fresh_at == issued.signed_in.fresh_at, "a copy of an older token stays as old as it was"
    events = [(record.event, record.means) for record in await records(counter.desk)]
    assert events == [("operator.signed-in", "oidc"), ("operator.confirmed", "oidc")]


async def test_a_session_begun_with_a_password_becomes_fresh_at_the_provider_too(counter: Counter) -> None:
    issued = await signed_in(counter.desk)
    counter.desk.pass_(minutes=5)
    signed = await counter.desk.sessions.of_access_token(issued.access)
    fresh = await counter.sign_in.confirm(counter.back(await counter.begin(signed)), signed)
    assert fresh.signed_in.fresh_at == counter.desk.at


async def test_who_was_authenticated_before_is_not_fresh(counter: Counter) -> None:
    """A provider that ignores prompt=login and answers from its own session."""
    issued = await counter.signed_in()
    counter.desk.pass_(minutes=5)
    signed = await counter.desk.sessions.of_access_token(issued.access)
    before = int(issued.signed_in.fresh_at.timestamp())
    back = counter.back(await counter.begin(signed), auth_time=before)
    with pytest.raises(NotRecent, match="TOO_LONG_AGO"):
        await counter.sign_in.confirm(back, signed)


async def test_nobody_makes_anothers_session_fresh(counter: Counter) -> None:
    await counter.desk.add("berta")
    await counter.link("5678", "berta")
    anna = (await counter.signed_in()).signed_in
    berta = (await counter.signed_in(sub="5678")).signed_in
    with pytest.raises(NobodyHere):
        await counter.sign_in.confirm(counter.back(await counter.begin(anna), sub="5678"), anna)
    with pytest.raises(TransactionRefused, match="SESSION"):
        await counter.sign_in.confirm(counter.back(await counter.begin(anna)), berta)
    with pytest.raises(TransactionRefused, match="SESSION"):
        await counter.sign_in.confirm(counter.back(await counter.begin()), anna)
    with pytest.raises(TransactionRefused, match="SESSION"):
        await counter.finish(counter.back(await counter.begin(anna)))


async def test_a_session_that_ended_meanwhile_is_not_revived(counter: Counter) -> None:
    signed = (await counter.signed_in()).signed_in
    back = counter.back(await counter.begin(signed))
    await counter.desk.sessions.end(signed)
    with pytest.raises(SessionEnded):
        await counter.sign_in.confirm(back, signed)


async def test_failures_from_one_address_are_delayed_and_the_provider_is_left_alone(counter: Counter) -> None:
    for _ in range(PER_ADDRESS.free):
        begun = await counter.begin()
        with pytest.raises(ProofRefused):
            await counter.finish(
                way_back(begun, counter.provider.give(parameters(begun.authorization_url), "x"))
            )
    asked = counter.provider.times_asked(TOKEN)
    begun = await counter.begin()
    with pytest.raises(SignInDelayed):
        await counter.finish(counter.back(begun))
    assert counter.provider.times_asked(TOKEN) == asked


async def test_nothing_that_is_secret_is_shown_by_accident(counter: Counter, provider: OwnProvider) -> None:
    begun = await counter.begin()
    back = counter.back(begun)
    for secret in (begun.transaction, back.code, back.state):
        assert secret not in repr(begun) + repr(back)
