"""One console for several nations: only where nothing is live, and each nation by itself."""

from types import SimpleNamespace
from typing import Any, cast

import httpx
import pytest
from starlette.datastructures import URL
from starlette.requests import Request

from console.gateway import Refused
from console.roles import who_may
from console.settings import ConsoleSettings
from console.several import create_several
from schemas.operator import Role
from tests.console.conftest import OpenPage
from tests.console.judging_pages import colours_known, violations
from tests.console.overlaps import overlaps
from tests.console.realm import PASSWORD, ConsoleRealm
from tests.console.serving import ServedConsole, settings_for
from tests.console.visiting import Visitor

REHEARSAL = frozenset({"EXERCISE", "TEST"})


def _settings(nation: str, **changes: Any) -> ConsoleSettings:
    given: dict[str, Any] = {"nation": nation, "gateway_url": "http://127.0.0.1:1", "modes": REHEARSAL}
    return ConsoleSettings(**given | changes)


REFUSED: list[tuple[str, list[ConsoleSettings], str]] = [
    ("a nation that shows OPERATION", [_settings("XAA"), _settings("XBB", modes={"OPERATION"})], "OPERATION"),
    ("a nation twice", [_settings("XAA"), _settings("XAA")], "each once"),
    ("no nation", [], "each once"),
    ("a path in front", [_settings("XAA", root_path="/x")], "root_path"),
]


@pytest.mark.parametrize(("given", "words"), [row[1:] for row in REFUSED], ids=[row[0] for row in REFUSED])
def test_what_no_console_for_several_nations_is_made_of(given: list[ConsoleSettings], words: str) -> None:
    with pytest.raises(ValueError, match=words):
        create_several(given)


@pytest.mark.parametrize("root", ["", "/xaa", "/here/console"])
def test_a_closed_door_says_for_whom_the_room_is_wherever_the_console_stands(root: str) -> None:
    app = SimpleNamespace(state=SimpleNamespace(console=SimpleNamespace(root=root)))
    no = Refused(403, {"code": "ROLE_MISSING"})

    def may(path: str) -> tuple[Role, ...]:
        return who_may(cast(Request, SimpleNamespace(app=app, url=URL(f"http://console.test{path}"))), no)

    assert may(f"{root}/audit") == may(f"{root}/audit/17") == (Role.SECURITY_OFFICER, Role.AUDITOR)
    assert may(f"{root}/") == may(root) == ()


def test_nobody_signs_in_where_an_agreement_covers_operation(realm: ConsoleRealm) -> None:
    given = [settings_for(realm, nation, modes=REHEARSAL) for nation in ("XAA", "XBB")]
    served = ServedConsole(create_several(given), given[0])
    visitor = Visitor(served)
    try:
        first = visitor.get("/")
        assert first.status_code == 200
        assert 'href="/xaa/"' in first.text
        assert 'href="/xbb/"' in first.text
        visitor.get("/xaa/sign-in")
        answer = visitor.post("/xaa/sign-in", {"name": "wanda", "password": PASSWORD, "next": "/"})
        assert answer.status_code == 409
        assert "OPERATION" in answer.text
        assert visitor.get("/xaa/").status_code == 303, "no session began"
    finally:
        visitor.close()
        served.stop()


@pytest.mark.asyncio(loop_scope="session")
@pytest.mark.parametrize("language", ["en", "ar"])
async def test_the_choice_of_a_nation_has_no_barrier(open_page: OpenPage, language: str) -> None:
    """It belongs to no console: shown in the place of a page that has the same files."""
    given = [_settings(nation) for nation in ("XAA", "XBB")]
    asgi = httpx.ASGITransport(create_several(given))
    async with httpx.AsyncClient(transport=asgi, base_url="https://localhost") as whole:
        shown = await whole.get("/", headers={"Accept-Language": language})
    page = await open_page(None, "/sign-in", language=language)
    await page.route("**/choose", lambda route: route.fulfill(content_type="text/html", body=shown.text))
    await page.goto("/choose")
    assert await page.locator(".nation-doors a").all_text_contents() == ["XAA", "XBB"]
    assert await violations(page, without=colours_known(language)) == []
    assert await overlaps(page) == []
