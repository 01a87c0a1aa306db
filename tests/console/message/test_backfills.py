"""What a newcomer missed: listed by the gateway, read here, sent as it was read."""

import asyncio
import json
import re
from datetime import UTC, datetime
from typing import Any

import httpx
import pytest

from console.gateway import Refused
from entente.drill_realm import KeyHolders
from gateways.http.routes.backfills import BackfillView
from tests.console.conftest import Visit
from tests.console.hostile import TEXTS
from tests.console.realm import ConsoleRealm
from tests.console.seeding import draft
from tests.console.serving import ServedConsole

ID = "7b0d8d7c-6f6e-4bd7-9c53-0a3c0c1f9a11"
DIGEST = f"sha256:{'5' * 64}"
MESSAGE = "019ab000-0000-7000-8000-00000000000{}"


def listed(**more: Any) -> dict[str, Any]:
    """A list as the gateway tells it: one message that goes, one that stays out."""
    label = {"policy": "NATO", "classification": "NATO SECRET", "releasable_to": ["XCC"]}
    items = [
        {
            "publication_id": ID,
            "version": 0,
            "message_id": MESSAGE.format(place),
            "digest": DIGEST,
            "kind": "threat_alert",
            "issued_at": "2026-03-01T09:00:00Z",
            "subject": subject,
            "marking": "NATO SECRET XCC Only",
            "label": label,
            "sends": left_out is None,
            "code": "RELEASE_PERMITTED",
            "explanation": "It is a member.",
            "basis": [],
        }
        | ({} if left_out is None else {"left_out": left_out})
        for place, (subject, left_out) in enumerate(
            ((f"Ice {TEXTS['markup']}", None), (TEXTS["zero width"], "not_ours_to_widen"))
        )
    ]
    made = {
        "backfill_id": ID,
        "digest": DIGEST,
        "community": "TRIO",
        "nation": "XCC",
        "mode": "EXERCISE",
        "sends": 1,
        "proposed_by": "operator:rolf",
        "proposed_at": "2026-11-22T12:00:00Z",
        "since": "2026-01-01T00:00:00Z",
        "until": "2026-11-22T12:00:00Z",
        "items": items,
    }
    told: dict[str, Any] = json.loads(BackfillView.model_validate_json(json.dumps(made | more)).encode())
    return told


