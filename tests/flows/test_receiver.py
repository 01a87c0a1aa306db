"""A lane goes on whatever happens with one of its bundles: the test is the mailbox and what files."""

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from types import SimpleNamespace
from typing import Any

import pytest

from bus.ports import IncomingBundle
from gateways.context import FlowLimits
from gateways.counters import Counters
from gateways.receiving import receive
from gateways.receiving.mail import Filed, OpenedMail
from gateways.receiving.receive import TRIES, Receiver
from schemas.wire import Lane
from tests.broker_fixtures import WAIT

NUMBERS = list(range(8))
UNLUCKY = 3


@dataclass
class Mail:
    """One bundle of the mailbox."""

    number: int
    mailbox: "ListedMailbox"
    subject: str = "out.XBB.op.normal.XAA"

    @property
    def payload(self) -> bytes:
        return b"%d" % self.number

    @property
    def stream_seq(self) -> int:
        return self.number

    consumer_seq = stream_seq
    num_delivered = 1

    async def ack(self) -> None:
        self.mailbox.done.add(self.number)
        if len(self.mailbox.done) == len(NUMBERS):
            self.mailbox.empty.set()

    async def term(self) -> None:
        self.mailbox.terminated.append(self.number)
        await self.ack()

    async def nak(self, delay: float = 0.0) -> None:
        self.mailbox.rewind(self.number)


@dataclass
class ListedMailbox:
    """Hands out what is not done, two at a time, and again from where it is rewound to."""

    done: set[int] = field(default_factory=set)
    terminated: list[int] = field(default_factory=list)
    next: int = 0
    empty: asyncio.Event = field(default_factory=asyncio.Event)

    def rewind(self, number: int) -> None:
        self.next = min(self.next, number)

    async def fetch(self, limit: int = 64, wait: float = 1.0) -> Sequence[IncomingBundle]:
        await asyncio.sleep(0)
        found = [n for n in NUMBERS if n >= self.next and n not in self.done][:2]
        self.next = found[-1] + 1 if found else self.next
        return [Mail(number, self) for number in found]

    def receive(self) -> Any:
        raise AssertionError("not asked for here")

    async def close(self) -> None:
        return


async def worked_off(monkeypatch: pytest.MonkeyPatch, **replaced: Callable[..., Any]) -> tuple[Any, ...]:
    """What was filed, in order, what was terminated, and the counters, once nothing is left to do."""
    filed: list[int] = []

    def file(context: Any, tx: Any, mail: OpenedMail) -> Filed:
        assert mail.opened is not None
        filed.append(int(mail.sealed))
        return Filed()

    def opened(context: Any, subject: str, sealed: bytes) -> OpenedMail:
        return OpenedMail(subject, sealed, context.trust, opened=context)

    async def write(job: Callable[[Any], Any]) -> Any:
        return job(None)

    for name, stand_in in {"file_mail": file, "open_mail": opened, **replaced}.items():
        monkeypatch.setattr(receive, name, stand_in)
    monkeypatch.setattr(receive, "NAK_SECONDS", 0.0)
    monkeypatch.setattr(Filed, "count", lambda *_: None)
    context: Any = SimpleNamespace(
        nation="XAA",
        trust=None,
        limits=FlowLimits(),
        counters=Counters(),
        store=SimpleNamespace(write=write),
    )
    mailbox = ListedMailbox()
    receiver = Receiver(context, mailbox, Lane.NORMAL)
    receiver.start()
    await asyncio.wait_for(mailbox.empty.wait(), WAIT)
    await receiver.stop()
    return filed, mailbox.terminated, context.counters


def refused(context: Any, tx: Any, mail: OpenedMail) -> Filed:
    return Filed(end="term")


async def test_a_bundle_that_our_code_cannot_open_is_refused_and_those_beside_it_are_filed_in_order(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def opened(context: Any, subject: str, sealed: bytes) -> OpenedMail:
        if int(sealed) == UNLUCKY:
            raise LookupError("a fault of ours")
        return OpenedMail(subject, sealed, context.trust, opened=context)

    filed, terminated, counters = await worked_off(monkeypatch, open_mail=opened, refuse_unfilable=refused)
    assert filed == [number for number in NUMBERS if number != UNLUCKY]
    assert terminated == [UNLUCKY]
    assert counters.alarm_faults >= TRIES


async def test_a_batch_that_cannot_even_be_refused_comes_again_and_the_lane_goes_on(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    faults = iter(range(TRIES + 1))

    def opened(context: Any, subject: str, sealed: bytes) -> OpenedMail:
        unlucky = int(sealed) == UNLUCKY and next(faults, None) is not None
        return OpenedMail(subject, sealed, context.trust, opened=None if unlucky else context)

    def also_fails(context: Any, tx: Any, mail: OpenedMail) -> Filed:
        raise LookupError("a fault of ours")

    filed, terminated, _ = await worked_off(monkeypatch, open_mail=opened, refuse_unfilable=also_fails)
    assert (filed, terminated) == (NUMBERS, [])
