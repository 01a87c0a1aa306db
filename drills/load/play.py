"""A load, played: every draft leaves when it is due, however the ones before it fare.

A sender that waited for answers would send less while a gateway is slow, and never see how slow it is
(coordinated omission). Here the plan stands beforehand and latencies count from when a draft was due.
"""

import asyncio
import contextlib
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Protocol

from drills.load.desk import Desk
from drills.load.drafts import DraftMaker, acknowledgement
from drills.load.figures import LoadFigures, Times, by_precedence, times
from drills.load.mix import REPLIES
from drills.load.processes import ProcessWatch
from drills.load.sends import Load, Send, sends
from drills.load.tally import Tally
from drills.partner_system import GatewayAccess
from drills.played import DrillError
from schemas.agreement import Ceiling
from schemas.header import Kind, Precedence

LOOK_SECONDS = 1.0
_SETTLE_LOOK = 0.05


class Surroundings(Protocol):
    """Port: the processes of the realm, where they can be seen."""

    def pids(self) -> Mapping[str, int | None]:
        """Processes by name; None for one that is away just now."""


class Elsewhere:
    """A realm of which nothing but its gateways' addresses is known."""

    def pids(self) -> Mapping[str, int | None]:
        """None of them can be seen."""
        return {}


@dataclass(frozen=True)
class Standing:
    """How a load stands at the moment; rates and shares are of the time since the last look."""

    elapsed: float
    accepted: int
    delivered: int
    accepted_per_second: float
    delivered_per_second: float
    acceptance: Times
    delivery: Times
    under_way: int
    backlog: int
    refused: Mapping[str, int]
    cpu_shares: Mapping[str, float]
    resident: Mapping[str, int]


