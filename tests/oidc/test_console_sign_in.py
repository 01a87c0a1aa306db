"""Signing in at a console, in a real browser, at a certified provider: there, back, and again for an act."""

from collections.abc import AsyncIterator, Iterator
from types import SimpleNamespace
from typing import Any, cast
from urllib.parse import urlsplit

import pytest
import pytest_asyncio
from playwright.async_api import Browser, BrowserContext, Page

from schemas.operator import Role
from tests.console.browsing import running_chromium
from tests.console.realm import ConsoleRealm
from tests.console.serving import ServedConsole, served_console
from tests.console.visiting import DOCUMENT, Visitor
from tests.free_ports import free_port
from tests.gateway.conftest import world as world
from tests.gateway.drafts import draft
from tests.gateway.operator_desk import hire
from tests.gateway.running import NO_BROKER, Gateway, World
from tests.oidc.certificates import Certificates
from tests.oidc.own_provider import Json, parameters
from tests.oidc.real_provider import RealProvider, real_provider
from tests.oidc.test_real_provider import link

pytestmark = pytest.mark.asyncio(loop_scope="module")


FROM_ELSEWHERE = DOCUMENT | {"Sec-Fetch-Site": "cross-site"}


@pytest.fixture(scope="module")
def port() -> int:
    return free_port()


@pytest.fixture(scope="module")
def real(certificates: Certificates, port: int) -> Iterator[RealProvider]:
    back = f"http://127.0.0.1:{port}/sign-in/oidc/back"
    with real_provider(certificates, back) as running:
        yield running


@pytest.fixture(scope="module")
def gateway(world: World, real: RealProvider) -> Iterator[Gateway]:
    settings = real.settings(oidc_name="Fleet Login", release_fresh_minutes=1)
    with world.gateway("XAA", "browser", nats_url=NO_BROKER, **settings) as running:
        hire(running, "rita", Role.RELEASER)
        link(running, real, "rita", "rita.richter")
        yield running


@pytest.fixture(scope="module")
def console(gateway: Gateway, port: int) -> Iterator[ServedConsole]:
    place = cast(ConsoleRealm, SimpleNamespace(url=lambda _: gateway.url))
    with served_console(place, "XAA", port=port) as served:
        yield served


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def browser() -> AsyncIterator[Browser]:
    async with running_chromium() as running:
        yield running


@pytest_asyncio.fixture(loop_scope="module")
async def context(browser: Browser, console: ServedConsole) -> AsyncIterator[BrowserContext]:
    """A browser that takes the provider's certificate, which a test's own authority signed."""
    made = await browser.new_context(base_url=console.url, ignore_https_errors=True, locale="en")
    made.set_default_timeout(60_000)
    yield made
    await made.close()


def watched(page: Page, host: str) -> list[str]:
    """What our own pages complain of; the provider's are its own matter."""
    found: list[str] = []

    def said(message: Any) -> None:
        ours = host in str(message.location.get("url", ""))
        # A status is looked at where it comes.
        if message.type in ("error", "warning") and ours and "with a status of" not in message.text:
            found.append(message.text)

    page.on("console", said)
    page.on("pageerror", lambda error: found.append(str(error)))
    return found


async def at_provider(page: Page, name: str) -> None:
    """Type a name there, and agree to what is asked."""
    await page.fill("input[name=login]", name)
    await page.fill("input[name=password]", "any")
    await page.click("button[type=submit]")


async def test_an_operator_goes_to_the_provider_and_comes_back_signed_in(
    context: BrowserContext, console: ServedConsole, gateway: Gateway, real: RealProvider
) -> None:
    page = await context.new_page()
    complaints = watched(page, urlsplit(console.url).netloc)
    await page.goto("/settings")
    assert "/sign-in?" in page.url
    await page.click("a:has-text('Sign in with Fleet Login')")
    await page.wait_for_url(f"{real.issuer}/**")
    way = next(each for each in await context.cookies() if each["name"].endswith("-way-xaa"))
    assert (way["sameSite"], way["httpOnly"], way["secure"]) == ("Lax", True, True)
    await at_provider(page, "rita.richter")
    await page.click("button[type=submit]")
    await page.wait_for_url("**/settings")
    assert "Rita" in await page.inner_text("header")
    kept = {each["name"].split("-")[-2]: each["sameSite"] for each in await context.cookies(console.url)}
    assert kept == {"session": "Strict", "browser": "Strict"}
    await _an_act_that_asks_for_a_fresh_proof(page, context, gateway)
    assert not complaints


