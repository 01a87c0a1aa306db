"""A console in this process before a gateway that is played: no server, no browser."""

from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx

from console.app import create_app
from console.console import Console
from console.sessions import Tokens
from console.settings import ConsoleSettings

OPERATOR: dict[str, Any] = {
    "name": "aude", "display_name": "Aude", "roles": ["auditor"], "rights": ["audit:read", "traffic:read"],
    "sees_content": True, "password_change_required": False,
}  # fmt: skip


def signed_in(
    gateway: Callable[[httpx.Request], httpx.Response],
    *,
    accept: str = "application/json",
    rights: Sequence[str] = (),
    **settings: Any,
) -> httpx.AsyncClient:
    """A browser in which somebody is signed in at XAA's console; ``gateway`` answers what that asks.

    ``rights``: other ones than an auditor's.
    """
    app = create_app(ConsoleSettings(nation="XAA", gateway_url="http://127.0.0.1:9", **settings))
    console: Console = app.state.console
    console.link._client = httpx.AsyncClient(
        base_url="http://gateway.test", transport=httpx.MockTransport(gateway)
    )
    tokens = Tokens("ena_1", "enr_1", datetime.now(UTC) + timedelta(hours=1))
    cookie, session = console.sessions.begin(tokens, OPERATOR | ({"rights": [*rights]} if rights else {}))
    return httpx.AsyncClient(
        transport=httpx.ASGITransport(app=app),
        base_url="https://console.test",
        cookies={console.cookies.session: cookie},
        headers={"X-CSRF-Token": session.csrf, "Accept": accept},
    )
