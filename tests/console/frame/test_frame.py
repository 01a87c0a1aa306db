"""The frame in the browser: keys, languages, choices that stay, every width, and pages without scripts."""

import pytest
from playwright.async_api import Page

from tests.console.conftest import OpenPage
from tests.console.judging_pages import COLOURS, violations
from tests.console.overlaps import overlaps

pytestmark = pytest.mark.asyncio(loop_scope="session")


async def test_keys_lead_through_the_console_and_can_be_switched_off(open_page: OpenPage) -> None:
    page = await open_page("wanda", "/settings")
    await page.keyboard.press("?")
    await page.wait_for_selector("dialog[open]")
    assert await violations(page) == []
    await page.keyboard.press("Escape")
    await page.wait_for_selector("dialog#help:not([open])", state="attached")

    await page.keyboard.press("Tab")
    assert await page.evaluate("document.activeElement.className") == "skip"
    await page.keyboard.press("Enter")
    assert await page.evaluate("document.activeElement.id") == "main"

    await page.keyboard.press("g")
    await page.keyboard.press("n")
    await page.wait_for_url("**/nations")
    await page.wait_for_selector("html[data-ready]", state="attached")
    await page.keyboard.press("g")
    await page.keyboard.press("d")
    assert await page.locator(".toast").inner_text() == "Drills: for Exercise staff only."

    await page.goto("/settings")
    await page.uncheck("[name=keys]")
    await page.click("main form .button-main")
    await page.wait_for_selector(".toast")
    await page.wait_for_selector("html[data-keys=off][data-ready]", state="attached")
    await page.keyboard.press("g")
    await page.keyboard.press("n")
    await page.keyboard.press("?")
    assert page.url.endswith("/settings")
    assert await page.query_selector("dialog[open]") is None


async def test_the_language_changes_where_one_is_and_stays(open_page: OpenPage) -> None:
    page = await open_page("wanda", "/settings")
    for language, title in (
        ("pl", "Ustawienia"),
        ("fr", "Réglages"),
        ("de", "Einstellungen"),
        ("ar", "الإعدادات"),
    ):
        await page.select_option("#language", language)
        await page.wait_for_selector(f"html[lang={language}][data-ready]", state="attached")
        assert await page.text_content("main h1") == title
        assert page.url.endswith("/settings")
    rail, main = await page.locator(".rail").bounding_box(), await page.locator("main").bounding_box()
    assert rail is not None
    assert main is not None
    assert rail["x"] > main["x"], "the rail stands on the right"
    zulu = page.locator("[data-clock-zulu]")
    assert await zulu.evaluate("(each) => getComputedStyle(each).direction") == "ltr"


@pytest.mark.parametrize("language", ["de", "ar"])
async def test_the_frame_fits_every_width(open_page: OpenPage, language: str) -> None:
    page = await open_page("chief", "/settings", language=language)
    for path in ("/settings",) if language == "ar" else ("/settings/password", "/settings"):
        await page.goto(path)
        for width in (1920, 1600, 1366, 420):
            await page.set_viewport_size({"width": width, "height": 820})
            await _fits(page, width)
    for words in ("RECONNECTING", "VERBINDET NEU", "ŁĄCZY PONOWNIE"):
        await page.locator("[data-stream-word]").evaluate(
            "(word, words) => { word.textContent = words; }", words
        )
        assert await overlaps(page) == [], words
    await page.click(".rooms-menu summary")
    await page.click(".rooms-menu a[href='/nations']")
    await page.wait_for_url("**/nations")


async def _fits(page: Page, width: int) -> None:
    assert await overlaps(page) == [], width
    bands = await page.locator("body > .band").all()
    boxes = [await band.bounding_box() for band in bands]
    assert [box is not None and box["width"] == width for box in boxes] == [True, True], width
    assert await page.locator(".rail").is_visible() == (width > 720)
    assert await page.locator(".strip").is_visible() == (width > 1180)
    assert await page.locator(".rooms-menu summary").is_visible() == (width <= 720)
    small = await page.evaluate(
        """() => [...document.querySelectorAll(":is(main, header) :is(button, .button, select)")]
          .filter((each) => each.offsetParent && (each.offsetHeight < 24 || each.offsetWidth < 24))
          .map((each) => each.outerHTML.slice(0, 80))"""
    )
    assert small == [], width


async def test_pages_are_readable_and_settings_kept_without_scripts(open_page: OpenPage) -> None:
    page = await open_page("wanda", "/settings", java_script_enabled=False)
    await page.select_option("#f-language", "de")
    await page.click("main form .button-main")
    await page.wait_for_selector("html[lang=de]", state="attached")
    assert "Einstellungen" in (await page.title())
    assert await page.locator(".chip").count() == 2
    await page.select_option("#language", "en")
    await page.click(".language noscript button, .language button")
    await page.wait_for_selector("html[lang=en]", state="attached")


async def test_a_session_that_ended_under_an_open_page_is_said_once_with_the_way_back(
    open_page: OpenPage,
) -> None:
    page = await open_page("wanda", "/settings", own=True, allow=(401,))
    other = await page.context.new_page()
    await other.goto("/settings")
    await other.click("header form[action$='/sign-out'] button")
    await other.wait_for_url("**/sign-in?why=signed-out")
    await page.click("#sound")
    await page.wait_for_selector(".signed-out-bar")
    assert await page.get_attribute(".signed-out-bar a", "href") == "/sign-in?next=%2Fsettings"


async def test_with_forced_colours_and_less_motion_everything_can_still_be_told_apart(
    open_page: OpenPage,
) -> None:
    page = await open_page("wanda", "/settings", forced_colors="active", reduced_motion="reduce")
    widths = await page.locator(".label").evaluate_all(
        "(all) => all.map((each) => getComputedStyle(each).borderTopWidth)"
    )
    assert widths
    assert all(width != "0px" for width in widths)
    # The engine takes the page's own colours for those that the person forced.
    assert await violations(page, without=(COLOURS,)) == []


async def test_on_paper_there_are_markings_and_no_controls(open_page: OpenPage) -> None:
    page = await open_page("wanda", "/settings")
    await page.emulate_media(media="print")
    assert [await page.locator(each).is_visible() for each in ("header", ".rail", ".status-line")] == [
        False
    ] * 3
    assert [await band.is_visible() for band in await page.locator("body > .band").all()] == [True, True]
