"""Continuous load through the HTTP API, and the proof that all of it arrived once and in order.

Each worker publishes one draft after the other under an idempotency key. It repeats a request until it is
answered 201, so what it counts as accepted is what the gateway promised to deliver.
"""

import asyncio
import json
from collections import Counter, defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from itertools import count
from typing import Any

from tests.faults.http_client import Answer, AnswerLost
from tests.faults.processes import PATIENCE, GatewayProcess
from tests.flows.world import draft

LOOK_SECONDS = 0.1
"""How often another process is asked whether something has happened there: nothing tells it by itself."""


@dataclass
class Load:
    """Workers that publish until `stop`; `accepted` maps each accepted title to its recipients and ids."""

    workers: int = 2
    ahead: int = 20
    """Drafts that each worker publishes beyond what was last waited for: while a process is started again the
    load goes on, but does not become as long as that happens to take."""
    accepted: dict[str, tuple[str, tuple[str, ...], str]] = field(default_factory=dict)
    """title -> originator, recipients, message id."""
    unforeseen: list[str] = field(default_factory=list)
    unavailable: int = 0
    """Answers that the store is not available."""
    _count: asyncio.Condition = field(default_factory=asyncio.Condition)
    _stopping: bool = False
    _waited_for: bool = False
    _since: Counter[str] = field(default_factory=Counter)
    """What each worker published since somebody waited last."""
    _names: int = 0
    _tasks: list["asyncio.Task[None]"] = field(default_factory=list)

    def start(self, gateway: GatewayProcess, *audiences: Sequence[str]) -> None:
        """Publish at `gateway`, to each of the audiences in turn."""
        for _ in range(self.workers):
            self._names += 1
            name = f"{gateway.nation}-{self._names}"
            self._tasks.append(asyncio.create_task(self._work(gateway, name, audiences)))

    async def more(self, number: int) -> None:
        """Return when so many more drafts have been accepted."""
        goal = len(self.accepted) + number
        await self._until(lambda: len(self.accepted) >= goal)

    async def more_unavailable(self, number: int) -> None:
        """Return when so many more requests have been answered that the store is not available."""
        goal = self.unavailable + number
        await self._until(lambda: self.unavailable >= goal)

    async def stop(self) -> None:
        """Let every worker see its last draft accepted."""
        self._stopping = True
        async with asyncio.timeout(PATIENCE):
            async with self._count:
                self._count.notify_all()
            await asyncio.gather(*self._tasks)
        self._tasks.clear()
        self._stopping = False

    async def _until(self, reached: Callable[[], bool]) -> None:
        async with asyncio.timeout(PATIENCE), self._count:
            self._waited_for = True
            self._count.notify_all()
            try:
                await self._count.wait_for(reached)
            finally:
                self._waited_for = False
                self._since.clear()

    async def _turn(self, name: str) -> None:
        """Return when this worker may go on, or is to end."""
        async with self._count:
            await self._count.wait_for(
                lambda: self._waited_for or self._stopping or self._since[name] < self.ahead
            )

    async def _work(self, gateway: GatewayProcess, name: str, audiences: Sequence[Sequence[str]]) -> None:
        for number in count():
            await self._turn(name)
            if self._stopping:
                return
            audience = audiences[number % len(audiences)]
            title = f"{name} {number:06d}"
            precedence = "IMMEDIATE" if number % 7 == 0 else "ROUTINE"
            body = draft(audience, subject=title, header={"precedence": precedence})
            answer = await self._insist(gateway, body, title.replace(" ", "-"))
            async with self._count:
                self.accepted[title] = (gateway.nation, tuple(audience), answer.json()["message_id"])
                self._since[name] += 1
                self._count.notify_all()

    async def _insist(self, gateway: GatewayProcess, body: bytes, key: str) -> Answer:
        while True:
            await gateway.up.wait()
            try:
                answer = await gateway.http.post("/v1/messages", body, {"Idempotency-Key": key})
            except AnswerLost:
                await asyncio.sleep(LOOK_SECONDS)  # it is going, or not listening yet
                continue
            if answer.status == 201:
                return answer
            problem = answer.json()
            if (answer.status, problem.get("code")) != (503, "STORE_UNAVAILABLE"):
                self.unforeseen.append(f"{answer.status} {problem}")
            async with self._count:
                self.unavailable += 1
                self._count.notify_all()
            await asyncio.sleep(LOOK_SECONDS)


