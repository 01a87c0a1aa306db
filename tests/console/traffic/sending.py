"""Messages for the tests of the traffic page: each test knows its own by a word that no other uses."""

from typing import Any
from uuid import uuid4

from playwright.async_api import Page

from tests.console.realm import ConsoleRealm
from tests.console.seeding import draft


def own_word() -> str:
    """A word that only this test's messages have in their subjects."""
    return f"Kestrel{uuid4().hex[:10]}"


def send(realm: ConsoleRealm, author: str, subject: str, precedence: str = "ROUTINE", **more: Any) -> str:
    """Publish an alert to the two others; its message id, once it has arrived at both."""
    answer = realm.post(
        author, "/v1/messages", draft("threat_alert", author, subject=subject, precedence=precedence, **more)
    )
    for nation in answer["recipients"]:
        realm.wait_for(nation, answer["message_id"])
    return str(answer["message_id"])


async def listed(page: Page) -> None:
    """Wait until the list is there and follows."""
    await page.wait_for_selector("#traffic[data-ready]")
    await page.wait_for_selector('#traffic[data-stream="LIVE"], #traffic[data-stream="HELD"]')


async def shows(page: Page, subject: str) -> None:
    """Wait until a row with these words is in the document."""
    await page.locator(".grid-body .row", has_text=subject).wait_for()


async def places(page: Page) -> list[tuple[str, str]]:
    """The rows in the document, as they stand: their numbers and where they are."""
    found: list[tuple[str, str]] = await page.locator(".grid-body .row").evaluate_all(
        "rows => rows.map(row => [row.dataset.seq, row.style.transform])"
    )
    return sorted((seq, place) for seq, place in found)
