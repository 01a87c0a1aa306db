"""What stands above the list: FLASH that waits, security alarms, the figures over time, views and export."""

import asyncio
import csv
import io

import pytest
from playwright.async_api import Page, expect

from tests.console.conftest import OpenPage
from tests.console.judging_pages import colours_known, violations
from tests.console.overlaps import overlaps
from tests.console.realm import ConsoleRealm
from tests.console.traffic.sending import listed, own_word, send, shows

pytestmark = pytest.mark.asyncio(loop_scope="session")

HOSTILE = (
    '"><script>document.title = "taken"</script>',
    "{{ 7 * 7 }} ${7 * 7} <img src=x onerror=alert(1)>",
    '=HYPERLINK("https://example.org")',
    "zero\u200bwidth",
)


COUNT_SOUNDS = """() => {
  window.sounds = 0;
  window.AudioContext = class extends AudioContext { constructor() { super(); window.sounds += 1; } };
}"""


async def quieted(page: Page) -> None:
    """Acknowledge what other tests left waiting."""
    await expect(page.locator("#stream-pill")).to_have_attribute("data-stream", "live")
    waiting = page.locator(".flash-entry")
    while count := await waiting.count():
        await waiting.first.locator("[data-act=acknowledge]").click()
        await expect(waiting).to_have_count(count - 1)


async def test_flash_is_said_at_once_and_leaves_when_anyone_of_the_nation_acknowledges(
    open_page: OpenPage, realm: ConsoleRealm, seeded: object
) -> None:
    word = own_word()
    page = await open_page("wanda", "/")
    other = await open_page("rolf", f"/?q={word}")
    await listed(page)
    await listed(other)
    await quieted(page)
    # Another room in the same browser: it hears by the stream of the first page.
    elsewhere = await page.context.new_page()
    await elsewhere.goto("/settings")
    await expect(elsewhere.locator("#stream-pill")).to_have_attribute("data-stream", "live")
    for each in (page, other, elsewhere):
        await each.evaluate(COUNT_SOUNDS)
    await page.keyboard.press("m")
    await asyncio.to_thread(send, realm, "XBB", f"{word} first", "FLASH")
    entry = page.locator(".flash-entry", has_text=f"{word} first")
    await expect(entry).to_be_visible()
    await expect(entry).to_contain_text("XBB")
    await expect(entry.locator(".mode")).to_have_text("EXERCISE")
    await expect(page.locator(".row", has_text=f"{word} first").locator(".mode")).to_have_text("EXERCISE")
    await expect(page.locator("#flash-said")).to_contain_text(f"{word} first")
    assert (await page.title()).startswith("(1) ")
    assert await page.get_attribute("html", "data-chimes") == "2", "once when switched on, once for FLASH"
    assert await page.evaluate("() => window.sounds") == 1, "asked for once, with the choice"
    assert await other.evaluate("() => window.sounds") == 0, "sound is off until switched on"
    await expect(elsewhere.locator(".flash-entry")).to_contain_text(f"{word} first")
    looking = await open_page("sofia", "/settings")
    await expect(looking.locator(".flash-entry")).to_contain_text(f"{word} first")
    await expect(looking.locator("[data-act=acknowledge]")).to_have_count(0)
    await expect(looking.locator(".band-text").first).to_contain_text("NATO RESTRICTED")
    assert await elsewhere.evaluate("() => window.sounds") == 0
    assert (await elsewhere.title()).startswith("(1) ")
    await expect(elsewhere.locator("body > .band-top")).to_contain_text("NATO RESTRICTED")
    await expect(elsewhere.locator("body > .band-top")).to_contain_text("EXERCISE")
    assert await elsewhere.locator(".flash-open").get_attribute("href") == await entry.locator(
        ".flash-open"
    ).get_attribute("href")
    await asyncio.to_thread(send, realm, "XCC", f"{word} second", "FLASH")
    await expect(page.locator(".flash-count")).to_have_text("2")
    await entry.locator("[data-act=open]").click()
    await expect(page.locator("#drawer")).to_contain_text(f"{word} first")
    await page.keyboard.press("Escape")
    await entry.locator("[data-act=acknowledge]").click()
    await expect(entry).to_have_count(0)
    # The other operator's bar loses it, too; what is left is acknowledged by the key alone.
    await expect(other.locator(".flash-entry")).to_have_count(1)
    await expect(other.locator(".row", has_text=f"{word} first").locator(".c-ack")).to_contain_text(
        "acknowledged"
    )
    await other.keyboard.press("a")
    await expect(other.locator("#flash")).to_be_hidden()
    await expect(page.locator("#flash")).to_be_hidden()
    assert not (await page.title()).startswith("(")
    await expect(elsewhere.locator("#flash")).to_be_hidden()
    assert await elsewhere.locator("body > .band-none").count() == 2, "nothing marked is shown there now"
    await page.keyboard.press("m")


