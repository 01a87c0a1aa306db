"""One-time links: they sign in once, in their time, who may sign in; and nothing is fresh by them."""

from gateways.operators.link_sign_in import NEVER_FRESH
from schemas.base import rfc3339
from schemas.operator import Role
from tests.gateway.operator_desk import alone as alone
from tests.gateway.operator_desk import as_, hire, link_for
from tests.gateway.running import Gateway, assert_problem


def test_a_link_signs_in_once_and_makes_nothing_fresh(alone: Gateway) -> None:
    text = link_for(alone, "anna")
    answer = alone.client.post("/v1/operators/link", json={"link": text})
    assert answer.status_code == 200, answer.text
    assert answer.json()["operator"]["fresh_at"] == rfc3339(NEVER_FRESH)
    assert alone.get("/v1/operators/me", answer.json()["access_token"]).json()["name"] == "anna"
    again = alone.client.post("/v1/operators/link", json={"link": text})
    assert_problem(again, 401, "SIGN_IN_REFUSED")
    signed_in = [r for r in alone.audit() if r["event"] == "operator.signed-in"]
    assert [(record["operator"], record["means"]) for record in signed_in] == [("anna", "link")]


def test_a_link_that_cannot_be_used_is_refused_in_the_same_words(alone: Gateway) -> None:
    hire(alone, "olga", Role.WATCH_OFFICER, one_time=True)
    hire(alone, "dora", Role.WATCH_OFFICER, enabled=False)
    texts = {
        "one that ended": link_for(alone, "anna", minutes=-1),
        "of an operator who is disabled": link_for(alone, "dora"),
        "of an operator who has yet to choose a password": link_for(alone, "olga"),
        "one that nobody handed out": "enl_" + "A" * 43,
        "one with another shape": "enl_short",
        "an access token": "ena_" + "A" * 43,
    }
    answers = {
        why: alone.client.post("/v1/operators/link", json={"link": text}) for why, text in texts.items()
    }
    for why, answer in answers.items():
        assert answer.status_code == 401, why
        assert answer.json()["code"] == "SIGN_IN_REFUSED", why
    assert len({answer.content for answer in answers.values()}) == 1


def test_a_link_ends_with_the_sessions_of_its_operator(alone: Gateway) -> None:
    first, second = link_for(alone, "anna"), link_for(alone, "anna")
    session = alone.client.post("/v1/operators/link", json={"link": first}).json()
    replaced = {
        "current_password": "seven herons cross the ford",
        "new_password": "eight herons cross the ford",
    }
    answer = alone.client.post("/v1/operators/password", json=replaced, headers=as_(session["access_token"]))
    assert answer.status_code == 200, answer.text
    assert_problem(alone.client.post("/v1/operators/link", json={"link": second}), 401, "SIGN_IN_REFUSED")


def test_the_store_does_not_hold_the_link_itself(alone: Gateway) -> None:
    text = link_for(alone, "anna")
    rows = alone.write(lambda tx: tx.execute("SELECT link_hash FROM operator_link").fetchall())
    assert rows
    assert all(text not in row[0] and text[4:] not in row[0] for row in rows)
