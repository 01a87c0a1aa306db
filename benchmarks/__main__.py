"""``python -m benchmarks``: measure, print the table, optionally write the figures as JSON."""

import argparse
import asyncio
import json
import sys
import time
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path

from benchmarks import backlog, decision, floors, library, over_http, sizing, stages, traffic
from benchmarks.interpreter import interpreter
from benchmarks.sealed_sizes import sealed_sizes
from benchmarks.table import Results, render
from gateways.collector import collect_seldom

PARTS = ("floors", "library", "stages", "http", "decision")
LONG_PARTS = ("backlog", "traffic", "sizing")
"""Only run when they are named: several minutes."""
BACKLOG = 100_000
TRAFFIC = 1_000_000
RAW_BYTES = 1024
RAW_COUNTS = (2000, 1000, 200)
"""How many of one kilobyte, of the bundle of one message, of full bundles."""
LIBRARY_MESSAGES = {1: 6000, 3: 3000, 8: 1200}
HTTP_RECIPIENTS = (1, 3)


async def _run(results: Results, parts: Sequence[str], rounds: int, scale: float) -> None:
    """Measure into ``results``, part by part."""
    idle = max(20, int(150 * scale))
    if "floors" in parts:
        _say("floors: cryptography")
        results.crypto = floors.crypto()
        _say("floors: nats-py alone")
        counts = tuple(max(64, int(count * scale)) for count in RAW_COUNTS)
        results.raw = await floors.raw_nats((RAW_BYTES, *await sealed_sizes()), counts, idle)
    if "library" in parts:
        for recipients, messages in LIBRARY_MESSAGES.items():
            _say(f"library: {recipients} recipients")
            count = max(64, int(messages * scale))
            one, other = await library.measure(recipients, messages=count, rounds=rounds, idle=idle)
            results.saturated.append(one)
            results.idle.append(other)
    if "stages" in parts:
        _say("stages")
        results.stages = await stages.measure(messages=max(64, int(1000 * scale)), rounds=rounds)
    if "http" in parts:
        for recipients in HTTP_RECIPIENTS:
            _say(f"HTTP: {recipients} recipients")
            count = max(64, int(3000 * scale))
            results.http.append(await over_http.measure(recipients, messages=count, rounds=rounds, idle=idle))
    if "decision" in parts:
        _say("release decision")
        results.decision = decision.measure()
    if "backlog" in parts:
        _say(f"backlog of {int(BACKLOG * scale):,} messages")
        results.backlog = await backlog.measure(int(BACKLOG * scale))
    if "traffic" in parts:
        _say(f"searching the traffic of {int(TRAFFIC * scale):,} messages")
        results.traffic = await traffic.measure(int(TRAFFIC * scale))
    if "sizing" in parts:
        _say(f"sizing: {', '.join(map(str, sizing.NATIONS))} nations, each at {len(sizing.RATES)} rates")
        results.sizing = await sizing.measure(scale)


def _say(what: str) -> None:
    print(f"  {what} ...", file=sys.stderr, flush=True)


def main() -> None:
    """Parse arguments, measure, print."""
    parser = argparse.ArgumentParser(prog="benchmarks", description=__doc__)
    parser.add_argument(
        "--only",
        nargs="+",
        choices=(*PARTS, *LONG_PARTS),
        default=PARTS,
        help=f"leave the other parts out; {', '.join(LONG_PARTS)} take minutes and have to be named",
    )
    parser.add_argument("--rounds", type=int, default=3, help="rounds of which the median counts")
    parser.add_argument("--scale", type=float, default=1.0, help="less than 1 for a quick look")
    parser.add_argument("--json", type=Path, help="also write every figure to this file")
    given = parser.parse_args()
    collect_seldom()  # as a gateway's own process does, for the parts measured in this one
    began = time.monotonic()
    results = Results(interpreter())
    try:
        asyncio.run(_run(results, given.only, given.rounds, given.scale))
    finally:
        # What was measured before a part failed is shown all the same.
        print(render(results))
        if given.json is not None:
            given.json.write_text(json.dumps(asdict(results), indent=1) + "\n", encoding="utf-8")
    _say(f"measured in {time.monotonic() - began:.0f} s")


if __name__ == "__main__":
    main()
