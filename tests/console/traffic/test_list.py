"""The traffic list in the browser: it follows, holds still, obeys keys, and outlives a server that stops."""

import asyncio
import os
import signal

import pytest
from playwright.async_api import Page, expect

from tests.console.conftest import OpenPage
from tests.console.realm import ConsoleRealm
from tests.console.seeding import draft
from tests.console.serving import ServedConsole
from tests.console.traffic.sending import listed, own_word, places, send, shows

pytestmark = pytest.mark.asyncio(loop_scope="session")

COPIED = "begins => navigator.clipboard.readText().then(text => text.startsWith(begins))"
MANY_NEW = "() => Number.parseInt(document.querySelector('#traffic-news').textContent.slice(2)) >= 12"


def pill(page: Page, state: str) -> str:
    """The selector of the pill in a state."""
    return f'#stream-pill[data-stream="{state}"]'


async def sent(realm: ConsoleRealm, author: str, subject: str, precedence: str = "ROUTINE") -> str:
    """As ``send``, beside the page."""
    return await asyncio.to_thread(send, realm, author, subject, precedence)


async def test_each_key_does_what_the_help_says(
    open_page: OpenPage, realm: ConsoleRealm, seeded: object
) -> None:
    word = own_word()
    for number in range(3):
        await sent(realm, "XBB", f"{word} number {number}")
    page = await open_page("wanda", f"/?q={word}", permissions=["clipboard-read", "clipboard-write"])
    await listed(page)
    rows = page.locator(".grid-body .row")
    await expect(rows).to_have_count(3)
    assert await page.get_attribute("#traffic-grid", "aria-rowcount") == "4"
    await page.keyboard.press("c")
    await expect(page.locator(".toast")).to_contain_text("Choose a message first")
    await page.keyboard.press("j")
    await page.wait_for_selector(pill(page, "held"))
    await expect(rows.filter(has_text="number 2")).to_be_focused()
    assert await page.evaluate("() => document.activeElement.getAttribute('aria-rowindex')") == "2"
    await page.keyboard.press("ArrowDown")
    await page.keyboard.press("k")
    await page.keyboard.press("PageDown")
    await expect(rows.filter(has_text="number 0")).to_be_focused()
    assert await page.locator('.grid-body .row[tabindex="0"]').count() == 1
    for key, begins in (("c", "{"), ("u", "curl")):
        await page.keyboard.press(key)
        await page.wait_for_function(COPIED, arg=begins)
        await expect(rows.filter(has_text="number 0")).to_be_focused()
    await expect(page.locator("#drawer")).to_contain_text(f"{word} number 0")
    await page.keyboard.press("Escape")
    await page.keyboard.press("Enter")
    await page.wait_for_selector("#drawer .drawer-content [class]")
    await expect(page.locator("#drawer")).to_be_focused()
    assert "open=in/" in page.url
    await page.keyboard.press("Escape")
    await expect(page.locator("#drawer")).to_be_hidden()
    await expect(rows.filter(has_text="number 0")).to_be_focused()
    assert "open=" not in page.url
    await page.keyboard.press("Home")
    await page.wait_for_selector(pill(page, "live"))
    await expect(rows.filter(has_text="number 2")).to_be_focused()
    await page.keyboard.press("End")
    await expect(rows.filter(has_text="number 0")).to_be_focused()
    await page.keyboard.press("p")
    await page.wait_for_selector(pill(page, "live"))
    await page.keyboard.press("p")
    await page.wait_for_selector(pill(page, "held"))
    await page.click("#stream-pill")
    await page.wait_for_selector(pill(page, "live"))
    await page.keyboard.press("4")
    await page.wait_for_url("**prec=ROUTINE**")
    await expect(rows).to_have_count(3)
    await page.keyboard.press("1")
    await page.wait_for_url("**prec=FLASH**")
    await page.keyboard.press("4")
    await expect(page.locator('[data-list-state="none-fits"]')).to_be_visible()
    await page.keyboard.press("/")
    await expect(page.locator("#traffic-search")).to_be_focused()
    await page.keyboard.press("End")
    await page.keyboard.type("jp4")
    assert await page.input_value("#traffic-search") == f"{word}jp4"


