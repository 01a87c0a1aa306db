"""Whose drafts a browser can read, and until when: the key that they are sealed with."""

import re
from datetime import UTC, datetime, timedelta

import httpx

from console.console import Cookies
from tests.console.conftest import Visit
from tests.console.played import OPERATOR, signed_in
from tests.console.visiting import Visitor


def test_signing_out_ends_the_drafts_of_this_browser_and_of_no_other(visit: Visit) -> None:
    def key(visitor: Visitor) -> str:
        found = re.search(r'data-draft-key="([^"]+)"', visitor.get("/compose/threat_alert").text)
        return found[1] if found else ""

    here, there = visit("wanda", own=True), visit("wanda", own=True)
    first, elsewhere = key(here), key(there)
    assert first
    assert len({first, elsewhere, key(visit("rolf"))}) == 3
    here.sign_in("wanda")
    assert key(here) == first, "who was called away and comes back goes on"
    assert here.post("/sign-out").status_code == 303
    assert key(here) == "", "nobody is given a key without signing in"
    assert key(there) == elsewhere
    here.sign_in("wanda")
    assert key(here) not in ("", first)
    known = next(name for name in there.cookies if "browser" in name)
    stranger = Visitor(there.console, {known: there.cookies[known]})
    assert key(stranger) == "", "the browser's name alone opens nothing"
    stranger.sign_in("rolf")
    assert key(stranger) not in ("", elsewhere)
    stranger.close()


async def test_who_comes_back_from_an_identity_provider_finds_the_drafts_of_this_browser() -> None:
    """What tells which browser it is does not come along from another site: the way there and back has it."""

    def gateway(request: httpx.Request) -> httpx.Response:
        if request.url.path.endswith("/begin"):
            return httpx.Response(200, json={"authorization_url": "https://id.test/", "transaction": "way"})
        until = (datetime.now(UTC) + timedelta(hours=1)).isoformat()
        told = {
            "access_token": "ena_2",
            "refresh_token": "enr_2",
            "operator": OPERATOR | {"token_until": until},
        }
        return httpx.Response(200, json=told)

    names, known = Cookies.of("XAA", ""), "K" * 32
    async with signed_in(gateway, accept="text/html") as browser:
        browser.cookies.set(names.browser, known)
        there = await browser.get("/sign-in/oidc?next=/compose/report.x")
        browser.cookies.clear()
        browser.cookies.set(names.way, there.cookies[names.way])
        back = await browser.get(
            "/sign-in/oidc/back?code=c&state=s", headers={"Sec-Fetch-Site": "cross-site"}
        )
    assert (back.status_code, back.cookies[names.browser]) == (200, known)
    assert "/compose/report.x" in back.text
