"""The room of nations in the browser: what stands there, that it keeps itself current, who sees how much."""

import re
from typing import Any

import pytest
from playwright.async_api import expect

from tests.console.conftest import OpenPage, Visit
from tests.console.judging_pages import colours_known, violations
from tests.console.overlaps import overlaps

in_browser = pytest.mark.asyncio(loop_scope="session")

FITS = "() => { const main = document.querySelector('main'); return main.scrollWidth <= main.clientWidth; }"


@in_browser
async def test_the_list_has_every_partner_and_leads_to_each(open_page: OpenPage, seeded: Any) -> None:
    page = await open_page("wanda", "/nations")
    rows = page.locator(".nations-table tbody tr")
    assert sorted(await rows.locator(".nation-code").all_text_contents()) == ["XBB", "XCC"]
    row = rows.filter(has_text="XBB")
    await expect(row.locator(".minutes")).to_have_count(1)
    assert "never" not in await row.inner_text()
    assert await violations(page) == []
    await row.locator("a").press("Enter")
    # Other tests' FLASH that waits stands before it, in brackets.
    await expect(page).to_have_title(re.compile(r"^(\(\d+\) )?XBB · Nations · XAA · Entente Console$"))
    for part in (
        "Delivery",
        "Lanes from this nation",
        "Overdue receipts",
        "Agreements with this nation",
        "Keys",
    ):
        await expect(page.get_by_role("heading", name=part, exact=True)).to_be_visible()
    await expect(page.get_by_role("link", name="Agreement of the three")).to_be_visible()
    assert await page.locator("section[data-key=lanes] tbody tr").count() >= 2
    assert await page.locator("section[data-key=keys] tbody tr").count() >= 3
    assert await page.get_by_role("link", name="Traffic from it").get_attribute("href") == "/?q=from%3AXBB"
    assert await violations(page) == []


@in_browser
async def test_the_page_keeps_itself_current_and_leaves_the_focus_where_it_is(
    open_page: OpenPage, seeded: Any
) -> None:
    page = await open_page("wanda", "/nations")
    link = page.locator(".nations-table tbody tr").filter(has_text="XCC").locator("a")
    await link.focus()
    kept = await link.element_handle()
    await page.evaluate("document.querySelector('[data-key=as-of] time').textContent = 'before'")
    await page.evaluate("document.querySelector('[data-live]').dispatchEvent(new Event('live:refresh'))")
    await expect(page.locator("[data-key=as-of] time")).not_to_have_text("before")
    assert await page.evaluate("(kept) => document.activeElement === kept && kept.isConnected", kept)


@in_browser
@pytest.mark.parametrize("language", ["en", "ar"])
async def test_a_page_that_cannot_be_refreshed_says_so_and_recovers(
    open_page: OpenPage, seeded: Any, language: str
) -> None:
    page = await open_page("wanda", "/nations", allow=(502,), language=language)
    await page.route(
        "**/nations/fragment",
        lambda route: route.fulfill(status=502, content_type="text/html", body="<p>away</p>"),
    )
    refresh = "document.querySelector('[data-live]').dispatchEvent(new Event('live:refresh'))"
    await page.evaluate(refresh)
    await expect(page.locator("[data-live].is-stale")).to_have_count(1)
    assert await violations(page, without=colours_known(language)) == []
    await page.unroute("**/nations/fragment")
    await page.evaluate(refresh)
    await expect(page.locator("[data-live].is-stale")).to_have_count(0)


@in_browser
async def test_nothing_runs_out_of_the_page(open_page: OpenPage, seeded: Any) -> None:
    page = await open_page("chief", "/nations")
    for path in ("/nations/XBB", "/agreements", "/agreements/propose", "/requests", "/audit"):
        await page.goto(path)
        for width in (420, 1366, 1920):
            await page.set_viewport_size({"width": width, "height": 900})
            assert await page.evaluate(FITS), (path, width)
            assert await overlaps(page) == [], (path, width)


@in_browser
async def test_right_to_left_without_a_violation(open_page: OpenPage, seeded: Any) -> None:
    page = await open_page("chief", "/nations", language="ar")
    assert await page.evaluate("document.documentElement.dir") == "rtl"
    for path in ("/nations/XBB", "/agreements/trio", "/requests", "/audit"):
        await page.goto(path)
        await page.wait_for_selector("html[data-ready]", state="attached")
        assert await violations(page) == [], path


def test_who_sees_exercises_only_is_told_why_there_are_no_figures(visit: Visit, seeded: Any) -> None:
    listed, shown = visit("ed").get("/nations").text, visit("ed").get("/nations/XBB").text
    assert "not shown to who sees exercises only" in listed
    assert "minutes-sent" not in listed + shown
    assert "Messages" in shown, "keys are shown"


@pytest.mark.parametrize("path", ["/nations/XZZ", "/nations/XAA"])
def test_a_nation_that_is_no_partner_is_not_found(visit: Visit, path: str) -> None:
    assert visit("wanda").get(path).status_code == 404
