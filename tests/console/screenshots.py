"""Every page in its main states as a picture, to look at: ``python -m tests.console.screenshots``.

Writes ``reports/screenshots/<name>.png`` (or ``--out DIR``; names after it choose some). Each room adds its
own to ``SHOTS``: an address, who looks, and what is done before the picture is taken.
"""

import argparse
import asyncio
import sys
import tempfile
from collections.abc import Awaitable, Callable, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from playwright.async_api import Page

from tests.console.browsing import Pages, Tabs, running_chromium
from tests.console.compose.filling import SMALL, choose, fill
from tests.console.realm import NATIONS, console_realm
from tests.console.scenes import busy, drill_under_way
from tests.console.seeding import seed
from tests.console.serving import ServedConsole, served_console
from tests.console.visiting import Visitor

WIDE = {"width": 1920, "height": 1080}
DESK = {"width": 1600, "height": 900}
PHONE = {"width": 420, "height": 900}

Steps = Callable[[Page], Awaitable[None]]


@dataclass(frozen=True)
class Shot:
    """One picture. ``path`` may name what ``seeding.seed`` made: ``{alert-1}`` is its message's id."""

    name: str
    path: str
    who: str | None = "wanda"
    language: str = "en"
    size: dict[str, int] = field(default_factory=lambda: DESK)
    steps: Steps | None = None
    nation: str = "XAA"
    options: dict[str, Any] = field(default_factory=dict)


def press(*keys: str) -> Steps:
    """Press keys, one after the other."""

    async def steps(page: Page) -> None:
        for key in keys:
            await page.keyboard.press(key)

    return steps


async def beside_the_list(page: Page) -> None:
    """Open a message beside the traffic."""
    await page.wait_for_selector("#traffic[data-ready]")
    for key in ("j", "j", "Enter"):
        await page.keyboard.press(key)
    await page.wait_for_selector("#drawer [data-message]")


async def flash_beside_the_list(page: Page) -> None:
    """Open the FLASH that awaits."""
    await page.click("#flash .flash-open")
    await page.wait_for_selector("#drawer [data-message]")


async def held(page: Page) -> None:
    """Move in the list, which holds it."""
    await page.wait_for_selector("#traffic[data-ready]")
    for key in ("j", "j"):
        await page.keyboard.press(key)
    await page.wait_for_selector('#stream-pill[data-stream="held"]')


async def settled(page: Page) -> None:
    """Wait for what comes after a page: the list with its figures, the map's land, the live connection."""
    for there, awaited in (
        ("#traffic", "#traffic[data-ready]"),
        ("#map-stage", '#map-stage[data-state="ready"]'),
        ("#flash", '#stream-pill:is([data-stream="live"], [data-stream="held"])'),
    ):
        if await page.locator(there).count():
            await page.wait_for_selector(awaited, state="attached")
    await page.evaluate("document.fonts.ready.then(() => 0)")


def searched(words: str) -> Steps:
    """Search the traffic."""

    async def steps(page: Page) -> None:
        await page.wait_for_selector("#traffic[data-ready]")
        await page.fill("#traffic-search", words)
        await (
            page.locator('[data-list-state="none-fits"], #traffic-search-refusal p')
            .locator("visible=true")
            .first.wait_for()
        )

    return steps


async def wrong_password(page: Page) -> None:
    """Fail to sign in."""
    await page.fill("#f-name", "nobody")
    await page.fill("#f-password", "nothing of the kind")
    await page.click(".button-main")
    await page.wait_for_selector(".refusal")


async def release_shown(page: Page) -> None:
    """Scroll to who gets the message, and why."""
    await page.locator(".release").scroll_into_view_if_needed()


async def open_menu(page: Page) -> None:
    """Open the phone's menu."""
    await page.click(".rooms-menu summary")


async def written(page: Page) -> None:
    """Write an alert with a tear line."""
    await fill(page, SMALL | {"tear_lines": [{"subject": "An object in the air"}]})
    await choose(page, "/tear_lines/0/label/releasable_to", "XCC")
    await page.wait_for_selector("#preview .release-yes >> nth=1")


async def refused_draft(page: Page) -> None:
    """Send what is not complete."""
    await page.wait_for_selector(".picker")
    await page.click("[data-send]")
    await page.wait_for_selector("#faults:focus")


