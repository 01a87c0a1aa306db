"""The form as people meet it: kept drafts, keys alone, hostile texts, narrow screens, rules of access."""

import json
import re

import pytest
from playwright.async_api import Page

from tests.console.compose.filling import SMALL, fill, ready
from tests.console.conftest import OpenPage
from tests.console.hostile import TEXTS, unharmed
from tests.console.judging_pages import colours_known, violations
from tests.console.overlaps import overlaps
from tests.console.realm import PASSWORD, ConsoleRealm
from tests.console.seeding import draft as seeded_draft

pytestmark = pytest.mark.asyncio(loop_scope="session")


async def kept(page: Page) -> dict[str, str]:
    """What lies in the browser of this console."""
    found: dict[str, str] = await page.evaluate("() => ({...localStorage})")
    return {name: text for name, text in found.items() if ".draft." in name}


async def test_a_draft_is_kept_sealed_until_its_author_signs_out(open_page: OpenPage) -> None:
    # Signing out ends the stream of the page that is being left.
    page = await open_page("wanda", "/compose/threat_alert", own=True, allow=(401,))
    await fill(page, SMALL)
    await page.wait_for_selector("[data-kept]")
    await page.wait_for_function("() => Object.values(localStorage).some(text => text.includes('sealed'))")
    assert "balloon" not in json.dumps(await kept(page)).lower()
    await page.goto("/compose")
    await page.wait_for_selector(".kind-draft")
    await page.goto("/compose/threat_alert")
    await page.click("[data-draft-note] button >> nth=0")
    await ready(page)
    assert await page.input_value("#f-header-subject") == "Unidentified balloon"
    assert await page.get_by_role("button", name="Remove XBB").count() == 1
    await page.click("form[action$='/sign-out'] button")
    await page.fill("[name=name]", "wanda")
    await page.fill("[name=password]", PASSWORD)
    await page.click(".button-main")
    await page.wait_for_selector("html[data-ready]", state="attached")
    await page.goto("/compose/threat_alert")
    await page.wait_for_function("() => !Object.keys(localStorage).some(name => name.includes('.draft.'))")
    assert await page.locator("[data-draft-note]").is_hidden()


async def test_two_persons_are_spoken_of_before_and_the_draft_ends_with_the_sending(
    realm: ConsoleRealm, open_page: OpenPage
) -> None:
    page = await open_page("wanda", "/compose/threat_alert")
    await fill(page, SMALL)
    await ready(page)
    assert "second person" in await page.locator("#preview").inner_text()
    await page.wait_for_selector("[data-kept]")
    await page.click("[data-send]")
    await page.wait_for_selector("[data-sent]")
    assert "second person" in await page.locator("h1").inner_text()
    await page.wait_for_function("() => !Object.keys(localStorage).some(name => name.includes('.draft.'))")
    found = re.search(r"/sent/([0-9a-f-]{36})", page.url)
    assert found is not None
    assert realm.get("XAA", f"/v1/messages/{found[1]}")["second_person"]["state"] == "waiting"


async def test_nations_times_and_areas_are_entered_with_keys_alone(open_page: OpenPage) -> None:
    page = await open_page("wanda", "/compose/threat_alert")
    await page.wait_for_selector(".picker")
    await page.focus("#f-label-releasable_to")
    await page.keyboard.type("casc")
    await page.keyboard.press("Enter")
    await page.keyboard.press("ArrowDown")
    await page.keyboard.press("Enter")
    await page.keyboard.type("zzz ")
    await page.keyboard.press("Tab")
    assert await page.input_value('[name="/label/releasable_to"]') == "XCC XBB ZZZ"
    assert await page.locator(".picked-unknown").inner_text() == "ZZZ ×"
    await page.focus("#f-label-releasable_to")
    await page.keyboard.press("Backspace")
    assert await page.input_value('[name="/label/releasable_to"]') == "XCC XBB"
    await page.fill("#f-body-onset", "221405ZNOV26")
    assert (await page.locator("#f-body-onset_o").inner_text()).startswith("221405ZNOV26 ·")
    await page.focus("button:has-text('Draw the area')")
    await page.keyboard.press("Enter")
    canvas = page.locator("canvas")
    await canvas.focus()
    for key in ("Enter", "ArrowRight", "Enter", "ArrowDown", "Enter", "Backspace", "ArrowLeft", "Enter"):
        await page.keyboard.press(key)
    lines = (await page.input_value("#f-body-areas-0-geometry")).split("\n")
    assert len(lines) == 3
    (north, west), (_, east), (south, _) = ([float(part) for part in line.split(", ")] for line in lines)
    assert north > south
    assert west < east


