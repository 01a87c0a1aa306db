"""What waits for a second person, over the broker: nothing leaves before, everything after."""

from datetime import timedelta
from typing import Any

import pytest

from gateways.publishing.accepted import Accepted
from gateways.releasing.not_released import NotReleased
from gateways.releasing.second_person import take_word
from schemas.audit import AuditEvent
from tests.flows.second_persons import (
    FLASH,
    R,
    anybody,
    word,
)
from tests.flows.world import Gateway, World, subjects

MINUTE = timedelta(minutes=1)


async def confirm(gateway: Gateway, accepted: Accepted, **changes: Any) -> None:
    said = await gateway.store.read(lambda tx: word(accepted, tx, **changes))
    await take_word(gateway.exchange.context, said, anybody)


async def test_a_flash_leaves_when_a_second_person_says_so_and_not_before(world: World) -> None:
    alfa, bravo, charlie = await world.trio()
    flash = await alfa.publish("XBB", "XCC", header=FLASH, subject="waits")
    assert flash.second_person is not None
    assert flash.second_person.until == world.clock() + 15 * MINUTE
    # What comes later overtakes it, so it had its chance to leave.
    later = await alfa.publish("XBB", "XCC", subject="waits not")
    await alfa.states(later, {"XBB": "delivered", "XCC": "delivered"})
    await alfa.states(flash, {"XBB": "pending_release", "XCC": "pending_release"})
    await confirm(alfa, flash)
    await alfa.states(flash, {"XBB": "delivered", "XCC": "delivered"})
    assert subjects(await bravo.mail(2)) == ["waits not", "waits"]
    assert subjects(await charlie.mail(2)) == ["waits not", "waits"]
    [record] = await alfa.evidence(AuditEvent.RELEASE_CONFIRMED)
    assert (record.actor, record.publication_id, record.count) == ("operator:rita", flash.publication_id, 2)
    decided = await alfa.evidence(AuditEvent.RELEASE_PERMITTED, 6)
    assert [row.partner for row in decided if row.actor == "operator:rita"] == ["XBB", "XCC"]


async def test_nobody_in_time_means_nobody_gets_it(world: World) -> None:
    alfa, bravo = await world.gateway("XAA"), await world.gateway("XBB")
    flash = await alfa.publish("XBB", header=FLASH, subject="too late")
    world.clock.move(15 * MINUTE)
    with pytest.raises(NotReleased, match="RELEASE_NOT_CONFIRMED"):
        await confirm(alfa, flash)
    alfa.exchange.context.releases_changed.set()
    await alfa.states(flash, {"XBB": "withheld"})
    [lapsed] = await alfa.evidence(AuditEvent.RELEASE_LAPSED)
    assert (lapsed.actor, lapsed.reason) == ("gateway", R.RELEASE_NOT_CONFIRMED)
    await alfa.publish("XBB", subject="in time")
    assert subjects(await bravo.mail(1)) == ["in time"]


async def test_what_waits_goes_on_waiting_after_a_restart_and_is_resent_like_anything_else(
    world: World,
) -> None:
    alfa = await world.gateway("XAA")
    flash = await alfa.publish("XBB", header=FLASH, subject="kept")
    await alfa.stop()
    await alfa.start()
    assert alfa.exchange.counters.releases_waiting == 1
    await alfa.states(flash, {"XBB": "pending_release"})
    await confirm(alfa, flash)
    await alfa.states(flash, {"XBB": "sent"})
    world.clock.move(timedelta(hours=7))
    alfa.exchange.context.relay_wanted.set()
    await alfa.evidence(AuditEvent.DELIVERY_RESENT)
    bravo = await world.gateway("XBB")
    await alfa.states(flash, {"XBB": "delivered"})
    assert subjects(await bravo.mail(1)) == ["kept"]
