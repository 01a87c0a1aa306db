"""What is done from a message's page arrives at the gateway once, or is refused in place with the reason."""

from typing import Any

import httpx
import pytest

from console.gateway import SeatGateway
from tests.console.conftest import Visit
from tests.console.realm import ConsoleRealm
from tests.console.seeding import draft
from tests.console.visiting import SCRIPT, Visitor


def published(realm: ConsoleRealm, author: str, **given: Any) -> dict[str, Any]:
    """A message of a nation, which everybody that is to have it has."""
    answer = realm.post(author, "/v1/messages", draft(given.pop("kind", "threat_alert"), author, **given))
    for nation in answer["recipients"]:
        realm.wait_for(nation, answer["message_id"])
    return dict(answer)


def followed(visitor: Visitor, answer: httpx.Response) -> str:
    """The page that an act leads to."""
    assert answer.status_code == 303, answer.text
    return visitor.get(answer.headers["location"]).text


def test_a_message_is_acknowledged_once_however_often_the_form_is_sent(
    realm: ConsoleRealm, visit: Visit
) -> None:
    sent = published(realm, "XBB", subject="Acknowledge me")
    wanda, page = visit("wanda"), f"/messages/in/{sent['message_id']}"
    before = wanda.get(page).text
    assert "button-main" in before
    form = {"level": "UNDERSTOOD", "outcome": "WILL_COMPLY", "officer_role": "Duty officer", "once": "acts-1"}
    shown = followed(wanda, wanda.post(f"{page}/acknowledge?originator=XBB", form))
    assert "Acknowledged." in shown, "a toast says so"
    followed(wanda, wanda.post(f"{page}/acknowledge?originator=XBB", form))
    again = followed(wanda, wanda.post(f"{page}/acknowledge?originator=XBB", {"once": "acts-9"}))
    assert "Already acknowledged: nothing was sent." in again
    answers = realm.get("XAA", "/v1/messages", kind="acknowledgement", limit=50)["items"]
    assert len([each for each in answers if each["accepted_at"] >= sent["accepted_at"]]) == 1


def test_an_act_that_is_refused_says_why_at_its_form_and_keeps_what_was_given(
    realm: ConsoleRealm, visit: Visit
) -> None:
    sent = published(realm, "XBB", subject="Refuse me")
    wanda, page = visit("wanda"), f"/messages/in/{sent['message_id']}"
    form = {"level": "READ", "outcome": "REJECTED", "officer_role": "Chief of the watch", "once": "acts-2"}
    refused = wanda.post(f"{page}/acknowledge?originator=XBB", form)
    assert refused.status_code == 422
    assert "SCHEMA_INVALID" in refused.text
    assert 'value="Chief of the watch"' in refused.text
    assert '<option value="REJECTED" selected>' in refused.text
    drawer = wanda.post(f"{page}/acknowledge?originator=XBB", form, headers=SCRIPT)
    assert drawer.status_code == 422
    assert "message-drawer" in drawer.text, "a drawer is answered with a drawer"
    assert drawer.text.count('class="band-mode"><bdi dir="ltr">EXERCISE<') == 2, "both bands say the mode"
    assert "SCHEMA_INVALID" in drawer.text


def test_from_a_drawer_an_act_leads_back_to_the_drawer(realm: ConsoleRealm, visit: Visit) -> None:
    sent = published(realm, "XBB", subject="From the drawer")
    wanda, page = visit("wanda"), f"/messages/in/{sent['message_id']}"
    answer = wanda.post(f"{page}/acknowledge?originator=XBB", {"once": "acts-3"}, headers=SCRIPT)
    assert answer.headers["location"] == f"{page}/fragment?originator=XBB&done=acknowledge"
    assert "Acknowledged." in wanda.fetch(answer.headers["location"]).text


def test_cancelling_tells_everybody_and_keeps_the_text(realm: ConsoleRealm, visit: Visit) -> None:
    sent = published(realm, "XAA", subject="Cancel me")
    wanda, page = visit("wanda"), f"/messages/out/{sent['publication_id']}"
    shown = followed(wanda, wanda.post(f"{page}/cancel", {"reason": "NO_LONGER_VALID"}))
    assert "No longer valid" in shown
    assert "Cancel me" in shown
    assert 'data-act="cancel"' not in shown
    assert "relation=updates" not in shown