async def test_hostile_texts_stay_texts_in_a_form_that_changes_their_message(
    realm: ConsoleRealm, open_page: OpenPage
) -> None:
    message = seeded_draft("threat_alert", "XAA", subject=f"Hostile {TEXTS['attribute']}"[:200])
    message["body"]["recommended_actions"] = list(TEXTS.values())
    message["body"]["recommended_actions"].remove(TEXTS["reversed"])
    message["body"]["recommended_actions"].remove(TEXTS["isolates"])
    message["body"]["texts"][0]["description"] = "\n".join([*message["body"]["recommended_actions"]])
    publication = realm.post("XAA", "/v1/messages", message)["publication_id"]
    page = await open_page("wanda", f"/compose/threat_alert?changes={publication}&relation=corrects")
    await ready(page)
    for place, text in enumerate(message["body"]["recommended_actions"]):
        assert await page.input_value(f'[name="/body/recommended_actions/{place}"]') == text
    assert await page.input_value("#f-header-subject") == message["header"]["subject"]
    assert (
        await page.input_value('[name="/body/texts/0/description"]')
        == message["body"]["texts"][0]["description"]
    )
    # What is edited stands in its field as it is; nowhere else does anything hide.
    await page.evaluate(
        "() => document.querySelectorAll('textarea').forEach(each => { each.textContent = ''; })"
    )
    await unharmed(page)


IS_IN_THE_FIELD = """(id) => {
  const field = document.activeElement;
  return document.getElementById(id).contains(field) && field.matches("input, select, textarea, button");
}"""


@pytest.mark.parametrize("language", ["en", "ar"])
async def test_every_state_of_the_form_is_accessible_and_fits_a_phone(
    language: str, open_page: OpenPage
) -> None:
    page = await open_page("wanda", "/compose", language=language, allow=(422,))
    assert await violations(page, without=colours_known(language)) == []
    await page.goto("/compose/threat_alert")
    await fill(page, SMALL | {"tear_lines": [{"subject": ""}]})
    await page.click("[data-send]")
    await page.wait_for_selector("#faults")
    await page.wait_for_selector("#preview [data-verdict]")
    await page.wait_for_selector("html[data-ready] [role=tab][aria-selected=true]")
    faults = page.locator("#faults a[data-fault]")
    for place in range(await faults.count()):
        target = (await faults.nth(place).get_attribute("href") or "")[1:]
        await faults.nth(place).press("Enter")
        assert await page.evaluate(IS_IN_THE_FIELD, target), target
    await page.evaluate("() => document.querySelectorAll('details').forEach(part => { part.open = true; })")
    assert await violations(page, without=colours_known(language)) == []
    assert await page.locator("main").evaluate("each => each.scrollHeight <= innerHeight"), "a void below"
    assert (await page.locator("[role=tab]").count()) == 2
    await page.set_viewport_size({"width": 420, "height": 900})
    assert await page.evaluate("() => document.querySelector('main').scrollWidth") <= 420
    assert await overlaps(page) == []


async def test_who_may_not_write_is_told_who_may(open_page: OpenPage) -> None:
    page = await open_page("aude", "/compose/threat_alert", allow=(403,))
    assert "Watch officer" in await page.locator("main").inner_text()
