"""Ours through the library: accept, relay, seal, broker, admit, inbox, receipt, everything durable."""

from dataclasses import dataclass
from statistics import median

from benchmarks.children import Child
from benchmarks.world import founded, running_broker, running_nations
from drills.load.processes import cpu_seconds
from drills.load.realm import nations

AT_ONCE = 256
WARM_UP = 300
ROUND_SECONDS = 6.0
"""A round has as many messages as take about so long, going by the warm-up, and no more than asked for."""
IDLE_PAUSE = 0.01
IDLE_SECONDS = 12.0
"""One message at a time goes on for this long at most."""


@dataclass(frozen=True)
class Saturated:
    """Medians of the rounds. ``per_second``: deliveries, from first accept to last receipt recorded."""

    recipients: int
    messages: int
    per_second: float
    accepts_per_second: float
    originator_cpu: float
    """Microseconds of the originator's process per delivery."""
    recipient_cpu: float
    """Microseconds of one recipient's process per delivery it got."""
    broker_cpu: float
    """Microseconds of the broker per delivery."""
    originator_resident: int
    recipient_resident: int


@dataclass(frozen=True)
class Idle:
    """Seconds from the call of accept to the commit in the inbox, over every message and recipient."""

    recipients: int
    samples: int
    p50: float
    p99: float


def percentile(values: list[float], part: float) -> float:
    """The value below which ``part`` of the sorted values lie (nearest rank)."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(part * len(ordered)))]


async def measure(recipients: int, *, messages: int, rounds: int, idle: int) -> tuple[Saturated, Idle]:
    """One realm of ``recipients`` + 1 nations: saturated rounds, then one message at a time."""
    count = recipients + 1
    names = list(nations(count)[1:])
    with founded(count) as (state, _):
        async with running_broker(state) as broker:
            async with running_nations(state, broker, count) as (originator, others):
                warm = await originator.ask("load", recipients=names, count=WARM_UP, at_once=AT_ONCE)
                messages = bounded(messages, WARM_UP, warm["seconds"])
                saturated = await _saturated(originator, others, broker.pid, names, messages, rounds)
                return saturated, await _idle(originator, others, names, idle)


def bounded(messages: int, done: int, seconds: float) -> int:
    """How many messages a round has when ``done`` of them took ``seconds``."""
    return max(100, min(messages, int(done * ROUND_SECONDS / seconds)))


async def _saturated(
    originator: Child, others: tuple[Child, ...], broker: int, names: list[str], messages: int, rounds: int
) -> Saturated:
    rates, accepts, ours, theirs, brokers = [], [], [], [], []
    for _ in range(rounds):
        before = [await other.ask("usage") for other in others]
        broker_before = cpu_seconds(broker)
        result = await originator.ask("load", recipients=names, count=messages, at_once=AT_ONCE)
        after = [await other.ask("usage") for other in others]
        arrived = [new["inbox"] - old["inbox"] for old, new in zip(before, after, strict=True)]
        if set(arrived) != {messages}:
            raise RuntimeError(f"{messages} messages were sent to each, inboxes grew by {arrived}")
        spent = [new["cpu_seconds"] - old["cpu_seconds"] for old, new in zip(before, after, strict=True)]
        deliveries = messages * len(names)
        rates.append(deliveries / result["seconds"])
        accepts.append(messages / result["accept_seconds"])
        ours.append(1e6 * result["cpu_seconds"] / deliveries)
        theirs.append(1e6 * median(spent) / messages)
        brokers.append(1e6 * (cpu_seconds(broker) - broker_before) / deliveries)
    held = await originator.ask("usage")
    return Saturated(
        len(names),
        messages,
        median(rates),
        median(accepts),
        median(ours),
        median(theirs),
        median(brokers),
        held["resident"],
        max(row["resident"] for row in after),
    )


async def _idle(originator: Child, others: tuple[Child, ...], names: list[str], count: int) -> Idle:
    for other in others:
        await other.ask("arrivals")
    sent = (
        await originator.ask("idle", recipients=names, count=count, pause=IDLE_PAUSE, seconds=IDLE_SECONDS)
    )["sent"]
    times = []
    for other in others:
        arrived = (await other.ask("arrivals"))["arrived"]
        times += [arrived[message_id] - began for message_id, began in sent.items()]
    return Idle(len(names), len(times), percentile(times, 0.5), percentile(times, 0.99))
