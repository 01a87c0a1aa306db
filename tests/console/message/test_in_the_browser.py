"""The message page in a real browser: used by keys, without a barrier, harmless whatever a message says."""

from typing import Any

import pytest
from playwright.async_api import Page, expect

from schemas.header import Kind
from tests.console.conftest import OpenPage
from tests.console.hostile import unharmed
from tests.console.judging_pages import colours_known, violations
from tests.console.message.crafted import MESSAGE_ID, answering, entry, message
from tests.console.message.test_acts import published
from tests.console.message.test_states import HOSTILE, poisoned
from tests.console.overlaps import overlaps
from tests.console.realm import ConsoleRealm

pytestmark = pytest.mark.asyncio(loop_scope="session")


async def in_a_drawer(page: Page, address: str) -> None:
    """Show a message in a drawer, as the traffic page does, on whatever page this is."""
    await page.evaluate(
        """async (address) => {
          const files = document.querySelector('link[rel=modulepreload]').href.replace(/js\\/.*/, 'js');
          const { loadFragment } = await import(`${files}/frame/fragment.js`);
          await import(`${files}/message/page.js`);
          const drawer = document.createElement('section');
          drawer.setAttribute('aria-label', 'drawer');
          const title = document.createElement('h1');
          title.textContent = 'Traffic';
          document.querySelector('main').replaceChildren(title, drawer);
          drawer.replaceChildren(await loadFragment(address));
        }""",
        address,
    )


@pytest.mark.parametrize("language", ["en", "ar"])
async def test_pages_of_messages_have_no_barrier(
    open_page: OpenPage, seeded: dict[str, Any], language: str
) -> None:
    page = await open_page("chief", f"/messages/out/{seeded['alert-0']['publication_id']}", language=language)
    for address in (
        "/releases",
        "/releases/backfills",
        "/held",
        f"/messages/in/{seeded['alert-1']['message_id']}?tab=trail",
    ):
        assert await violations(page, without=colours_known(language)) == [], address
        await page.goto(address)
        await page.wait_for_selector("html[data-ready]", state="attached")
    await in_a_drawer(page, f"/messages/out/{seeded['request']['publication_id']}/fragment")
    for details in await page.locator(".message-drawer details").all():
        await details.evaluate("(each) => { each.open = true; }")
    assert await violations(page, without=colours_known(language)) == []


async def test_tabs_go_by_keys_and_copies_are_the_message(
    open_page: OpenPage, seeded: dict[str, Any]
) -> None:
    message_id = seeded["alert-1"]["message_id"]
    page = await open_page(
        "wanda", f"/messages/in/{message_id}", permissions=["clipboard-read", "clipboard-write"]
    )
    await page.locator("#tab-readable").focus()
    await page.keyboard.press("ArrowRight")
    assert await page.locator("#panel-json").is_visible()
    assert not await page.locator("#panel-readable").is_visible()
    await page.keyboard.press("End")
    assert await page.locator("#panel-trail").is_visible()
    assert "security officer" in (await page.locator("#panel-trail").inner_text()).lower(), "it says who may"
    await page.keyboard.press("c")
    await page.wait_for_selector(".toast")
    copied = await page.evaluate("() => navigator.clipboard.readText()")
    assert '"subject": "EXERCISE: Ammonia leak' in copied
    await page.locator('[data-copy="[data-curl]"]').click()
    await page.wait_for_function(
        "() => navigator.clipboard.readText().then((text) => text.startsWith('curl'))"
    )
    curl = await page.evaluate("() => navigator.clipboard.readText()")
    assert curl.endswith(f"/v1/inbox/{message_id}'")
    assert "Bearer" not in curl
    await page.keyboard.press("a")
    assert await page.locator("#a-acknowledge-level").evaluate("(each) => each === document.activeElement")


