"""Tear lines across the real broker, and what may refer to one version of several."""

import base64
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from bus.store import audit, inbox, publications, settlement
from gateways.http.inbox_views import inbox_entry
from gateways.publishing.accepted import Accepted
from gateways.publishing.draft_refused import DraftRefused
from schemas.audit import AuditEvent
from schemas.header import Mode
from schemas.reasons import ReasonCode
from tests.broker_fixtures import Broker
from tests.flows.tear_line_worlds import Version, desk, drafted, version, without_random
from tests.flows.world import Gateway, World, acknowledgement, draft, subjects
from tests.realm_fixtures import NOW, AgreementPlan, TestRealm, make_realm

FULL = version("Full", "XBB", classification="NATO SECRET", size=19_000)
WIDE = version("Wide", "XBB", "XCC")


@dataclass(frozen=True)
class CharlieWorld:
    """What there is of XCC, which gets the wide version, once everything has settled."""

    hub: list[tuple[str, int]]
    """Every bundle to or from it that the hub holds: subject and size."""
    inbox: list[bytes]
    """Its inbox as its API shows it, without random values."""
    audit: list[bytes]
    states: list[tuple[str, int | None, int | None]]
    """Of its deliveries, as receipts have made them: state, epoch, serial."""


async def charlie_in(directory: Path, realm: TestRealm, *versions: Version) -> CharlieWorld:
    """Publish the versions among ordinary messages, all at once, in a world of its own."""
    async with desk(directory / "XAA.db", realm) as author:
        accepted = []
        for number in range(3):
            await author.publish(draft(["XBB", "XCC"], subject=f"ordinary {number}"))
            accepted.append(await author.publish(drafted(*versions)))
            await author.publish(draft(["XBB"], subject=f"not for XCC {number}"))
    async with running(directory, realm) as world:
        alfa, bravo, charlie = await world.trio()
        for publication in accepted:
            await alfa.states(publication, {"XBB": "delivered", "XCC": "delivered"})
        await bravo.mail(9)
        mail = await charlie.mail(6)
        for entry in mail:
            assert json.loads(entry.content)["header"]["subject"] != "Full"
        await charlie.evidence(AuditEvent.DELIVERY_SENT)  # of its receipts: the last that it writes down
        records = await charlie.store.read(lambda tx: audit.list_after(tx, limit=1000))
        return CharlieWorld(
            [entry for entry in await hub_holds(world.broker) if "XCC" in entry[0]],
            [without_random(inbox_entry(entry, NOW, with_content=True)) for entry in mail],
            sorted(without_random(entry.record) for entry in records),
            [await charlies_state(alfa, publication) for publication in accepted],
        )


def made(directory: Path) -> Path:
    """The directory, made."""
    directory.mkdir()
    return directory


@asynccontextmanager
async def running(directory: Path, realm: TestRealm) -> AsyncIterator[World]:
    broker = Broker(directory)
    await broker.start()
    world = World(directory, broker, realm)
    try:
        yield world
    finally:
        await world.stop()
        await broker.server.kill()


async def hub_holds(broker: Broker) -> list[tuple[str, int]]:
    """Subject and size of every bundle in DELIVERY, as only the hub can see them."""
    async with broker.client("HUB") as hub:

        async def ask(what: str, question: dict[str, Any]) -> dict[str, Any]:
            answer = await hub.request(f"$JS.API.{what}", json.dumps(question).encode(), timeout=10)
            found: dict[str, Any] = json.loads(answer.data)
            return found

        state = (await ask("STREAM.INFO.DELIVERY", {}))["state"]
        held = []
        for number in range(state["first_seq"], state["last_seq"] + 1):
            message = (await ask("STREAM.MSG.GET.DELIVERY", {"seq": number}))["message"]
            held.append((message["subject"], len(base64.b64decode(message.get("data", "")))))
        return held


async def charlies_state(author: Gateway, publication: Accepted) -> tuple[str, int | None, int | None]:
    detail = await author.store.read(lambda tx: publications.get(tx, publication.publication_id))
    assert detail is not None
    (state,) = [each for each in detail.publication.deliveries if each.nation == "XCC"]
    return state.state, state.lane_epoch, state.serial


