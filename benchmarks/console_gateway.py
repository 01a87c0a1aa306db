"""A gateway made up for measuring the console's page: it answers as one does, from memory, and sends traffic.

So that the figures are those of the page and of the console, and not of brokers and stores beside them.
"""

import asyncio
import json
import random
from collections import deque
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from typing import Any

from fastapi import FastAPI, Request
from fastapi.responses import JSONResponse, StreamingResponse

NATIONS = ("XBB", "XCC", "XDD", "XEE", "XFF", "XGG")
SUBJECTS = (
    "Surface contact without AIS, course 210, 8 knots",
    "Gale warning, force 9 within six hours",
    "Two berths closed by ice; pilots wait outside",
    "Request imagery of the pier before 1500Z",
    "Live firing moved by one hour, area as announced",
    "Search and rescue: beacon active, one vessel answers",
)
KINDS = ("threat_alert", "exercise_notice", "information_request", "information_response", "acknowledgement")
LEVELS = (("UNCLASSIFIED", 0), ("RESTRICTED", 1), ("CONFIDENTIAL", 2), ("SECRET", 3))
KEPT_EVENTS = 20_000


def text(at: datetime) -> str:
    """A time as the API has it."""
    return at.isoformat(timespec="milliseconds").replace("+00:00", "Z")


class MadeTraffic:
    """Rows and the feed of what touched them."""

    def __init__(self, rows: int, seed: int = 5) -> None:
        self.random = random.Random(seed)
        self.rows: dict[int, dict[str, Any]] = {}
        self.touched: deque[tuple[int, int]] = deque(maxlen=KEPT_EVENTS)
        self.through = 0
        self.grown = asyncio.Condition()
        self.alarms: list[dict[str, Any]] = []
        now = datetime.now(UTC)
        for index in range(rows):
            self.add(now - timedelta(seconds=(rows - index) * 0.18))

    def add(self, at: datetime | None = None, **changes: Any) -> dict[str, Any]:
        """One more message."""
        pick = self.random
        seq = len(self.rows) + 1
        level = pick.choices(LEVELS, (3, 4, 2, 1))[0]
        others = pick.sample(NATIONS, pick.randint(1, 4))
        row: dict[str, Any] = {
            "seq": seq,
            "at": text(at or datetime.now(UTC)),
            "issued_at": text(at or datetime.now(UTC)),
            "action": others[:2],
            "info": others[2:],
            "kind": pick.choice(KINDS),
            "precedence": pick.choices(("FLASH", "IMMEDIATE", "PRIORITY", "ROUTINE"), (0.2, 5, 30, 65))[0],
            "mode": "EXERCISE",
            "exercise_id": "NORTHERN LANTERN 26",
            "subject": pick.choice(SUBJECTS),
            "policy": "NATO",
            "classification": f"NATO {level[0]}",
            "level": level[1],
            "releasable": ["XAA", *sorted(others)],
            "status": "CURRENT",
            "expired": False,
            "key_standing": "GOOD",
        }
        row["marking"] = f"{row['classification']} REL TO {', '.join(row['releasable'])}"
        row |= self._sent(others) if pick.random() < 0.3 else self._received(seq)
        row |= changes
        self.rows[seq] = row
        self.touch(seq)
        return row

    def _sent(self, others: list[str]) -> dict[str, Any]:
        pick = self.random
        copies = [
            {
                "nation": nation,
                "role": "action",
                "state": pick.choice(("queued", "sent", "delivered", "acknowledged", "acknowledged")),
                "overdue": pick.random() < 0.05,
            }
            for nation in sorted(others)
        ]
        name = f"00000000-0000-7000-9000-{len(self.rows) + 1:012}"
        return {"direction": "out", "publication_id": name, "originator": "XAA", "copies": copies}

    def _received(self, seq: int) -> dict[str, Any]:
        name = f"00000000-0000-7000-8000-{seq:012}"
        return {
            "direction": "in",
            "message_id": name,
            "inbox_seq": seq,
            "originator": self.random.choice(NATIONS),
            "action": ["XAA"],
            "awaiting_ours": False,
        }

    def touch(self, seq: int) -> None:
        """A message became known or changed."""
        self.through += 1
        self.touched.append((self.through, seq))

    def after(self, position: int) -> list[dict[str, Any]]:
        """The present rows of everything touched beyond a position."""
        seqs = {seq for at, seq in self.touched if at > position}
        return [self.rows[seq] for seq in sorted(seqs)]

    def matching(self, query: str) -> list[dict[str, Any]]:
        """Rows for the few terms that measuring needs, newest first."""
        found = list(reversed(self.rows.values()))
        for term in query.split():
            name, _, value = term.partition(":")
            if name == "from":
                found = [row for row in found if row["originator"] in value.split(",")]
            elif name == "prec":
                found = [row for row in found if row["precedence"] in value.split(",")]
            else:
                found = [row for row in found if value.lower() in row["subject"].lower()]
        return found


