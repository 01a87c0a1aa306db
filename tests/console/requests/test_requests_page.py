"""The board of requests in the browser, on the asking and on the asked side."""

from typing import Any

import pytest
from playwright.async_api import expect

from tests.console.conftest import OpenPage, Visit
from tests.console.hostile import HostileMessage, unharmed
from tests.console.judging_pages import violations
from tests.console.paper import faults_on_paper
from tests.console.realm import ConsoleRealm
from tests.console.seeding import draft

in_browser = pytest.mark.asyncio(loop_scope="session")


@in_browser
async def test_both_sides_have_the_request_and_lead_to_its_message(open_page: OpenPage, seeded: Any) -> None:
    request = seeded["request"]
    key = f"[data-key='{request['message_id']}']"
    asking = await open_page("wanda", "/requests")
    card = asking.locator(key)
    await expect(card.locator(".request-who")).to_contain_text("To XBB")
    await expect(card.locator("h3 a")).to_have_attribute("href", f"/messages/out/{request['publication_id']}")
    await expect(card.locator(".label")).to_contain_text("NATO")
    band = await asking.locator(".band-top").inner_text()
    assert "NATO" in band
    assert await violations(asking) == []
    asked = await open_page("wanda", "/requests", nation="XBB")
    theirs = asked.locator(key)
    await expect(theirs.locator(".request-who")).to_contain_text("From XAA")
    await expect(theirs.locator("h3 a")).to_have_attribute("href", f"/messages/in/{request['message_id']}")


@in_browser
async def test_an_act_elsewhere_moves_the_card_without_moving_the_focus(
    open_page: OpenPage, realm: ConsoleRealm
) -> None:
    asked = draft(
        "information_request", "XAA", subject="RFI: a card that moves", precedence="PRIORITY", to=("XBB",)
    )
    message_id = realm.post("XAA", "/v1/messages", asked)["message_id"]
    realm.wait_for("XBB", message_id)
    page = await open_page("wanda", "/requests", nation="XBB")
    key = f"[data-key='{message_id}']"
    await page.locator(f"{key} h3 a").focus()
    realm.post("XBB", f"/v1/requests/{message_id}/accept", {})
    await page.evaluate("document.querySelector('[data-live]').dispatchEvent(new Event('live:refresh'))")
    await expect(page.locator(f"[data-key=accepted] {key}")).to_have_count(1)
    await expect(page.locator(f"[data-key=submitted] {key}")).to_have_count(0)

    covered = (
        '<div data-live="/requests/fragment"><span hidden data-covers data-level="3" '
        'data-text="COSMIC TOP SECRET" data-mode="EXERCISE" data-differs="true"></span></div>'
    )
    await page.route(
        "**/requests/fragment*", lambda route: route.fulfill(content_type="text/html", body=covered)
    )
    await page.evaluate("document.querySelector('[data-live]').dispatchEvent(new Event('live:refresh'))")
    for band in (".band-top", ".band-foot"):
        await expect(page.locator(band)).to_contain_text("COSMIC TOP SECRET")


@in_browser
async def test_the_filter_is_in_the_address_and_can_be_cleared(open_page: OpenPage, seeded: Any) -> None:
    page = await open_page("wanda", "/requests?mode=OPERATION&role=asking")
    await expect(page.get_by_text("Nothing matches the filter")).to_be_visible()
    await page.get_by_role("link", name="Clear filter").first.click()
    await expect(page.locator(f"[data-key='{seeded['request']['message_id']}']")).to_have_count(1)
    await page.select_option("#f-role", "asking")
    await page.get_by_role("button", name="Filter").click()
    assert "role=asking" in page.url
    await expect(page.locator(f"[data-key='{seeded['request']['message_id']}']")).to_have_count(1)


@in_browser
async def test_hostile_titles_are_text(open_page: OpenPage, hostile: list[HostileMessage]) -> None:
    page = await open_page("wanda", "/requests")
    shown = [each for each in hostile if each.kind == "information_request" and each.accepted]
    assert await page.locator(".request").count() >= len(shown)
    await unharmed(page)
    wrong = await faults_on_paper(page)
    assert not wrong, wrong


def test_an_auditor_sees_no_title(visit: Visit, seeded: Any) -> None:
    text = visit("aude").get("/requests").text
    assert seeded["request"]["message_id"] in text or seeded["request"]["publication_id"] in text
    assert "bulk carrier" not in text
    assert "Information request" in text


def test_a_filter_that_makes_no_sense_is_passed_over(visit: Visit) -> None:
    assert visit("wanda").get("/requests?mode=WAR&role=both&due=soon&before=-3").status_code == 200