class LoadPlay:
    """One load against gateways that are ready. ``shown`` is told every second how it stands."""

    def __init__(
        self,
        load: Load,
        accesses: Mapping[str, GatewayAccess],
        label: Ceiling,
        exercise: str,
        surroundings: Surroundings,
        shown: Callable[[Standing], None],
        settle_seconds: float,
    ) -> None:
        self._load = load
        self._exercise = exercise
        self._drafts = DraftMaker(exercise, label, load.size)
        self._surroundings = surroundings
        self._shown = shown
        self._settle_seconds = settle_seconds
        self._began = 0.0
        self._stopped = asyncio.Event()
        self._broken: BaseException | None = None
        self.tally = Tally(load.nations, load.seconds)
        self.watch = ProcessWatch()
        self._desks = {
            nation: Desk(accesses[nation], exercise, self.tally, self.clock) for nation in load.nations
        }

    def clock(self) -> float:
        """Seconds since the load began."""
        return asyncio.get_running_loop().time() - self._began

    def stop(self) -> None:
        """Send nothing more; what was sent is still awaited."""
        self._stopped.set()

    def desk(self, nation: str) -> Desk:
        """A nation's own system."""
        return self._desks[nation]

    async def play(self) -> LoadFigures:
        """Send, wait for what must come, count. DrillError when a gateway's streams do not open."""
        self._began = asyncio.get_running_loop().time()
        try:
            await asyncio.gather(*(desk.begin() for desk in self._desks.values()))
        except TimeoutError:
            await self._end()
            raise DrillError("the gateways' streams did not open") from None
        for desk in self._desks.values():
            for task in desk.followed:
                # Else nobody would hear any more what arrives, and all of it would count as lost.
                task.add_done_callback(self._note_end)
        self._began = asyncio.get_running_loop().time()
        self.watch.look(0.0, self._surroundings.pids())
        looking = asyncio.create_task(self._look())
        looking.add_done_callback(self._note_end)
        under_way: set[asyncio.Task[None]] = set()
        try:
            await self._send_all(under_way)
            await self._settle()
        finally:
            looking.cancel()
            for task in (*under_way,):
                task.cancel()
            await asyncio.gather(looking, *under_way, return_exceptions=True)
            await self._end()
        if self._broken is not None:
            raise self._broken
        self.watch.look(self.clock(), self._surroundings.pids())
        return self._figures()

    async def _end(self) -> None:
        await asyncio.gather(*(desk.end() for desk in self._desks.values()))

    async def _send_all(self, under_way: set[asyncio.Task[None]]) -> None:
        for send in sends(self._load):
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(max(0.0, send.due - self.clock())):
                    await self._stopped.wait()
            if self._stopped.is_set():
                return
            task = asyncio.create_task(self._send(send))
            under_way.add(task)
            task.add_done_callback(under_way.discard)
            task.add_done_callback(self._note_end)

    def _note_end(self, task: asyncio.Task[None]) -> None:
        if not task.cancelled() and (error := task.exception()) is not None:
            self._broken = error
            self.stop()

    async def _send(self, send: Send) -> None:
        desk, now = self._desks[send.originator], datetime.now(UTC)
        path, precedence = "/v1/messages", send.precedence
        if send.kind not in REPLIES:
            body = self._drafts.draft(send, now)
        else:
            entry = desk.occasion(send.kind)
            if entry is None:
                self.tally.without_occasion += 1
                return
            precedence = Precedence(entry["message"]["header"]["precedence"])
            if send.kind is Kind.ACKNOWLEDGEMENT:
                path = f"/v1/inbox/{entry['message_id']}/acknowledgements?originator={entry['originator']}"
                body = acknowledgement(now)
            else:
                body = self._drafts.response(entry, now)
        assert precedence is not None
        tally = self.tally
        tally.offered += 1
        tally.lateness.add(max(0.0, self.clock() - send.due))
        try:
            response = await desk.post(path, body, f"{self._exercise}-{send.number}".replace(" ", "-"))
        except asyncio.CancelledError:
            tally.unanswered += 1
            raise
        answer = json.loads(response.body)
        if response.status not in (200, 201):
            tally.refused[str(answer.get("code", response.status))] += 1
            return
        tally.accept(
            publication_id=answer["publication_id"],
            identity=(send.originator, answer["message_id"]),
            recipients=answer["recipients"],
            precedence=precedence,
            due=send.due,
            at=self.clock(),
        )

    async def _settle(self) -> None:
        """Wait until everything came, or nothing more comes for as long as was allowed."""
        last, since = -1, self.clock()
        while not self.tally.settled and self._broken is None:
            tally = self.tally
            came = tally.accepted + tally.delivered + tally.arrived + sum(tally.refused.values())
            if came != last:
                last, since = came, self.clock()
            elif self.clock() - since > self._settle_seconds:
                return
            await asyncio.sleep(_SETTLE_LOOK)

    async def _look(self) -> None:
        at, accepted, delivered = 0.0, 0, 0
        cpu: dict[str, float] = {}
        while True:
            await asyncio.sleep(LOOK_SECONDS)
            now, tally = self.clock(), self.tally
            self.watch.look(now, self._surroundings.pids())
            used = self.watch.used()
            passed = now - at
            acceptance, delivery = by_precedence(tally)
            self._shown(
                Standing(
                    elapsed=now,
                    accepted=tally.accepted,
                    delivered=tally.delivered,
                    accepted_per_second=(tally.accepted - accepted) / passed,
                    delivered_per_second=(tally.delivered - delivered) / passed,
                    acceptance=acceptance["all"],
                    delivery=delivery["all"],
                    under_way=tally.under_way,
                    backlog=tally.backlog,
                    refused=dict(tally.refused),
                    cpu_shares={
                        name: (each.cpu_seconds - cpu.get(name, 0.0)) / passed for name, each in used.items()
                    },
                    resident={name: each.resident_last for name, each in used.items()},
                )
            )
            at, accepted, delivered = now, tally.accepted, tally.delivered
            cpu = {name: each.cpu_seconds for name, each in used.items()}

    def _figures(self) -> LoadFigures:
        tally, seconds = self.tally, self.clock()
        acceptance, delivery = by_precedence(tally)
        planned = min(seconds, self._load.seconds)
        return LoadFigures(
            nations=self._load.nations,
            exercise_id=self._exercise,
            seed=self._load.seed,
            seconds=seconds,
            ended_early=self._stopped.is_set(),
            offered=tally.offered,
            offered_per_second=tally.offered / planned,
            accepted=tally.accepted,
            accepted_per_second=tally.accepted / seconds,
            without_occasion=tally.without_occasion,
            copies=tally.copies,
            delivered=tally.delivered,
            delivered_per_second=tally.delivered / seconds,
            lost=tally.lost,
            without_receipt=tally.backlog,
            duplicates=tally.duplicates + tally.strays,
            unanswered=tally.unanswered,
            retries=tally.retries,
            refused=dict(tally.refused),
            undelivered=dict(tally.undelivered),
            lateness=times(tally.lateness),
            acceptance=acceptance,
            delivery=delivery,
            acceptance_by_third=tuple(times(kept.acceptance) for kept in tally.by_window),
            delivery_by_third=tuple(times(kept.delivery) for kept in tally.by_window),
            processes=self.watch.used(),
        )
