"""Messages written in the browser: every kind, refused ones, tear lines, changes, and each only once."""

import copy
import json
import re
from typing import Any

import pytest
from playwright.async_api import Page

from schemas.message import parse_draft
from tests.console.compose.filling import SMALL, choose, fill, ready
from tests.console.conftest import OpenPage, Visit
from tests.console.realm import ConsoleRealm
from tests.console.seeding import draft as seeded_draft

pytestmark = pytest.mark.asyncio(loop_scope="session")


def written(kind: str, subject: str, **options: Any) -> dict[str, Any]:
    """A draft of a kind that the realm would accept from XAA, with one or two rows in its lists."""
    made = seeded_draft(kind, "XAA", subject=subject, **options)
    body = made["body"]
    if kind == "exercise_notice":
        body["phases"], body["forces"] = body["phases"][:2], body["forces"][:1]
        body["forces"][0]["formations"] = body["forces"][0]["formations"][:1]
        body["below_threshold"] = False
    return made


def alert(subject: str, classification: str = "NATO RESTRICTED", *to: str) -> dict[str, Any]:
    """The least that an alert says, for exercises."""
    made = copy.deepcopy(SMALL)
    made["header"] |= {"mode": "TEST", "precedence": "ROUTINE", "subject": subject}
    made["label"] |= {"classification": classification, "releasable_to": [*(to or ("XBB", "XCC"))]}
    return made


async def send(page: Page) -> str:
    """Send what is ready; the publication that it became."""
    await ready(page)
    await page.click("[data-send]")
    await page.wait_for_selector("[data-sent]")
    found = re.search(r"/sent/([0-9a-f-]{36})", page.url)
    assert found is not None
    return found[1]


def same(found: dict[str, Any], wanted: dict[str, Any]) -> None:
    """A published message says what its draft was to say."""

    def read(part: dict[str, Any]) -> Any:
        kept = copy.deepcopy({key: part[key] for key in ("header", "label", "body")})
        for name in ("categories", "response_types", "requested_products"):
            if name in kept["body"]:
                kept["body"][name].sort()  # boxes have an order of their own
        header = {
            k: v for k, v in kept["header"].items() if k not in ("message_id", "originator", "issued_at")
        }
        label = {k: v for k, v in kept["label"].items() if not k.endswith("_set")}
        return parse_draft(json.dumps(kept | {"header": header, "label": label}).encode())

    assert read(found) == read(wanted)


@pytest.mark.parametrize("kind", ["threat_alert", "exercise_notice", "information_request"])
async def test_a_whole_message_is_written_and_sent(
    kind: str, realm: ConsoleRealm, open_page: OpenPage
) -> None:
    wanted = written(kind, f"EXERCISE: whole {kind}", precedence="PRIORITY")
    page = await open_page("wanda", f"/compose/{kind}")
    await fill(page, wanted)
    await ready(page)
    assert "EXERCISE" in await page.locator(".band-top").inner_text()
    publication = await send(page)
    same(realm.get("XAA", f"/v1/messages/{publication}")["message"], wanted)
    assert await page.locator("text=XBB").count()
    assert "EXERCISE" in await page.locator(".band-top").inner_text()


async def test_a_request_is_answered_from_where_it_was_read(
    realm: ConsoleRealm, seeded: dict[str, dict[str, Any]], open_page: OpenPage
) -> None:
    asked = seeded["request"]["message_id"]
    page = await open_page("wanda", f"/compose/information_response?answers={asked}", nation="XBB")
    await fill(
        page,
        {"body": {"state": "PARTIALLY_ANSWERED", "answer": "Seen at 0400Z.", "outstanding": "The port."}},
    )
    assert await page.locator('[name="/body/decline_code"]').is_disabled()
    publication = await send(page)
    message = realm.get("XBB", f"/v1/messages/{publication}")["message"]
    assert message["header"]["references"][0]["relation"] == "replies"
    assert message["label"]["release_set"] == ["XAA"]
    assert message["body"]["answer"] == "Seen at 0400Z."


