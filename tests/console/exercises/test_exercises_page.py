"""The calendar of exercises in the browser and as a file: agenda, month, one in depth, who may see it."""

import asyncio
from typing import Any

import httpx
import pytest
from icalendar import Calendar
from playwright.async_api import Page, expect

from tests.console.conftest import OpenPage, Visit
from tests.console.exercises.notices import square
from tests.console.hostile import HostileMessage, unharmed
from tests.console.judging_pages import colours_known, violations
from tests.console.overlaps import overlaps
from tests.console.paper import faults_on_paper
from tests.console.realm import ConsoleRealm
from tests.console.seeding import draft, soon

pytestmark = pytest.mark.asyncio(loop_scope="session")

HOSTILE = "Exercise <b onclick=x>BOLD</b>\u200b END:VCALENDAR"


def publish_notice(realm: ConsoleRealm, author: str, name: str, **body: Any) -> dict[str, Any]:
    """Publish a notice and wait until its recipients have it."""
    made = draft("exercise_notice", author, subject=f"Notification of {name}")
    made["header"]["expires_at"] = soon(days=90)
    bare: dict[str, Any] = {"phases": [], "special_activities": [], "reservations": []}
    named = {"exercise_id": name, "designation": f"Exercise {name}", "notification_basis": "VOLUNTARY"}
    made["body"] |= bare | named | body
    answer: dict[str, Any] = realm.post(author, "/v1/messages", made)
    for nation in answer["recipients"]:
        realm.wait_for(nation, answer["message_id"])
    return answer


@pytest.fixture(scope="module")
def notices(realm: ConsoleRealm, seeded: Any) -> dict[str, dict[str, Any]]:
    """Two exercises that meet in a phase, one over already, one with hostile words."""
    firing = {
        "type": "ACTIVE",
        "name": "Firing",
        "purpose": "To fire",
        "start": soon(days=12),
        "end": soon(days=14),
        "area": square(30.2, 40.2, 0.5),
    }
    first = {"start": soon(days=10), "end": soon(days=20), "areas": [square(30, 40)], "phases": [firing]}
    second = {"start": soon(days=13), "end": soon(days=25), "areas": [square(30.4, 40.4)]}
    running = {"start": soon(days=-3), "end": soon(days=1), "areas": [square(-30, 10)]}
    hostile = {"start": soon(days=40), "end": soon(days=41), "areas": [{"description": HOSTILE}]}
    return {
        "first": publish_notice(realm, "XBB", "EX-FIRST", **first),
        "second": publish_notice(realm, "XAA", "EX-SECOND", **second),
        "running": publish_notice(realm, "XCC", "EX-RUNNING", **running),
        "hostile": publish_notice(
            realm, "XBB", "EX-HOSTILE", **hostile, designation=HOSTILE, purpose=HOSTILE
        ),
    }


def key(answer: dict[str, Any], author: str) -> str:
    return f"{author}-{answer['message_id']}"


async def test_the_agenda_leads_to_an_exercise_what_it_meets_and_its_message(
    open_page: OpenPage, notices: dict[str, dict[str, Any]]
) -> None:
    page = await open_page("wanda", "/exercises")
    assert await page.locator(".exercise-banner strong").inner_text() == "EXERCISE"
    running = page.locator("section", has=page.locator("#ex-now"))
    assert await running.get_by_text("Exercise EX-RUNNING").count() == 1
    assert await running.get_by_text("Notified after the exercise had begun.").count() >= 1
    conflicts = await page.locator(".ex-conflicts li").all_inner_texts()
    assert any("EX-FIRST" in text and "EX-SECOND" in text and "Live fire" in text for text in conflicts)
    # Partners' words are text: what hides is shown by number, markup stays words.
    assert await page.get_by_text("Exercise <b onclick=x>BOLD</b>⟦U+200B⟧ END:VCALENDAR").count() >= 1
    assert await page.locator(".ex-list b").count() == 0
    await page.click(f'.ex-name a[href$="/exercises/{key(notices["first"], "XBB")}"]')
    assert await page.locator("h1").inner_text() == "Exercise EX-FIRST"
    row = page.locator("tbody tr")
    assert "Active phase" in await row.inner_text()
    assert "Firing" in await row.inner_text()
    met = await page.locator(".ex-meetings").inner_text()
    assert "Active phase Firing / Exercise EX-SECOND" in met.replace("\n", " ")
    for name, path in (("Notice", "/messages/in/"), ("On the map", "/map?alert=XBB-")):
        href = await page.get_by_role("link", name=name, exact=True).get_attribute("href")
        assert href is not None
        assert path in href
        assert notices["first"]["message_id"] in href
    await page.click(".ex-other-name a")
    assert await page.locator("h1").inner_text() == "Exercise EX-SECOND"
    # Of an own exercise the map knows the publication.
    href = await page.get_by_role("link", name="On the map", exact=True).get_attribute("href")
    assert href is not None
    assert notices["second"]["publication_id"] in href


@pytest.mark.parametrize(
    ("width", "language", "title"),
    [(420, "pl", "Ćwiczenia"), (1366, "ar", "التمارين"), (1920, "fr", "Exercices")],
)
async def test_the_month_stands_in_every_language_and_width(
    open_page: OpenPage, notices: dict[str, dict[str, Any]], width: int, language: str, title: str
) -> None:
    page = await open_page(
        "wanda", "/exercises?view=month", language=language, viewport={"width": width, "height": 900}
    )
    assert await page.locator("h1").inner_text() == title
    assert await page.locator(".ex-today").count() == 1
    assert await page.get_by_text("Exercise EX-RUNNING").count() >= 1
    assert await overlaps(page) == []
    before = await page.locator(".ex-month-head h2").inner_text()
    await page.click(".ex-month-head a >> nth=1")
    assert await page.locator(".ex-month-head h2").inner_text() != before
    await page.click(".ex-month-head a >> nth=0")
    assert await page.locator(".ex-month-head h2").inner_text() == before