def test_a_recall_wants_its_word_typed_and_takes_the_content_away(realm: ConsoleRealm, visit: Visit) -> None:
    sent = published(realm, "XAA", subject="Recall me", to=("XBB",))
    sofia, page = visit("sofia"), f"/messages/out/{sent['publication_id']}"
    refused = sofia.post(f"{page}/recall", {"reason": "ISSUED_IN_ERROR", "typed": "yes"})
    assert refused.status_code == 422
    assert "nothing was recalled" in refused.text
    assert realm.get("XAA", f"/v1/messages/{sent['publication_id']}")["status"] == "CURRENT"
    shown = followed(sofia, sofia.post(f"{page}/recall", {"reason": "ISSUED_IN_ERROR", "typed": "recall"}))
    for words in ("Recalled by us", "Issued in error", "A recall cannot un-send", "XBB"):
        assert words in shown


def test_a_chain_shows_its_versions_and_what_differs(realm: ConsoleRealm, visit: Visit) -> None:
    first = published(realm, "XBB", subject="Three cables")
    change = draft("threat_alert", "XBB", subject="Four cables", precedence="IMMEDIATE")
    change["body"] |= {"action": "UPDATE", "severity": "Extreme"}
    change["header"]["references"] = [
        {name: first[name] for name in ("message_id", "digest")}
        | {"originator": "XBB", "relation": "updates"}
    ]
    second = realm.post("XBB", "/v1/messages", change)
    realm.wait_for("XAA", second["message_id"])
    wanda = visit("wanda")
    old = wanda.get(f"/messages/in/{first['message_id']}").text
    assert "Updated by a later message" in old
    assert f"/messages/in/{second['message_id']}?originator=XBB" in old
    new = wanda.get(f"/messages/in/{second['message_id']}?originator=XBB&compare={first['message_id']}").text
    for words in ("What differs from", "Severe", "Extreme", "Three cables", "Refers to", "Updates"):
        assert words in new
    assert wanda.get(f"/messages/{first['message_id']}").headers["location"].startswith("/messages/in/")
    assert (
        visit("wanda", "XBB")
        .get(f"/messages/{first['message_id']}")
        .headers["location"]
        .endswith(f"/messages/out/{first['publication_id']}")
    )
    own = visit("wanda", "XBB").get(f"/messages/out/{second['publication_id']}").text
    assert f"/compose/threat_alert?changes={second['publication_id']}&amp;relation=corrects" in own


def test_a_request_is_worked_on_answered_and_closed(realm: ConsoleRealm, visit: Visit) -> None:
    sent = published(realm, "XAA", kind="information_request", subject="RFI: ferries", to=("XBB",))
    theirs, page = visit("wanda", "XBB"), f"/messages/in/{sent['message_id']}"
    shown = theirs.get(page).text
    assert f"/compose/information_response?answers={sent['message_id']}" in shown
    acts = f"{page}/request"
    shown = followed(theirs, theirs.post(f"{acts}/assignment?originator=XAA", {"assignee": "wanda"}))
    assert "The request is assigned." in shown
    shown = followed(
        theirs, theirs.post(f"{acts}/notes?originator=XAA", {"text": "Asked the harbour", "once": "n"})
    )
    assert "Asked the harbour" in shown
    unknown = theirs.post(f"{acts}/assignment?originator=XAA", {"assignee": "nobody-here"})
    assert unknown.status_code == 422
    assert "No enabled operator of this name" in unknown.text
    shown = followed(
        theirs, theirs.post(f"{acts}/decline?originator=XAA", {"decline_code": "NO_CAPACITY", "once": "d"})
    )
    assert "The request is declined." in shown
    assert 'data-ours="declined"' in theirs.get(f"/?q=id:{sent['message_id']}").text
    again = theirs.post(f"{acts}/decline?originator=XAA", {"decline_code": "NO_CAPACITY", "once": "e"})
    assert again.status_code == 409
    assert "REQUEST_TRANSITION_ILLEGAL" in again.text
    ours, own = visit("wanda"), f"/messages/out/{sent['publication_id']}"
    assert "Asked the harbour" not in ours.get(own).text, "notes stay at home"
    shown = followed(ours, ours.post(f"{own}/request/close", {"outcome": "UNSATISFIED"}))
    assert "Not satisfied" in shown
    assert ours.post(f"{own}/request/decline", {}).status_code == 404


