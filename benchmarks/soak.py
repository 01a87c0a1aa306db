"""``python -m benchmarks.soak``: a realm under steady traffic for a while, restarts in between, then judged.

Nothing may be lost or come twice, and no process and no file may grow but by what it has to keep. Exit code 2
when something did. Time is no judge of anything, except of latencies where nothing else runs on the machine.
"""

import argparse
import asyncio
import json
import sys
import tempfile
from collections import defaultdict
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from benchmarks.steadiness import (
    Finding,
    Point,
    disk_flat,
    latency_steady,
    nothing_lost,
    processes_flat,
)
from drills.load.desk import Desk
from drills.load.figures import LoadFigures, Times
from drills.load.mix import USUAL_MIX, parse_mix
from drills.load.play import LoadPlay, Standing
from drills.load.processes import MIB
from drills.load.realm import LABEL, load_realm, nations
from drills.load.sends import Load
from drills.partner_system import GatewayAccess
from entente.drill_load import new_exercise
from entente.drill_load_realm import RealmSurroundings
from entente.realm import RunningRealm, found_or_keep, running_realm
from entente.state_dir import StateDir

NATIONS = 3
SETTLE_SECONDS = 60.0
GATEWAY_KILLED = 0.1
BROKER_STOPPED = 0.2
JUDGED_FROM = 0.4
"""Parts of the time: one gateway is killed, the broker stopped, and what grows after that is judged."""
AWAY_SECONDS = 2.0
READ_SECONDS = 10.0
DISK_SECONDS = 10.0
SIDE_LOOKS = ("/v1/partners", "/metrics", "/v1/messages?limit=20", "/v1/receipts?overdue=true&limit=20")
"""What a nation's own systems look at besides its inbox, in turn."""
LINE_SECONDS = 60.0


@dataclass
class _Reader:
    """Reads a nation's inbox page by page, by its cursor alone, while the stream is open as well."""

    desk: Desk
    after: int = 0
    looks: int = 0
    read: dict[tuple[str, str], int] = field(default_factory=lambda: defaultdict(int))

    async def look(self) -> None:
        """The pages that are new, and one other address."""
        while (page := await self._get(f"/v1/inbox?after={self.after}&limit=100"))["items"]:
            for entry in page["items"]:
                self.read[entry["originator"], entry["message_id"]] += 1
            self.after = page["next"]

    async def look_aside(self) -> None:
        """One of the other addresses."""
        self.looks += 1
        await self.desk.ask("GET", SIDE_LOOKS[self.looks % len(SIDE_LOOKS)])

    async def _get(self, path: str) -> dict[str, Any]:
        response = await self.desk.ask("GET", path)
        if response.status != 200:
            raise ConnectionError(f"GET {path} answered {response.status}")
        answer: dict[str, Any] = json.loads(response.body)
        return answer


@dataclass(frozen=True)
class Soaked:
    """What came of it."""

    minutes: float
    rate: float
    figures: LoadFigures
    findings: tuple[Finding, ...]
    latencies_judged: bool

    @property
    def failures(self) -> tuple[Finding, ...]:
        """What was not within its bounds."""
        return tuple(each for each in self.findings if not each.kept)

    def as_json(self) -> dict[str, Any]:
        """Plain values."""
        return {
            "minutes": self.minutes,
            "rate": self.rate,
            "failures": len(self.failures),
            "latencies_judged": self.latencies_judged,
            "findings": [{**asdict(each), "kept": each.kept} for each in self.findings],
            "figures": self.figures.as_json(),
        }


async def soak(minutes: float, rate: float, seed: int, *, judge_latency: bool) -> Soaked:
    """Found a realm, soak it, judge it."""
    load = Load(nations(NATIONS), rate, 60 * minutes, parse_mix(USUAL_MIX), seed=seed)
    with tempfile.TemporaryDirectory(prefix="entente-soak-") as directory:
        place = StateDir(Path(directory) / "state")
        with place.locked() as lock:
            found_or_keep(place, load_realm(NATIONS))
            async with running_realm(place, lock, _say) as realm:
                return await _Soak(realm, load, judge_latency).run()


