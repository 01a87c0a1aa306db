"""What a mailbox makes of what the broker sends it: the test is the broker."""

import asyncio
from types import SimpleNamespace
from typing import Any

from nats.aio.msg import Msg

from bus.transport.session import Session


async def session_that_asked_for(count: int) -> Session:
    link: Any = SimpleNamespace(watch=lambda event: None, lost=asyncio.Event())
    session = Session(link)
    session.outstanding = count
    return session


def bundle(number: int) -> Msg:
    client: Any = None
    reply = f"$JS.ACK.DELIVERY.XBB-normal.1.{number}.{number}.1.0"
    return Msg(client, "out.XAA.op.normal.XBB", reply, b"", None)


async def test_more_bundles_than_were_asked_for_are_not_gathered() -> None:
    session = await session_that_asked_for(2)
    await session.take(bundle(1))
    await session.take(bundle(2))
    assert (session.usable, len(session.buffer)) == (True, 2)
    await session.take(bundle(3))
    assert (session.usable, len(session.buffer)) == (False, 0)