async def _an_act_that_asks_for_a_fresh_proof(page: Page, context: BrowserContext, gateway: Gateway) -> None:
    """What waits for a second person is refused until the releaser was authenticated anew at the provider."""
    accepted = gateway.publish(draft(precedence="FLASH")).json()
    gateway.write(lambda tx: tx.execute("UPDATE operator_token SET fresh_at = 0"))
    await page.goto("/releases")
    await page.click("button[name=decision][value=confirm]")
    assert "password" in (await page.inner_text("main")).lower(), "a password would do as well"
    async with context.expect_page() as opened:
        await page.click("a:has-text('Confirm with Fleet Login')")
    beside = await opened.value
    await at_provider(beside, "rita.richter")
    await beside.wait_for_selector("text=Confirmed.")
    await beside.close()
    await page.click("button[formnovalidate]")
    await page.wait_for_url(f"**/messages/out/{accepted['publication_id']}")
    decided = gateway.get(f"/v1/messages/{accepted['publication_id']}").json()["second_person"]
    assert (decided["state"], decided["decided_by"]) == ("confirmed", "operator:rita")


@pytest.fixture
def visitor(console: ServedConsole) -> Iterator[Visitor]:
    """Somebody without a browser."""
    made = Visitor(console)
    yield made
    made.close()


def gone_to_provider(visitor: Visitor) -> Json:
    """What the provider is asked."""
    answer = visitor.get("/sign-in/oidc")
    assert answer.status_code == 303
    return parameters(answer.headers["location"])


async def test_a_way_back_that_is_not_this_browsers_signs_nobody_in(
    visitor: Visitor, console: ServedConsole, real: RealProvider
) -> None:
    other = Visitor(console)
    begun = other.get("/sign-in/oidc").headers["location"]
    other.close()
    stolen = real.person("rita.richter").goes(begun)
    for cookies, status, words in (
        (False, 400, "Begin again"),
        (True, 409, "OIDC_TRANSACTION_INVALID"),
    ):
        if cookies:
            gone_to_provider(visitor)
        answer = visitor.request("GET", "/sign-in/oidc/back", headers=FROM_ELSEWHERE, params=stolen)
        assert (answer.status_code, words in answer.text) == (status, True), answer.text
        assert not [name for name in visitor.cookies if "session" in name or "way" in name]
        assert stolen["code"] not in answer.text


async def test_who_is_nobody_here_is_told_so_in_their_language(visitor: Visitor, real: RealProvider) -> None:
    for language, words in (("de", "Hinter dieser Identität"), ("en", "Nobody who may sign in here")):
        begun = visitor.get("/sign-in/oidc").headers["location"]
        back = real.person("nobody").goes(begun)
        headers = FROM_ELSEWHERE | {"Accept-Language": language}
        answer = visitor.request("GET", "/sign-in/oidc/back", headers=headers, params=back)
        assert (answer.status_code, words in answer.text) == (401, True), answer.text


async def test_who_is_turned_away_by_the_provider_is_told_so_in_our_own_words(visitor: Visitor) -> None:
    asked = gone_to_provider(visitor)
    said = {"error": "access_denied", "error_description": "<b>call 555-1234</b>", "state": asked["state"]}
    answer = visitor.request("GET", "/sign-in/oidc/back", headers=FROM_ELSEWHERE, params=said)
    assert answer.status_code == 400
    assert "555" not in answer.text
    assert "Begin again" in answer.text


async def test_nobody_is_led_elsewhere_after_signing_in(visitor: Visitor, real: RealProvider) -> None:
    for wanted, led in (
        ("https://evil.example/", "/"),
        ("//evil.example", "/"),
        ("/nations?a=1", "/nations?a=1"),
    ):
        answer = visitor.request("GET", "/sign-in/oidc", headers=DOCUMENT, params={"next": wanted})
        back = real.person("rita.richter").goes(answer.headers["location"])
        page = visitor.request("GET", "/sign-in/oidc/back", headers=FROM_ELSEWHERE, params=back)
        assert page.status_code == 200
        assert f'content="0; url={led}"' in page.text
        visitor.cookies.clear()