class _Soak:
    def __init__(self, realm: RunningRealm, load: Load, judge_latency: bool) -> None:
        self._realm = realm
        self._load = load
        self._judge_latency = judge_latency
        self._surroundings = RealmSurroundings(realm)
        accesses = {
            nation: GatewayAccess(nation, address.url, address.key)
            for nation, address in realm.gateways.items()
        }
        self._play = LoadPlay(
            load, accesses, LABEL, new_exercise(), self._surroundings, self._shown, SETTLE_SECONDS
        )
        self._readers = [_Reader(self._play.desk(nation)) for nation in load.nations]
        self._disk: dict[str, list[Point]] = defaultdict(list)
        self._told = 0.0
        self._restarted_at = 0.0

    async def run(self) -> Soaked:
        beside = [
            asyncio.create_task(each)
            for each in (self._restart(), self._weigh(), *map(self._reading, self._readers))
        ]
        try:
            figures = await self._play.play()
        finally:
            for task in beside:
                task.cancel()
            ended = await asyncio.gather(*beside, return_exceptions=True)
        for error in ended:
            if isinstance(error, Exception):
                raise error
        for reader in self._readers:
            await reader.look()
        counts = [count for reader in self._readers for count in reader.read.values()]
        findings = nothing_lost(
            figures, sum(count - 1 for count in counts), max(0, figures.copies - len(counts))
        )
        since = max(JUDGED_FROM * self._load.seconds, self._restarted_at)
        findings += processes_flat(self._play.watch.samples(), since)
        findings += disk_flat(self._disk, figures.accepted)
        if self._judge_latency:
            findings += latency_steady(figures)
        return Soaked(self._load.seconds / 60, self._load.rate, figures, tuple(findings), self._judge_latency)

    async def _restart(self) -> None:
        await self._until(GATEWAY_KILLED)
        victim = self._realm.processes[self._load.nations[-1]]
        _say(f"{victim.name} is killed")
        await victim.crash()
        await asyncio.sleep(AWAY_SECONDS)
        await victim.start()
        await self._until(BROKER_STOPPED)
        _say("the broker is stopped")
        await self._realm.broker.stop()
        await asyncio.sleep(AWAY_SECONDS)
        await self._realm.broker.start()
        self._restarted_at = self._play.clock()

    async def _until(self, part: float) -> None:
        await asyncio.sleep(max(0.0, part * self._load.seconds - self._play.clock()))

    async def _reading(self, reader: _Reader) -> None:
        while True:
            await asyncio.sleep(READ_SECONDS)
            try:
                await reader.look()
                await reader.look_aside()
            except (OSError, TimeoutError):
                continue  # its gateway is away: it goes on where it was

    async def _weigh(self) -> None:
        await self._until(JUDGED_FROM)
        while True:
            tally = self._play.tally
            copies = float(tally.accepted + tally.arrived)
            for place, octets in self._surroundings.disk().items():
                self._disk[place].append((copies, float(octets)))
            await asyncio.sleep(DISK_SECONDS)

    def _shown(self, standing: Standing) -> None:
        if standing.elapsed - self._told < LINE_SECONDS:
            return
        self._told = standing.elapsed
        held = ", ".join(f"{name} {octets / MIB:.0f}" for name, octets in standing.resident.items())
        _say(
            f"{standing.elapsed / 60:.0f} min: {standing.accepted} accepted, backlog {standing.backlog}; "
            f"memory {held} MB"
        )


def render(soaked: Soaked, *, brief: bool) -> str:
    """The report for people; ``brief``: of what was judged only what failed."""
    figures = soaked.figures
    lines = [
        f"soak of {soaked.minutes:g} minutes at {soaked.rate:g} messages/s: {figures.accepted} accepted, "
        f"{figures.delivered} of {figures.copies} copies delivered, {figures.retries} requests repeated",
        *(f"  {_line(each)}" for each in (soaked.failures if brief else soaked.findings)),
        *(
            f"  {what}, median of each third: {', '.join(map(_median, thirds))}"
            for what, thirds in (
                ("acceptance", figures.acceptance_by_third),
                ("delivery", figures.delivery_by_third),
            )
        ),
        "  processor time: "
        + ", ".join(f"{name} {used.cpu_seconds:.1f} s" for name, used in figures.processes.items()),
    ]
    kept = len(soaked.findings) - len(soaked.failures)
    lines.append(f"soak: {kept} of {len(soaked.findings)} bounds were kept")
    return "\n".join(lines)


def _line(finding: Finding) -> str:
    kept = "kept  " if finding.kept else "FAILED"
    return f"{kept} {finding.what} {finding.measured:.3g} {finding.unit} (at most {finding.bound:.3g})"


def _median(times: Times) -> str:
    return "-" if times.p50 is None else f"{1e3 * times.p50:.0f} ms"


def _say(text: str) -> None:
    print(f"  soak: {text}", file=sys.stderr, flush=True)


def main() -> int:
    """Parse arguments, soak, print; the exit code."""
    parser = argparse.ArgumentParser(prog="benchmarks.soak", description=__doc__)
    parser.add_argument("--minutes", type=float, default=3.0)
    parser.add_argument("--rate", type=float, default=0.5, help="messages a second, of all nations together")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--json", type=Path, help="also write every figure to this file")
    parser.add_argument(
        "--beside-others", action="store_true", help="other work runs on this machine: do not judge latencies"
    )
    given = parser.parse_args()
    soaked = asyncio.run(soak(given.minutes, given.rate, given.seed, judge_latency=not given.beside_others))
    print(render(soaked, brief=given.beside_others))
    if given.json is not None:
        given.json.parent.mkdir(parents=True, exist_ok=True)
        given.json.write_text(json.dumps(soaked.as_json(), indent=1) + "\n", encoding="utf-8")
    return 2 if soaked.failures else 0


if __name__ == "__main__":
    sys.exit(main())
