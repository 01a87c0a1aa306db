"""Signing in and out, in the browser."""

import pytest

from tests.console.conftest import OpenPage
from tests.console.realm import ONE_TIME, PASSWORD

pytestmark = pytest.mark.asyncio(loop_scope="session")


async def test_who_signs_in_comes_to_the_page_that_was_asked_for(open_page: OpenPage) -> None:
    page = await open_page(None, "/settings?from=a+link")
    assert "/sign-in?next=" in page.url
    await page.fill("#f-name", "wanda")
    await page.fill("#f-password", PASSWORD)
    await page.click(".button-main")
    await page.wait_for_url("**/settings?from=a+link")
    assert await page.text_content(".who-name") == "Wanda"


async def test_a_wrong_password_is_refused_in_place_and_nothing_is_lost_but_the_password(
    open_page: OpenPage,
) -> None:
    page = await open_page(None, "/sign-in", allow=(401,))
    await page.fill("#f-name", "wanda")
    await page.fill("#f-password", "not the password of wanda")
    await page.click(".button-main")
    await page.wait_for_selector(".refusal")
    assert await page.input_value("#f-name") == "wanda"
    assert await page.input_value("#f-password") == ""
    assert await page.evaluate("document.activeElement.className") == "refusal"
    assert "SIGN_IN_REFUSED" in (await page.text_content(".refusal") or "")


async def test_whoever_has_a_one_time_password_chooses_another_before_anything_else(
    open_page: OpenPage,
) -> None:
    page = await open_page(None, "/sign-in")
    await page.fill("#f-name", "newcomer")
    await page.fill("#f-password", ONE_TIME)
    await page.click(".button-main")
    await page.wait_for_url("**/settings/password")
    await page.goto("/settings")
    assert page.url.endswith("/settings/password")


async def test_signing_out_ends_the_session_here_and_at_the_gateway(open_page: OpenPage) -> None:
    page = await open_page("wanda", "/settings", own=True)
    await page.click("header form[action$='/sign-out'] button")
    await page.wait_for_url("**/sign-in?why=signed-out")
    await page.goto("/settings")
    assert "/sign-in" in page.url
