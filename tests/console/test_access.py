"""Every route as everybody: every role, signed out, another nation, with ids of others' messages, forged."""

import itertools
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import httpx
import pytest

from console.security import CONTENT_SECURITY_POLICY, UNSAFE
from drills.journal import JournalWriter
from schemas.drill_journal import JournalStart
from tests.console.access_table import EVERYBODY, ROUTES, Row
from tests.console.conftest import Visit
from tests.console.realm import ConsoleRealm
from tests.console.routes_of import routes_of
from tests.console.seeding import draft
from tests.console.serving import ServedConsole
from tests.console.visiting import DOCUMENT, SCRIPT, Visitor

FOREIGN = ("message_id", "publication_id", "identifier", "key", "backfill_id")
TRIO = "trio"
"""The agreement of all, and what is typed to act on it."""
ENDS_OR_CHANGES_THE_SESSION = ("POST /sign-out", "POST /settings/password")
HEADERS = {
    "content-security-policy": CONTENT_SECURITY_POLICY,
    "x-content-type-options": "nosniff",
    "referrer-policy": "no-referrer",
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
}


def test_every_route_says_who_may(console: ServedConsole) -> None:
    found = {f"{method} {path}" for method, path in routes_of(console.app)}
    assert sorted(found - set(ROUTES)) == [], "routes without a row in access_table.py"
    assert sorted(set(ROUTES) - found) == [], "rows without a route"


