"""Pages that read much at the gateway: all of it, but not so fast that the operator's acts are refused."""

import pytest

from console import pace
from console.gateway import GatewayLink, Refused, SeatGateway
from console.pace import Pace, TooMany
from console.sessions import Session
from tests.console.test_sessions import OPERATOR, tokens


class Clock:
    """Goes on when somebody sleeps."""

    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now

    async def sleep(self, seconds: float) -> None:
        """Pass the time."""
        self.now += seconds


async def test_reads_come_at_once_and_then_at_a_rate_that_leaves_room_for_others() -> None:
    clock = Clock()
    made = Pace(clock, clock.sleep)
    for _ in range(pace.AT_ONCE):
        await made.turn()
    assert clock.now == 1000
    for _ in range(100):
        await made.turn()
    assert clock.now == pytest.approx(1000 + 100 / pace.PER_SECOND)
    await clock.sleep(3600)
    for _ in range(pace.AT_ONCE):
        await made.turn()
    assert clock.now == pytest.approx(4600 + 100 / pace.PER_SECOND), "a long rest saves up no more than that"


async def test_who_would_wait_for_too_long_is_refused_and_takes_no_place() -> None:
    clock = Clock()

    async def nobody_waits(_: float) -> None: ...

    session = Session(tokens("0"), OPERATOR)
    made = session.pace = Pace(clock, nobody_waits)
    for _ in range(pace.AT_ONCE + int(pace.LONGEST_WAIT * pace.PER_SECOND)):
        await made.turn()
    for _ in range(3):
        with pytest.raises(TooMany) as many:
            await made.turn()
    assert pace.LONGEST_WAIT < many.value.seconds < pace.LONGEST_WAIT + 1
    with pytest.raises(Refused) as no:
        await SeatGateway(GatewayLink("http://127.0.0.1:9"), session).get_in_turn("/v1/inbox")
    assert (no.value.status, no.value.code, no.value.retry_after) == (429, "RATE_LIMITED", "21")
    clock.now += 1
    await made.turn()