SHOTS: list[Shot] = [
    Shot("sign-in", "/sign-in", None),
    Shot("sign-in-refused", "/sign-in", None, steps=wrong_password),
    Shot("sign-in-ar", "/sign-in", None, "ar"),
    Shot("settings", "/settings", "chief"),
    Shot("settings-ar", "/settings", "chief", "ar"),
    Shot("settings-pl", "/settings", "chief", "pl"),
    Shot("settings-phone", "/settings", "wanda", size=PHONE),
    Shot("menu-phone", "/settings", "chief", size=PHONE, steps=open_menu),
    Shot("settings-password", "/settings/password"),
    Shot("help", "/settings", "chief", steps=press("?")),
    Shot("state-not-found", "/nothing"),
    Shot("state-not-permitted", "/releases"),
    Shot("settings-more-contrast", "/settings", options={"contrast": "more"}),
    Shot("settings-forced-colours", "/settings", options={"forced_colors": "active"}),
    *(
        Shot(f"{room}{'-' + language if language != 'en' else ''}", path, who, language, WIDE)
        for room, path, who in (
            ("traffic", "/", "wanda"),
            ("compose", "/compose", "wanda"),
            ("compose-alert", "/compose/threat_alert", "wanda"),
            ("map", "/map", "wanda"),
            ("exercises", "/exercises", "wanda"),
            ("requests", "/requests", "wanda"),
            ("releases", "/releases", "rolf"),
            ("nations", "/nations", "wanda"),
            ("nation", "/nations/XBB", "wanda"),
            ("agreements", "/agreements", "sofia"),
            ("held", "/held", "sofia"),
            ("audit", "/audit", "sofia"),
            ("drills", "/drills", "ed"),
            ("wall", "/wall", "wanda"),
            ("message", "/messages/in/{alert-1}", "wanda"),
        )
        for language in ("en", "ar")
    ),
    Shot("message-own", "/messages/{alert-0}", "chief"),
    Shot("message-release", "/messages/{alert-0}", "chief", steps=release_shown),
    Shot("message-trail", "/messages/in/{alert-1}?tab=trail", "sofia"),
    Shot("message-metadata", "/messages/in/{alert-1}", "aude"),
    Shot("message-phone", "/messages/in/{notice}", size=PHONE),
    Shot("message-request", "/messages/in/{request}", nation="XBB"),
    Shot("compose-written", "/compose/threat_alert", size=WIDE, steps=written),
    Shot("compose-written-ar", "/compose/threat_alert", language="ar", steps=written),
    Shot("compose-refused", "/compose/information_request", steps=refused_draft),
    Shot("compose-notice", "/compose/exercise_notice"),
    Shot("compose-phone", "/compose/threat_alert", size=PHONE, steps=written),
    Shot("traffic-message", "/", size=WIDE, steps=beside_the_list),
    Shot("traffic-message-ar", "/", "wanda", "ar", steps=beside_the_list),
    Shot("traffic-flash", "/", size=WIDE, steps=flash_beside_the_list),
    Shot("traffic-held", "/", size=WIDE, steps=held),
    Shot("traffic-none-fits", "/", steps=searched("from:ZZZ")),
    Shot("traffic-not-understood", "/", steps=searched("sender:XBB")),
    Shot("traffic-auditor", "/", "aude"),
    Shot("traffic-unreadable-search", "/?q=sender:XBB"),
    *(
        Shot(f"{room}-phone", path, size=PHONE)
        for room, path in (
            ("traffic", "/"),
            ("message", "/messages/in/{alert-1}"),
            ("nations", "/nations"),
            ("map", "/map"),
        )
    ),
]


async def take(
    shots: Sequence[Shot], out: Path, consoles: dict[str, ServedConsole], made: dict[str, str]
) -> list[str]:
    """Take pictures; what pages complained of, by name."""
    wrong = []
    async with running_chromium() as browser:
        tabs, signed_in = Tabs(browser), dict[tuple[str, str], Visitor]()
        for shot in shots:
            pages = Pages(tabs, consoles, signed_in)
            try:
                page = await pages.open(
                    shot.who,
                    shot.path.format_map(made),
                    nation=shot.nation,
                    language=shot.language,
                    allow=(401, 403, 404, 422),
                    viewport=shot.size,
                    **shot.options,
                )
                if shot.steps is not None:
                    await shot.steps(page)
                await settled(page)
                await page.screenshot(path=out / f"{shot.name}.png")
            except Exception as error:  # noqa: BLE001 (the other pictures are wanted all the same)
                wrong.append(f"{shot.name}: {str(error)[:400]}")
            try:
                await pages.close()
            except AssertionError as error:
                wrong.append(f"{shot.name}: {str(error)[:400]}")
    return wrong


def main() -> int:
    """The number of pages that complained."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--out", type=Path, default=Path("reports/screenshots"))
    parser.add_argument("names", nargs="*")
    given = parser.parse_args()
    shots = [shot for shot in SHOTS if not given.names or shot.name in given.names]
    given.out.mkdir(parents=True, exist_ok=True)
    with ExitStack() as stack:
        directory = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        realm = stack.enter_context(console_realm(directory / "realm"))
        made = {name: answer["message_id"] for name, answer in seed(realm).items()}
        busy(realm)
        drills = directory / "drills"
        drills.mkdir()
        stack.enter_context(drill_under_way(drills))
        consoles = {
            nation: stack.enter_context(served_console(realm, nation, drills_dir=drills))
            for nation in NATIONS
        }
        wrong = asyncio.run(take(shots, given.out, consoles, made))
    sys.stdout.write("".join(f"{line}\n" for line in wrong) + f"{len(shots)} pictures in {given.out}\n")
    return len(wrong)


if __name__ == "__main__":
    raise SystemExit(main())
