"""The drills' pages in the browser: accessible, in two languages, and news come by themselves."""

import json
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from drills.journal import JournalWriter, write_catalogue
from entente.watch_desk import catalogue
from schemas.drill_journal import JournalLine, JournalStart, Played
from tests.console.conftest import OpenPage
from tests.console.judging_pages import colours_known, violations
from tests.console.realm import ConsoleRealm
from tests.console.serving import ServedConsole, served_console

pytestmark = pytest.mark.asyncio(loop_scope="session")

NOW = datetime.now(UTC)
START = JournalStart(
    run="up-1", drill="baltic-life", title="Life <b>here</b>", started_at=NOW, nations=("XAA", "XBB")
)


def line(title: str, nation: str = "XAA", became: Played = Played.DONE) -> JournalLine:
    code = "QUEUE_FULL" if became is Played.REFUSED else None
    return JournalLine(
        at=NOW, nation=nation, storyline="Ice", title=title, did="publish", became=became, code=code
    )


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    write_catalogue(tmp_path, catalogue())
    return tmp_path


@pytest.fixture
def served(realm: ConsoleRealm, folder: Path) -> Iterator[ServedConsole]:
    with served_console(realm, "XAA", drills_dir=folder) as console:
        yield console


async def test_drills_are_shown_to_exercise_staff_and_news_come_by_themselves(
    open_page: OpenPage, served: ServedConsole, folder: Path
) -> None:
    with JournalWriter(folder, START) as journal:
        journal.add(line("State of the ice"))
        journal.add(line("Not taken \u200b", "XBB", Played.REFUSED))
        page = await open_page("ed", "/drills", console=served)
        assert await violations(page) == []
        assert "Baltic Guard" in (await page.text_content("main") or "")
        await page.click("table a")
        await page.wait_for_selector("[data-live]")
        assert await violations(page) == []
        assert "Life <b>here</b>" in (await page.text_content("h1") or ""), "words, not markup"
        assert "⟦U+200B⟧" in (await page.text_content("main") or "")
        journal.add(line("The convoy goes"))
        await page.wait_for_selector("td:has-text('The convoy goes')")
    await page.wait_for_selector(".drill-figures:has-text('Ended')")


async def test_drills_read_in_arabic(open_page: OpenPage, served: ServedConsole, folder: Path) -> None:
    with JournalWriter(folder, START) as journal:
        journal.add(line("State of the ice"))
        page = await open_page("ed", "/drills/up-1", console=served, language="ar")
        assert await page.get_attribute("html", "dir") == "rtl"
        assert await violations(page) == []
    (folder / "catalogue.json").write_text(json.dumps({"drills": []}))
    await page.goto("/drills")
    assert await violations(page) == []


@pytest.mark.parametrize("language", ["en", "ar"])
async def test_the_page_of_a_one_time_link_takes_the_secret_out_of_the_address(
    open_page: OpenPage, language: str
) -> None:
    page = await open_page(None, "/sign-in/link#enl_secret", allow=(401,), language=language)
    assert "secret" not in page.url
    assert await page.input_value("#f-link") == "enl_secret"
    await page.click(".button-main")
    await page.wait_for_selector(".refusal")
    assert await violations(page, without=colours_known(language)) == []
