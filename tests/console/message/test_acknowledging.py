"""What the gateway is asked when somebody acknowledges, in a language of their own, once and once more."""

import json
from typing import Any

import httpx
import pytest

from tests.console.played import signed_in

ID = "01890000-0000-7000-8000-000000000000"
FORM = f"/messages/in/{ID}/acknowledge?originator=XBB"


async def acknowledged(
    path: str, *, before: bool = False, right: str = "inbox:acknowledge", **options: Any
) -> list[dict[str, Any]]:
    """The acknowledgements that the gateway gets; ``before``: it has one of this message."""
    sent: list[dict[str, Any]] = []

    def gateway(request: httpx.Request) -> httpx.Response:
        if request.method == "POST":
            sent.append(json.loads(request.read()))
        return httpx.Response(200, json={"acknowledged_at": "2026-03-02T09:30:00Z" if before else None})

    async with signed_in(gateway, rights=["traffic:read", right]) as client:
        answer = await client.post(path, headers={"Accept-Language": "de"}, **options)
    assert answer.status_code in (200, 303), answer.text
    return sent


async def test_the_originator_reads_the_role_in_english() -> None:
    by_key: dict[str, Any] = {"json": {"key": "0123456789", "originator": "XBB"}}
    for path, given in ((f"/traffic/acknowledge/{ID}", by_key), (FORM, {"data": {"once": "1"}})):
        (sent,) = await acknowledged(path, **given)
        assert (sent["officer_role"], sent["level"], sent["outcome"]) == ("Auditor", "READ", "NOTED")


@pytest.mark.parametrize(
    ("said", "goes"),
    [
        ({}, 0),
        ({"level": "READ", "outcome": "NOTED", "remarks": "  "}, 0),
        ({"level": "UNDERSTOOD"}, 1),
        ({"outcome": "WILL_COMPLY"}, 1),
        ({"remarks": "The tug is ours."}, 1),
    ],
)
async def test_after_an_acknowledgement_only_what_says_more_is_sent(said: dict[str, str], goes: int) -> None:
    assert len(await acknowledged(FORM, before=True, data={"once": "2"} | said)) == goes


async def test_whoever_may_not_acknowledge_is_refused_by_the_gateway_and_told_nothing_by_us() -> None:
    assert len(await acknowledged(FORM, before=True, right="inbox:read", data={"once": "3"})) == 1
