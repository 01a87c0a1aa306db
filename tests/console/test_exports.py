"""Where the configuration lets nothing leave as a file, no way out is left."""

from collections.abc import AsyncIterator

import httpx
import pytest

from console.app import create_app
from console.problems import LARGEST_KEPT
from console.seating import PasswordWanted
from console.settings import ConsoleSettings
from tests.console.played import signed_in

EXPORTS = [
    ("GET", "/traffic/export"),
    ("POST", "/audit/export"),
    ("GET", "/exercises/calendar.ics"),
]


async def lines() -> AsyncIterator[bytes]:
    yield b"one line"


def console_with(export: bool) -> tuple[httpx.AsyncClient, list[str]]:
    """A console before a gateway that is played, somebody signed in there, and what the gateway is asked."""
    asked: list[str] = []

    def gateway(request: httpx.Request) -> httpx.Response:
        asked.append(request.url.path)
        if request.url.path.endswith("/export"):
            return httpx.Response(200, content=lines())
        return httpx.Response(200, json={"items": [], "next": 1})

    return signed_in(gateway, export=export), asked


@pytest.mark.parametrize(("method", "path"), EXPORTS)
async def test_nothing_leaves_as_a_file_where_exports_are_off(method: str, path: str) -> None:
    client, asked = console_with(export=False)
    async with client:
        answer = await client.request(method, path)
    assert (answer.status_code, answer.json()["code"]) == (403, "EXPORT_OFF")
    assert not [each for each in asked if each.endswith("/export")]


@pytest.mark.parametrize(("method", "path"), EXPORTS)
async def test_everything_leaves_where_they_are_on(method: str, path: str) -> None:
    client, asked = console_with(export=True)
    async with client:
        answer = await client.request(method, path)
    assert answer.status_code == 200
    assert answer.headers["content-disposition"].startswith("attachment")
    assert [each for each in asked if each.endswith("/export")]


async def test_a_form_too_long_to_be_asked_for_again_is_refused_whole() -> None:
    app = create_app(ConsoleSettings(nation="XAA", gateway_url="http://127.0.0.1:9"))

    @app.post("/wanted")
    async def wanted() -> None:
        raise PasswordWanted

    headers = {"Accept": "text/html"}
    async with httpx.AsyncClient(
        transport=httpx.ASGITransport(app=app), base_url="https://console.test", headers=headers
    ) as browser:
        long = {f"f{number}": "x" for number in range(LARGEST_KEPT + 1)}
        assert (await browser.post("/wanted", data=long)).status_code == 413
