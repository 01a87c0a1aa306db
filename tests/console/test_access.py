"""Every route as everybody: every role, signed out, another nation, with ids of others' messages, forged."""

from collections.abc import Iterator
from typing import Any

import httpx
import pytest

from console.security import CONTENT_SECURITY_POLICY, UNSAFE
from tests.console.access_table import EVERYBODY, ROUTES, Row
from tests.console.conftest import Visit
from tests.console.routes_of import routes_of
from tests.console.serving import ServedConsole
from tests.console.visiting import DOCUMENT, SCRIPT, Visitor

FOREIGN = ("message_id", "publication_id", "identifier")
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
def sample(seeded: dict[str, dict[str, Any]]) -> dict[str, str]:
    """Values for the parameters of addresses, of things that XAA has."""
    return {
        "message_id": seeded["alert-1"]["message_id"],
        "publication_id": seeded["alert-0"]["publication_id"],
        "identifier": seeded["alert-1"]["message_id"],
        "code": "XBB",
        "language": "en",
        "kind": "threat_alert",
        "name": "trio",
        "seq": "1",
        "key": "nothing",
        "run": "nothing",
        "digest": "nothing",
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
        return visitor.request(method, path, headers=headers, data={"csrf": visitor.csrf})
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
    visitor, wrong = visit(name), []
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


@pytest.mark.parametrize("name", ONE_OF_EACH)
def test_what_was_not_released_to_a_nation_is_not_there_for_anybody_of_it(
    name: str, visit: Visit, sample: dict[str, str], seeded: dict[str, dict[str, Any]]
) -> None:
    """The request of XAA went to XBB alone: at XCC its ids are ids of nothing."""
    foreign = sample | {
        "message_id": seeded["request"]["message_id"],
        "publication_id": seeded["request"]["publication_id"],
        "identifier": seeded["request"]["message_id"],
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
