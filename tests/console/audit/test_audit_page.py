"""The audit log in the browser: searched, read in depth, exported; closed to whom it is closed."""

import csv
import io
import json
import re
from typing import Any
from urllib.parse import quote

import pytest
from playwright.async_api import expect

from tests.console.conftest import OpenPage, Visit
from tests.console.hostile import TEXTS, unharmed
from tests.console.judging_pages import violations

in_browser = pytest.mark.asyncio(loop_scope="session")


@in_browser
async def test_an_auditor_searches_and_reads_a_record(open_page: OpenPage, seeded: Any) -> None:
    page = await open_page("aude", "/audit")
    await expect(page.get_by_role("heading", name="What to look at first")).to_be_visible()
    await expect(page.locator(".note")).to_contain_text("Not yet verifiable")
    assert await violations(page) == []
    await page.select_option("#f-event", "release.*")
    await page.fill("#f-about", seeded["alert-0"]["message_id"])
    await page.get_by_role("button", name="Search").click()
    rows = page.locator(".audit-table tbody tr")
    await expect(rows).to_have_count(2)
    assert set(await rows.locator(".event-code").all_text_contents()) == {"release.permitted"}
    assert "event=release.*" in page.url
    await rows.first.locator("a").first.click()
    await expect(page.get_by_role("heading", level=1)).to_have_text("Release permitted")
    await expect(page.locator(".members").first).to_contain_text(seeded["alert-0"]["message_id"])
    await expect(page.get_by_text("None yet")).to_be_visible()
    assert await violations(page) == []


def test_older_records_have_their_own_address(visit: Visit, seeded: Any) -> None:
    text = visit("aude").get("/audit?before=10").text
    shown = [int(seq) for seq in re.findall(r'href="/audit/(\d+)"', text)]
    assert shown == [9, 8, 7, 6, 5, 4, 3, 2, 1]
    assert "This is the end of the log for this search." in text
    assert "Newest" in text


@in_browser
async def test_newer_records_are_told_and_do_not_move_the_page(open_page: OpenPage, visit: Visit) -> None:
    page = await open_page("aude", "/audit")
    first = await page.locator(".audit-table td.number").first.inner_text()
    visit("wanda", own=True)  # signing in is an act
    await page.evaluate("document.querySelector('[data-live]').dispatchEvent(new Event('live:refresh'))")
    await expect(page.get_by_role("link", name="Newer records have come: show them")).to_be_visible()
    assert await page.locator(".audit-table td.number").first.inner_text() == first


@in_browser
async def test_hostile_searches_become_text_and_nothing_else(open_page: OpenPage, seeded: Any) -> None:
    page = await open_page("aude", "/audit")
    for name in ("script", "reversed"):
        await page.goto(f"/audit?about={quote(TEXTS[name])}&actor={quote(TEXTS['attribute'])}")
        await expect(page.get_by_text("Nothing matches the filter")).to_be_visible()
        assert await page.input_value("#f-actor") == TEXTS["attribute"]
    await unharmed(page)


def test_an_export_is_the_gateways_file_and_stands_in_the_log(visit: Visit, seeded: Any) -> None:
    aude = visit("aude")
    about = {"about": seeded["alert-0"]["publication_id"]}
    aude.get("/audit")
    sheet = aude.post("/audit/export", about | {"format": "csv"})
    assert sheet.status_code == 200
    assert sheet.headers["content-disposition"] == 'attachment; filename="audit-XAA.csv"'
    rows = list(csv.DictReader(io.StringIO(sheet.text)))
    assert {row["publication_id"] for row in rows} == set(about.values())
    lines = aude.post("/audit/export", about | {"format": "jsonl"}).text.splitlines()
    assert [json.loads(line)["audit_seq"] for line in lines] == [int(row["audit_seq"]) for row in rows]
    assert "audit.exported" in aude.get("/audit?event=audit.exported&actor=operator:aude").text


def test_a_search_that_is_not_understood_says_so_at_its_field(visit: Visit) -> None:
    answer = visit("aude").get("/audit?since=2026-11-02T00:00&until=2026-11-01T00:00&event=nonsense")
    assert answer.status_code == 422
    assert "The end lies before the beginning." in answer.text
    assert "There is no such action." in answer.text
    export = visit("aude").post("/audit/export", {"event": "nonsense"})
    assert export.status_code == 303
    assert export.headers["location"].endswith("/audit?event=nonsense")


@pytest.mark.parametrize("path", ["/audit", "/audit/1", "/audit/newer/fragment?after=0"])
def test_whoever_may_not_is_told_who_may(visit: Visit, path: str) -> None:
    answer = visit("wanda").get(path)
    assert answer.status_code == 403
    assert "Security officer" in answer.text


def test_a_record_that_is_not_there_is_not_found(visit: Visit) -> None:
    assert visit("aude").get("/audit/999999999").status_code == 404