async def test_the_hub_the_inbox_and_the_receipts_show_no_sign_of_a_fuller_version(
    tmp_path: Path, realm: TestRealm
) -> None:
    with_fuller = await charlie_in(made(tmp_path / "with"), realm, FULL, WIDE)
    without = await charlie_in(made(tmp_path / "without"), realm, WIDE)
    assert with_fuller == without
    assert len(with_fuller.hub) == 2, "one bundle to it, one with its receipts"


async def test_each_gets_its_own_version_and_answers_settle_at_that_publication(world: World) -> None:
    alfa, bravo, charlie = await world.trio()
    await alfa.publish("XBB", "XCC", subject="before")
    accepted = await alfa.exchange.accept(drafted(FULL, WIDE), api_key_id="test")
    await alfa.publish("XBB", "XCC", subject="after")
    assert [(m.version, m.recipients) for m in accepted.messages] == [(0, ("XBB",)), (1, ("XCC",))]
    mail = await bravo.mail(3)
    assert subjects(mail) == ["before", "Full", "after"]
    assert [entry.serial for entry in mail] == [1, 2, 3]
    lower = await charlie.mail(3)
    assert subjects(lower) == ["before", "Wide", "after"]
    assert [entry.serial for entry in lower] == [1, 2, 3]
    assert [mail[1].message_id, lower[1].message_id] == [m.message_id for m in accepted.messages]
    await charlie.exchange.accept(acknowledgement(lower[1]), api_key_id="test")
    await alfa.states(accepted, {"XBB": "delivered", "XCC": "acknowledged"})
    await bravo.exchange.accept(acknowledgement(mail[1]), api_key_id="test")
    await alfa.states(accepted, {"XBB": "acknowledged", "XCC": "acknowledged"})


async def test_a_nation_cannot_acknowledge_a_version_it_has_not_got(world: World) -> None:
    alfa, _, charlie = await world.trio()
    accepted = await alfa.exchange.accept(drafted(FULL, WIDE), api_key_id="test")
    await alfa.states(accepted, {"XBB": "delivered", "XCC": "delivered"})
    full, wide = accepted.messages
    for message, counts in ((full, False), (wide, True)):
        settled = await alfa.store.write(
            lambda tx, of=message: settlement.mark_acknowledged(  # type: ignore[misc]
                tx, of.message_id, of.digest, "XCC", Mode.OPERATION, None, NOW
            )
        )
        assert settled is counts
    assert await charlie.store.read(inbox.latest_seq) == 1


async def test_a_nation_no_longer_permitted_its_version_gets_nothing(tmp_path: Path, broker: Broker) -> None:
    agreed = make_realm(
        agreements=(
            AgreementPlan(id="everything", highest=(("NATO", "NATO RESTRICTED"),)),
            AgreementPlan(id="secret", parties=("XAA", "XBB")),
        )
    )
    async with desk(tmp_path / "XAA.db", agreed) as author:
        accepted = await author.publish(drafted(FULL, WIDE))
        await author.bring(agreed.end_agreement("secret"))
    world = World(tmp_path, broker, agreed)
    alfa, bravo, charlie = await world.trio()
    try:
        await alfa.states(accepted, {"XBB": "withheld", "XCC": "delivered"})
        (withheld,) = await alfa.evidence(AuditEvent.DELIVERY_WITHHELD)
        assert (withheld.partner, withheld.message_id) == ("XBB", accepted.messages[0].message_id)
        assert subjects(await charlie.mail(1)) == ["Wide"]
        last = await alfa.publish("XBB")
        await alfa.states(last, {"XBB": "delivered"})
        assert subjects(await bravo.mail(1)) == ["Test"], "no serial was used, nothing came in its place"
    finally:
        await world.stop()


# -- references -------------------------------------------------------------------------------------------


def referring(of: Accepted, number: int, relation: str, digest: str | None = None) -> dict[str, Any]:
    """A header that refers to one version of a publication."""
    message = of.messages[number]
    return {
        "references": [
            {
                "message_id": message.message_id,
                "originator": "XAA",
                "digest": digest or message.digest,
                "relation": relation,
            }
        ]
    }