def made_gateway(traffic: MadeTraffic) -> FastAPI:
    """The app: what the console asks of a gateway for its traffic page."""
    app = FastAPI(openapi_url=None)

    def operator() -> dict[str, Any]:
        now = datetime.now(UTC)
        rights = ["messages:read", "inbox:read", "inbox:acknowledge", "traffic:read", "messages:write"]
        return {
            "name": "anna",
            "display_name": "Anna",
            "roles": ["watch_officer"],
            "rights": rights,
            "sees_content": True,
            "password_change_required": False,
            "token_until": text(now + timedelta(minutes=10)),
            "fresh_at": text(now),
        }

    @app.post("/v1/operators/sign-in")
    @app.post("/v1/operators/refresh")
    async def sign_in() -> Any:
        return {"access_token": "ena_made", "refresh_token": "enr_made", "operator": operator()}

    @app.get("/v1/operators/me")
    async def me() -> Any:
        return operator()

    @app.get("/v1/partners")
    async def partners() -> Any:
        return {"items": []}

    @app.get("/v1/traffic")
    async def rows(q: str = "", before: int | None = None, after: int = 0, limit: int = 50) -> Any:
        if q.startswith("nation:"):
            problem = {"status": 422, "code": "SEARCH_NOT_UNDERSTOOD", "detail": "There is no such field."}
            return JSONResponse(
                problem | {"search": {"at": 0, "length": len(q), "understood": ["from:"]}}, 422
            )
        high = before or len(traffic.rows) + 1
        found = [row for row in traffic.matching(q) if after < row["seq"] < high]
        page = found[:limit]
        more = page[-1]["seq"] if len(found) > limit else None
        latest = len(traffic.rows)
        return {"rows": page, "next_before": more, "through": latest, "event_seq": traffic.through}

    @app.get("/v1/traffic/histogram")
    async def histogram(request: Request, buckets: int, q: str = "") -> Any:
        begin = datetime.fromisoformat(request.query_params["from"])
        width = (datetime.fromisoformat(request.query_params["to"]) - begin) / buckets
        counts: list[dict[str, int]] = [{} for _ in range(buckets)]
        for row in traffic.matching(q):
            place = int((datetime.fromisoformat(row["at"]) - begin) / width)
            if place < 0:
                break
            if place < buckets:
                counts[place][row["precedence"]] = counts[place].get(row["precedence"], 0) + 1
        shown = [
            {"begins_at": text(begin + width * n), "counts": each} for n, each in enumerate(counts) if each
        ]
        end = text(begin + width * buckets)
        return {"begin": text(begin), "end": end, "seconds": width.total_seconds(), "buckets": shown}

    @app.get("/v1/traffic/awaiting")
    async def awaiting() -> Any:
        return {"rows": [row for row in traffic.matching("prec:FLASH") if row.get("awaiting_ours")]}

    @app.post("/v1/inbox/{message_id}/acknowledgements")
    async def acknowledge(message_id: str) -> Any:
        for row in traffic.rows.values():
            if row.get("message_id") == message_id:
                row |= {"awaiting_ours": False, "own_receipt": "acknowledged"}
                traffic.touch(row["seq"])
        return {}

    @app.get("/v1/views")
    async def views() -> Any:
        return {"items": [{"name": "Alerts of XBB", "query": "from:XBB prec:FLASH,IMMEDIATE"}]}

    @app.get("/v1/traffic/stream")
    async def stream(request: Request) -> StreamingResponse:
        last = request.headers.get("last-event-id")
        return StreamingResponse(
            _stream(traffic, int(last) if last else traffic.through), media_type="text/event-stream"
        )

    return app


async def _stream(traffic: MadeTraffic, position: int) -> AsyncIterator[str]:
    yield f"id: {position}\n\n"
    beat = 0.0
    while True:
        now = asyncio.get_running_loop().time()
        if traffic.through > position:
            alarms, traffic.alarms = traffic.alarms, []
            batch = {"after": position, "through": traffic.through, "rows": traffic.after(position)}
            position = traffic.through
            yield f"id: {position}\nevent: batch\ndata: {json.dumps(batch | {'alarms': alarms})}\n\n"
        if now - beat >= 1:
            beat = now
            told = {"at": text(datetime.now(UTC)), "head": traffic.through, "partners": []}
            yield f"event: heartbeat\ndata: {json.dumps(told)}\n\n"
        await asyncio.sleep(0.1)