@pytest.fixture(scope="module")
def run(console: ServedConsole, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A drill that is played at XAA."""
    folder, served = tmp_path_factory.mktemp("drills"), console.app.state.console
    start = JournalStart(
        run="up-1", drill="walk", title="Walk", started_at=datetime.now(UTC), nations=("XAA", "XBB")
    )
    with JournalWriter(folder, start):
        before = served.settings
        served.settings = before.model_copy(update={"drills_dir": folder})
        yield start.run
        served.settings = before


@pytest.fixture(scope="module")
def sample(seeded: dict[str, dict[str, Any]], realm: ConsoleRealm, run: str) -> dict[str, str]:
    """Values for the parameters of addresses, of things that XAA has."""
    asked = {"community": "TRIO", "nation": "XCC", "mode": "TEST", "since": "2026-01-01T00:00:00Z"}
    return {
        "message_id": seeded["alert-1"]["message_id"],
        "publication_id": seeded["alert-0"]["publication_id"],
        "identifier": seeded["alert-1"]["message_id"],
        "code": "XBB",
        "language": "en",
        "kind": "threat_alert",
        "name": TRIO,
        "seq": "1",
        "key": f"XBB-{seeded['notice']['message_id']}",
        "run": run,
        "digest": realm.get("XAA", f"/v1/agreements/{TRIO}")["digest"],
        "backfill_id": realm.post("XAA", "/v1/backfills", asked)["backfill_id"],
        "act": "countersign",
    }


def rows(*kinds: str) -> Iterator[tuple[str, str, Row]]:
    for route, row in ROUTES.items():
        if row.kind in kinds and route not in ENDS_OR_CHANGES_THE_SESSION:
            method, _, path = route.partition(" ")
            yield method, path, row


def sent(visitor: Visitor, method: str, path: str, row: Row) -> httpx.Response:
    """The request as a page or its script makes it."""
    headers = SCRIPT if row.kind in ("part", "stream") or method in ("PUT", "DELETE") else DOCUMENT
    if method in UNSAFE:
        headers = headers | {"X-CSRF-Token": visitor.csrf}
        # What is typed to confirm is right: nothing but the role stops who may not act.
        return visitor.request(method, path, headers=headers, data={"csrf": visitor.csrf, "typed": TRIO})
    return visitor.request(method, path, headers=headers)


def has_every_header(answer: httpx.Response) -> bool:
    return all(answer.headers.get(name) == value for name, value in HEADERS.items()) and (
        "cache-control" in answer.headers
    )


ONE_OF_EACH = sorted(EVERYBODY - {"rita"})


@pytest.mark.parametrize("name", ONE_OF_EACH)
def test_each_role_comes_in_where_it_may_and_nowhere_else(
    name: str, visit: Visit, sample: dict[str, str]
) -> None:
    # A session of its own: some acts want a password that was given just now.
    visitor, wrong = visit(name, own=True), []
    visitor.get("/settings")
    for method, path, row in rows("page", "part", "act"):
        answer = sent(visitor, method, path.format(**sample), row)
        if not has_every_header(answer):
            wrong.append(f"{method} {path}: headers")
        good = answer.is_success or answer.status_code == 303 or answer.status_code in row.answers
        if good if name not in row.may else not good:
            if name not in row.may and answer.status_code in row.closed:
                continue
            wrong.append(f"{method} {path}: {answer.status_code}")
        elif name not in row.may and answer.status_code not in row.closed:
            wrong.append(f"{method} {path}: {answer.status_code}, not {row.closed}")
    assert not wrong, wrong


def test_who_is_signed_out_comes_to_the_sign_in_page_or_gets_nothing(
    visit: Visit, sample: dict[str, str]
) -> None:
    visitor, wrong = visit(None), []
    for method, path, _ in rows("page", "part", "act", "stream"):
        address = path.format(**sample)
        for headers in (DOCUMENT, SCRIPT):
            answer = visitor.request(method, address, headers=headers)
            fine = answer.status_code == 401 or (
                answer.status_code == 303 and answer.headers["location"].startswith("/sign-in")
            )
            if not fine or not has_every_header(answer):
                wrong.append(f"{method} {path}: {answer.status_code}")
    assert not wrong, wrong


def test_open_routes_answer_anybody_with_every_header(visit: Visit, sample: dict[str, str]) -> None:
    visitor, wrong = visit(None), []
    for method, path, row in rows("open"):
        visitor.get("/sign-in")
        answer = sent(visitor, method, path.format(**sample), row)
        if answer.status_code >= 500 or not has_every_header(answer):
            wrong.append(f"{method} {path}: {answer.status_code}")
    assert not wrong, wrong
    for path in ("/static/css/frame.css", "/static/nothing", "/nothing", "/../pyproject.toml"):
        assert has_every_header(visitor.get(path)), path


def test_a_session_of_another_nation_is_none_here(
    visit: Visit, consoles: dict[str, ServedConsole], sample: dict[str, str]
) -> None:
    """Neither under its own cookie's name nor under ours."""
    stranger = visit("wanda", "XBB")
    ((_, value),) = [each for each in stranger.cookies.items() if "session" in each[0]]
    for name in ("__Host-entente-session-xbb", "__Host-entente-session-xaa"):
        visitor = Visitor(consoles["XAA"], {name: value})
        for method, path, _ in rows("page", "part", "stream"):
            answer = visitor.request(method, path.format(**sample), headers=SCRIPT)
            assert answer.status_code == 401, path
        visitor.close()


@pytest.fixture(scope="module")
def only_for_two(realm: ConsoleRealm) -> str:
    """An exercise notice that XAA gave to XBB alone: its message id."""
    notice = draft("exercise_notice", "XAA", subject="A bulk carrier boarded", to=("XBB",))
    message_id = str(realm.post("XAA", "/v1/messages", notice)["message_id"])
    realm.wait_for("XBB", message_id)
    return message_id


@pytest.mark.parametrize("name", ONE_OF_EACH)
def test_what_was_not_released_to_a_nation_is_not_there_for_anybody_of_it(
    name: str,
    visit: Visit,
    sample: dict[str, str],
    seeded: dict[str, dict[str, Any]],
    only_for_two: str,
) -> None:
    """A request and a notice of XAA went to XBB alone: at XCC their ids are ids of nothing."""
    foreign = sample | {
        "message_id": seeded["request"]["message_id"],
        "publication_id": seeded["request"]["publication_id"],
        "identifier": seeded["request"]["message_id"],
        "key": f"XAA-{only_for_two}",
    }
    visitor, wrong = visit(name, "XCC"), []
    visitor.get("/settings")
    for method, path, row in rows("page", "part", "act"):
        if not any("{" + part + "}" in path for part in FOREIGN):
            continue
        answer = sent(visitor, method, path.format(**foreign), row)
        if answer.status_code == 303:  # to where such a thing would be
            answer = visitor.get(answer.headers["location"])
        if answer.status_code not in (404, *row.closed, 422) or "bulk carrier" in answer.text:
            wrong.append(f"{method} {path}: {answer.status_code}")
    assert not wrong, wrong


def test_an_agreement_of_others_is_not_there_nor_anothers_views(
    visit: Visit, realm: ConsoleRealm, sample: dict[str, str]
) -> None:
    """XBB proposes an agreement to XCC; rita keeps a view."""
    terms = realm.get("XBB", f"/v1/agreements/{TRIO}")
    names = ("kinds", "modes", "highest", "categories", "not_before", "not_after")
    proposed = {name: terms[name] for name in names} | {"id": "two", "version": 1, "title": "Bulk carrier"}
    digest = realm.post("XBB", "/v1/agreements", proposed | {"parties": ["XBB", "XCC"]})["digest"]
    rita = visit("rita")
    rita.get("/settings")
    view, script = "/traffic/views/of-rita", SCRIPT | {"X-CSRF-Token": rita.csrf}
    assert rita.request("PUT", view, headers=script, json={"query": "from:XBB"}).is_success
    routes, wrong = [each for each in rows("page", "part", "act") if "/agreements/{" in each[1]], []
    for name in ONE_OF_EACH:
        visitor = visit(name)
        visitor.get("/settings")
        for (method, path, row), given in itertools.product(routes, (digest, "two")):
            if method == "GET" or given == digest:
                address = path.format(**sample | {"digest": digest, "name": given})
                answer = sent(visitor, method, address, row)
                if answer.status_code != 404 or "Bulk carrier" in answer.text:
                    wrong.append(f"{name}: {method} {path} {given[:6]}: {answer.status_code}")
        gone = sent(visitor, "DELETE", view, ROUTES["DELETE /traffic/views/{name}"])
        if gone.status_code != 404 or "of-rita" in visitor.fetch("/traffic/views").text:
            wrong.append(f"{name}: a view of rita")
    assert not wrong, wrong
    assert rita.request("DELETE", view, headers=script).is_success


def test_nothing_is_done_for_a_request_that_did_not_come_from_our_page(
    visit: Visit, sample: dict[str, str]
) -> None:
    visitor, wrong = visit("chief"), []
    visitor.get("/settings")
    token = visitor.csrf
    forgeries: dict[str, tuple[dict[str, str], dict[str, str]]] = {
        "no token": (DOCUMENT, {}),
        "another token": (DOCUMENT, {"csrf": "x" * len(token)}),
        "another site": (DOCUMENT | {"Sec-Fetch-Site": "cross-site"}, {"csrf": token}),
        "another port": (DOCUMENT | {"Sec-Fetch-Site": "same-site"}, {"csrf": token}),
        "another origin": ({"Accept": "text/html", "Origin": "https://evil.example"}, {"csrf": token}),
    }
    for method, path, _ in rows("act"):
        for how, (headers, form) in forgeries.items():
            answer = visitor.request(method, path.format(**sample), headers=headers, data=form)
            if answer.status_code != 403 or not has_every_header(answer):
                wrong.append(f"{method} {path} with {how}: {answer.status_code}")
    for path in ("/sign-in", "/sign-out", "/settings/password"):
        for how, (headers, form) in forgeries.items():
            if visitor.request("POST", path, headers=headers, data=form).status_code != 403:
                wrong.append(f"{path} with {how}")
    assert not wrong, wrong
    assert visitor.get("/settings").status_code == 200, "the session goes on"


def test_no_page_answers_another_method_or_a_foreign_host_in_its_redirects(visit: Visit) -> None:
    visitor = visit("wanda")
    for wanted in ("//evil.example/x", "https://evil.example/", "/\\evil.example", "javascript:alert(1)"):
        visitor.get("/settings")
        answer = visitor.post("/settings/language", {"language": "en", "next": wanted})
        assert answer.headers["location"] == "/"
    assert visitor.request("TRACE", "/settings", headers=DOCUMENT).status_code in (404, 405)
