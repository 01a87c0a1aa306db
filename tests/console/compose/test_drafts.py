"""Whose drafts a browser can read, and until when: the key that they are sealed with."""

import re

from tests.console.conftest import Visit
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