async def test_what_is_missing_is_told_at_its_field_and_sent_once_it_is_there(
    realm: ConsoleRealm, open_page: OpenPage
) -> None:
    page = await open_page("wanda", "/compose/threat_alert", allow=(422,))
    await page.wait_for_selector(".picker")
    await page.fill("#f-body-onset", "tomorrow")
    await page.click("[data-send]")
    await page.wait_for_selector("#faults:focus")
    await page.fill("#f-body-onset", "")
    await page.click("[data-send]")
    await page.wait_for_selector("#faults >> text=Subject")
    await page.wait_for_selector("input[role=combobox]#f-label-releasable_to")
    await page.click("#faults a >> text=Releasable to")
    await page.wait_for_selector("#f-label-releasable_to:focus")
    assert await page.locator("#f-header-subject").get_attribute("aria-invalid") == "true"
    wanted = alert("TEST: in the end")
    await fill(page, wanted)
    message = realm.get("XAA", f"/v1/messages/{await send(page)}")["message"]
    assert message["header"]["subject"] == "TEST: in the end"


async def test_who_may_not_have_it_is_said_before_and_nothing_is_sent(
    realm: ConsoleRealm, open_page: OpenPage
) -> None:
    page = await open_page("wanda", "/compose/threat_alert", allow=(422,))
    wanted = alert("EXERCISE: too high", "COSMIC TOP SECRET")
    await fill(page, wanted)
    await page.wait_for_selector("#preview .verdict-bad")
    assert await page.locator("#preview .release-no").count() == 2
    assert "COSMIC TOP SECRET" in await page.locator("#preview .preview-band").inner_text()
    assert "COSMIC TOP SECRET" in await page.locator(".band-top").inner_text()
    await page.click("[data-send]")
    await page.wait_for_selector("#faults")
    assert await page.locator("#f-header-subject").input_value() == "EXERCISE: too high"
    subjects = [each["kind"] for each in realm.get("XAA", "/v1/messages")["items"] if not each["deliveries"]]
    assert subjects == []


async def test_a_tear_line_gives_each_nation_its_version_and_an_update_follows(
    realm: ConsoleRealm, open_page: OpenPage
) -> None:
    wanted = alert("TEST: for XBB all", "NATO SECRET", "XBB")
    page = await open_page("wanda", "/compose/threat_alert")
    less = {
        "label": {"policy": "NATO", "classification": "NATO RESTRICTED"},
        "subject": "EXERCISE: for both less",
    }
    await fill(page, wanted | {"tear_lines": [less]})
    assert await page.get_by_role("tab").count() == 2
    await choose(page, "/tear_lines/0/label/releasable_to", "XCC")
    await page.wait_for_selector("#preview .preview-band >> nth=1")
    publication = await send(page)
    found = realm.get("XAA", f"/v1/messages/{publication}")
    assert {each["nation"]: each["version"] for each in found["deliveries"]} == {"XBB": 0, "XCC": 1}
    realm.wait_for("XCC", next(each["message_id"] for each in found["messages"] if each["version"] == 1))

    page = await open_page("wanda", f"/compose/threat_alert?changes={publication}&relation=updates")
    assert await page.get_by_role("tab").count() == 2
    await page.get_by_role("tab").nth(1).click()
    await page.click('button[value="remove:/tear_lines/0"]')
    await page.wait_for_selector("#preview input[name='/confirm_narrowing']")
    assert "XCC" in await page.locator("#preview .note-bad").inner_text()
    await page.check("#preview input[name='/confirm_narrowing']")
    update = await send(page)
    change = realm.get("XAA", f"/v1/messages/{update}")
    assert [
        each["nation"] for each in change["deliveries"] if each["message_id"] == change["message_id"]
    ] == ["XBB"]
    assert realm.get("XAA", f"/v1/messages/{publication}")["status"] == "UPDATED"


