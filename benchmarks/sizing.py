"""How large a machine has to be: what realms of several sizes take at several rates, by processor time.

Every nation sends in turn, each message goes to all others: the most that so many nations can make of a rate.
What is measured is processor time, memory and disk, never how long something took: other work on the machine
moves the figures, but not by much.
"""

import asyncio
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from statistics import fmean, linear_regression, median

import httpx

from drills.load.figures import LoadFigures
from drills.load.mix import parse_mix
from drills.load.play import LoadPlay
from drills.load.processes import ProcessWatch, resident_bytes
from drills.load.realm import LABEL, load_realm, nations
from drills.load.sends import Load
from drills.partner_system import GatewayAccess
from entente.child_process import ChildProcess
from entente.drill_load import new_exercise
from entente.drill_load_realm import RealmSurroundings
from entente.realm import RunningRealm, found_or_keep, running_realm
from entente.state_dir import StateDir

NATIONS = (3, 5, 10)
RATES = (1.0, 10.0, 50.0)
MIX = "threat_alert=70,exercise_notice=20,information_request=10"
SECONDS = 12.0
REST_SECONDS = 6.0
SETTLE_SECONDS = 60.0
_PATIENCE = 60.0


@dataclass(frozen=True)
class Sized:
    """One rate in one realm. Shares of one processor; seconds; bytes."""

    nations: int
    rate: float
    accepted_per_second: float
    """Below the rate where the machine did not keep up."""
    messages: int
    copies: int
    gateway_share: float
    """Of one gateway; the mean of all."""
    broker_share: float
    gateways_cpu: float
    """Of all gateways for one message, above what they take at rest."""
    broker_cpu: float
    gateway_resident: int
    broker_resident: int


@dataclass(frozen=True)
class Rest:
    """One realm with nothing to do, and what its disk grew by for each message of all its rates together."""

    nations: int
    gateway_share: float
    broker_share: float
    gateway_resident: int
    broker_resident: int
    gateways_octets: float
    """Of all gateways for one message."""
    broker_octets: float


@dataclass(frozen=True)
class Sizing:
    """The whole table."""

    sized: tuple[Sized, ...]
    rests: tuple[Rest, ...]
    console_resident: int
    """A console of one nation, when it has served its first page."""

    def cpu_of(self, rate: float) -> tuple[float, float]:
        """Seconds of gateways' processor time for a message, and more for each recipient, at this rate."""
        return _line({each.nations: each.gateways_cpu for each in self.sized if each.rate == rate})

    @property
    def octets(self) -> tuple[float, float]:
        """Bytes in all gateways' stores for a message, and more for each recipient."""
        return _line({each.nations: each.gateways_octets for each in self.rests})


def _line(by_nations: Mapping[int, float]) -> tuple[float, float]:
    fitted = linear_regression([count - 1 for count in by_nations], list(by_nations.values()))
    return fitted.intercept, fitted.slope


async def measure(scale: float) -> Sizing:
    """Realms one after the other, each at every rate. RuntimeError when one lost anything."""
    sized: list[Sized] = []
    rests: list[Rest] = []
    console = 0
    for count in NATIONS:
        with tempfile.TemporaryDirectory(prefix="entente-sizing-") as directory:
            place = StateDir(Path(directory) / "state")
            with place.locked() as lock:
                found_or_keep(place, load_realm(count))
                async with running_realm(place, lock, lambda _: None) as realm:
                    surroundings = RealmSurroundings(realm)
                    before = surroundings.kept()
                    rest = await _rest(realm, REST_SECONDS * scale)
                    points = [await _at_rate(realm, rate, rest, SECONDS * scale) for rate in RATES]
                    if not console:
                        console = await _console(realm, lock)
                # Stopped in order, stores hold what they hold: their logs are written back.
                sized += points
                rests.append(
                    _with_disk(before, surroundings.kept(), rest, sum(each.messages for each in points))
                )
    return Sizing(tuple(sized), tuple(rests), console)