def test_what_is_wrong_is_said_at_its_field_and_an_empty_list_offers_nothing(visit: Visit) -> None:
    rolf = visit("rolf", own=True)
    page = rolf.get("/releases/backfills")
    assert 'value="TRIO"' in page.text
    form = {"community": "TRIO", "nation": "XCC", "mode": "TEST", "since": "soon"}
    wrong = rolf.post("/releases/backfills", form)
    assert wrong.status_code == 422
    assert re.search(r'id="f-since"[^>]*value="soon"[^>]*aria-invalid', wrong.text)
    unknown = rolf.post("/releases/backfills", form | {"since": "2026-01-01 00:00Z", "community": "NOBODY"})
    assert (unknown.status_code, "COMMUNITY_UNKNOWN" in unknown.text) == (422, True)
    made = rolf.post("/releases/backfills", form | {"since": "010000ZJAN26"})
    assert made.status_code == 303
    shown = rolf.get(made.headers["location"])
    assert "Nothing has been sent." in shown.text
    assert "Send exactly this list" not in shown.text
    refused = rolf.post(made.headers["location"], {"digest": DIGEST})
    assert (refused.status_code // 100, "BACKFILL_DIGEST_MISMATCH" in refused.text) == (4, True)
    assert made.headers["location"] in rolf.get("/releases/backfills").text


def test_a_list_says_of_every_message_whether_it_goes_and_sends_what_was_read(
    visit: Visit, console: ServedConsole
) -> None:
    rolf, link, given = visit("rolf", own=True), console.app.state.console.link, list[Any]()
    call, fresh, place = link.call, False, f"/releases/backfills/{ID}"
    state = listed()

    async def played(method: str, path: str, *rest: Any, **options: Any) -> Any:
        nonlocal state
        if path == f"/v1/backfills/{ID}/confirm":
            if not fresh:
                raise Refused(403, {"code": "SIGN_IN_NOT_FRESH"})
            given.append(json.loads(options["content"]))
            state = listed(
                confirmed_by="operator:rolf",
                confirmed_at="2026-11-22T12:05:00Z",
                published=[{"message_id": MESSAGE.format(0), "publication_id": ID}],
            )
            return httpx.Response(200, json=state)
        if path == f"/v1/backfills/{ID}":
            return httpx.Response(200, json=state)
        return await call(method, path, *rest, **options)

    with pytest.MonkeyPatch.context() as gateway:
        gateway.setattr(link, "call", played)
        page = rolf.get(place).text
        assert "another nation’s message" in page
        assert "NATO SECRET XCC Only" in page
        assert page.count("data-band-mode>EXERCISE<") == 2, "the page's bands name the mode"
        assert '<b class="hostile">' not in page
        assert "\u200b" not in page
        digest = re.search(r'name="digest" value="([^"]+)"', page)
        assert digest is not None
        asked = rolf.post(place, {"digest": digest[1]})
        assert asked.status_code == 403
        assert f'name="digest" value="{DIGEST}"' in asked.text, "kept beside the password that is asked for"
        fresh = True
        assert rolf.post(place, {"digest": digest[1]}).status_code == 303
        assert given == [{"digest": DIGEST}]
        after = rolf.get(place).text
    assert "1 message is on its way." in after
    assert "The copy that was sent" in after
    assert 'name="digest"' not in after


def to_the_pair(realm: ConsoleRealm, subject: str) -> dict[str, Any]:
    """An alert of XAA to its community with XBB, in mode TEST."""
    made = draft("threat_alert", "XAA", subject=subject, mode="TEST")
    made["header"] |= {"action_addressees": [], "info_addressees": [], "acknowledgement": {"required": False}}
    made["label"]["releasable_to"] = ["PAIR"]
    told: dict[str, Any] = realm.post("XAA", "/v1/messages", made)
    return told


def test_a_nation_that_joins_gets_what_was_read_and_no_more(visit: Visit, realm: ConsoleRealm) -> None:
    before = datetime.now(UTC)
    missed = to_the_pair(realm, "Missed by who came late")
    wrong = to_the_pair(realm, "Cancelled before it came")
    for each in (missed, wrong):
        realm.wait_for("XBB", each["message_id"])
    realm.post("XAA", f"/v1/messages/{wrong['publication_id']}/cancel", {"reason": "OVERTAKEN"})
    documents = asyncio.run(KeyHolders(realm.running.state.realm).accede("PAIR", "XCC"))
    realm.post("XAA", "/v1/trust", json.loads(documents.body))

    rolf = visit("rolf", own=True)
    form = {"community": "PAIR", "nation": "XCC", "mode": "TEST", "since": f"{before:%Y-%m-%d %H:%MZ}"}
    made = rolf.post("/releases/backfills", form)
    assert made.status_code == 303, made.text
    place = made.headers["location"]
    page = rolf.get(place).text
    rows = {
        subject: "verdict-yes" in row
        for row in re.findall(r"<tr>.*?</tr>", page, re.DOTALL)
        for subject in ("Missed by who came late", "Cancelled before it came")
        if subject in row
    }
    assert rows == {"Missed by who came late": True, "Cancelled before it came": False}
    digest = re.search(r'name="digest" value="([^"]+)"', page)
    assert digest is not None
    assert rolf.post(place, {"digest": digest[1]}).status_code == 303
    assert "1 message is on its way." in rolf.get(place).text

    (copy,) = realm.get("XAA", f"/v1/backfills/{place.rpartition('/')[2]}")["published"]
    sent = realm.get("XAA", f"/v1/messages/{copy['publication_id']}")
    entry = realm.wait_for("XCC", sent["message_id"])
    assert entry["message"]["header"]["subject"] == "Missed by who came late"
    assert "Missed by who came late" in visit("wanda", "XCC").get(f"/messages/in/{sent['message_id']}").text