async def test_a_form_becomes_one_message_however_often_it_is_sent(visit: Visit) -> None:
    wanda = visit("wanda")
    page = wanda.get("/compose/threat_alert")
    composition = re.search(r'name="composition" value="([^"]+)"', page.text)
    assert composition is not None
    form = {
        "composition": composition[1],
        "/header/precedence": "ROUTINE",
        "/header/mode": "TEST",
        "/header/subject": "TEST: once",
        "/label#level": '["NATO","NATO RESTRICTED"]',
        "/label/releasable_to": "XBB",
        "/body/action": "ALERT",
        "/body/threat_type": "other",
        "/body/categories": "Other",
        "/body/severity": "Minor",
        "/body/urgency": "Future",
        "/body/certainty": "Possible",
        "/body/texts#row": "0",
        "/body/texts/0/language": "en",
        "/body/texts/0/event": "once",
        "/body/affected_nations": "XAA",
        "do": "send",
    }
    first, again = wanda.post("/compose/threat_alert", form), wanda.post("/compose/threat_alert", form)
    assert first.status_code == again.status_code == 303
    assert first.headers["location"] == again.headers["location"]
    changed = wanda.post("/compose/threat_alert", form | {"/header/subject": "TEST: twice"})
    assert changed.status_code == 422
    assert "IDEMPOTENCY_CONFLICT" in changed.text
    renewed = wanda.post("/compose/threat_alert", form | {"/header/subject": "TEST: twice", "do": "renew"})
    assert 'value="TEST: twice"' in renewed.text
    number = re.search(r'name="composition" value="([^"]+)"', renewed.text)
    assert number is not None
    assert number[1] != composition[1], "a message of its own"
    looked = wanda.post("/compose/threat_alert", form | {"composition": "é\r\nX-Own: 1", "do": "preview"})
    number = re.search(r'name="composition" value="([^"]+)"', looked.text)
    assert number is not None
    assert re.fullmatch("[0-9a-f-]{36}", number[1]), "nothing else goes into a header"


async def test_without_scripts_rows_come_and_the_release_is_shown_on_asking(
    realm: ConsoleRealm, open_page: OpenPage
) -> None:
    page = await open_page("wanda", "/compose/threat_alert", java_script_enabled=False)
    await page.fill('[name="/header/subject"]', "TEST: without scripts")
    await page.check('[name="/header/precedence"][value="ROUTINE"]', force=True)
    await page.check('[name="/header/mode"][value="TEST"]', force=True)
    await page.select_option('[name="/label#level"]', '["NATO","NATO RESTRICTED"]')
    await page.fill('[name="/label/releasable_to"]', "xbb, xcc")
    await page.click('button[value="add:/body/areas"]')
    await page.fill('[name="/body/areas/1/description"]', "The second area")
    await page.click('button[value="remove:/body/areas/0"]')
    assert await page.input_value('[name="/body/areas/0/description"]') == "The second area"
    await page.fill('[name="/body/areas/0/geometry"]', "59.5, 24.0\n59.5, 25.0\n60, 25")
    await page.select_option('[name="/body/threat_type"]', "other")
    await page.check('[name="/body/categories"][value="Other"]')
    for name, value in (("severity", "Minor"), ("urgency", "Future"), ("certainty", "Possible")):
        await page.check(f'[name="/body/{name}"][value="{value}"]', force=True)
    await page.fill('[name="/body/texts/0/event"]', "A test")
    await page.click("[data-look]")
    assert await page.locator("#preview .release-yes").count() == 2
    assert await page.input_value('[name="/header/subject"]') == "TEST: without scripts"
    await page.click("[data-send]")
    found = re.search(r"/sent/([0-9a-f-]{36})", page.url)
    assert found is not None
    message = realm.get("XAA", f"/v1/messages/{found[1]}")["message"]
    ring = message["body"]["areas"][0]["geometry"]["coordinates"][0]
    assert ring[0] == ring[-1] == [24.0, 59.5]
