"""A webhook's whole course, whatever happens in between: nothing lost, nothing out of order."""

import asyncio
from collections.abc import Coroutine
from contextlib import suppress
from typing import Any, TypeVar

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from bus.store import dead_letters, webhooks
from bus.store.errors import StoreUnavailable
from gateways.webhooks.post import PostFailed
from schemas.event import EventType
from tests.webhooks.desk import WEBHOOK, Desk

T = TypeVar("T")


class Course(RuleBasedStateMachine):
    """The model: which events are for the webhook, and which the receiver must have had, once faults end."""

    def __init__(self) -> None:
        super().__init__()
        self.loop = asyncio.new_event_loop()
        self.desk = Desk()
        self.told: list[int] = []
        """Numbers of the events that are for the webhook."""
        self.dropped: set[int] = set()
        self.latest = 0
        self.floor = 0
        """Where the last replay began: order holds from there on."""
        self.since: list[int] = []
        """What was taken since the last replay, dead letters apart."""
        self.seen = 0

    def run(self, work: Coroutine[Any, Any, T]) -> T:
        return self.loop.run_until_complete(work)

    @rule(count=st.integers(1, 3), mine=st.booleans())
    def events_happen(self, count: int, mine: bool) -> None:
        if mine:
            self.desk.happen(count)
            self.told += range(self.latest + 1, self.latest + count + 1)
        else:
            self.desk.happen(count, type=EventType.DELIVERY_CHANGED, publication_id="a")
        self.latest += count

    @rule(steps=st.integers(1, 5))
    def the_sender_steps(self, steps: int) -> None:
        for _ in range(steps):
            again = {each.event_seq for each in self._dead() if each.again}
            assert self.run(self.desk.sender.step()) is not None
            self._took(again)

    @rule()
    def the_gateway_crashes_after_a_post(self) -> None:
        again = {each.event_seq for each in self._dead() if each.again}
        self.desk.store.failing = True
        with suppress(StoreUnavailable):
            self.run(self.desk.sender.step())
        self.desk.store.failing = False
        self.desk.restart()
        self._took(again)

    @rule(fault=st.sampled_from([None, "STATUS_500", "TIMED_OUT"]))
    def the_receiver_changes(self, fault: str | None) -> None:
        self.desk.receiver.fault = None if fault is None else PostFailed(fault)

    @rule(hours=st.sampled_from([0.01, 1, 13, 30]))
    def time_passes(self, hours: float) -> None:
        self.desk.pass_(hours=hours)

    @precondition(lambda self: self.latest)
    @rule(data=st.data())
    def somebody_replays(self, data: st.DataObject) -> None:
        self.floor = data.draw(st.integers(0, self.latest))
        webhooks.replay(self.desk.tx, WEBHOOK, self.floor)
        self.since = []

    @rule()
    def somebody_enables(self) -> None:
        webhooks.enable(self.desk.tx, WEBHOOK)

    @precondition(lambda self: self._dead())
    @rule(data=st.data(), retry=st.booleans())
    def somebody_looks_after_a_dead_letter(self, data: st.DataObject, retry: bool) -> None:
        number = data.draw(st.sampled_from([each.event_seq for each in self._dead()]))
        if retry:
            dead_letters.ask_again(self.desk.tx, WEBHOOK, number)
        else:
            dead_letters.drop(self.desk.tx, WEBHOOK, number)
            self.dropped.add(number)

    @invariant()
    def only_what_is_for_it_was_posted(self) -> None:
        assert set(self.desk.receiver.numbers()) <= set(self.told)

    @invariant()
    def order_holds(self) -> None:
        assert self.since == sorted(self.since)

    def teardown(self) -> None:
        """Once faults end, everything was taken, is a dead letter, was dropped, or skipped by a replay."""
        self.desk.receiver.fault = None
        for _ in range(3 * (len(self.told) + 3)):
            self.desk.pass_(hours=2)
            assert self.run(self.desk.sender.step()) is not None
        had = set(self.desk.receiver.numbers()) | {each.event_seq for each in self._dead()} | self.dropped
        missing = set(self.told) - had
        assert all(number <= self.floor for number in missing)
        assert self.desk.course.failures == 0
        self.desk.close()
        self.loop.close()

    def _dead(self) -> tuple[dead_letters.DeadLetter, ...]:
        return dead_letters.list_after(self.desk.tx, WEBHOOK)

    def _took(self, again: set[int]) -> None:
        numbers = self.desk.receiver.numbers()
        new, self.seen = numbers[self.seen :], len(numbers)
        self.since += [number for number in new if number not in again]


TestCourse = Course.TestCase
TestCourse.settings = settings(max_examples=60, stateful_step_count=30, deadline=None)
