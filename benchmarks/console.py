"""How the console's traffic page bears load: ``python -m benchmarks.console``.

A real console and a real Chromium; the gateway is made up (``benchmarks.console_gateway``), so that brokers
and stores do not share the processor with what is measured. 5,000 messages are there, then 50 come a second
for 20 seconds; again with the buffer full, where the heap must not grow any more; again on a held view. The
main thread's share is of its own processor time; frames and long tasks mean little on a busy machine.
"""

import asyncio
import contextlib
import json
import sys
import time
from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Any

import uvicorn
from playwright.async_api import CDPSession, Page, async_playwright

from benchmarks.console_gateway import MadeTraffic, made_gateway
from console.app import create_app
from console.server import ConsoleServer
from console.settings import ConsoleSettings
from tests.console.browsing import FLAGS
from tests.console.chromium import chromium_path

HISTORY = 5000
RATE = 50
SECONDS = 20
FULL = 10_000
MIB = 1024 * 1024

FRAMES = """() => {
    window.long_tasks = [];
    if (window.frames_seen !== undefined) return;
    window.frames_seen = 0;
    const count = () => { window.frames_seen += 1; requestAnimationFrame(count); };
    requestAnimationFrame(count);
    new PerformanceObserver(list => {
        for (const entry of list.getEntries()) window.long_tasks.push(Math.round(entry.duration));
    }).observe({ type: "longtask" });
}"""

NEXT_FRAME = "() => new Promise(done => requestAnimationFrame(() => setTimeout(done)))"


@dataclass
class Load:
    """What a stretch of load did to the page."""

    name: str
    frames_per_second: float
    longest_task_ms: int
    main_thread_percent: float
    heap_before_mib: float
    heap_after_mib: float
    shown: int


@contextlib.asynccontextmanager
async def _served(traffic: MadeTraffic) -> AsyncIterator[str]:
    gateway = uvicorn.Server(
        uvicorn.Config(made_gateway(traffic), host="127.0.0.1", port=0, log_level="error")
    )
    running = asyncio.create_task(gateway.serve())
    while not gateway.started:  # noqa: ASYNC110 (uvicorn has no event for it)
        await asyncio.sleep(0.01)
    port = gateway.servers[0].sockets[0].getsockname()[1]
    settings = ConsoleSettings(nation="XAA", gateway_url=f"http://127.0.0.1:{port}", port=0)
    ready = asyncio.Event()
    console = ConsoleServer(create_app(settings), settings, lambda _: ready.set())
    serving = asyncio.create_task(console.serve())
    await ready.wait()
    try:
        yield console.url.replace("127.0.0.1", "localhost")
    finally:
        console.should_exit = gateway.should_exit = True
        await asyncio.gather(serving, running)


async def _sign_in(page: Page, url: str) -> None:
    await page.goto(f"{url}/sign-in")
    await page.fill("[name=name]", "anna")
    await page.fill("[name=password]", "made up")
    await page.keyboard.press("Enter")
    await page.wait_for_selector(".grid-body .row")


async def _first_row(page: Page, url: str) -> tuple[float, float]:
    """Until a frame with the first row is drawn, and until the page's scripts have taken the list over."""
    begun = time.perf_counter()
    await page.goto(f"{url}/", wait_until="commit")
    await page.wait_for_selector(".grid-body .row")
    await page.evaluate(NEXT_FRAME)
    seen = time.perf_counter() - begun
    await page.wait_for_selector("#traffic[data-ready]")
    return round(seen, 2), round(time.perf_counter() - begun, 2)


async def _metrics(protocol: CDPSession) -> dict[str, float]:
    await protocol.send("HeapProfiler.collectGarbage")
    answer = await protocol.send("Performance.getMetrics")
    return {each["name"]: each["value"] for each in answer["metrics"]}


async def _flow(traffic: MadeTraffic, seconds: float) -> None:
    begun, sent = time.perf_counter(), 0
    while (passed := time.perf_counter() - begun) < seconds:
        while sent < passed * RATE:
            traffic.add()
            sent += 1
        await asyncio.sleep(0.01)


async def _load(name: str, page: Page, protocol: CDPSession, traffic: MadeTraffic) -> Load:
    before = await _metrics(protocol)
    await page.evaluate(FRAMES)  # after the collection that was asked for: its task is none of the page's
    frames = await page.evaluate("() => window.frames_seen")
    begun = time.perf_counter()
    await _flow(traffic, SECONDS)
    took = time.perf_counter() - begun
    frames = await page.evaluate("() => window.frames_seen") - frames
    busy = {
        each["name"]: each["value"] for each in (await protocol.send("Performance.getMetrics"))["metrics"]
    }
    newest = len(traffic.rows)
    await page.wait_for_selector(f'.grid-body .row[data-seq="{newest}"]')
    tasks: list[int] = await page.evaluate("() => window.long_tasks")
    after = await _metrics(protocol)
    return Load(
        name,
        round(frames / took, 1),
        max(tasks, default=0),
        round(100 * (busy["TaskDuration"] - before["TaskDuration"]) / took, 1),
        round(before["JSHeapUsedSize"] / MIB, 1),
        round(after["JSHeapUsedSize"] / MIB, 1),
        newest,
    )


async def measure() -> dict[str, Any]:
    """Every figure, in the order of the brief."""
    traffic = MadeTraffic(HISTORY)
    async with _served(traffic) as url, async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=chromium_path(), args=[*FLAGS])
        context = await browser.new_context(viewport={"width": 1920, "height": 1080})
        page = await context.new_page()
        await _sign_in(page, url)
        warm = [await _first_row(page, url) for _ in range(3)]
        protocol = await context.new_cdp_session(page)
        await protocol.send("Network.enable")
        cold = []
        for _ in range(3):
            await protocol.send("Network.clearBrowserCache")
            cold.append(await _first_row(page, url))
        await protocol.send("Performance.enable", {"timeDomain": "threadTicks"})
        await page.wait_for_function(f"() => document.querySelector('.grid').ariaRowCount > {HISTORY}")
        await page.wait_for_timeout(3000)  # what the page does once has settled
        loads = [await _load("following", page, protocol, traffic)]
        for _ in range(FULL - HISTORY):
            traffic.add()
        await page.wait_for_function(f"() => document.querySelector('.grid').ariaRowCount >= {FULL}")
        await page.wait_for_timeout(3000)
        loads.append(await _load("buffer full", page, protocol, traffic))
        await page.keyboard.press("p")
        loads.append(await _held(page, protocol, traffic))
        await browser.close()
    return {
        "first_row_cold_seconds": [seen for seen, _ in cold],
        "first_row_warm_seconds": [seen for seen, _ in warm],
        "scripts_ready_cold_seconds": [ready for _, ready in cold],
        "scripts_ready_warm_seconds": [ready for _, ready in warm],
        "loads": [vars(each) for each in loads],
    }


async def _held(page: Page, protocol: CDPSession, traffic: MadeTraffic) -> Load:
    """The same load on a held view: no row moves."""
    places = "() => [...document.querySelectorAll('.grid-body .row')].map(row => row.style.transform).join()"
    before = await page.evaluate(places)
    release = asyncio.create_task(_resume_later(page, before, places))
    found = await _load("held, then resumed", page, protocol, traffic)
    await release
    return found


async def _resume_later(page: Page, before: str, places: str) -> None:
    await asyncio.sleep(SECONDS - 1)
    assert await page.evaluate(places) == before, "a held view moved"
    await page.keyboard.press("p")


if __name__ == "__main__":
    json.dump(asyncio.run(measure()), sys.stdout, indent=2)
    sys.stdout.write("\n")