async def _rest(realm: RunningRealm, seconds: float) -> Rest:
    watch, surroundings = ProcessWatch(), RealmSurroundings(realm)
    watch.look(0.0, surroundings.pids())
    await asyncio.sleep(seconds)
    watch.look(seconds, surroundings.pids())
    used = watch.used()
    broker = used.pop("broker")
    return Rest(
        nations=len(used),
        gateway_share=fmean(each.cpu_seconds for each in used.values()) / seconds,
        broker_share=broker.cpu_seconds / seconds,
        gateway_resident=int(median(each.resident_last for each in used.values())),
        broker_resident=broker.resident_last,
        gateways_octets=0.0,
        broker_octets=0.0,
    )


async def _at_rate(realm: RunningRealm, rate: float, rest: Rest, seconds: float) -> Sized:
    accesses = {
        nation: GatewayAccess(nation, address.url, address.key) for nation, address in realm.gateways.items()
    }
    load = Load(nations(len(accesses)), rate, seconds, parse_mix(MIX), seed=1)
    play = LoadPlay(
        load, accesses, LABEL, new_exercise(), RealmSurroundings(realm), lambda _: None, SETTLE_SECONDS
    )
    figures = await play.play()
    if not figures.all_arrived:
        raise RuntimeError(f"{rest.nations} nations at {rate:g}/s: something was lost: {figures.as_json()}")
    return _sized(figures, rate, rest)


def _sized(figures: LoadFigures, rate: float, rest: Rest) -> Sized:
    used = dict(figures.processes)
    broker = used.pop("broker")
    gateways = sum(each.cpu_seconds for each in used.values())
    at_rest = len(used) * rest.gateway_share * figures.seconds
    return Sized(
        nations=len(used),
        rate=rate,
        accepted_per_second=figures.accepted_per_second,
        messages=figures.accepted,
        copies=figures.copies,
        gateway_share=gateways / len(used) / figures.seconds,
        broker_share=broker.cpu_seconds / figures.seconds,
        gateways_cpu=max(0.0, gateways - at_rest) / figures.accepted,
        broker_cpu=max(0.0, broker.cpu_seconds - rest.broker_share * figures.seconds) / figures.accepted,
        gateway_resident=int(median(each.resident_last for each in used.values())),
        broker_resident=broker.resident_last,
    )


def _with_disk(before: Mapping[str, int], after: Mapping[str, int], rest: Rest, messages: int) -> Rest:
    grown = {name: octets - before[name] for name, octets in after.items()}
    broker = grown.pop("broker")
    return Rest(
        rest.nations,
        rest.gateway_share,
        rest.broker_share,
        rest.gateway_resident,
        rest.broker_resident,
        gateways_octets=sum(grown.values()) / messages,
        broker_octets=broker / messages,
    )


async def _console(realm: RunningRealm, lock: int) -> int:
    """Start a console of the first nation, ask it for a page, and see what it holds."""
    nation, address = next(iter(realm.gateways.items()))
    port = realm.state.ports(("console",))["console"]
    environment = {
        "ENTENTE_CONSOLE_NATION": nation,
        "ENTENTE_CONSOLE_GATEWAY_URL": address.url,
        "ENTENTE_CONSOLE_PORT": str(port),
        "ENTENTE_CONSOLE_MODES": '["EXERCISE", "TEST"]',
    }
    log = realm.state.path / "console.log"
    process = ChildProcess("the console", ("console", "run"), environment, log, lambda _: None, lock)
    await process.start()
    try:
        async with asyncio.timeout(_PATIENCE), httpx.AsyncClient(trust_env=False) as client:
            while True:
                try:
                    answer = await client.get(f"http://127.0.0.1:{port}/", follow_redirects=True)
                    answer.raise_for_status()
                    return resident_bytes(process.pid or 0)
                except httpx.TransportError:
                    await asyncio.sleep(0.1)
    finally:
        await process.stop()
