"""The markings on the board of requests: of each its own, however many there are."""

from datetime import UTC, datetime, timedelta
from typing import Any

import httpx

from bus.protocol.traffic_search import parse_search
from console.app import create_app
from console.console import Console
from console.rooms.requests import SHOWN
from console.sessions import Tokens
from console.settings import ConsoleSettings
from tests.console.requests.test_board import request

OPERATOR: dict[str, Any] = {
    "name": "wanda", "display_name": "Wanda", "roles": ["watch_officer"], "rights": ["requests:read"],
    "sees_content": True, "password_change_required": False,
}  # fmt: skip
UNKNOWN = "MARKING NOT READ"


def row(originator: str, message_id: str, classification: str, level: int) -> dict[str, Any]:
    marked = {"policy": "NATO", "classification": classification, "level": level, "releasable": ["XAA"]}
    return {"originator": originator, "message_id": message_id, "mode": "TEST", **marked}


async def board(requests: list[dict[str, Any]], rows: list[dict[str, Any]]) -> str:
    """The board before a gateway that has these requests and this traffic."""
    app = create_app(ConsoleSettings(nation="XAA", gateway_url="http://127.0.0.1:9"))
    console: Console = app.state.console

    def gateway(asked: httpx.Request) -> httpx.Response:
        if asked.url.path != "/v1/traffic":
            return httpx.Response(200, json={"items": requests if asked.url.path == "/v1/requests" else []})
        text = asked.url.params["q"]
        parse_search(text, datetime.now(UTC), content=True)
        ids = text.removeprefix("id:").split(",")
        return httpx.Response(200, json={"rows": [each for each in rows if each["message_id"] in ids]})

    transport = httpx.MockTransport(gateway)
    console.link._client = httpx.AsyncClient(base_url="http://gateway.test", transport=transport)
    tokens = Tokens("ena_1", "enr_1", datetime.now(UTC) + timedelta(hours=1))
    cookie, _ = console.sessions.begin(tokens, OPERATOR)
    async with httpx.AsyncClient(
        transport=httpx.ASGITransport(app=app),
        base_url="https://console.test",
        cookies={console.cookies.session: cookie},
    ) as browser:
        answer = await browser.get("/requests/fragment", headers={"Accept": "text/html"})
    assert answer.status_code == 200
    return answer.text


def asked(number: int, **changes: Any) -> dict[str, Any]:
    message_id = f"019b3c00-0000-7000-8000-{number:012x}"
    return request(number, message_id=message_id, title=f"Request {number}", **changes)


async def test_a_full_board_knows_every_marking() -> None:
    requests = [asked(number) for number in range(1, SHOWN + 1)]
    rows = [row("XBB", each["message_id"], "NATO RESTRICTED", 1) for each in requests]
    page = await board(requests, rows)
    assert UNKNOWN not in page
    assert page.count("<bdi>NATO RESTRICTED</bdi>") == SHOWN


async def test_another_nations_message_with_the_same_id_lowers_no_marking() -> None:
    one = asked(1)
    low = row("XCC", one["message_id"], "NATO UNCLASSIFIED", 0)
    page = await board([one], [row("XBB", one["message_id"], "NATO SECRET", 3), low])
    assert "<bdi>NATO SECRET</bdi>" in page
    assert "NATO UNCLASSIFIED" not in page
    assert "NATO UNCLASSIFIED" not in await board([one], [low])
