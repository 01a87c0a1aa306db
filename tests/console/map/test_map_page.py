"""The alert map in the browser: drawing, the list that says the same, keys, pointer, time, who may see it."""

import re
from typing import Any

import pytest
from playwright.async_api import Page

from tests.console.conftest import OpenPage, Visit
from tests.console.hostile import HostileMessage, unharmed
from tests.console.judging_pages import colours_known, violations
from tests.console.map.areas import in_words, polygon, publish_alert, square
from tests.console.overlaps import overlaps
from tests.console.realm import ConsoleRealm
from tests.console.seeding import soon

pytestmark = pytest.mark.asyncio(loop_scope="session")

HOSTILE = "<img src=x onerror=alert(1)> {{7*7}} a\u200bb =1+1"


@pytest.fixture(scope="module")
def alerts(realm: ConsoleRealm, seeded: Any) -> dict[str, dict[str, Any]]:
    """Alerts with areas of all sorts, by name."""
    across = [[[square(170, 50, 180, 58)], [square(-180, 50, -172, 58)]]][0]
    return {
        "hole": publish_alert(
            realm, "XBB", "MAP hole", [polygon(square(-33, 60, -27, 65), square(-31, 62, -29, 64))]
        ),
        "across": publish_alert(
            realm,
            "XBB",
            "MAP across longitude 180",
            [{"description": "x", "geometry": {"type": "MultiPolygon", "coordinates": across}}],
        ),
        "pole": publish_alert(
            realm,
            "XCC",
            "MAP pole",
            [{"description": "x", "circles": [{"longitude": 0, "latitude": 88, "radius_m": 900_000}]}],
        ),
        "later": publish_alert(
            realm,
            "XBB",
            "MAP later",
            [polygon(square(0, 40, 4, 44))],
            begins=soon(hours=8),
            ends=soon(hours=20),
        ),
        "words": publish_alert(realm, "XBB", "MAP in words", [in_words("Somewhere north")]),
        "hostile": publish_alert(realm, "XBB", HOSTILE, [in_words(HOSTILE)], precedence="ROUTINE"),
    }


async def drawn(page: Page) -> None:
    """Wait until the map is drawn, in full detail."""
    await page.wait_for_selector("#map-stage[data-state=ready][data-drawn=rest]")


def key(answer: dict[str, Any], author: str = "XBB") -> str:
    return f"{author}-{answer['message_id']}"


async def readout(page: Page) -> str:
    return await page.locator("#map-readout").inner_text()


