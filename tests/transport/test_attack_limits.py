"""Attacks within a nation's own subjects (headers, sizes, sources) and at the door (keys, accounts)."""

import asyncio
import base64
import json
from collections.abc import AsyncIterator
from pathlib import Path

import nkeys
import pytest

from bus.broker_keys import broker_key
from bus.nats_config import MAX_PAYLOAD
from bus.ports import QuotaExceeded
from bus.protocol.errors import SubjectError
from bus.protocol.subjects import Subject
from schemas.wire import Lane
from tests.broker_fixtures import NATIONS, WAIT, Broker, bundles, number_of, worked_off
from tests.transport.attack_world import World, changes, next_subject, of_others, world
from tests.transport.receiving import take

OWN = "out.XAA.ts.normal.XAA"


@pytest.fixture
async def realm(tmp_path: Path) -> AsyncIterator[World]:
    async with world(tmp_path) as made:
        yield made


REFUSED_HEADERS = {
    "rolling up the stream": {"Nats-Rollup": "all"},
    "rolling up a subject": {"Nats-Rollup": "sub"},
    "scheduling a bundle": {"Nats-Schedule": "@every 1s", "Nats-Schedule-Target": "out.XBB.op.normal.XCC"},
    "letting a bundle expire": {"Nats-TTL": "1s"},
    "counting in a bundle": {"Nats-Incr": "+1"},
    "opening an atomic batch": {"Nats-Batch-Id": "b", "Nats-Batch-Sequence": "1"},
    "expecting another stream": {"Nats-Expected-Stream": "OUT_XBB"},
}


@pytest.mark.parametrize("headers", REFUSED_HEADERS.values(), ids=REFUSED_HEADERS.keys())
async def test_the_hub_refuses(realm: World, headers: dict[str, str]) -> None:
    before = await realm.snapshot()
    await realm.attacker.strike(OWN, b"bait", headers)
    honest = json.loads((await realm.attacker.ask(OWN, b"honest")).data)
    assert honest["seq"] == before["streams"]["OUT_XAA"]["state"]["last_seq"] + 1
    assert changes(of_others(before), of_others(await realm.snapshot())) == []
    (answer,) = await realm.attacker.answers()
    assert json.loads(answer.data)["error"]


async def test_an_expected_sequence_on_anothers_subject_says_nothing_about_it(realm: World) -> None:
    """XBB has three bundles for XCC; the answer speaks of the attacker's own stream only, which has none."""
    subject = "out.XBB.op.normal.XCC"
    headers = {
        "Nats-Expected-Last-Subject-Sequence": "3",
        "Nats-Expected-Last-Subject-Sequence-Subject": subject,
    }
    await realm.attacker.strike(OWN, b"bait", headers)
    await realm.attacker.ask(OWN, b"honest")
    (answer,) = await realm.attacker.answers()
    assert json.loads(answer.data)["error"]["description"] in (
        "wrong last sequence: 0",
        "invalid expected last subject sequence header",
    )


TRACE_DESTINATIONS = {
    "another nation's inbox": "_INBOX_XBB.answers.1",
    "another originator's subject": "out.XBB.op.normal.XCC",
    "deleting another nation's stream": "$JS.API.STREAM.DELETE.OUT_XBB",
    "the own inbox": "_INBOX_XAA.answers.trace",
}


@pytest.mark.parametrize("destination", TRACE_DESTINATIONS.values(), ids=TRACE_DESTINATIONS.keys())
async def test_a_message_trace_tells_and_does_nothing_by_way_of(realm: World, destination: str) -> None:
    await realm.overheard()
    before = await realm.snapshot()
    await realm.attacker.strike(OWN, b"bait", {"Nats-Trace-Dest": destination})
    await realm.attacker.ask(OWN, b"honest")
    await realm.settle_delivery()
    assert changes(of_others(before), of_others(await realm.snapshot())) == []
    assert await realm.overheard() == []
    for answer in await realm.attacker.answers():
        for name in (b"OUT_XAA", b"DELIVERY", b"HUB", b"XBB", b"XCC"):
            assert name not in answer.data


