"""What a page has missed, and what stands above the list when there is much: one page, a played stream."""

import asyncio
import json
import re
from typing import Any

import pytest
from playwright.async_api import Page, Route, expect

from tests.console.conftest import OpenPage
from tests.console.realm import ConsoleRealm
from tests.console.traffic.sending import listed, own_word, send, shows

pytestmark = pytest.mark.asyncio(loop_scope="session")

AT = "2026-11-22T12:00:00Z"
REASONS = ("SIGNATURE_INVALID", "KEY_UNKNOWN", "LABEL_INVALID", "REPLAYED", "TOO_LARGE", "NOT_FOR_US")


def alarms() -> list[dict[str, Any]]:
    """One alarm of XCC, then more of XBB than the bar has lines for, some of them many times."""
    made = [{"type": "bundle.refused", "nation": "XCC", "reason": REASONS[0], "count": 1}]
    made += [{"type": "bundle.refused", "nation": "XBB", "reason": each, "count": 70} for each in REASONS]
    return [each | {"event_seq": 10**9 + place, "at": AT} for place, each in enumerate(made)]


class PlayedStream:
    """Says where the stream begins and ends; then gives one batch, and is the console's own from then on."""

    def __init__(self) -> None:
        self.begun = ""
        self.missed = asyncio.get_running_loop().create_future()
        self._turn = 0

    async def answer(self, route: Route) -> None:
        self._turn += 1
        if self._turn == 1:
            await route.fulfill(content_type="text/event-stream", body=f"id: {self.begun}\n\n")
        elif self._turn == 2:
            batch = await self.missed
            event = f"id: {batch['through']}\nevent: batch\ndata: {json.dumps(batch)}\n\n"
            await route.fulfill(content_type="text/event-stream", body=event)
        else:
            await route.continue_()


async def asked(page: Page, path: str) -> Any:
    """What the console answers to a script of this page."""
    answer = await page.context.request.get(path)
    return await answer.json()


async def test_what_was_missed_is_said_and_fetched_again_and_no_alarm_or_flash_hides_others(
    open_page: OpenPage, realm: ConsoleRealm, seeded: object
) -> None:
    word, played, refused = own_word(), PlayedStream(), 3
    page = await open_page("wanda", "/settings", allow=(503,))
    row = (await asked(page, "/traffic/rows?q=dir:in&limit=1"))["rows"][0]
    crowd = [
        row | {"seq": 10**6 + each, "message_id": f"0{each}", "precedence": "FLASH"} for each in range(100)
    ]
    crowd[1] |= {"originator": "XCC", "message_id": crowd[0]["message_id"]}
    played.begun = str((await asked(page, "/traffic/rows?limit=1"))["event_seq"])

    async def changes(route: Route) -> None:
        nonlocal refused
        refused -= 1
        if refused >= 0:
            await route.fulfill(status=503, json={"code": "GATEWAY_BUSY"})
        else:
            await route.continue_()

    async def awaiting(route: Route) -> None:
        await route.fulfill(json={"rows": crowd, "counts": {"FLASH": 137}})

    await page.route("**/traffic/stream", played.answer)
    await page.route("**/traffic/changes?*", changes)
    await page.route("**/traffic/awaiting", awaiting)
    counted = {"counts": {"FLASH": 7000, "IMMEDIATE": 0, "PRIORITY": 2, "ROUTINE": 3}, "at_least": True}
    await page.route(re.compile(r"/traffic/counts(\?|$)"), lambda route: route.fulfill(json=counted))
    await page.goto("/")
    await page.wait_for_selector("#traffic[data-ready]")
    await asyncio.to_thread(send, realm, "XBB", f"{word} missed")
    after = (await asked(page, "/traffic/rows?limit=1"))["event_seq"]
    await asyncio.to_thread(send, realm, "XCC", f"{word} followed")
    found = await asked(page, f"/traffic/rows?q={word}+followed")
    through = found["event_seq"]
    played.missed.set_result({"after": after, "through": through, "rows": found["rows"], "alarms": alarms()})
    await shows(page, f"{word} followed")
    await expect(page.locator("#traffic-total")).to_have_text("at least 7,005")
    await expect(page.locator("[data-precedence=FLASH] .count")).to_have_text("≥ 7,000at least 7,000")
    gap = page.locator(".gap-row")
    await expect(gap).to_contain_text(re.compile(rf"\b{after - int(played.begun)} changes? missing"))
    await expect(page.locator("#status")).to_have_class("status-left gaps")
    await expect(page.locator(".row", has_text=f"{word} missed")).to_have_count(0)

    lines = page.locator("#alarms li")
    await expect(lines).to_have_count(5)
    await expect(lines.nth(1)).to_contain_text(f"XCC: a message was refused {REASONS[0]}")
    await expect(lines.first).to_contain_text(f"XBB: 70 messages were refused {REASONS[-1]}")
    await expect(lines.last).to_have_text("and 3 more alarms")
    assert await page.locator(".flash-count").inner_text() == "137"
    assert await page.locator(".flash-entry").count() == 3
    await expect(page.locator(".flash-more a")).to_have_text("134 more await")
    assert await page.locator(".flash-more a").get_attribute("href") == "/?q=is:awaiting&prec=FLASH"

    await gap.locator("button").focus()
    await page.keyboard.press("Enter")
    await shows(page, f"{word} missed")
    await expect(gap).to_be_hidden()
    for name in ("missed", "followed"):
        await expect(page.locator(".grid-body .row", has_text=f"{word} {name}")).to_have_count(1)
    await listed(page)
    await expect(page.locator("#status")).to_have_class("status-left")
    await page.click("#alarms [data-act=dismiss]")
    await expect(page.locator("#alarms")).to_be_hidden()
