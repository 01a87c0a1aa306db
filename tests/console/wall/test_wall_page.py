"""The wall in the browser: it keeps itself current, has nothing to press, and fits its screen."""

import asyncio
import re
from typing import Any

import httpx
import pytest
from playwright.async_api import Page, Route

from tests.console.conftest import OpenPage, Visit
from tests.console.hostile import HostileMessage, unharmed
from tests.console.judging_pages import violations
from tests.console.map.areas import in_words, publish_alert
from tests.console.overlaps import overlaps
from tests.console.played import signed_in
from tests.console.realm import ConsoleRealm

OVER_EACH_OTHER = """() => {
  const met = (a, b) => Math.min(a.right, b.right) - Math.max(a.left, b.left) > 1
    && Math.min(a.bottom, b.bottom) - Math.max(a.top, b.top) > 1;
  const parts = [...document.querySelectorAll('.wall-bar, .wall-columns > section')];
  const boxes = parts.map(part => part.getBoundingClientRect());
  const over = parts.filter((_, at) => boxes.some((box, other) => other > at && met(box, boxes[at])));
  const cut = [...document.querySelectorAll('.wall-columns :is(li, h2)')].filter(row => {
    const box = row.getBoundingClientRect(), whole = row.closest('section').getBoundingClientRect();
    return met(box, whole) && box.bottom > whole.bottom + 1;
  });
  return [...over, ...cut].map(part => part.innerText);
}"""
"""Parts of the wall that stand over each other, and rows that its edge cuts."""

ALERTS = """() => {
  const note = document.querySelector('[data-wall-more]');
  const edge = note.previousElementSibling.getBoundingClientRect();
  const inside = [...document.querySelectorAll('.wall-alert')].map(row => row.getBoundingClientRect())
    .filter(box => box.left < edge.right - 1 && box.right > edge.left + 1);
  return [Number(note.dataset.all), inside.length, note.textContent.match(/[0-9]+/g)];
}"""
"""How many alerts there are, how many are seen, and how many more the note says."""

pytestmark = pytest.mark.asyncio(loop_scope="session")


async def test_what_comes_stands_on_the_wall_by_itself(
    open_page: OpenPage, realm: ConsoleRealm, seeded: dict[str, dict[str, Any]]
) -> None:
    page = await open_page("wanda", "/wall", viewport={"width": 1920, "height": 1080})
    await page.wait_for_selector("[data-wall-state][data-state=live]")
    assert await page.locator(".wall-nation").count() == 2
    assert await page.locator("main :is(a, button, input), header :is(a, button, input)").count() == 0
    subject = "WALL <i>fog</i>\u200b at sea"
    publish_alert(realm, "XBB", subject, [in_words("Sea")], precedence="FLASH")
    shown = "WALL <i>fog</i>⟦U+200B⟧ at sea"
    for part in (".wall-row", ".wall-alert", "section.wall-bar li"):
        await page.locator(part, has_text=shown).first.wait_for()
    assert await page.locator("main i").count() == 0
    assert "NATO " in await page.locator(".band-top .band-text").inner_text()
    covers = page.locator("[data-covers]")
    for said, shown_as in (("data-text", "band-text"), ("data-mode", "band-mode")):
        words = await covers.get_attribute(said)
        assert await page.locator(f".band-top [data-{shown_as}]").text_content() == words
    sizes = await page.evaluate(
        "[...document.querySelectorAll('.wall-row')].map(e => parseFloat(getComputedStyle(e).fontSize))"
    )
    assert min(sizes) >= 24
    await _asks_once_at_a_time(page)


async def _asks_once_at_a_time(page: Page) -> None:
    """However often traffic comes while an answer is under way: then once more, and the newest stands."""
    held = asyncio.Queue[Route]()
    await page.route("**/wall/fragment", held.put)
    crowd = "for (let n = 0; n < 3; n++) parts.dispatchEvent(new CustomEvent('live:refresh'))"
    await page.evaluate(f"() => {{ const parts = document.getElementById('wall-parts'); {crowd} }}")
    first = await held.get()
    await page.evaluate("fetch('/static/js/wall/wall.js').then(() => null)")
    assert held.empty()
    await first.continue_()
    second = await held.get()
    await second.continue_()
    await page.unroute("**/wall/fragment")


async def test_what_no_longer_holds_says_so_on_the_wall() -> None:
    row = {
        "direction": "in",
        "originator": "XBB",
        "kind": "threat_alert",
        "precedence": "ROUTINE",
        "mode": "EXERCISE",
        "at": "2026-11-22T10:00:00Z",
    }
    rows = [row | {"seq": seq, "status": status} for seq, status in ((2, "RECALLED"), (1, "CURRENT"))]
    told = {
        "/v1/traffic": {"rows": rows},
        "/v1/traffic/awaiting": {"rows": [], "counts": {}},
        "/v1/partners": {"items": []},
    }

    def gateway(asked: httpx.Request) -> httpx.Response:
        known = told.get(asked.url.path)
        return httpx.Response(404 if known is None else 200, json=known or {})

    async with signed_in(gateway) as browser:
        shown = await browser.get("/wall/fragment")
    assert shown.status_code == 200
    recalled, current = re.findall(r'<li data-key="\d".*?</li>', shown.text, re.DOTALL)
    assert "Recalled" in recalled
    assert "Recalled" not in current


@pytest.mark.parametrize(("width", "language"), [(420, "ar"), (1366, "de")])
async def test_the_wall_fits_smaller_screens_too(
    open_page: OpenPage, hostile: list[HostileMessage], width: int, language: str
) -> None:
    page = await open_page("wanda", "/wall", language=language, viewport={"width": width, "height": 900})
    await page.wait_for_selector(".wall-row")
    await unharmed(page)
    assert await violations(page) == []
    assert await page.evaluate(OVER_EACH_OTHER) == []
    every, seen, said = await page.evaluate(ALERTS)
    assert seen <= every
    assert seen == every or language != "de" or said == [str(every - seen)], "how many more there are"
    assert await overlaps(page) == []


async def test_who_sees_no_content_sees_a_wall_without_words(
    visit: Visit, realm: ConsoleRealm, seeded: dict[str, dict[str, Any]]
) -> None:
    publish_alert(realm, "XBB", "WALL secret words", [in_words("Sea")])
    for path in ("/wall", "/wall/fragment"):
        shown = visit("aude").get(path)
        assert shown.status_code == 200
        assert "Alerts are not shown to this role." in shown.text
        assert "WALL secret words" not in shown.text
        assert "Threat alert" in shown.text
        assert "WALL secret words" in visit("wanda").get(path).text


async def test_the_band_of_the_wall_covers_what_awaits_acknowledgement_too() -> None:
    """It may be older than all other rows that stand there."""
    old = {"precedence": "FLASH", "seq": 1, "originator": "XBB", "issued_at": "2026-03-01T09:00:00Z"}
    old |= {"mode": "EXERCISE", "subject": "old", "marking": "NATO SECRET XAA Only", "level": 3}

    def gateway(request: httpx.Request) -> httpx.Response:
        awaiting = request.url.path.endswith("/awaiting")
        told = (
            {"rows": [old], "counts": {"FLASH": 1}} if awaiting else {"rows": [], "items": [], "next": 2**53}
        )
        return httpx.Response(200, json=told)

    async with signed_in(gateway, accept="text/html") as browser:
        assert (await browser.get("/wall")).text.count("data-band-text>NATO SECRET XAA Only<") == 2
        assert 'data-text="NATO SECRET XAA Only"' in (await browser.get("/wall/fragment")).text