async def test_forged_source_headers_do_not_hold_up_another_nations_mail(realm: World) -> None:
    """DELIVERY would skip what XBB sends up to the sequence that such a header claims."""
    forged = "OUT_XBB 1000000 out.XBB.> > out.XBB.op.normal.XCC"
    for name in ("Nats-Stream-Source", "nats-stream-source"):
        await realm.attacker.strike(OWN, b"bait", {name: forged})
    twice = f"HPUB {OWN} %d %d\r\n"
    header = b"NATS/1.0\r\n" + f"Nats-Stream-Source: {forged}\r\n".encode() * 2 + b"\r\n"
    key = realm.broker.keys["XAA"]
    raw = (twice % (len(header), len(header))).encode() + header + b"\r\nPING\r\n"
    assert await _knock(realm.broker, key.public, key.seed, raw) == "PONG"
    await realm.settle_delivery()
    await realm.traffic_among_victims()
    end = (await realm.snapshot())["streams"]["OUT_XBB"]["state"]["last_seq"]
    # At a start DELIVERY looks through these headers for where each source stands.
    await realm.broker.server.kill()
    await realm.broker.server.start()
    await realm.broker.provision()
    async with realm.broker.transport("XBB") as b, realm.broker.transport("XCC") as c:
        assert (await b.publisher.publish_window(bundles("XBB", "XCC", 2, lane="control"), end)).complete
        assert await take(c.mailbox(Lane.CONTROL), 2) == [0, 1]


@pytest.mark.parametrize(
    "subject", ["out.XAA.op.*.XCC", "out.XAA.op.normal.*", "out.XAA.op.normal.>", "out.*.op.normal.XCC"]
)
async def test_a_wildcard_in_a_published_subject_reaches_no_other_nations_mail(
    realm: World, subject: str
) -> None:
    before = await realm.snapshot()
    await realm.attacker.strike(subject, b"bait")
    await realm.attacker.ask(OWN, b"honest")
    await realm.settle_delivery()
    assert changes(of_others(before), of_others(await realm.snapshot())) == []


async def test_a_wildcard_for_a_mode_reaches_its_recipient_only_on_a_subject_that_does_not_parse(
    realm: World,
) -> None:
    await realm.attacker.strike("out.XAA.*.urgent.XCC", b"bait")
    await realm.settle_delivery()
    async with realm.broker.transport("XCC") as transport:
        (bundle,) = await transport.mailbox(Lane.URGENT).fetch(wait=WAIT)
        assert bundle.payload == b"bait"
        with pytest.raises(SubjectError):
            Subject.parse(bundle.subject)


async def test_a_bundle_above_the_servers_limit_costs_the_sender_its_connection_only(realm: World) -> None:
    before = await realm.snapshot()
    key = realm.broker.keys["XAA"]
    announced = f"PUB {OWN} {MAX_PAYLOAD + 1}\r\n".encode()
    answer = await _knock(realm.broker, key.public, key.seed, announced + bytes(MAX_PAYLOAD + 1) + b"\r\n")
    assert answer == "-ERR 'Maximum Payload Violation'"
    assert changes(before, await realm.snapshot()) == []
    await realm.traffic_among_victims()


async def test_filling_the_own_quota_leaves_room_for_everybody_else(tmp_path: Path) -> None:
    broker = Broker(tmp_path, quota_bytes=MAX_PAYLOAD)
    await broker.start()
    try:
        async with broker.transport("XAA") as attacker, broker.transport("XBB") as sender:
            flood = bundles("XAA", "XZZ", 40, size=32 * 1024)
            assert isinstance((await attacker.publisher.publish_window(flood, 0)).error, QuotaExceeded)
            async with broker.transport("XCC") as receiver:
                mail = bundles("XBB", "XCC", 20, size=32 * 1024)
                assert (await sender.publisher.publish_window(mail, 0)).complete
                assert await take(receiver.mailbox(Lane.NORMAL), 20) == list(range(20))
    finally:
        await broker.server.kill()


async def _knock(broker: Broker, claimed: str | None, seed: str | None, then: bytes = b"PING\r\n") -> str:
    """Connect claiming a public nkey, sign the nonce with a seed, say `then`; the server's first answer."""
    port = broker.server.config.port
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    try:
        async with asyncio.timeout(WAIT):
            info = json.loads((await reader.readline()).split(b" ", 1)[1])
            options: dict[str, object] = {
                "headers": True,
                "verbose": False,
                "pedantic": False,
                "lang": "test",
                "version": "0",
            }
            if claimed is not None:
                options["nkey"] = claimed
            if seed is not None:
                signature = nkeys.from_seed(bytearray(seed.encode())).sign(info["nonce"].encode())
                options["sig"] = base64.urlsafe_b64encode(signature).rstrip(b"=").decode()
            writer.write(b"CONNECT " + json.dumps(options).encode() + b"\r\n" + then)
            return (await reader.readline()).decode().strip()
    finally:
        writer.close()


