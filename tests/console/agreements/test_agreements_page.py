"""Agreements in the browser: proposed, countersigned, suspended, resumed and left, each by typing its id."""

import asyncio
from typing import Any

import pytest
from playwright.async_api import Locator, Page, expect

from tests.console.browsing import PATIENCE
from tests.console.conftest import OpenPage, Visit
from tests.console.hostile import CORPUS, unharmed
from tests.console.judging_pages import violations

in_browser = pytest.mark.asyncio(loop_scope="session")


async def fill_in(page: Page, name: str, title: str) -> None:
    """Terms that touch no other test: alerts in mode TEST, of another policy."""
    await page.fill("#f-title", title)
    await page.fill("#f-id", name)
    for box in ("parties|XBB", "kinds|threat_alert", "modes|TEST"):
        field, value = box.split("|")
        await page.check(f"input[name={field}][value={value}]")
    await page.select_option("select[name='highest.NATO']", "NATO RESTRICTED")
    await page.fill("#f-not_before", "2026-01-01T00:00")
    await page.fill("#f-not_after", "2036-01-01T00:00")


async def seen(page: Page, what: Locator) -> None:
    """What another nation's gateway did comes when it comes: let the page look again until it is there."""
    async with asyncio.timeout(PATIENCE):
        while not await what.count():
            async with page.expect_response("**/fragment"):
                await page.evaluate(
                    "document.querySelector('[data-live]').dispatchEvent(new Event('live:refresh'))"
                )


async def act(page: Page, act: str, typed: str) -> None:
    form = page.locator(f"form[action$='/{act}']")
    await form.locator("input[name=typed]").fill(typed)
    await form.locator("button").click()


@in_browser
async def test_from_proposal_to_leaving(open_page: OpenPage, visit: Visit, seeded: Any) -> None:
    ours = await open_page("sofia", "/agreements/propose", allow=(422,))
    await ours.get_by_role("button", name="Sign and propose").click()
    await expect(ours.locator(".refusal[role=alert]")).to_be_focused()
    assert await violations(ours) == []
    await fill_in(ours, "t-flow", CORPUS["markup"])
    await ours.get_by_role("button", name="Sign and propose").click()
    await expect(ours.locator(".state-proposed")).to_be_visible()
    await unharmed(ours)
    await expect(ours.locator("h1")).to_have_text(CORPUS["markup"])
    digest = ours.url.rpartition("/")[2]

    theirs = visit("sofia", nation="XBB")
    async with asyncio.timeout(PATIENCE):
        while "t-flow" not in (listed := (await asyncio.to_thread(theirs.get, "/agreements")).text):
            pass  # it comes when it comes
    assert "Waiting for your countersignature" in listed
    assert "other agreements carry it already" in theirs.get(f"/agreements/{digest}").text
    mistyped = theirs.post(f"/agreements/{digest}/countersign", {"typed": "t-flo"})
    assert mistyped.status_code == 422
    assert "This is not the agreement&#39;s id." in mistyped.text
    assert theirs.post(f"/agreements/{digest}/countersign", {"typed": "t-flow"}).status_code == 303

    await seen(ours, ours.locator(".page-head .state-in_force"))
    await act(ours, "suspend", "t-flow")
    await expect(ours.locator(".page-head .state-suspended")).to_be_visible()
    await act(ours, "resume", "t-flow")
    await expect(ours.locator(".page-head .state-in_force")).to_be_visible()
    await expect(ours.locator("form[action$='/leave'] .passages")).to_contain_text("up to NATO")
    await ours.get_by_role("link", name="Propose the next version").click()
    assert await ours.input_value("#f-version") == "2"
    assert await ours.is_checked("input[name=kinds][value=threat_alert]")
    await ours.goto(f"/agreements/{digest}")
    await act(ours, "leave", "t-flow")
    await expect(ours.locator(".page-head .state-left")).to_be_visible()
    await expect(ours.get_by_text("Nothing: this version has ended.")).to_be_visible()
    await ours.goto("/agreements")
    await expect(ours.locator("section[data-key=ended]")).to_contain_text("t-flow")
    await unharmed(ours)


@in_browser
async def test_what_is_typed_survives_a_refresh(open_page: OpenPage, seeded: Any) -> None:
    page = await open_page("sofia", "/agreements/trio")
    typed = page.locator("#typed-suspend")
    await typed.press_sequentially("tri")
    await page.evaluate("document.querySelector('.state-word').textContent = 'before'")
    await page.evaluate("document.querySelector('[data-live]').dispatchEvent(new Event('live:refresh'))")
    await expect(page.locator(".page-head .state-word")).to_have_text("in force")
    assert await typed.input_value() == "tri"
    await expect(typed).to_be_focused()


@in_browser
async def test_the_gateways_refusal_stands_in_the_form(open_page: OpenPage, seeded: Any) -> None:
    page = await open_page("sofia", "/agreements/propose", allow=(409, 422))
    await fill_in(page, "trio", "Taken")
    await page.get_by_role("button", name="Sign and propose").click()
    await expect(page.locator(".refusal[role=alert]")).to_contain_text("AGREEMENT_VERSION_TAKEN")
    assert await page.input_value("#f-title") == "Taken"


def test_who_may_only_read_is_told_who_may_act(visit: Visit) -> None:
    wanda = visit("wanda")
    shown = wanda.get("/agreements/trio")
    assert "Agreement of the three" in shown.text
    assert 'name="typed"' not in shown.text
    assert "Security officer" in shown.text
    assert "Security officer" in wanda.get("/agreements/propose").text
    digest = wanda.get("/agreements").text.partition("/agreements/sha256:")[2][:64]
    answer = wanda.post(f"/agreements/sha256:{digest}/suspend", {"typed": "trio"})
    assert answer.status_code == 403
    assert "Security officer" in answer.text


def test_an_agreement_that_is_not_there_is_not_found(visit: Visit) -> None:
    assert visit("wanda").get("/agreements/none-such").status_code == 404