async def test_the_calendar_file_holds_every_exercise_once_with_its_marking_and_is_recorded(
    visit: Visit, realm: ConsoleRealm, notices: dict[str, dict[str, Any]]
) -> None:
    token = realm.sign_in("XAA", "sofia")["access_token"]
    recorded = _exports(realm, token)
    answer = visit("wanda").get("/exercises/calendar.ics")
    assert answer.status_code == 200
    assert answer.headers["content-type"].startswith("text/calendar")
    assert answer.headers["content-disposition"] == 'attachment; filename="exercises-XAA.ics"'
    assert answer.headers["cache-control"] == "no-store"
    summaries = [str(event["SUMMARY"]) for event in Calendar.from_ical(answer.content).walk("VEVENT")]
    assert all(text.startswith("[NATO ") for text in summaries)
    for name in ("EX-FIRST", "EX-SECOND", "EX-RUNNING"):
        assert sum(text.endswith(f"EXERCISE: Exercise {name}") for text in summaries) == 1, summaries
    assert any(text.endswith("⟦U+200B⟧ END:VCALENDAR") for text in summaries)
    assert _exports(realm, token) == recorded + 1
    one = visit("wanda").get(f"/exercises/{key(notices['first'], 'XBB')}/calendar.ics")
    assert len(Calendar.from_ical(one.content).walk("VEVENT")) == 2


def _exports(realm: ConsoleRealm, token: str) -> int:
    """How many exports the gateway's audit log has."""
    answer = httpx.get(
        f"{realm.url('XAA')}/v1/audit",
        params={"event": "traffic.exported", "limit": 500},
        headers={"Authorization": f"Bearer {token}"},
        trust_env=False,
        timeout=30,
    )
    return len(answer.json()["items"])


async def test_what_is_not_there_and_who_may_not(visit: Visit, notices: dict[str, dict[str, Any]]) -> None:
    officer, auditor = visit("wanda"), visit("aude")
    for path in ("/exercises/XBB-nothing", "/exercises/XBB-nothing/calendar.ics"):
        assert officer.get(path).status_code == 404
    assert officer.get("/exercises?view=year").status_code == 422
    assert officer.get("/exercises?view=month&month=nonsense").status_code == 200
    shown = auditor.get("/exercises")
    assert shown.status_code == 403
    assert "Exercise EX-FIRST" not in shown.text
    for path in ("/exercises/calendar.ics", f"/exercises/{key(notices['first'], 'XBB')}"):
        assert auditor.get(path).status_code == 403
    assert visit(None).get("/exercises/calendar.ics").status_code in (303, 401)


@pytest.mark.parametrize("language", ["en", "ar"])
async def test_hostile_words_harm_no_page_and_every_page_is_accessible(
    open_page: OpenPage, notices: dict[str, dict[str, Any]], hostile: list[HostileMessage], language: str
) -> None:
    page = await open_page("wanda", "/exercises", language=language)
    one = next(each for each in hostile if each.kind == "exercise_notice" and each.accepted)
    for path in (None, "/exercises?view=month", f"/exercises/XBB-{one.message_id}"):
        if path is not None:
            await page.goto(path)
        await unharmed(page)
        assert await violations(page, without=colours_known(language)) == []
        wrong = await faults_on_paper(page)
        assert not wrong, wrong


async def refreshed(page: Page) -> None:
    """Let the page look again, as it does by itself from time to time."""
    async with page.expect_response("**/exercises/fragment*"):
        await page.evaluate("document.querySelector('[data-live]').dispatchEvent(new Event('live:refresh'))")


async def test_agenda_and_month_keep_themselves_current_under_the_reader(
    open_page: OpenPage, realm: ConsoleRealm, notices: dict[str, dict[str, Any]]
) -> None:
    # Four that meet in pairs: more than the agenda names at once.
    met = {"start": soon(days=13), "end": soon(days=14), "areas": [square(30.4, 40.4)]}
    for name in ("EX-THIRD", "EX-FOURTH"):
        await asyncio.to_thread(publish_notice, realm, "XCC", name, **met)
    page = await open_page("wanda", "/exercises", viewport={"width": 900, "height": 400})
    month = await open_page("wanda", "/exercises?view=month")
    await page.click(".ex-conflicts summary")
    link = f'.ex-name a[href$="/exercises/{key(notices["running"], "XCC")}"]'
    bar = f'.ex-bar[href$="/exercises/{key(notices["running"], "XCC")}"]'
    await page.focus(link)
    await page.eval_on_selector(link, "link => link.scrollIntoView({block: 'start'})")
    await month.focus(f"{bar} >> nth=0")
    top = await page.evaluate("document.querySelector('main').scrollTop + scrollY")
    assert top > 0
    # It comes before the exercise that is looked at, which moves.
    early = {"start": soon(days=-4), "end": soon(days=2), "areas": [square(80, -60)]}
    await asyncio.to_thread(publish_notice, realm, "XBB", "EX-SUDDEN", **early)
    for each, place, chosen in ((page, ".ex-name", link), (month, ".ex-bar", bar)):
        await refreshed(each)
        await expect(each.locator(place, has_text="Exercise EX-SUDDEN").first).to_be_attached()
        await expect(each.locator(chosen).first).to_be_focused()
    await expect(page.locator(".ex-conflicts details")).to_have_attribute("open", "")
    assert await page.evaluate("document.querySelector('main').scrollTop + scrollY") > 0
    await expect(page.locator(link)).to_be_in_viewport()
