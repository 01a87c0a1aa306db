"""Texts that try to break a page, through every field of text that a draft of a kind has.

``messages()`` publishes them from XBB to XAA once for the session (fixture ``hostile``). A page that shows
one is checked by ``unharmed(page)``: nothing ran, no element came out of a text, and what would hide is seen.
"""

import copy
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from playwright.async_api import Page

from tests.console.realm import ConsoleRealm
from tests.console.seeding import draft

KINDS = ("threat_alert", "exercise_notice", "information_request")

CORPUS = {
    "markup": '<b class="hostile">bold</b><img src="x" onerror="window.hostile=1">',
    "script": '"><script>window.hostile=2</script>',
    "attribute": '\' onmouseover="window.hostile=3" style="position:fixed" autofocus x="',
    "address": "javascript:window.hostile=4",
    "template": "{{ 7 * 7 }} {% include 'frame.html' %} ${7*7} <%= 7 %> #{7}",
    "formula": '=HYPERLINK("http://evil.example","x")',
    "entity": "&lt;i&gt; &#x3c;script&#x3e; &amp;",
    "comment": "<!-- --> ]]> </textarea></title></svg>",
    "quotes": "\"'`\\ %27 %22 ; rm -rf / $(id) `id`",
    "long": "wide" * 40,
}
"""Texts that every field takes."""

SNEAKY = {
    "reversed": "abc\u202etxt.exe",
    "isolates": "\u2067right\u2069 \u200fto\u200f left",
    "zero width": "zero\u200bwidth\u200cand\u2060join",
    "tags": "flag\U000e0061\U000e0062",
    "stacked": "Z\u0351\u036b\u0343\u036a\u0302\u036b\u033d\u034f\u0334",
    "soft hyphen": "pass\u00adword",
}

TEXTS = CORPUS | SNEAKY


@dataclass(frozen=True)
class HostileMessage:
    """One message, and the text that stands in its fields."""

    kind: str
    name: str
    text: str
    message_id: str
    accepted: bool


def drafts(kind: str, text: str) -> Iterator[dict[str, Any]]:
    """A draft of a kind with ``text`` in every free field; then in the subject alone."""
    made = draft(kind, "XBB", to=("XAA",))
    whole = copy.deepcopy(made)
    whole["header"]["subject"] = f"Hostile {text}"[:250]
    _fill(whole["body"], text)
    yield whole
    alone = copy.deepcopy(made)
    alone["header"]["subject"] = f"Hostile {text}"[:250]
    yield alone


def messages(realm: ConsoleRealm) -> list[HostileMessage]:
    """Publish the corpus; a text that is refused in all fields is tried in the subject alone."""

    found = []
    for kind in KINDS:
        for name, text in TEXTS.items():
            for tried in drafts(kind, text):
                answer = realm.http.post(
                    f"{realm.url('XBB')}/v1/messages",
                    json=tried,
                    headers={"Authorization": f"Bearer {realm.key('XBB')}"},
                )
                if answer.is_success:
                    found.append(HostileMessage(kind, name, text, answer.json()["message_id"], True))
                    break
            else:
                found.append(HostileMessage(kind, name, text, "", False))
    for message in found:
        if message.accepted:
            realm.wait_for("XAA", message.message_id)
    return found


async def unharmed(page: Page) -> None:
    """Assert that no text of the corpus became anything but text on this page."""
    seen = await page.evaluate(
        """() => ({
          ran: window.hostile ?? null,
          elements: document.querySelectorAll('.hostile, img[src="x"], [onmouseover], [onerror]').length,
          scripts: [...document.scripts].filter((each) => !each.src).length,
          links: [...document.links].filter((each) => each.protocol === 'javascript:').length,
          sneaky: /[\\u200b-\\u200f\\u202a-\\u202e\\u2060-\\u2069\\u00ad\\u034f]/
            .test(document.body.textContent),
        })"""
    )
    assert seen == {"ran": None, "elements": 0, "scripts": 0, "links": 0, "sneaky": False}, seen


_FREE = frozenset(
    {
        *("headline", "description", "instruction", "event", "contact", "sender_name", "purpose", "name"),
        *("designation", "nickname", "remarks", "title", "requirement_statement", "justification"),
        *("background", "level_of_command", "officer_conducting", "answer_format", "linked_requirement"),
        *("safety_contact", "calendar_ref", "change_from_calendar", "missions", "other_support"),
    }
)
"""Fields of free text in the bodies of all kinds."""


def _fill(value: Any, text: str) -> None:
    """Put ``text`` into every field of free text below ``value``."""
    if isinstance(value, dict):
        for key, member in value.items():
            if key in _FREE and isinstance(member, str):
                value[key] = text
            else:
                _fill(member, text)
    elif isinstance(value, list):
        for member in value:
            _fill(member, text)
