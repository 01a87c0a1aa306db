"""Settings, sign-in and the states of what goes wrong: accessible, in two languages."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta

import pytest
import pytest_asyncio
from playwright.async_api import Page

from console.sessions import Tokens
from tests.console.conftest import OpenPage, Visit
from tests.console.judging_pages import colours_known, violations
from tests.console.overlaps import overlaps
from tests.console.realm import PASSWORD, ConsoleRealm
from tests.console.serving import ServedConsole, served_console

pytestmark = pytest.mark.asyncio(loop_scope="session")

LANGUAGES = ("en", "ar")
NOWHERE = "http://127.0.0.1:9"
OPERATOR = {
    "name": "wanda",
    "display_name": "Wanda",
    "roles": ["watch_officer"],
    "rights": ["inbox:read"],
    "sees_content": True,
    "password_change_required": False,
    "session_until": "2099-01-01T00:00:00Z",
}


@pytest_asyncio.fixture(loop_scope="session")
async def cut_off(realm: ConsoleRealm) -> AsyncIterator[tuple[ServedConsole, dict[str, str]]]:
    """A console that cannot reach its gateway, and the cookie of somebody who was signed in before."""
    with served_console(realm, "XAA", gateway_url=NOWHERE) as served:
        console = served.app.state.console
        tokens = Tokens("ena_x", "enr_x", datetime.now(UTC) + timedelta(minutes=9))
        identifier, _ = console.sessions.begin(tokens, OPERATOR)
        yield served, {console.cookies.session: identifier}


async def good(page: Page, title: str) -> None:
    """The page says what it is, in its language and direction, and axe-core finds nothing."""
    assert title in (await page.text_content("main h1") or "")
    language = await page.get_attribute("html", "lang") or ""
    assert await violations(page, without=colours_known(language)) == []
    assert await overlaps(page) == []


@pytest.mark.parametrize("language", LANGUAGES)
async def test_the_sign_in_page_and_its_refusals(open_page: OpenPage, language: str) -> None:
    title = {"en": "Sign in", "ar": "تسجيل الدخول"}[language]
    page = await open_page(None, "/sign-in", language=language, allow=(401,))
    assert await page.get_attribute("html", "dir") == {"en": "ltr", "ar": "rtl"}[language]
    await good(page, title)
    await page.fill("#f-name", "nobody")
    await page.fill("#f-password", "nothing of the kind")
    await page.click(".button-main")
    await page.wait_for_selector(".refusal")
    await good(page, title)


@pytest.mark.parametrize("language", LANGUAGES)
async def test_settings_password_and_what_is_not_there(open_page: OpenPage, language: str) -> None:
    page = await open_page("wanda", "/settings", language=language, allow=(404, 403))
    await good(page, {"en": "Settings", "ar": "الإعدادات"}[language])
    await page.goto("/settings/password")
    await good(page, {"en": "Change password", "ar": "تغيير كلمة المرور"}[language])
    await page.goto("/nothing/of/the/kind")
    await good(page, {"en": "Not here", "ar": "لا شيء هنا"}[language])
    await page.goto("/releases")
    await good(page, {"en": "Not permitted", "ar": "غير مسموح"}[language])
    assert {"en": "Releaser", "ar": "مجيز النشر"}[language] in (await page.text_content(".state-page") or "")


@pytest.mark.parametrize("language", LANGUAGES)
async def test_a_gateway_that_cannot_be_reached(
    open_page: OpenPage, cut_off: tuple[ServedConsole, dict[str, str]], language: str
) -> None:
    served, cookies = cut_off
    page = await open_page(None, "/sign-in", console=served, cookies=cookies, language=language, allow=(502,))
    await page.goto("/nations")
    await good(page, {"en": "Gateway not reachable", "ar": "لا يمكن الوصول إلى البوابة"}[language])
    assert await page.text_content(".strip-none"), "the header says that it does not know"
    await page.goto("/settings")
    assert await page.text_content(".who-name") == "Wanda", "what needs no gateway goes on"


async def test_an_act_that_wants_the_password_gets_it_and_is_done(
    open_page: OpenPage, consoles: dict[str, ServedConsole]
) -> None:
    """The form comes back whole, a wrong password is refused in place, the right one does what was wanted."""
    served = consoles["XAA"]
    page = await open_page("wanda", "/settings", own=True, allow=(401, 403))
    await page.evaluate(
        """() => {
          const form = document.querySelector("form[action$='/settings/choices']");
          const field = document.createElement("input");
          field.name = "confirm_password"; field.value = "not the password at all";
          form.append(field);
          form.querySelector("[name=density][value=roomy]").checked = true;
          form.requestSubmit();
        }"""
    )
    await page.wait_for_selector("form [name=confirm_password]")
    await good(page, "Confirm with your password")
    assert await page.input_value("form [name=density]") == "roomy"
    assert "SIGN_IN_REFUSED" in (await page.text_content(".refusal") or "")
    before = [
        session.operator["fresh_at"]
        for session in served.app.state.console.sessions.all()
        if session.operator["name"] == "wanda"
    ]
    await page.fill("form [name=confirm_password]", PASSWORD)
    await page.click("main .button-main")
    await page.wait_for_url("**/settings")
    assert await page.get_attribute("html", "data-density") == "roomy"
    after = [
        session.operator["fresh_at"]
        for session in served.app.state.console.sessions.all()
        if session.operator["name"] == "wanda"
    ]
    assert max(after) > max(before), "the gateway was given the password"
    await page.wait_for_selector(".toast")


async def test_a_form_that_is_too_large_is_refused_with_a_page_of_its_own(visit: Visit) -> None:
    visitor = visit("wanda")
    visitor.get("/settings")
    answer = visitor.post("/settings/choices", dict.fromkeys("abc", "x" * 900_000))
    assert answer.status_code == 413
    assert "larger than the console reads" in answer.text