async def test_the_right_key_for_the_claimed_account_is_let_in(broker: Broker) -> None:
    key = broker.keys["XBB"]
    assert await _knock(broker, key.public, key.seed) == "PONG"


async def test_another_accounts_key_is_not_let_in(broker: Broker) -> None:
    for claimed in ("XBB", "HUB", "AUDITOR"):
        answer = await _knock(broker, broker.keys[claimed].public, broker.keys["XAA"].seed)
        assert answer == "-ERR 'Authorization Violation'"


async def test_an_unknown_key_is_not_let_in(broker: Broker) -> None:
    stranger = broker_key(bytes(range(32)))
    assert await _knock(broker, stranger.public, stranger.seed) == "-ERR 'Authorization Violation'"


async def test_no_key_and_no_signature_are_not_let_in(broker: Broker) -> None:
    assert await _knock(broker, None, None) == "-ERR 'Authorization Violation'"
    assert await _knock(broker, broker.keys["XBB"].public, None) == "-ERR 'Authorization Violation'"


async def test_a_revoked_nation_is_cut_off_at_once_and_stays_out_and_the_others_do_not_notice(
    broker: Broker,
) -> None:
    cut: list[bool] = []
    async with broker.transport("XCC", on_change=cut.append) as revoked, broker.transport("XBB") as other:
        assert (await revoked.publisher.publish_window(bundles("XCC", "XBB", 3), 0)).complete
        remaining = [nation for nation in NATIONS if nation != "XCC"]
        await broker.server.reload(broker.config(remaining))
        await revoked.wait_disconnected(WAIT)
        key = broker.keys["XCC"]
        assert await _knock(broker, key.public, key.seed) == "-ERR 'Authorization Violation'"
        assert other.connected
        assert await take(other.mailbox(Lane.NORMAL), 3) == [0, 1, 2]
        assert cut == [True, False]


async def test_a_nation_enrolled_while_the_server_runs_can_send_and_receive_at_once(tmp_path: Path) -> None:
    broker = Broker(tmp_path)
    broker.server = type(broker.server)(broker.config(["XAA", "XBB"]), tmp_path)
    await broker.start()
    try:
        async with broker.transport("XAA") as old:
            await broker.server.reload(broker.config(NATIONS))
            async with broker.transport("XCC") as new:
                assert (await new.publisher.publish_window(bundles("XCC", "XAA", 2), 0)).complete
                assert await take(old.mailbox(Lane.NORMAL), 2) == [0, 1]
                assert (await old.publisher.publish_window(bundles("XAA", "XCC", 2), 0)).complete
                assert await take(new.mailbox(Lane.NORMAL), 2) == [0, 1]
                assert old.connected
    finally:
        await broker.server.kill()


async def test_the_auditor_sees_subjects_and_sizes_of_everything_and_no_byte_of_it(broker: Broker) -> None:
    async with broker.transport("XAA") as sender, broker.client("AUDITOR") as auditor:
        assert (await sender.publisher.publish_window(bundles("XAA", "XBB", 3, size=500), 0)).complete
        inbox = await auditor.subscribe("_INBOX_AUDITOR.pulled")
        await auditor.publish(
            "$JS.API.CONSUMER.MSG.NEXT.DELIVERY.AUDIT",
            b'{"batch": 3, "expires": 10000000000}',
            reply="_INBOX_AUDITOR.pulled",
        )
        for _ in range(3):
            record = await inbox.next_msg(WAIT)
            assert record.subject == "out.XAA.op.normal.XBB"
            assert record.data == b""
            assert (record.headers or {})["Nats-Msg-Size"] == "500"
        errors: list[Exception] = []
        async with broker.client("AUDITOR", errors) as nosy:
            await nosy.publish(next_subject("XBB"), b"", reply="_INBOX_AUDITOR.stolen")
            await nosy.subscribe("out.>")
            await worked_off(nosy)
        assert len(errors) == 2
    async with broker.transport("XBB") as receiver:
        (first, *_) = await receiver.mailbox(Lane.NORMAL).fetch(wait=WAIT)
        assert number_of(first.payload) == 0