async def until(look: Callable[[], Any], what: str) -> Any:
    """What the coroutine function `look` returns, once it is not None."""
    try:
        async with asyncio.timeout(PATIENCE):
            while (found := await look()) is None:  # noqa: ASYNC110 - no event tells it
                await asyncio.sleep(LOOK_SECONDS)
            return found
    except TimeoutError:
        raise AssertionError(f"it never happened: {what}") from None


async def nothing_under_way(gateway: GatewayProcess) -> Any:
    """Whether no copy waits to be sent or for its receipt; None when one does."""
    partners = (await gateway.http.get("/v1/partners")).json()["items"]
    busy = any(each["queued"] or each["sealed"] or each["unreceipted"] for each in partners)
    return None if busy else True


async def all_delivered(gateway: GatewayProcess, wanted: str = "delivered") -> int:
    """Wait until every copy of every publication is in a state; how many publications there are."""
    if wanted == "delivered":
        # Asked for the publications themselves again and again, it would do little else.
        await until(lambda: nothing_under_way(gateway), f"{gateway.nation}: every copy receipted")
    publications = 0
    before: int | None = 2**53
    while before is not None:
        path = f"/v1/messages?before={before}&limit=500"

        async def settled(path: str = path) -> Any:
            page = (await gateway.http.get(path)).json()
            states = [one["state"] for item in page["items"] for one in item["deliveries"]]
            return page if all(state == wanted for state in states) else None

        page = await until(settled, f"{gateway.nation}: every copy {wanted}")
        publications += len(page["items"])
        before = page.get("next")
    return publications


async def inbox_of(gateway: GatewayProcess) -> list[dict[str, Any]]:
    """The whole inbox in order of filing."""
    return [entry async for page in gateway.http.items("/v1/inbox") for entry in page]


async def arrived_once_and_in_order(load: Load, gateways: Sequence[GatewayProcess]) -> int:
    """Wait until everything is delivered, then compare all inboxes with what was accepted.

    Returns how many entries are flagged late.
    """
    assert load.unforeseen == [], load.unforeseen[:3]
    late = 0
    for gateway in gateways:
        mine = {title for title, (origin, _, _) in load.accepted.items() if origin == gateway.nation}
        assert await all_delivered(gateway) == len(mine), "a draft was accepted twice, or forgotten"
    for gateway in gateways:
        entries = await inbox_of(gateway)
        titles = [entry["message"]["header"]["subject"] for entry in entries]
        due = {title for title, (_, audience, _) in load.accepted.items() if gateway.nation in audience}
        assert sorted(titles) == sorted(due), "each exactly once, nothing else"
        assert {entry["message_id"] for entry in entries} == {load.accepted[title][2] for title in due}
        late += in_order(entries)
        refused = [item async for page in gateway.http.items_back("/v1/rejected") for item in page]
        assert refused == []
        held = [item async for page in gateway.http.items("/v1/held", limit=64) for item in page]
        assert held == []
    return late


def in_order(entries: Sequence[dict[str, Any]]) -> int:
    """Serials grow in each lane, and with them the numbers that each worker gave; how many came late."""
    highest: dict[tuple[Any, ...], int] = defaultdict(int)
    numbers: dict[tuple[Any, ...], int] = defaultdict(lambda: -1)
    late = 0
    for entry in entries:
        lane = (entry["originator"], entry["mode"], entry["lane"], entry["lane_epoch"])
        worker, _, number = entry["message"]["header"]["subject"].rpartition(" ")
        if entry["late"]:
            late += 1
            assert entry["serial"] < highest[lane]
            continue
        assert entry["serial"] > highest[lane], f"{lane}: {entry['serial']} behind {highest[lane]}"
        highest[lane] = entry["serial"]
        assert int(number) > numbers[*lane, worker]
        numbers[*lane, worker] = int(number)
    return late


def encoded(value: Any) -> bytes:
    return json.dumps(value).encode()