async def test_from_the_drawer_an_act_is_refused_in_place_then_done(
    open_page: OpenPage, realm: ConsoleRealm
) -> None:
    sent = published(realm, "XBB", subject="From the drawer")
    page = await open_page("wanda", "/settings", allow=(422,), language="ar")
    await in_a_drawer(page, f"/messages/in/{sent['message_id']}/fragment")
    form = page.locator('[data-act="acknowledge"]')
    await form.locator("summary").click()
    await form.locator("[name=outcome]").select_option("REJECTED")
    await form.locator("button").click()
    refusal = page.locator(".message-drawer .refusal")
    await refusal.wait_for()
    assert await refusal.evaluate("(each) => each === document.activeElement"), "the reason has the focus"
    assert await violations(page) == []
    assert await form.locator("[name=outcome]").input_value() == "REJECTED"
    await form.locator("[name=remarks]").fill("The area is ours to clear")
    await form.locator("button").click()
    await page.locator(".message-done").wait_for()
    assert await page.locator(".message-drawer .step-done").count() == 3
    assert page.url.endswith("/settings"), "the page was not left"


async def test_without_scripts_a_message_is_read_and_acted_on(
    open_page: OpenPage, seeded: dict[str, Any]
) -> None:
    address = f"/messages/in/{seeded['alert-2']['message_id']}"
    page = await open_page("wanda", address, java_script_enabled=False)
    await page.locator("#tab-json").click()
    assert await page.locator("#panel-json").is_visible()
    assert not await page.locator("[data-copy]").first.is_visible(), "what needs scripts is not offered"
    await page.locator('[data-act="acknowledge"] summary').click()
    await page.locator('[data-act="acknowledge"] form button').click()
    await page.locator(".toast").wait_for()
    assert "Acknowledged" in await page.locator(".message-side").inner_text()


async def test_nothing_hostile_runs_or_hides_in_the_browser_in_any_field_of_any_kind(
    open_page: OpenPage, monkeypatch: pytest.MonkeyPatch
) -> None:
    page, said = await open_page("wanda", "/settings"), list[str]()
    page.on("dialog", lambda dialog: said.append(dialog.message))
    for place, kind in enumerate(Kind):
        made = message(kind.value)
        made["body"] = poisoned(made["body"], [place])
        made["header"]["subject"] = HOSTILE[0] + HOSTILE[6]
        answering(monkeypatch)(entry(kind.value, made, marking=HOSTILE[2]))
        await page.goto(f"/messages/in/{MESSAGE_ID}")
        await page.wait_for_selector("html[data-ready]", state="attached")
        await page.evaluate(
            "() => document.querySelectorAll('details').forEach(each => { each.open = true; })"
        )
        assert await page.locator("x-hostile, main img, main [onmouseover]").count() == 0, kind
        assert "⟦U+202E⟧" in await page.locator("#message-title").inner_text(), kind
        await unharmed(page)
        width = await page.evaluate("() => document.documentElement.scrollWidth - window.innerWidth")
        assert width <= 0, f"{kind}: a line of ten thousand letters widens nothing"
    assert not said, "no dialog"


async def test_a_message_fits_every_screen_and_paper(open_page: OpenPage, seeded: dict[str, Any]) -> None:
    page = await open_page("chief", f"/messages/out/{seeded['alert-0']['publication_id']}", language="ar")
    for width in (420, 1366, 1920):
        await page.set_viewport_size({"width": width, "height": 900})
        assert await overlaps(page) == [], width
    bar = await page.locator(".message-acts").bounding_box()
    await page.click("[data-act=recall] summary")
    assert await page.locator(".message-acts").bounding_box() == bar, "a form moves no button about"
    await expect(page.locator("[data-act=recall] form")).to_be_in_viewport(ratio=1)
    assert await overlaps(page) == []
    await page.keyboard.press("Escape")
    await expect(page.locator("[data-act=recall] form")).to_be_hidden()
    await expect(page.locator("[data-act=recall] summary")).to_be_focused()
    await page.click("#tab-json")
    await page.emulate_media(media="print")
    assert await page.locator("#panel-readable").is_visible()
    assert not await page.locator(".message-acts").is_visible()
    assert await page.locator(".band-top").is_visible()
    for folded in (".positions li", ".spoken-other dd", ".recipient .rows dd", ".handling dd"):
        each = page.locator(f".message {folded}").first
        assert await each.evaluate("each => each.checkVisibility({contentVisibilityAuto: true})"), folded