async def test_what_partners_write_is_shown_as_text(
    open_page: OpenPage, realm: ConsoleRealm, seeded: object
) -> None:
    word = own_word()
    for text in HOSTILE:
        await asyncio.to_thread(send, realm, "XBB", f"{text} {word}", "FLASH")
    page = await open_page("wanda", f"/?q={word}")
    await listed(page)
    await shows(page, "zero⟦U+200B⟧width")
    for text in HOSTILE[:3]:
        await expect(page.locator(".grid-body .row", has_text=text)).to_have_count(1)
    assert "taken" not in await page.title()
    assert await page.locator("#traffic-rows :is(script, img, a), #flash :is(script, img)").count() == 0
    exported = await page.context.request.get(f"/traffic/export?format=csv&q={word}")
    lines = list(csv.reader(io.StringIO(await exported.text())))
    assert "NATO RESTRICTED" in ",".join(lines[0])
    assert any(cell.startswith("'=HYPERLINK") for line in lines for cell in line)
    while await page.locator(".flash-entry").count():
        before = await page.locator(".flash-count").inner_text()
        await page.keyboard.press("a")
        await expect(page.locator(".flash-count")).not_to_have_text(before)


async def test_figures_over_time_choose_a_span_by_dragging_and_by_table(
    open_page: OpenPage, realm: ConsoleRealm, seeded: object
) -> None:
    page = await open_page("wanda", "/")
    await listed(page)
    over = page.locator("#histogram .u-over")
    await over.wait_for()
    box = await over.bounding_box()
    assert box is not None
    middle = box["y"] + box["height"] / 2
    await page.mouse.move(box["x"] + box["width"] * 0.2, middle)
    await page.mouse.down()
    await page.mouse.move(box["x"] + box["width"] * 0.9, middle, steps=4)
    await page.mouse.up()
    value = await page.input_value("#traffic-search")
    assert value.startswith("after:20")
    assert " before:20" in value
    await page.wait_for_url("**?q=after%3A**")
    await page.click("#traffic-search-clear")
    await page.click("#histogram summary")
    await page.locator("#histogram tbody button").first.click()
    await page.wait_for_url("**?q=after%3A**before%3A**")


async def test_views_are_saved_used_and_removed_by_keys_alone(open_page: OpenPage, seeded: object) -> None:
    page = await open_page("rita", "/?q=from:XBB")
    await listed(page)
    opener, items = page.locator("#traffic-views > button"), page.locator("#traffic-views li")
    await opener.focus()
    await page.keyboard.press("Enter")
    await expect(page.locator("#view-name")).to_be_focused()
    await page.keyboard.type("Of <XBB>")
    await page.keyboard.press("Enter")
    await expect(items).to_have_text(["Of <XBB>from:XBB×"])
    await page.keyboard.press("Escape")
    await expect(opener).to_be_focused()
    await page.click("#traffic-search-clear")
    await page.wait_for_url(lambda url: "?" not in url)
    await opener.focus()
    async with page.expect_response("**/traffic/views"):
        await page.keyboard.press("Enter")
    await expect(items.locator(".menu-item")).to_be_focused()
    await page.keyboard.press("Enter")
    await page.wait_for_url("**?q=from%3AXBB")
    await expect(opener).to_be_focused()
    async with page.expect_response("**/traffic/views"):
        await page.keyboard.press("Enter")
    await page.keyboard.press("Tab")
    await expect(items.locator(".menu-remove")).to_be_focused()
    await page.keyboard.press("Enter")
    await expect(items).to_have_count(0)
    await expect(page.locator("#view-name")).to_be_focused()


