"""Taking a known number of bundles out of a mailbox, with and without repeats."""

import asyncio

from bus.ports import Mailbox
from tests.broker_fixtures import WAIT, number_of


async def take(mailbox: Mailbox, count: int, *, ack: bool = True) -> list[int]:
    """The numbers of the next `count` bundles (TimeoutError when they do not come)."""
    numbers: list[int] = []
    async with asyncio.timeout(WAIT):
        while len(numbers) < count:
            for bundle in await mailbox.fetch(count - len(numbers)):
                numbers.append(number_of(bundle.payload))
                if ack:
                    await bundle.ack()
    return numbers


async def take_until(mailbox: Mailbox, last: int) -> list[int]:
    """Numbers as they came, repeats included, until `last` has come."""
    numbers: list[int] = []
    async with asyncio.timeout(WAIT):
        while last not in numbers:
            for bundle in await mailbox.fetch():
                numbers.append(number_of(bundle.payload))
                await bundle.ack()
    return numbers


def first_seen(numbers: list[int]) -> list[int]:
    """The numbers without repeats, in order of first arrival: what an inbox that de-duplicates files."""
    return list(dict.fromkeys(numbers))