def test_a_release_is_confirmed_by_somebody_else_and_by_what_they_read(
    realm: ConsoleRealm, visit: Visit
) -> None:
    session = realm.sign_in("XAA", "rita")
    made = draft("threat_alert", "XAA", subject="Two persons", precedence="FLASH", mode="OPERATION")
    accepted = httpx.post(
        f"{realm.url('XAA')}/v1/messages",
        json=made,
        headers={"Authorization": f"Bearer {session['access_token']}"},
        trust_env=False,
    ).json()
    publication = accepted["publication_id"]
    rita, rolf = visit("rita"), visit("rolf", own=True)

    def waiting(page: str) -> str:
        """This message alone: others' may wait, too."""
        return page.partition(f'<article class="waiting-release message" id="r-{publication}"')[2].partition(
            "</article>"
        )[0]

    hers = waiting(rita.get("/releases").text)
    assert "Two persons" in hers
    assert 'value="confirm"' not in hers, "nobody confirms their own"
    digest = hers.partition('name="digest" value="')[2].partition('"')[0]
    own = rita.post(f"/releases/{publication}", {"digest": digest, "decision": "confirm"})
    assert "RELEASE_OWN_DRAFT" in own.text
    assert "Waits for a second person until" in rita.get(f"/messages/out/{publication}").text
    assert visit("wanda").get("/releases").status_code == 403
    his = waiting(rolf.get("/releases").text)
    assert "If you confirm now, 2 nations get it" in his
    wrong = rolf.post(f"/releases/{publication}", {"digest": "sha256:" + "0" * 64, "decision": "confirm"})
    assert "RELEASE_DIGEST_MISMATCH" in wrong.text
    form = {"digest": digest, "decision": "confirm", "note": "Read and agreed"}
    shown = followed(rolf, rolf.post(f"/releases/{publication}", form))
    assert "Released by two persons" in shown
    late = rita.post(f"/releases/{publication}", {"digest": digest, "decision": "refuse"})
    assert "RELEASE_NOT_WAITING" in late.text


def test_what_is_not_this_nations_is_not_there(seeded: dict[str, Any], visit: Visit) -> None:
    wanda = visit("wanda")
    theirs = seeded["alert-1"]["publication_id"]
    assert wanda.get(f"/messages/out/{theirs}").status_code == 404
    assert wanda.get(f"/messages/out/{theirs}/fragment").status_code == 404
    request = seeded["request"]["message_id"]
    assert visit("wanda", "XCC").get(f"/messages/in/{request}").status_code == 404
    assert "Who may have it" not in wanda.get(f"/messages/in/{seeded['alert-1']['message_id']}").text
    assert "Who may have it" in wanda.get(f"/messages/out/{seeded['alert-0']['publication_id']}").text


def test_the_label_comes_as_a_file_or_with_the_reason_why_not(
    seeded: dict[str, Any], visit: Visit, monkeypatch: pytest.MonkeyPatch
) -> None:
    address = f"/messages/in/{seeded['alert-1']['message_id']}/label.xml?originator=XBB"
    refused = visit("wanda").get(address)
    assert refused.status_code == 409
    assert "LABEL_NOT_IN_4774" in refused.text

    async def raw(*_: Any) -> httpx.Response:
        return httpx.Response(200, content=b"<label/>")

    monkeypatch.setattr(SeatGateway, "raw", raw)
    answer = visit("wanda").get(address)
    assert answer.headers["content-type"] == "application/xml"
    assert answer.headers["content-disposition"].startswith("attachment; filename=")
    assert answer.content == b"<label/>"
