"""The traffic page while it loads: its newest rows are there before any script, and stay as they are."""

import asyncio
import re
from collections import Counter

import pytest
from playwright.async_api import Route, expect

from tests.console.conftest import OpenPage
from tests.console.realm import ConsoleRealm
from tests.console.traffic.sending import listed, own_word, send

pytestmark = pytest.mark.asyncio(loop_scope="session")

ROWS = """() => Object.fromEntries([...document.querySelectorAll('.grid-body .row')].map(row => {
    const copy = row.cloneNode(true);
    for (const name of ['style', 'tabindex']) copy.removeAttribute(name);
    for (const each of [copy, ...copy.querySelectorAll('*')]) {
        const held = [...each.attributes].map(({name, value}) => [name, value]).sort();
        for (const [name] of held) each.removeAttribute(name);
        for (const [name, value] of held) each.setAttribute(name, value);
    }
    return [row.dataset.seq, copy.outerHTML];
}))"""


async def test_rows_are_read_before_scripts_run_which_draw_the_same_and_ask_for_nothing_twice(
    open_page: OpenPage, realm: ConsoleRealm, seeded: object
) -> None:
    word = own_word()
    await asyncio.to_thread(send, realm, "XAA", f"{word} <b>own</b>", "IMMEDIATE")
    await asyncio.to_thread(send, realm, "XBB", f"{word} zero\u200bwidth", "FLASH")
    page = await open_page("wanda", "/settings")
    scripts, asked, runs = asyncio.Event(), Counter[str](), "**/js/traffic/page.js"

    async def wait(route: Route) -> None:
        await scripts.wait()
        await route.continue_()

    await page.route(runs, wait)
    page.on("request", lambda request: asked.update([request.url]))
    await page.goto("/", wait_until="commit")
    await expect(page.locator(".grid-body .row", has_text=f"{word} zero⟦U+200B⟧width")).to_be_visible()
    await expect(page.locator('[data-list-state="loading"]')).to_be_hidden()
    first = await page.evaluate(ROWS)
    assert await page.locator("#traffic[data-ready]").count() == 0
    scripts.set()
    await listed(page)
    drawn = await page.evaluate(ROWS)
    # The page brings thirty rows; of these the scripts draw what is near the eye.
    both = first.keys() & drawn.keys()
    assert len(both) > 4
    assert {seq: drawn[seq] for seq in both} == {seq: first[seq] for seq in both}
    assert await page.locator(".grid-body[data-first]").count() == 0

    files = {url for url in asked if "/static/" in url or "/wording/" in url}
    assert {url: asked[url] for url in files if asked[url] > 1} == {}
    named = await page.locator("link[rel=modulepreload]").evaluate_all(
        "links => links.map(link => link.href)"
    )
    modules = {url for url in files if re.search(r"/static/[0-9a-f]{12}/js/", url)}
    assert sorted(named) == sorted(modules), "each module is named, once, and none that is not needed"
    await page.unroute(runs)