@pytest.mark.parametrize("relation", ["replies", "relates"])
async def test_what_refers_to_a_version_goes_only_to_those_that_could_have_it(
    tmp_path: Path, realm: TestRealm, relation: str
) -> None:
    async with desk(tmp_path / "XAA.db", realm) as author:
        of = await author.publish(drafted(FULL, WIDE))
        for released in (["XCC"], ["XBB", "XCC"]):
            with pytest.raises(DraftRefused) as caught:
                await author.publish(draft(released, header=referring(of, 0, relation)))
            assert caught.value.code in (
                ReasonCode.REFERENCE_BEYOND_RELEASE,
                ReasonCode.REPLY_BEYOND_RELEASE,
            )
        await author.publish(draft(["XBB"], header=referring(of, 0, relation)))
        await author.publish(draft(["XBB", "XCC"], header=referring(of, 1, relation)))


async def test_a_version_in_whose_release_set_it_stands_is_not_one_it_could_have(
    tmp_path: Path,
) -> None:
    """XCC stands in the fuller label, but the agreement with it did not reach so high."""
    two = (
        AgreementPlan(id="everything", highest=(("NATO", "NATO RESTRICTED"),)),
        AgreementPlan(id="secret", parties=("XAA", "XBB")),
    )
    agreed = make_realm(agreements=two, communities={"BOTH": ("XBB", "XCC")})
    full = version("Full", "BOTH", classification="NATO SECRET")
    async with desk(tmp_path / "XAA.db", agreed) as author:
        of = await author.publish(drafted(full, WIDE))
        assert [message.recipients for message in of.messages] == [("XBB",), ("XCC",)]
        with pytest.raises(DraftRefused) as caught:
            await author.publish(draft(["XCC"], header=referring(of, 0, "relates")))
        assert (caught.value.code, caught.value.pointer) == (
            ReasonCode.REFERENCE_BEYOND_RELEASE,
            "/header/references/0",
        )


async def test_a_wrong_digest_does_not_carry_an_id_to_others(tmp_path: Path, realm: TestRealm) -> None:
    async with desk(tmp_path / "XAA.db", realm) as author:
        of = await author.publish(drafted(FULL, WIDE))
        raw = draft(["XCC"], header=referring(of, 0, "relates", of.messages[1].digest))
        with pytest.raises(DraftRefused) as caught:
            await author.publish(raw)
        assert caught.value.code is ReasonCode.REFERENCE_BEYOND_RELEASE


async def test_a_draft_with_tear_lines_is_held_to_it_by_all_its_recipients(
    tmp_path: Path, realm: TestRealm
) -> None:
    async with desk(tmp_path / "XAA.db", realm) as author:
        of = await author.publish(drafted(FULL, WIDE))
        with pytest.raises(DraftRefused) as caught:
            await author.publish(drafted(FULL, WIDE, header=referring(of, 0, "relates")))
        assert caught.value.code is ReasonCode.REFERENCE_BEYOND_RELEASE


async def test_a_tear_line_that_is_lower_than_what_it_answers_is_told(
    tmp_path: Path, realm: TestRealm
) -> None:
    async with desk(tmp_path / "XAA.db", realm) as author:
        of = await author.publish(draft(["XBB", "XCC"], label={"classification": "NATO SECRET"}))
        answer = await author.publish(drafted(FULL, WIDE, header=referring(of, 0, "replies")))
        assert [(each.code, each.pointer) for each in answer.warnings] == [
            ("LABEL_BELOW_ANSWERED", "/tear_lines/0/label/classification")
        ]


async def test_ids_of_versions_share_no_time(tmp_path: Path, realm: TestRealm) -> None:
    async with desk(tmp_path / "XAA.db", realm) as author:
        full, wide = (await author.publish(drafted(FULL, WIDE))).messages
        ordinary = await author.publish(draft(["XBB"]))
        times = [int(found.replace("-", "")[:12], 16) for found in (full.message_id, wide.message_id)]
        assert times[0] != times[1] == int(ordinary.message_id.replace("-", "")[:12], 16)
        assert 0 < times[1] - times[0] < 2**24
