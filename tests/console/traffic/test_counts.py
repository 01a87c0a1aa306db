"""Figures of the traffic, as the page is told them."""

from typing import Any

import httpx
import pytest

from tests.console.played import signed_in


@pytest.mark.parametrize(
    ("cut", "at_least"),
    [({}, False), ({"counted_from": "2026-03-01T00:00:00Z"}, True)],
    ids=["all were counted", "counting was cut short"],
)
async def test_counts_say_whether_there_may_be_more(cut: dict[str, Any], at_least: bool) -> None:
    def gateway(request: httpx.Request) -> httpx.Response:
        buckets = [{"begins_at": "2000-01-01T00:00:00Z", "counts": {"FLASH": 7, "ROUTINE": 9}}]
        return httpx.Response(200, json={"buckets": buckets} | cut)

    async with signed_in(gateway) as browser:
        answer = await browser.get("/traffic/counts")
    assert answer.json() == {
        "counts": {"FLASH": 7, "IMMEDIATE": 0, "PRIORITY": 0, "ROUTINE": 9},
        "at_least": at_least,
    }


async def test_what_is_no_answer_of_a_gateway_is_not_passed_on_as_one() -> None:
    async with signed_in(lambda _: httpx.Response(200, html="<p>Log in to the proxy</p>")) as browser:
        answer = await browser.get("/traffic/rows")
    assert (answer.status_code, answer.json()["code"]) == (502, "UNREACHABLE")
