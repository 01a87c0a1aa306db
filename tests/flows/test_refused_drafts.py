"""Drafts that are refused: each with its own code and pointer, recorded, and nothing of it accepted."""

from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from bus.store import audit, publications
from bus.store.writer import Store
from bus.transport import NatsTransport
from gateways.context import FlowLimits, GatewayContext
from gateways.exchange import Exchange
from gateways.publishing.accepted import Accepted
from gateways.publishing.draft_refused import DraftRefused
from gateways.publishing.publish import accept_draft
from schemas.audit import AuditEvent, AuditOutcome, AuditRecord
from schemas.base import rfc3339
from schemas.header import Kind
from schemas.reasons import ReasonCode
from tests.flows.world import Clock, draft
from tests.realm_fixtures import NOW, TestRealm, make_realm

SOME_ID = "01960000-0000-7000-8000-000000000009"
SOME_DIGEST = "sha256:" + "0" * 64


@dataclass
class Desk:
    """A gateway that accepts drafts and never reaches a broker."""

    context: GatewayContext

    async def publish(self, raw: bytes, **options: Any) -> Accepted:
        return (await accept_draft(self.context, raw, api_key_id="test", **options)).answer


@pytest.fixture(scope="module")
def four() -> TestRealm:
    return make_realm(("XAA", "XBB", "XCC", "XDD"))


@pytest.fixture
async def desk(tmp_path: Path, four: TestRealm) -> AsyncIterator[Desk]:
    store = Store.open(tmp_path / "XAA.db", "XAA", four.id)
    exchange = await Exchange.open(
        store=store,
        keys=four.keys["XAA"],
        transport=NatsTransport(["nats://127.0.0.1:1"], "XAA", four.keys["XAA"].nkey_seed),
        envelopes=four.envelopes,
        now=Clock(),
        limits=FlowLimits(queue=5),
    )
    yield Desk(exchange.context)
    await store.close()


def reference(relation: str, of: Accepted | None = None, originator: str = "XAA") -> dict[str, str]:
    """A reference to a publication of ours, or to nothing we know."""
    return {
        "message_id": of.message_id if of else SOME_ID,
        "originator": originator,
        "digest": of.digest if of else SOME_DIGEST,
        "relation": relation,
    }


Case = tuple[Callable[[], bytes], ReasonCode, str]
CASES: dict[str, Case] = {
    "no JSON at all": (lambda: b"{", ReasonCode.JSON_MALFORMED, ""),
    "the same key twice": (lambda: b'{"header":1,"header":2}', ReasonCode.JSON_DUPLICATE_KEY, ""),
    "nested too deeply": (lambda: b"[" * 40 + b"]" * 40, ReasonCode.JSON_TOO_DEEP, ""),
    "larger than a message may be": (
        lambda: draft(["XBB"], subject="x" * 300_000),
        ReasonCode.BODY_TOO_LARGE,
        "",
    ),
    "an unknown field": (
        lambda: draft(["XBB"], header={"colour": "red"}),
        ReasonCode.SCHEMA_INVALID,
        "/header/colour",
    ),
    "a time without an offset": (
        lambda: draft(["XBB"], header={"expires_at": "2026-03-03T00:00:00"}),
        ReasonCode.TIME_INVALID,
        "/header/expires_at",
    ),
    "expired already": (
        lambda: draft(["XBB"], header={"expires_at": rfc3339(NOW)}),
        ReasonCode.DRAFT_EXPIRED,
        "/header/expires_at",
    ),
    "valid for a hundred years": (
        lambda: draft(["XBB"], header={"expires_at": rfc3339(NOW + timedelta(days=36500))}),
        ReasonCode.TIME_INVALID,
        "/header/expires_at",
    ),
    "an acknowledgement asked for in the past": (
        lambda: draft(["XBB"], header={"acknowledgement": {"required": True, "by": rfc3339(NOW)}}),
        ReasonCode.TIME_INVALID,
        "/header/acknowledgement/by",
    ),
    "released to nobody": (lambda: draft([]), ReasonCode.NATIONAL_ONLY, "/label/releasable_to"),
    "released to a nation outside the realm": (
        lambda: draft(["XZZ"]),
        ReasonCode.NATION_UNKNOWN,
        "/label/releasable_to/0",
    ),
    "addressed beyond its release": (
        lambda: draft(["XBB"], header={"action_addressees": ["XCC"]}),
        ReasonCode.ADDRESSEE_NOT_RELEASABLE,
        "/header/action_addressees",
    ),
    "classified above the agreement": (
        lambda: draft(["XBB"], label={"classification": "COSMIC TOP SECRET"}),
        ReasonCode.CLASSIFICATION_TOO_HIGH,
        "/label/releasable_to",
    ),
    "with a restrictive category that no agreement names": (
        lambda: draft(["XBB"], label={"restrictive": ["CRYPTO"]}),
        ReasonCode.CATEGORY_NOT_COVERED,
        "/label/releasable_to",
    ),
    "for its own nation only": (lambda: draft(["XAA"]), ReasonCode.NATIONAL_ONLY, "/label/releasable_to"),
    "a reply to something unknown": (
        lambda: draft(["XBB"], header={"references": [reference("replies", originator="XBB")]}),
        ReasonCode.REFERENCE_UNKNOWN,
        "/header/references/0",
    ),
    "an update of something unknown": (
        lambda: draft(["XBB"], header={"references": [reference("updates")]}),
        ReasonCode.REFERENCE_UNKNOWN,
        "/header/references/0",
    ),
    "a cancellation of a partner's message": (
        lambda: draft(["XBB"], header={"references": [reference("cancels", originator="XBB")]}),
        ReasonCode.REFERENCE_NOT_ORIGINATOR,
        "/header/references/0/originator",
    ),
}