async def test_the_filter_goes_to_the_address_and_back_and_the_live_list_keeps_to_it(
    open_page: OpenPage, realm: ConsoleRealm, seeded: object
) -> None:
    word = own_word()
    await sent(realm, "XBB", f"{word} first")
    await sent(realm, "XCC", f"{word} other")
    page = await open_page("wanda", "/", allow=(422, 400))
    await listed(page)
    rows = page.locator(".grid-body .row")
    await page.fill("#traffic-search", f"from:XBB {word}")
    await page.wait_for_url(f"**?q=from%3AXBB+{word}")
    await expect(rows).to_have_count(1)
    await page.fill("#traffic-search", f"sender:XBB {word}")
    refusal = page.locator("#traffic-search-refusal")
    await expect(refusal).to_contain_text("sender:XBB")
    await expect(page.locator("#traffic-search")).to_have_attribute("aria-invalid", "true")
    await expect(rows).to_have_count(1)
    assert f"from%3AXBB+{word}" in page.url
    await page.fill("#traffic-search", word)
    await expect(rows).to_have_count(2)
    await expect(refusal).to_be_empty()
    await page.go_back()
    await expect(page.locator("#traffic-search")).to_have_value(f"from:XBB {word}")
    await expect(rows).to_have_count(1)
    await sent(realm, "XCC", f"{word} not this")
    await sent(realm, "XBB", f"{word} but this")
    await shows(page, f"{word} but this")
    await expect(rows).to_have_count(2)
    await page.go_forward()
    await expect(rows).to_have_count(4)
    await page.goto(f"/?q={word}&prec=FLASH,ROUTINE")
    await listed(page)
    await expect(rows).to_have_count(4)
    await expect(page.locator("[data-precedence=FLASH]")).to_have_attribute("aria-pressed", "true")
    await expect(page.locator("[data-precedence=ROUTINE] .count")).to_have_text("4")
    await page.click("#traffic-search-clear")
    await page.wait_for_url("**/?prec=FLASH%2CROUTINE")


async def test_a_held_view_stands_still_and_loses_nothing(
    open_page: OpenPage, realm: ConsoleRealm, seeded: object
) -> None:
    word = own_word()
    for number in range(3):
        await sent(realm, "XBB", f"{word} before {number}")
    page = await open_page("wanda", "/")
    await listed(page)
    await shows(page, f"{word} before 2")
    await page.keyboard.press("j")
    await page.keyboard.press("j")
    await page.wait_for_selector(pill(page, "held"))
    await page.evaluate(
        "() => document.getSelection().selectAllChildren(document.querySelector('.grid-body .row .subject'))"
    )
    focused = await page.evaluate("() => document.activeElement.dataset.seq")
    selected = await page.evaluate("() => String(document.getSelection())")
    before = await places(page)
    await asyncio.gather(*(sent(realm, "XCC", f"{word} during {number:02}") for number in range(12)))
    await page.wait_for_function(MANY_NEW)
    assert await places(page) == before
    assert await page.evaluate("() => document.activeElement.dataset.seq") == focused
    assert await page.evaluate("() => String(document.getSelection())") == selected != ""
    await page.click("#traffic-news")
    await page.wait_for_selector(pill(page, "live"))
    for number in range(12):
        await shows(page, f"{word} during {number:02}")
    # Following, a row moves down as others come, and keeps focus and selection.
    await page.focus(f'.grid-body .row[data-seq="{focused}"]')
    await sent(realm, "XCC", f"{word} at last")
    await shows(page, f"{word} at last")
    assert await page.evaluate("() => document.activeElement.dataset.seq") == focused
    assert await page.evaluate("() => String(document.getSelection())") == selected


async def test_ten_tabs_share_one_stream_and_outlive_the_one_that_holds_it(
    open_page: OpenPage, realm: ConsoleRealm, seeded: object, console: ServedConsole
) -> None:
    word = own_word()
    first = await open_page("rolf", f"/?q={word}", own=True, viewport={"width": 800, "height": 500})
    await listed(first)
    streams = console.app.state.console
    begun: int = streams.streams
    others = [await first.context.new_page() for _ in range(9)]
    await asyncio.gather(*(page.goto(f"/?q={word}") for page in others))
    await asyncio.gather(*(listed(page) for page in others))
    assert streams.streams == begun
    await sent(realm, "XBB", f"{word} to all")
    await asyncio.gather(*(shows(page, f"{word} to all") for page in (first, *others)))
    await first.close()
    await sent(realm, "XBB", f"{word} without the first")
    await asyncio.gather(*(shows(page, f"{word} without the first") for page in others))
    assert streams.streams == begun
    for page in others:
        assert "gaps" not in (await page.get_attribute("#status", "class") or "").split()
        await page.close()


async def test_a_frozen_gateway_shows_as_stale_and_nothing_is_lost_then_nor_by_a_restart(
    open_page: OpenPage, realm: ConsoleRealm, seeded: object
) -> None:
    word = own_word()
    page = await open_page("wanda", "/", allow=(401, 502, 503), own=True)
    await listed(page)
    process = realm.pid("XAA")
    os.kill(process, signal.SIGSTOP)
    try:
        await page.wait_for_selector(pill(page, "stale"), timeout=5000)
        for number in range(3):
            realm.post("XBB", "/v1/messages", draft("threat_alert", "XBB", subject=f"{word} frozen {number}"))
    finally:
        os.kill(process, signal.SIGCONT)
    await page.wait_for_selector(pill(page, "live"))
    for number in range(3):
        await shows(page, f"{word} frozen {number}")
    gateway = realm.running.processes["XAA"]
    await asyncio.to_thread(realm.call, gateway.stop())
    await page.wait_for_selector(pill(page, "reconnecting"))
    realm.post("XBB", "/v1/messages", draft("threat_alert", "XBB", subject=f"{word} stopped"))
    await asyncio.to_thread(realm.call, gateway.start())
    await page.wait_for_selector(pill(page, "live"))
    await shows(page, f"{word} stopped")
    assert await page.is_hidden(".gap-row")
