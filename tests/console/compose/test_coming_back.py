"""What lies between pressing Send and knowing: MINIMIZE, pages loaded anew, answers that are lost."""

import asyncio
from typing import Any
from uuid import uuid4

import pytest
from playwright.async_api import Page, Route, expect

from console.gateway import Unreachable
from tests.console.compose.filling import fill, ready
from tests.console.compose.test_sending import alert, send
from tests.console.conftest import OpenPage
from tests.console.realm import ConsoleRealm
from tests.console.seeding import soon
from tests.console.serving import ServedConsole

pytestmark = pytest.mark.asyncio(loop_scope="session")

NO_ROOM = """() => {
    const put = Storage.prototype.setItem;
    Storage.prototype.setItem = function (name, text) {
        if (name.includes("draft")) throw new DOMException("full", "QuotaExceededError");
        put.call(this, name, text);
    };
}"""
COMPOSITION = '[name="composition"]'
CIRCLE = '[name="/body/areas/0/circles/{}/{}"]'


async def circle(page: Page, row: int) -> tuple[float, float, float]:
    """Latitude, longitude and radius that stand in a row."""
    names = ("latitude", "longitude", "radius_m")
    await expect(page.locator(CIRCLE.format(row, names[2]))).not_to_have_value("")
    found = [await page.input_value(CIRCLE.format(row, name)) for name in names]
    return float(found[0]), float(found[1]), float(found[2])


async def draw(page: Page) -> None:
    """A circle by keys, whose first centre is taken back, and one with the mouse."""
    await page.click("button:has-text('Draw the area')")
    tool, canvas = page.get_by_role("button", name="Circle", exact=True), page.locator("canvas")
    await tool.focus()
    await page.keyboard.press("Enter")
    await expect(tool).to_have_attribute("aria-pressed", "true")
    await canvas.focus()
    for key in ("Enter", "Backspace", "ArrowRight", "Enter", "ArrowRight", "ArrowDown", "Enter"):
        await page.keyboard.press(key)
    await circle(page, 0)
    for down in (200, 100):
        await canvas.click(position={"x": 300, "y": down})
    await circle(page, 1)


def minimize(realm: ConsoleRealm, **wanted: Any) -> None:
    """Set MINIMIZE at XAA, or lift it."""
    token = realm.sign_in("XAA", "chief")["access_token"]
    answer = realm.http.request(
        "POST" if wanted else "DELETE",
        f"{realm.url('XAA')}/v1/minimize",
        json=wanted or None,
        headers={"Authorization": f"Bearer {token}"},
    )
    assert answer.is_success, answer.text


async def test_a_draft_with_circles_outlives_a_reload_and_minimize_and_is_sent_once_that_is_lifted(
    realm: ConsoleRealm, open_page: OpenPage
) -> None:
    await asyncio.to_thread(minimize, realm, lowest="IMMEDIATE", exercise_too=True, until=soon(hours=1))
    try:
        page = await open_page("wanda", "/compose/threat_alert", allow=(403,))
        await expect(page.locator(".note-warn")).to_contain_text("MINIMIZE is in force: below IMMEDIATE")
        await fill(page, alert("TEST: kept while minimized"))
        await draw(page)
        await page.locator("#compose").evaluate("form => delete form.dataset.kept")
        await page.fill('[name="/body/areas/0/description"]', "Two circles")
        drawn = [await circle(page, row) for row in (0, 1)]
        await expect(page.locator("#preview .verdict-bad")).to_contain_text("MINIMIZE_IN_FORCE")
        await page.wait_for_selector("[data-kept]")
        await expect(page.locator("[data-draft-state]")).to_contain_text("sealed")
        await page.evaluate(NO_ROOM)
        await page.fill('[name="/body/areas/0/description"]', "Two circles off the coast")
        await expect(page.locator("[data-draft-state]")).to_contain_text("no room")
        await page.reload()
        await page.click("[data-draft-note] button >> nth=0")
        await page.wait_for_selector("html[data-ready]", state="attached")
        assert [await circle(page, row) for row in (0, 1)] == drawn
        await page.click("[data-send]")
        await expect(page.locator("#faults")).to_contain_text("MINIMIZE_IN_FORCE")
        assert await page.input_value("#f-header-subject") == "TEST: kept while minimized"
    finally:
        await asyncio.to_thread(minimize, realm)
    await page.click("[data-look]")
    publication = await send(page)
    found = realm.get("XAA", f"/v1/messages/{publication}")["message"]["body"]["areas"][0]["circles"]
    assert {(each["latitude"], each["longitude"], each["radius_m"]) for each in found} == set(drawn)
    assert all(radius > 0 for _, _, radius in drawn)


async def test_a_form_whose_answer_was_lost_becomes_one_message(
    realm: ConsoleRealm, open_page: OpenPage, console: ServedConsole
) -> None:
    subject = f"TEST: lost {uuid4().hex}"
    page = await open_page("wanda", "/compose/threat_alert", allow=(422, 502, "net::ERR_CONNECTION_RESET"))
    await fill(page, alert(subject))
    await ready(page)
    number = await page.input_value(COMPOSITION)
    link = console.app.state.console.link
    call = link.call

    async def cut(method: str, path: str, *rest: Any, **options: Any) -> Any:
        answer = await call(method, path, *rest, **options)
        if (method, path) == ("POST", "/v1/messages"):
            raise Unreachable("cut")
        return answer

    with pytest.MonkeyPatch.context() as between_console_and_gateway:
        between_console_and_gateway.setattr(link, "call", cut)
        await page.click("[data-send]")
        await expect(page.locator("[data-focus]")).to_contain_text("it is not known whether")
    assert await page.input_value(COMPOSITION) == number

    async def break_off(route: Route) -> None:
        if route.request.method == "POST":
            await route.fetch(max_redirects=0)
            await route.abort("connectionreset")
        else:
            await route.continue_()

    await page.route("**/compose/threat_alert", break_off)
    await page.click("[data-send]")
    await page.wait_for_url("chrome-error://**")
    await page.unroute_all()
    # Back to the form as it was first: another page, and yet the same form.
    await page.goto("/compose/threat_alert")
    await page.click("[data-draft-note] button >> nth=0")
    assert await page.input_value(COMPOSITION) == number
    publication = await send(page)
    found = await (await page.context.request.get(f"/traffic/rows?q={subject[-32:]}")).json()
    assert [each["publication_id"] for each in found["rows"]] == [publication]
    await page.go_back()
    await page.wait_for_selector("html[data-ready]", state="attached")
    assert await page.input_value(COMPOSITION) == number, "what was sent is not sent again by going back"