@pytest.mark.parametrize("case", CASES.values(), ids=CASES.keys())
async def test_a_draft_is_refused_when(desk: Desk, case: Case) -> None:
    make, code, pointer = case
    await refused(desk, make(), code, pointer)


async def refused(desk: Desk, raw: bytes, code: ReasonCode, pointer: str, **options: Any) -> None:
    """The draft is refused with this code at this pointer, one audit record says so, nothing else changed."""
    before = await desk.context.store.read(lambda tx: len(publications.list_newest(tx)))
    with pytest.raises(DraftRefused) as caught:
        await desk.publish(raw, **options)
    assert (caught.value.code, caught.value.pointer) == (code, pointer)
    assert caught.value.what_to_do
    (stored,) = await desk.context.store.read(
        lambda tx: audit.list_newest(tx, event=AuditEvent.PUBLICATION_REFUSED)
    )
    record = AuditRecord.model_validate_json(stored.record)
    assert (record.reason, record.outcome, record.actor) == (code, AuditOutcome.REFUSED, "api-key:test")
    assert await desk.context.store.read(lambda tx: len(publications.list_newest(tx))) == before
    assert desk.context.counters.refused == {code.value: 1}


async def test_a_draft_is_refused_when_it_answers_in_another_mode(desk: Desk) -> None:
    first = await desk.publish(draft(["XBB"]))
    live = {
        "mode": "EXERCISE",
        "exercise_id": "NORTHERN WATCH 26",
        "references": [reference("updates", first)],
    }
    await refused(
        desk, draft(["XBB"], header=live), ReasonCode.REFERENCE_MODE_MISMATCH, "/header/references/0"
    )


async def test_a_draft_is_refused_when_it_replies_beyond_the_release_of_what_it_answers(desk: Desk) -> None:
    first = await desk.publish(draft(["XBB", "XCC"]))
    header = {"references": [reference("replies", first)]}
    await desk.publish(draft(["XCC"], header=header))
    wider = draft(["XBB", "XDD"], header=header)
    await refused(desk, wider, ReasonCode.REPLY_BEYOND_RELEASE, "/label/releasable_to")


async def test_a_draft_is_refused_when_its_reference_has_another_digest(desk: Desk) -> None:
    first = await desk.publish(draft(["XBB"]))
    other = {**reference("updates", first), "digest": SOME_DIGEST}
    raw = draft(["XBB"], header={"references": [other]})
    await refused(desk, raw, ReasonCode.REFERENCE_UNKNOWN, "/header/references/0")


async def test_an_update_of_our_own_message_is_accepted_and_a_loose_relation_may_be_unknown(
    desk: Desk,
) -> None:
    first = await desk.publish(draft(["XBB"]))
    related = {**reference("relates", originator="XBB"), "message_id": SOME_ID}
    header = {"references": [reference("updates", first), related]}
    await desk.publish(draft(["XBB"], header=header))


async def test_a_draft_is_refused_when_its_key_may_not_publish_its_kind(desk: Desk) -> None:
    allowed = (Kind.EXERCISE_NOTICE,)
    await refused(desk, draft(["XBB"]), ReasonCode.SCOPE_MISSING, "/header/kind", allowed_kinds=allowed)


async def test_a_draft_is_refused_when_too_much_waits_already(desk: Desk) -> None:
    await desk.publish(draft(["XBB", "XCC", "XDD"]))
    await refused(desk, draft(["XBB", "XCC", "XDD"]), ReasonCode.QUEUE_FULL, "")


async def test_a_draft_is_refused_when_the_realm_snapshot_is_stale(desk: Desk) -> None:
    clock = desk.context.now
    assert isinstance(clock, Clock)
    clock.move(timedelta(days=31))
    await refused(desk, draft(["XBB"]), ReasonCode.TRUST_STALE, "")
