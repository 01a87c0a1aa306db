"""What a page has missed of the traffic: a span of the gateway's events, read from its stream once more."""

import json
from typing import Any

import anyio

from console.gateway import Refused, SeatGateway, Unreachable

SECONDS = 8.0
LARGEST_SPAN = 20_000


async def missed_changes(gateway: SeatGateway, after: int, through: int) -> dict[str, Any]:
    """One batch over everything in ``(after, through]``. Raises Refused and Unreachable."""
    if not 0 <= after < through <= after + LARGEST_SPAN:
        raise Refused(422, {"code": "PARAMETER_INVALID", "detail": "This is no span to fetch."})
    try:
        # By a scope: a task that is cancelled while the client closes connections leaves some open.
        with anyio.fail_after(SECONDS):
            return await _read(gateway, after, through)
    except TimeoutError as error:
        raise Unreachable(type(error).__name__) from error


async def _read(gateway: SeatGateway, after: int, through: int) -> dict[str, Any]:
    rows: dict[int, dict[str, Any]] = {}
    alarms: list[dict[str, Any]] = []
    reached, beats = after, 0
    headers = {"Last-Event-ID": str(after), "Accept-Encoding": "identity"}
    async with gateway.stream("/v1/traffic/stream", headers=headers) as answer:
        name, data = "", ""
        async for line in answer.aiter_lines():
            if line.startswith("event:"):
                name = line[6:].strip()
            elif line.startswith("data:"):
                data += line[5:].strip()
            elif line == "":
                if name == "batch" and data:
                    batch = json.loads(data)
                    rows |= {row["seq"]: row for row in batch["rows"]}
                    alarms += batch.get("alarms") or ()
                    reached, beats = max(reached, batch["through"]), 0
                elif name == "heartbeat":
                    beats += 1
                    # Two with nothing between: the stream has caught up, and nothing more lies there.
                    reached = max(reached, through) if beats == 2 else reached
                name, data = "", ""
                if reached >= through:
                    return {"after": after, "through": reached, "rows": list(rows.values()), "alarms": alarms}
    raise Unreachable("the stream ended early")
