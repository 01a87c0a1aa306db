"""Releases over HTTP: what waits is shown to releasers and confirmed by another person."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from gateways.opening import open_gateway
from gateways.releasing.policy import ReleasePolicyError
from tests.gateway.drafts import CANARY, draft
from tests.gateway.release_office import Office, staffed
from tests.gateway.release_office import office as office
from tests.gateway.release_office import shared as shared
from tests.gateway.running import NO_BROKER, World


def test_a_second_person_reads_it_and_confirms_it(office: Office) -> None:
    gateway, position = office.gateway, office.gateway.audit_position()
    accepted = gateway.publish(draft(precedence="FLASH"))
    assert accepted.status_code == 201
    place, told = accepted.headers["location"], accepted.json()
    assert told["second_person"]["why"] == "FLASH in mode OPERATION is released by two persons."
    shown = gateway.get(place).json()
    assert {delivery["state"] for delivery in shown["deliveries"]} == {"pending_release"}
    assert shown["second_person"]["state"] == "waiting"
    assert shown["second_person"]["until"] == told["second_person"]["until"]
    [item] = office.waiting()
    assert (item["publication_id"], item["message_id"]) == (told["publication_id"], told["message_id"])
    assert item["message"]["header"]["subject"].startswith(CANARY)
    assert item["decisions"] == told["decisions"]
    assert [(row["nation"], row["permit"]) for row in item["decisions_now"]] == [("XBB", True)]
    assert item["author"] == gateway.key.split("_")[1]
    answer = office.say(item, office.tokens["rita"], note="agreed with the duty officer")
    assert answer.status_code == 200, answer.text
    done = answer.json()["second_person"]
    assert (done["state"], done["decided_by"], done["note"]) == (
        "confirmed",
        "operator:rita",
        "agreed with the duty officer",
    )
    assert office.states(item) == {("queued", None)}
    assert office.waiting() == []
    records = [record for record in gateway.audit(position) if record["event"].startswith("release.")]
    [pending, confirmed] = [r for r in records if r["event"] in ("release.pending", "release.confirmed")]
    assert (pending["event"], confirmed["actor"]) == ("release.pending", "operator:rita")
    assert "duty officer" not in str(gateway.audit(position)), "a note is no evidence"


def test_a_note_is_for_those_who_see_content_and_not_in_lists(office: Office) -> None:
    item = office.accept()
    office.say(item, office.tokens["rita"], decision="refuse", note="not for XBB")
    place = f"/v1/messages/{item['publication_id']}"
    assert office.gateway.get(place).json()["second_person"]["note"] == "not for XBB"
    for_auditor = office.gateway.get(place, office.sign_in("otto")).json()["second_person"]
    assert (for_auditor["state"], for_auditor["decided_by"]) == ("refused", "operator:rita")
    assert "note" not in for_auditor
    listed = office.gateway.get("/v1/messages").json()["items"][0]
    assert listed["second_person"]["state"] == "refused"
    assert "note" not in listed["second_person"]
    assert office.states(item) == {("withheld", "RELEASE_DECLINED")}


def test_another_releaser_may_confirm_what_a_releaser_wrote_who_may_take_it_back(office: Office) -> None:
    item = office.accept(office.tokens["rita"])
    assert item["author"] == "operator:rita"
    assert office.say(item, office.sign_in("ralf")).status_code == 200
    item = office.accept(office.tokens["rita"])
    assert office.say(item, office.tokens["rita"], decision="refuse").status_code == 200
    assert office.states(item) == {("withheld", "RELEASE_DECLINED")}


def test_a_suspended_agreement_counts_at_the_second_word(world: World) -> None:
    with staffed(world, "suspended") as office:
        office.sign_in("rita")
        suspend_and_confirm(office)


def suspend_and_confirm(office: Office) -> None:
    item = office.accept(action_addressees=[])
    [agreement] = office.gateway.get("/v1/agreements").json()["items"]
    suspended = office.gateway.post(f"/v1/agreements/{agreement['digest']}/suspend", b"")
    assert suspended.status_code == 200, suspended.text
    [shown] = office.waiting()
    assert {(row["nation"], row["code"]) for row in shown["decisions_now"]} == {
        ("XBB", "AGREEMENT_SUSPENDED"),
        ("XCC", "AGREEMENT_SUSPENDED"),
    }
    assert office.say(item, office.tokens["rita"]).status_code == 200
    assert office.states(item) == {("withheld", "AGREEMENT_SUSPENDED")}


def test_a_repeated_request_gets_the_first_answer_and_no_second_wait(office: Office) -> None:
    body = draft(precedence="FLASH")
    first = office.gateway.publish(body, Idempotency_Key="once")
    [item] = office.waiting()
    assert office.say(item, office.tokens["rita"]).status_code == 200
    again = office.gateway.publish(body, Idempotency_Key="once")
    assert (again.content, again.headers["idempotent-replayed"]) == (first.content, "true")
    assert office.waiting() == []


def test_pages_of_what_waits_follow_one_another(office: Office) -> None:
    items = [office.accept()["publication_id"] for _ in range(3)]
    first = office.gateway.get("/v1/releases", office.tokens["rita"], params={"limit": 2}).json()
    rest = office.gateway.get(
        "/v1/releases", office.tokens["rita"], params={"limit": 2, "after": first["next"]}
    ).json()
    assert [item["publication_id"] for item in first["items"] + rest["items"]] == items
    assert "next" not in rest


def test_a_preview_says_that_it_would_wait(office: Office) -> None:
    preview = office.gateway.post("/v1/release-preview", draft(precedence="FLASH")).json()
    assert preview["would_be_accepted"]
    assert preview["second_person"]["why"] == "FLASH in mode OPERATION is released by two persons."
    assert "second_person" not in office.gateway.post("/v1/release-preview", draft()).json()


def test_an_exercise_is_not_slowed(office: Office) -> None:
    body = draft(precedence="FLASH", mode="EXERCISE", exercise_id="DRY RUN")
    assert "second_person" not in office.gateway.publish(body).json()
    assert office.waiting() == []


def test_the_nations_own_file_names_more_and_a_wrong_one_lets_no_gateway_start(
    world: World, tmp_path: Path
) -> None:
    file = tmp_path / "release.yaml"
    file.write_text("two_person: [{policy: REALM, classification: LIMITED}]", encoding="utf-8")
    with world.gateway(
        "XAA", "with-a-policy", nats_url=NO_BROKER, release_policy_file=file, release_hours=2
    ) as running:
        told = running.publish(draft(precedence="ROUTINE")).json()["second_person"]
        assert told["why"] == "Rule 1 of this nation's release policy: LIMITED and above, OPERATION."
        left = datetime.fromisoformat(told["until"]) - datetime.now(UTC)
        assert timedelta(minutes=119) < left <= timedelta(minutes=120)
        assert "entente_releases_waiting 1.0" in running.get("/metrics").text
    file.write_text("two_person: [{}]", encoding="utf-8")

    async def start() -> None:
        async with open_gateway(world.settings("XAA", "with-a-policy", release_policy_file=file)):
            pass

    with pytest.raises(ReleasePolicyError, match="names a classification"):
        world.loop.call(start())
