"""Whoever is not a second person, or does not say exactly what they read, confirms nothing."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from bus.store import operators
from schemas.operator import Role
from tests.gateway.drafts import draft
from tests.gateway.operator_desk import sign_in
from tests.gateway.release_office import WAITS, Json, Office
from tests.gateway.release_office import office as office
from tests.gateway.release_office import shared as shared
from tests.gateway.running import assert_problem


def by_an_api_key(office: Office) -> tuple[Json, str]:
    return office.accept(), office.gateway.key


def by_its_author(office: Office) -> tuple[Json, str]:
    return office.accept(office.tokens["rita"]), office.tokens["rita"]


def by_its_author_signed_in_again(office: Office) -> tuple[Json, str]:
    return office.accept(office.tokens["rita"]), office.sign_in("rita")


def by(name: str) -> Callable[[Office], tuple[Json, str]]:
    return lambda office: (office.accept(), office.sign_in(name))


def after_six_minutes(office: Office) -> tuple[Json, str]:
    item = office.accept()
    office.pass_(minutes=6)
    return item, office.tokens["rita"]


def after_six_minutes_and_a_refresh(office: Office) -> tuple[Json, str]:
    item, session = office.accept(), sign_in(office.gateway, "ralf")
    office.pass_(minutes=6)
    again = office.gateway.client.post(
        "/v1/operators/refresh", json={"refresh_token": session["refresh_token"]}
    )
    return item, again.json()["access_token"]


def disabled_meanwhile(office: Office) -> tuple[Json, str]:
    item, token = office.accept(), office.sign_in("ralf")
    office.gateway.write(lambda tx: operators.set_enabled(tx, "ralf", False))
    return item, token


def without_the_role_meanwhile(office: Office) -> tuple[Json, str]:
    item, token = office.accept(), office.sign_in("ralf")
    office.gateway.write(lambda tx: operators.set_roles(tx, "ralf", frozenset({Role.WATCH_OFFICER})))
    return item, token


def signed_out(office: Office) -> tuple[Json, str]:
    item, token = office.accept(), office.sign_in("ralf")
    office.gateway.client.post("/v1/operators/sign-out", headers={"Authorization": f"Bearer {token}"})
    return item, token


def with_a_refresh_token(office: Office) -> tuple[Json, str]:
    return office.accept(), sign_in(office.gateway, "ralf")["refresh_token"]


@pytest.mark.parametrize(
    ("attempt", "status", "code"),
    [
        pytest.param(by_an_api_key, 403, "OPERATOR_ONLY", id="an API key with every scope"),
        pytest.param(by_its_author, 403, "RELEASE_OWN_DRAFT", id="its author"),
        pytest.param(by_its_author_signed_in_again, 403, "RELEASE_OWN_DRAFT", id="its author, new session"),
        pytest.param(by("anna"), 403, "ROLE_MISSING", id="a watch officer"),
        pytest.param(by("sam"), 403, "ROLE_MISSING", id="a security officer"),
        pytest.param(by("otto"), 403, "ROLE_MISSING", id="an auditor"),
        pytest.param(by("emma"), 403, "ROLE_MISSING", id="exercise staff"),
        pytest.param(after_six_minutes, 403, "SIGN_IN_NOT_FRESH", id="a session left open"),
        pytest.param(
            after_six_minutes_and_a_refresh, 403, "SIGN_IN_NOT_FRESH", id="a session only refreshed"
        ),
        pytest.param(disabled_meanwhile, 401, "CREDENTIALS_INVALID", id="a releaser who was disabled"),
        pytest.param(without_the_role_meanwhile, 403, "ROLE_MISSING", id="a releaser no more"),
        pytest.param(signed_out, 401, "CREDENTIALS_INVALID", id="a session that ended"),
        pytest.param(with_a_refresh_token, 401, "CREDENTIALS_INVALID", id="a refresh token"),
    ],
)
def test_nobody_else_confirms_it(
    office: Office, attempt: Callable[[Office], tuple[Json, str]], status: int, code: str
) -> None:
    item, token = attempt(office)
    position = office.gateway.audit_position()
    assert_problem(office.say(item, token), status, code)
    assert office.states(item) == WAITS
    assert office.gateway.refusals(position)[-1] == ("access.refused", code)


@pytest.mark.parametrize(
    ("change", "code"),
    [
        pytest.param(
            lambda tx: operators.set_enabled(tx, "ralf", False), "CREDENTIALS_INVALID", id="disabled"
        ),
        pytest.param(
            lambda tx: operators.set_roles(tx, "ralf", frozenset({Role.AUDITOR})), "ROLE_MISSING", id="role"
        ),
    ],
)
def test_whoever_loses_the_right_while_the_request_is_under_way_confirms_nothing(
    office: Office, change: Callable[[Any], Any], code: str
) -> None:
    item, token = office.accept(), office.sign_in("ralf")
    store = office.gateway.runtime.context.store
    write, done = store.write, list[Any]()

    async def after_the_change(job: Callable[[Any], Any]) -> Any:
        if not done:
            done.append(await write(change))
        return await write(job)

    store.write = after_the_change  # type: ignore[method-assign]
    answer = office.say(item, token)
    store.write = write  # type: ignore[method-assign]
    assert done
    assert answer.json()["code"] == code
    assert office.states(item) == WAITS


@pytest.mark.parametrize(
    ("changes", "status", "code"),
    [
        pytest.param({"digest": "sha256:" + "00" * 32}, 409, "RELEASE_DIGEST_MISMATCH", id="another digest"),
        pytest.param({"digest": "latest"}, 422, "SCHEMA_INVALID", id="no digest"),
        pytest.param({"decision": "yes"}, 422, "SCHEMA_INVALID", id="a word there is not"),
        pytest.param({"by": "operator:ralf"}, 422, "SCHEMA_INVALID", id="somebody else's name"),
        pytest.param({"note": "\u202e"}, 422, "SCHEMA_INVALID", id="a note that reads backwards"),
    ],
)
def test_a_word_that_says_something_else_does_not_count(
    office: Office, changes: Json, status: int, code: str
) -> None:
    item = office.accept()
    assert_problem(office.say(item, office.tokens["rita"], **changes), status, code)
    assert office.states(item) == WAITS


def test_one_publications_digest_does_not_serve_for_another(office: Office) -> None:
    one, other = office.accept(), office.accept()
    answer = office.say(one, office.tokens["rita"], digest=other["release_digest"])
    assert_problem(answer, 409, "RELEASE_DIGEST_MISMATCH", "/digest")


def test_what_does_not_exist_or_never_waited_is_not_confirmed(office: Office) -> None:
    item = office.accept()
    nowhere = item | {"publication_id": "01890000-0000-7000-8000-000000000000"}
    assert_problem(office.say(nowhere, office.tokens["rita"]), 404, "NOT_FOUND")
    routine = office.gateway.publish(draft(precedence="ROUTINE")).json()
    never = item | {"publication_id": routine["publication_id"]}
    assert_problem(office.say(never, office.tokens["rita"]), 409, "RELEASE_NOT_WAITING")


def test_of_many_words_at_once_one_counts(office: Office) -> None:
    item, tokens = office.accept(), [office.tokens["rita"], office.sign_in("ralf")]
    position = office.gateway.audit_position()
    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(lambda number: office.say(item, tokens[number % 2]), range(16)))
    assert sorted(answer.status_code for answer in answers) == [200] + [409] * 15
    assert {answer.json()["code"] for answer in answers if answer.status_code == 409} == {
        "RELEASE_NOT_WAITING"
    }
    records = [record["event"] for record in office.gateway.audit(position)]
    assert records.count("release.confirmed") == 1


def test_when_the_time_is_over_it_is_neither_shown_nor_confirmed(office: Office) -> None:
    item = office.accept()
    office.pass_(minutes=15)
    assert office.say(item, office.sign_in("rita")).json()["code"] == "RELEASE_NOT_CONFIRMED"
    assert office.waiting() == []
