"""Provisioning: idempotent, additive, and loud where what exists must not be changed."""

import asyncio
import json
import os
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import pytest

from bus.broker_keys import broker_key
from bus.nats_config import MAX_PAYLOAD
from bus.provisioning import ConfigurationConflict, ProvisioningError, provision
from bus.stream_plan import RealmStreams
from schemas.wire import Lane
from tests.broker_fixtures import WAIT, Broker, bundles
from tests.transport.attack_world import Json, changes, world
from tests.transport.receiving import take


async def ask(broker: Broker, operation: str, body: Mapping[str, object] | None = None) -> Json:
    async with broker.client("HUB") as admin:
        request = json.dumps(body or {}).encode()
        answer: Json = json.loads((await admin.request(f"$JS.API.{operation}", request, timeout=WAIT)).data)
    assert "error" not in answer, answer
    return answer


async def test_provisioning_again_changes_nothing(tmp_path: Path) -> None:
    async with world(tmp_path) as realm:
        before = await realm.snapshot()
        await realm.broker.provision()
        assert changes(before, await realm.snapshot()) == []


async def test_the_realms_settings_are_those_of_the_reference(broker: Broker) -> None:
    out = (await ask(broker, "STREAM.INFO.OUT_XAA"))["config"]
    assert out["subjects"] == ["out.XAA.*.*.*"]
    assert (out["retention"], out["discard"], out["storage"]) == ("limits", "new", "file")
    assert out["max_bytes"] == broker.realm.quota_bytes
    assert out["duplicate_window"] == 100_000_000
    assert out["deny_delete"]
    delivery = (await ask(broker, "STREAM.INFO.DELIVERY"))["config"]
    assert not delivery.get("subjects")
    assert delivery["deny_delete"]
    assert delivery["deny_purge"]
    assert delivery["max_bytes"] >= broker.realm.quota_bytes * len(broker.nations)
    assert delivery["max_age"] == out["max_age"] == 30 * 24 * 3600 * 10**9
    assert {s["name"]: s["filter_subject"] for s in delivery["sources"]} == {
        f"OUT_{n}": f"out.{n}.>" for n in broker.nations
    }
    for nation in broker.nations:
        for lane in Lane:
            durable = (await ask(broker, f"CONSUMER.INFO.DELIVERY.{nation}-{lane.value}"))["config"]
            assert durable["filter_subject"] == f"out.*.*.{lane.value}.{nation}"
            assert (durable["ack_policy"], durable["deliver_policy"]) == ("explicit", "all")
            assert (durable["max_ack_pending"], durable["max_waiting"]) == (1000, 16)
            assert durable["max_deliver"] == -1
            assert "deliver_subject" not in durable
    assert (await ask(broker, "CONSUMER.INFO.DELIVERY.AUDIT"))["config"]["headers_only"]


async def test_a_nation_that_joins_later_is_added_beside_the_others_and_their_mail(tmp_path: Path) -> None:
    broker = Broker(tmp_path)
    everybody = broker.realm
    broker.realm = replace(everybody, nations=("XAA", "XBB"))
    await broker.start()
    try:
        async with broker.transport("XAA") as sender, broker.transport("XCC") as late:
            assert (await sender.publisher.publish_window(bundles("XAA", "XBB", 3), 0)).complete
            assert (await sender.publisher.publish_window(bundles("XAA", "XCC", 2), 3)).complete
            broker.realm = everybody
            await broker.provision()
            # Also what was addressed to it before it joined.
            assert await take(late.mailbox(Lane.NORMAL), 2) == [0, 1]
            assert (await late.publisher.publish_window(bundles("XCC", "XAA", 1), 0)).complete
            assert await take(sender.mailbox(Lane.NORMAL), 1) == [0]
        async with broker.transport("XBB") as early:
            assert await take(early.mailbox(Lane.NORMAL), 3) == [0, 1, 2]
    finally:
        await broker.server.kill()