COLUMNS = """() => [...document.querySelectorAll("#traffic-head [role=columnheader]")]
    .filter(cell => cell.offsetWidth > 0).length"""
CUT_LABELS = """() => [...document.querySelectorAll(".grid-body .c-label")]
    .filter(cell => cell.offsetParent && cell.scrollWidth > cell.clientWidth + 1)
    .map(cell => cell.textContent)"""


async def test_the_page_fits_every_width_and_cuts_no_marking(open_page: OpenPage, seeded: object) -> None:
    page = await open_page("wanda", "/")
    await listed(page)
    for width, columns, beside in ((1920, 10, 8), (1600, 10, 8), (1366, 10, 8), (1000, 8, 8), (420, 5, 5)):
        if width == 1366:
            await page.select_option("#language", "ar")
            await page.wait_for_selector("html[lang=ar][data-ready]", state="attached")
            await listed(page)
        await page.set_viewport_size({"width": width, "height": 860})
        assert await overlaps(page) == [], width
        assert await page.evaluate(COLUMNS) == columns, width
        assert await page.evaluate(CUT_LABELS) == [], width
        await page.locator(".grid-body .row").first.click()
        await expect(page.locator("#drawer")).to_be_visible()
        assert await overlaps(page) == [], width
        assert await page.evaluate(COLUMNS) == beside, width
        assert await page.evaluate(CUT_LABELS) == [], width
        await page.click("[data-close-drawer]")
    await page.click(".rooms-menu summary")
    await expect(page.locator(".rooms-menu a[href='/nations']")).to_be_in_viewport(ratio=1)


async def test_an_auditor_sees_that_there_is_traffic_but_no_word_of_it(
    open_page: OpenPage, realm: ConsoleRealm, seeded: object
) -> None:
    word = own_word()
    await asyncio.to_thread(send, realm, "XBB", f"{word} secret")
    page = await open_page("aude", "/?q=from:XBB", allow=(403, 422), language="ar")
    await listed(page)
    assert await page.get_attribute("html", "dir") == "rtl"
    assert word not in await page.inner_text("body")
    await expect(page.locator(".grid-body .row .unsaid").first).to_be_visible()
    await page.fill("#traffic-search", word)
    await expect(page.locator("#traffic-search-refusal")).not_to_be_empty()


async def test_without_scripts_the_newest_messages_can_be_read(
    open_page: OpenPage, realm: ConsoleRealm, seeded: object
) -> None:
    word = own_word()
    await asyncio.to_thread(send, realm, "XBB", f"{word} <b>plain</b>")
    page = await open_page("wanda", f"/?q={word}", java_script_enabled=False)
    await expect(page.locator("noscript a, main a").get_by_text(f"{word} <b>plain</b>")).to_be_visible()
    for dead in ("#traffic-pause", ".toggles", "#histogram", "#traffic-grid", "#sound"):
        await expect(page.locator(dead)).to_be_hidden()
    row = page.locator("main tbody tr").first
    await expect(row.locator(".mode, .label")).to_have_text(["EXERCISE", "NATO RESTRICTED XAA, XCC Only"])
    await expect(row.locator(".sig")).to_be_visible()


@pytest.mark.parametrize("language", ["en", "ar"])
async def test_every_state_of_the_page_is_accessible(
    open_page: OpenPage, seeded: object, language: str
) -> None:
    page = await open_page("rolf", "/", allow=(422,), language=language)
    await listed(page)
    await page.keyboard.press("j")
    await page.keyboard.press("Enter")
    await page.wait_for_selector("#drawer [data-message]")
    await page.click("#histogram summary")
    await page.click("#traffic-export > button")
    known = colours_known(language)
    assert await violations(page, without=known) == [], "held, with the message, a menu and the table open"
    await page.keyboard.press("Escape")
    await page.click("[data-close-drawer]")
    await page.fill("#traffic-search", "from:ZZZ")
    await expect(page.locator('[data-list-state="none-fits"]')).to_be_visible()
    await page.fill("#traffic-search", "sender:ZZZ")
    await expect(page.locator("#traffic-search-refusal")).not_to_be_empty()
    await expect(page.locator('[data-list-state="none-fits"]')).to_be_visible()
    assert await violations(page, without=known) == [], "nothing that fits, words that are not understood"
