"""One webhook's sender: order, what a crash repeats, when it gives up, what it never posts."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta

import pytest

from bus.store import dead_letters, webhooks
from bus.store.errors import StoreUnavailable
from bus.store.webhooks import Disabled
from gateways.http.api_keys import Scope
from gateways.webhooks.post import PostFailed
from schemas.event import EventType
from schemas.header import Kind, Mode
from schemas.wire import Handling
from tests.gateway.test_display_only import filed
from tests.webhooks.desk import WEBHOOK, Desk

BUSY = PostFailed("STATUS_503")


@pytest.fixture
def desk() -> Iterator[Desk]:
    made = Desk()
    yield made
    made.close()


def dead(desk: Desk) -> list[int]:
    return [each.event_seq for each in dead_letters.list_after(desk.tx, WEBHOOK)]


async def test_events_are_posted_one_after_the_other(desk: Desk) -> None:
    desk.happen(5)
    assert await desk.work() == 60
    assert desk.receiver.numbers() == [1, 2, 3, 4, 5]
    assert desk.course.position == 5
    assert desk.course.delivered_at == desk.at
    assert [headers["webhook-id"] for headers in desk.receiver.headers] == [
        event["id"] for event in desk.receiver.got
    ]
    assert len({event["id"] for event in desk.receiver.got}) == 5


async def test_nothing_is_posted_before_the_one_before_was_taken(desk: Desk) -> None:
    desk.happen(2)
    desk.receiver.fault = BUSY
    pause = await desk.work()
    assert pause is not None
    assert 2.5 <= pause <= 5
    assert desk.receiver.tried == 1
    assert await desk.work() == pause
    assert desk.receiver.tried == 1
    desk.receiver.fault = None
    desk.pass_(seconds=5)
    await desk.work()
    assert desk.receiver.numbers() == [1, 2]
    assert (desk.course.failures, desk.course.failing_since, desk.course.fault) == (0, None, None)


async def test_pauses_grow_to_an_hour_and_no_further(desk: Desk) -> None:
    desk.happen()
    desk.receiver.fault = BUSY
    pauses = []
    for _ in range(14):
        pause = await desk.work()
        assert pause is not None
        pauses.append((desk.course.next_try_at or desk.at) - desk.at)
        desk.at = desk.course.next_try_at or desk.at
    assert pauses[:3] == [timedelta(seconds=2.5), timedelta(seconds=5), timedelta(seconds=10)]
    assert pauses == sorted(pauses)
    assert pauses[-1] == timedelta(minutes=30)


async def test_a_clock_that_is_set_back_stops_nothing_for_long(desk: Desk) -> None:
    desk.happen()
    desk.receiver.fault = BUSY
    await desk.work()
    desk.pass_(days=-365)
    desk.receiver.fault = None
    await desk.work()
    assert desk.receiver.numbers() == [1]


async def test_a_crash_repeats_one_event_at_most(desk: Desk) -> None:
    desk.happen(3)
    assert await desk.sender.step() == 0
    desk.store.failing = True
    with pytest.raises(StoreUnavailable):
        await desk.sender.step()
    desk.store.failing = False
    desk.restart()
    await desk.work()
    assert desk.receiver.numbers() == [1, 2, 2, 3]
    assert desk.receiver.got[1]["id"] == desk.receiver.got[2]["id"]


async def test_what_is_not_taken_for_a_day_becomes_a_dead_letter_and_the_next_is_tried_at_once(
    desk: Desk,
) -> None:
    desk.happen(2)
    desk.receiver.fault = BUSY
    while desk.receiver.tried < 100 and not dead(desk):
        desk.at = desk.course.next_try_at or desk.at
        await desk.sender.step()
    assert dead(desk) == [1]
    tried = desk.receiver.tried
    desk.receiver.fault = None
    await desk.work()
    assert desk.receiver.tried == tried + 1
    assert desk.receiver.numbers() == [2]
    assert desk.audited() == ["webhook.given-up"]
    assert desk.context.counters.alarm_webhook_dead_letters == 1


async def test_a_receiver_that_stays_away_is_not_hammered_with_what_waits(desk: Desk) -> None:
    desk.happen(500)
    desk.receiver.fault = BUSY
    begun = desk.at
    while desk.at - begun < timedelta(days=3):
        await desk.work()
        desk.at = desk.course.next_try_at or desk.at
    assert desk.receiver.tried < 3 * 24 * 2 * 2 + 20
    assert dead(desk) == list(range(1, len(dead(desk)) + 1))
    assert desk.course.position == len(dead(desk))
    desk.receiver.fault = None
    await desk.work(1000)
    assert sorted(dead(desk) + desk.receiver.numbers()) == list(range(1, 501)), "nothing is lost"


async def test_a_dead_letter_is_posted_once_more_when_somebody_asks(desk: Desk) -> None:
    desk.happen(3)
    now = desk.at
    webhooks.given_up(desk.tx, desk.webhook, 1, "STATUS_400", now, now)
    webhooks.given_up(desk.tx, desk.webhook, 2, "STATUS_400", now, now)
    desk.receiver.fault = PostFailed("STATUS_400")
    assert dead_letters.ask_again(desk.tx, WEBHOOK, 2)
    await desk.sender.step()
    [_, second] = dead_letters.list_after(desk.tx, WEBHOOK)
    assert (second.tries, second.again) == (2, False)
    desk.receiver.fault = None
    dead_letters.ask_again(desk.tx, WEBHOOK, 2)
    await desk.work()
    assert desk.receiver.numbers() == [2, 3]
    assert dead(desk) == [1]


async def test_a_dead_letter_behind_a_replay_moves_no_cursor(desk: Desk) -> None:
    desk.happen(4)
    webhooks.given_up(desk.tx, desk.webhook, 3, "STATUS_400", desk.at, desk.at)
    webhooks.replay(desk.tx, WEBHOOK, 0)
    dead_letters.ask_again(desk.tx, WEBHOOK, 3)
    await desk.work()
    assert desk.receiver.numbers() == [3, 1, 2, 3, 4]
    assert dead(desk) == []


async def test_a_dead_letter_that_the_key_may_not_see_any_more_is_dropped(desk: Desk) -> None:
    desk.happen()
    webhooks.given_up(desk.tx, desk.webhook, 1, "STATUS_400", desk.at, desk.at)
    dead_letters.ask_again(desk.tx, WEBHOOK, 1)
    assert desk.caller is not None
    desk.caller = replace(desk.caller, rights=frozenset({Scope.EVENTS_READ.value}))
    await desk.work()
    assert (desk.receiver.tried, dead(desk)) == (0, [])


@pytest.mark.parametrize("change", ["replay", "secret", "remove", "disable"])
async def test_what_came_of_a_post_does_not_undo_what_was_changed_meanwhile(desk: Desk, change: str) -> None:
    desk.happen(3)
    await desk.work()
    desk.happen()

    def act() -> None:
        if change == "replay":
            webhooks.replay(desk.tx, WEBHOOK, 1)
        elif change == "secret":
            webhooks.replace_secret(desk.tx, WEBHOOK, bytes(31) + b"1", desk.at + timedelta(hours=1))
        elif change == "remove":
            webhooks.remove(desk.tx, WEBHOOK)
        else:
            webhooks.disable(desk.tx, WEBHOOK, desk.course.turn, Disabled.GONE, desk.at)

    desk.receiver.before = act
    end = await desk.work()
    if change == "replay":
        assert desk.receiver.numbers() == [1, 2, 3, 4, 2, 3, 4]
    elif change == "secret":
        assert desk.receiver.numbers() == [1, 2, 3, 4, 4]
        signatures = [headers["webhook-signature"] for headers in desk.receiver.headers]
        assert [len(each.split(" ")) for each in signatures] == [1, 1, 1, 1, 2]
    else:
        assert (end, desk.receiver.numbers()) == (None, [1, 2, 3, 4])


async def test_a_replay_during_the_last_try_of_an_event_is_not_lost(desk: Desk) -> None:
    desk.happen(2)
    desk.receiver.fault = BUSY
    await desk.work()
    desk.pass_(hours=25)
    desk.receiver.before = lambda: webhooks.replay(desk.tx, WEBHOOK, 0)
    await desk.sender.step()
    assert (dead(desk), desk.course.position, desk.course.failures) == ([], 0, 0)


async def test_the_former_secret_signs_until_its_time_is_over(desk: Desk) -> None:
    webhooks.replace_secret(desk.tx, WEBHOOK, bytes(31) + b"1", desk.at + timedelta(hours=24))
    desk.happen()
    await desk.work()
    desk.pass_(hours=24)
    desk.happen()
    await desk.work()
    counts = [len(headers["webhook-signature"].split(" ")) for headers in desk.receiver.headers]
    assert counts == [2, 1]


@pytest.mark.parametrize("how", ["revoked", "no right"])
async def test_without_a_good_key_nothing_is_posted(desk: Desk, how: str) -> None:
    desk.happen()
    assert desk.caller is not None
    desk.caller = None if how == "revoked" else replace(desk.caller, rights=frozenset({"inbox:read"}))
    assert await desk.work() is None
    assert (desk.receiver.tried, desk.course.disabled) == (0, Disabled.KEY)
    assert desk.audited() == ["webhook.disabled"]
    assert await desk.sender.step() is None


async def test_gone_disables_and_keeps_the_event(desk: Desk) -> None:
    desk.happen()
    desk.receiver.fault = PostFailed("STATUS_410", gone=True)
    assert await desk.work() is None
    assert (desk.course.disabled, desk.course.position) == (Disabled.GONE, 0)
    desk.receiver.fault = None
    webhooks.enable(desk.tx, WEBHOOK)
    await desk.work()
    assert desk.receiver.numbers() == [1]


async def test_what_is_forgotten_is_counted_and_the_rest_is_posted(desk: Desk) -> None:
    desk.happen(10)
    desk.tx.execute("DELETE FROM event WHERE event_seq <= 7")
    webhooks.replay(desk.tx, WEBHOOK, 2)
    await desk.work()
    assert desk.receiver.numbers() == [8, 9, 10]
    assert desk.course.forgotten == 5


async def test_what_is_for_others_moves_the_cursor_now_and_then(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("gateways.webhooks.sender.PASSED_OVER", 10)
    hidden = {"type": EventType.DELIVERY_CHANGED, "publication_id": "a", "kind": Kind.THREAT_ALERT}
    desk.happen(9, **hidden)
    await desk.work()
    assert desk.course.position == 0, "one write for nine events that are not for it would be too many"
    desk.happen(3, **hidden)
    await desk.work()
    assert desk.course.position == 12
    desk.happen()
    await desk.work()
    assert desk.receiver.numbers() == [13]


async def test_only_what_was_asked_for_is_posted() -> None:
    desk = Desk(types=(EventType.LANE_ALARM,), modes=(Mode.EXERCISE,))
    desk.happen()
    desk.happen(type=EventType.LANE_ALARM, mode=Mode.OPERATION)
    desk.happen(type=EventType.LANE_ALARM, mode=Mode.EXERCISE)
    await desk.work()
    assert desk.receiver.numbers() == [3]
    desk.close()


async def test_a_message_comes_with_its_entry_and_a_recalled_one_without_content(desk: Desk) -> None:
    desk.receive(filed(1, Handling.RELEASE, "HERON"))
    desk.receiver.fault = BUSY
    await desk.work()
    desk.tx.execute("UPDATE inbox SET recalled_at = 1, content = x''")
    desk.receiver.fault = None
    desk.pass_(minutes=1)
    desk.receive(filed(3, Handling.RELEASE, "EGRET"))
    await desk.work()
    recalled, whole = (event["data"]["entry"] for event in desk.receiver.got)
    assert "message" not in recalled
    assert whole["message"]["header"]["subject"] == "EGRET"
    assert "HERON" not in str(desk.receiver.got)


async def test_a_message_that_only_people_may_look_at_is_passed_over(desk: Desk) -> None:
    desk.receive(filed(2, Handling.DISPLAY_ONLY, "HERON"))
    desk.receive(filed(3, Handling.RELEASE))
    await desk.work()
    assert desk.receiver.numbers() == [2]