async def test_a_nation_that_leaves_keeps_its_streams_and_the_others_their_sources(broker: Broker) -> None:
    fewer = replace(broker.realm, nations=("XAA",))
    await provision([broker.url], broker.keys["HUB"].seed, fewer)
    delivery = (await ask(broker, "STREAM.INFO.DELIVERY"))["config"]
    assert {s["name"] for s in delivery["sources"]} == {f"OUT_{n}" for n in broker.nations}
    assert delivery["max_bytes"] == 3 * fewer.quota_bytes


async def test_quota_and_age_are_updated_in_place(broker: Broker) -> None:
    async with broker.transport("XAA") as sender:
        assert (await sender.publisher.publish_window(bundles("XAA", "XBB", 3), 0)).complete
        wider = replace(broker.realm, quota_bytes=2 * broker.realm.quota_bytes, max_age_seconds=3600)
        await provision([broker.url], broker.keys["HUB"].seed, wider)
        info = await ask(broker, "STREAM.INFO.OUT_XAA")
        assert info["config"]["max_bytes"] == wider.quota_bytes
        assert info["config"]["max_age"] == 3600 * 10**9
        assert info["state"]["messages"] == 3


@pytest.mark.parametrize(
    ("field", "value"),
    [("discard", "old"), ("duplicate_window", 10**9), ("subjects", ["out.XAA.>"]), ("allow_direct", True)],
    ids=["oldest bundles dropped", "another duplicate window", "other subjects", "direct access"],
)
async def test_a_stream_configured_otherwise_is_an_error_naming_it_and_the_field(
    broker: Broker, field: str, value: object
) -> None:
    config = (await ask(broker, "STREAM.INFO.OUT_XAA"))["config"]
    await ask(broker, "STREAM.UPDATE.OUT_XAA", {**config, field: value})
    with pytest.raises(ConfigurationConflict) as caught:
        await broker.provision()
    assert (caught.value.name, caught.value.field) == ("OUT_XAA", field)


async def test_a_mailbox_with_a_wider_filter_is_an_error_naming_it_and_the_field(broker: Broker) -> None:
    config = (await ask(broker, "CONSUMER.INFO.DELIVERY.XAA-normal"))["config"]
    wider = {"stream_name": "DELIVERY", "config": {**config, "filter_subject": "out.>"}, "action": "update"}
    await ask(broker, "CONSUMER.DURABLE.CREATE.DELIVERY.XAA-normal", wider)
    with pytest.raises(ConfigurationConflict) as caught:
        await broker.provision()
    assert (caught.value.name, caught.value.field) == ("XAA-normal", "filter_subject")


async def test_a_nations_key_cannot_provision(broker: Broker) -> None:
    with pytest.raises(ProvisioningError):
        await provision([broker.url], broker.keys["XAA"].seed, broker.realm, patience=0.3)


async def test_a_key_nobody_knows_and_a_server_that_is_not_there_are_errors(broker: Broker) -> None:
    with pytest.raises(ProvisioningError):
        await provision([broker.url], broker_key(os.urandom(32)).seed, broker.realm)
    await broker.server.kill()
    with pytest.raises(ProvisioningError):
        await broker.provision()


async def test_more_quota_than_the_server_may_use_is_an_error(tmp_path: Path) -> None:
    broker = Broker(tmp_path)
    broker.realm = RealmStreams(broker.nations, quota_bytes=broker.server.config.max_file_bytes)
    with pytest.raises(ProvisioningError, match="insufficient"):
        await broker.start()
    await broker.server.kill()


def test_a_quota_below_one_bundle_and_a_bad_nation_are_refused() -> None:
    with pytest.raises(ValueError, match="largest size"):
        RealmStreams(("XAA",), quota_bytes=MAX_PAYLOAD - 1)
    with pytest.raises(ValueError, match="upper-case"):
        RealmStreams(("X*A",))


async def test_provisioning_that_is_cancelled_at_any_moment_stops_and_says_so(broker: Broker) -> None:
    """nats-py swallows a cancellation that comes while it sends: Ctrl-C would be lost."""
    for rounds in range(1, 200, 7):
        work = asyncio.create_task(broker.provision())
        for _ in range(rounds):
            await asyncio.sleep(0)
        if work.done():
            break
        work.cancel()
        with pytest.raises(asyncio.CancelledError):
            await work
    await broker.provision()