async def test_the_list_says_what_is_drawn_and_choosing_centres_it(
    open_page: OpenPage, alerts: dict[str, dict[str, Any]]
) -> None:
    page = await open_page("wanda", "/map")
    await drawn(page)
    chosen = key(alerts["hole"])
    await page.click(f'a[data-choose="{chosen}"]')
    await page.wait_for_url(f"**/map?alert={chosen}")
    assert await page.locator("a[data-choose][aria-current]").count() == 1
    await drawn(page)
    # In the middle of the map now lies the middle of the area, which is a hole.
    await page.focus("#map-stage canvas")
    await page.keyboard.press("ArrowLeft")
    await page.keyboard.press("ArrowRight")
    assert re.match(r"62°3\d\.\d′N 030°0\d\.\d′W|62°[23]\d\.\d′N 0(29|30)°\d\d\.\d′W", await readout(page))
    # A reload comes back to it.
    await page.reload()
    await drawn(page)
    assert await page.locator(f'a[data-choose="{chosen}"][aria-current]').count() == 1
    # Pressing the map beside the hole finds the area, in the hole nothing.
    box = await page.locator("#map-stage canvas").bounding_box()
    assert box is not None
    middle = (box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
    await page.mouse.click(*middle)
    await page.wait_for_url("**/map")
    await page.mouse.click(middle[0], middle[1] - box["height"] * 0.28)
    await page.wait_for_url(f"**/map?alert={chosen}")


async def test_everything_the_pointer_does_the_keys_do(
    open_page: OpenPage, alerts: dict[str, dict[str, Any]]
) -> None:
    page = await open_page("wanda", f"/map?alert={key(alerts['across'])}")
    await drawn(page)
    assert re.search(r"\d{3}°\d\d\.\d′[EW]", await readout(page))
    before = await readout(page)
    box = await page.locator("#map-stage canvas").bounding_box()
    assert box is not None
    x, y = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
    await page.mouse.move(x, y)
    await page.mouse.down()
    await page.mouse.move(x - 200, y, steps=4)
    await page.mouse.up()
    await page.focus("#map-stage canvas")
    for _ in range(4):
        await page.keyboard.press("ArrowLeft")
    moved = await readout(page)
    assert moved != before
    await page.mouse.wheel(0, -400)
    await page.keyboard.press("+")
    await page.keyboard.press("-")
    await page.click("#map-nearer")
    await page.click("#map-farther")
    await page.keyboard.press("0")
    await drawn(page)
    # Round the world and back: the view stays within it.
    await page.focus("#map-stage canvas")
    for press in ("-",) * 12 + ("ArrowRight",) * 40 + ("ArrowUp",) * 30:
        await page.keyboard.press(press)
    assert re.match(r"\d\d°\d\d\.\d′[NS] \d{3}°\d\d\.\d′[EW]$", await readout(page))
    await drawn(page)


async def test_the_slider_moves_time_and_dims_what_is_not_in_force(
    open_page: OpenPage, alerts: dict[str, dict[str, Any]]
) -> None:
    page = await open_page("wanda", "/map")
    await drawn(page)
    later = page.locator(f'li[data-key="{key(alerts["later"])}"]')
    now = page.locator(f'li[data-key="{key(alerts["hole"])}"]')
    assert "map-resting" in (await later.get_attribute("class") or "")
    assert "map-resting" not in (await now.get_attribute("class") or "")
    slider = page.locator("#map-moment")
    await slider.evaluate(
        "e => { e.value = Date.now() + 10 * 3600000; e.dispatchEvent(new Event('input')); }"
    )
    assert "map-resting" not in (await later.get_attribute("class") or "")
    assert "map-resting" in (await now.get_attribute("class") or "")
    text = await slider.get_attribute("aria-valuetext")
    assert text is not None
    assert re.match(r"\d{6}Z[A-Z]{3}\d\d$", text)
    await slider.focus()
    await page.keyboard.press("ArrowRight")
    assert await slider.get_attribute("aria-valuetext") != text
    await page.click("[data-play]")
    await page.wait_for_selector(f'#map-moment:not([aria-valuetext="{text}"])')
    await page.click("#map-time [data-now]")
    assert await page.locator("[data-play]").get_attribute("aria-pressed") == "false"
    assert "map-resting" in (await later.get_attribute("class") or "")


async def test_a_new_alert_comes_by_itself_and_moves_no_focus(
    open_page: OpenPage, realm: ConsoleRealm, alerts: dict[str, dict[str, Any]]
) -> None:
    page = await open_page("wanda", "/map")
    await drawn(page)
    await page.focus(f'a[data-choose="{key(alerts["words"])}"]')
    made = publish_alert(realm, "XCC", "MAP comes by itself", [in_words("There")], precedence="FLASH")
    await page.wait_for_selector(f'a[data-choose="{key(made, "XCC")}"]')
    focused = await page.evaluate("document.activeElement.dataset.choose")
    assert focused == key(alerts["words"])


@pytest.mark.parametrize("language", ["en", "ar"])
async def test_partners_words_are_only_text_and_the_page_is_accessible(
    open_page: OpenPage, alerts: dict[str, dict[str, Any]], hostile: list[HostileMessage], language: str
) -> None:
    page = await open_page("wanda", "/map", language=language)
    await drawn(page)
    await unharmed(page)
    assert await violations(page, without=colours_known(language)) == []
    entry = page.locator(f'li[data-key="{key(alerts["hostile"])}"]')
    assert "<img src=x onerror=alert(1)> {{7*7}} a⟦U+200B⟧b =1+1" in await entry.inner_text()
    assert await page.locator("#map-list img").count() == 0


async def test_without_scripts_the_list_stands_and_says_so(
    open_page: OpenPage, alerts: dict[str, dict[str, Any]]
) -> None:
    page = await open_page("wanda", f"/map?alert={key(alerts['words'])}", java_script_enabled=False)
    assert "The drawing needs scripts." in await page.content()
    assert await page.locator("a[data-choose][aria-current]").inner_text() == "MAP in words"
    assert await page.get_by_text("Not drawn: no outline stated").count() >= 1


@pytest.mark.parametrize(("width", "language"), [(420, "pl"), (1920, "ar")])
async def test_it_fits_the_screen(
    open_page: OpenPage, alerts: dict[str, dict[str, Any]], width: int, language: str
) -> None:
    page = await open_page("wanda", "/map", language=language, viewport={"width": width, "height": 900})
    await drawn(page)
    assert await overlaps(page) == []
    if width > 860:
        main = page.locator("main")
        assert await main.evaluate("each => each.scrollHeight <= each.clientHeight"), "a void below"
    else:
        stage, buttons = await page.locator("#map-stage, .map-buttons").evaluate_all(
            "found => found.map(each => each.getBoundingClientRect().toJSON())"
        )
        assert buttons["bottom"] - stage["top"] < 50, "what the map is fitted to lies lower, labels and all"
    assert await page.locator("html").get_attribute("lang") == language


async def test_who_sees_no_content_sees_no_map(visit: Visit) -> None:
    auditor = visit("aude")
    shown = auditor.get("/map")
    assert shown.status_code == 403
    assert "Watch officer" in shown.text
    for path in ("/map/fragment", "/map/outlines"):
        assert auditor.fetch(path).status_code == 403
    assert visit("wanda").fetch("/map/land").status_code == 404
    assert visit(None).fetch("/map/outlines").status_code == 401
