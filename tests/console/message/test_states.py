"""Where a message stands is said at its head, and what must not be shown is nowhere on the page."""

import json
import re
from dataclasses import dataclass, field
from html.parser import HTMLParser
from typing import Any

import pytest

from console.messages.refused_mail import class_of
from console.wording import LANGUAGES, read_catalogue
from gateways.http.routes.messages import REFUSALS
from schemas.header import Kind
from schemas.reasons import ReasonCode
from tests.console.conftest import Visit
from tests.console.message.crafted import MESSAGE_ID, answering, entry, message, no
from tests.console.message.test_rendering import INVENTED, INVENTED_SCHEMA

PAGE = f"/messages/in/{MESSAGE_ID}"
OTHER = "01a20376-0000-7000-8000-00000000feed"


AFTER = "2026-11-22T11:00:00Z"
GONE = {"message": None, "marking": None, "current": None, "recall_reason": "ISSUED_IN_ERROR"}


@dataclass(frozen=True)
class Stands:
    """Changes of an inbox entry, or of its row of the traffic, and what is said and not said of it."""

    said: str
    changes: dict[str, Any] = field(default_factory=dict)
    row: dict[str, Any] = field(default_factory=dict)
    unsaid: str = ""


STANDING = {
    "cancelled": Stands("Cancelled", {"status": "CANCELLED", "current": None, "cancelled_at": AFTER}),
    "updated, with the way to the current one": Stands(
        f"/messages/in/{OTHER}", {"status": "UPDATED", "current": OTHER}
    ),
    "corrected": Stands("Corrected by a later message", {"status": "CORRECTED", "current": OTHER}),
    "superseded by what the reader may not see": Stands(
        "Superseded by a later message",
        {"status": "SUPERSEDED", "current": None},
        unsaid="Go to the current message",
    ),
    "expired": Stands("Its time has passed", {"expired": True, "expires_at": AFTER}),
    "expired on arrival": Stands("Had expired when it came", {"expired": True, "expired_on_arrival": True}),
    "late": Stands("Came late", {"late": True}),
    "display only": Stands("do not copy, print or pass it on", {"handling": "DISPLAY_ONLY"}),
    "its key was revoked since": Stands(
        "SIGNING KEY REVOKED", row={"key_standing": "REVOKED_SINCE"}, unsaid="Signature valid"
    ),
    "its key is good": Stands(
        "Signature valid", row={"key_standing": "GOOD", "suite": "hybrid"}, unsaid="REVOKED"
    ),
    "metadata only": Stands("Metadata only", {"message": None, "marking": None}, unsaid="cables"),
    "recalled": Stands(
        "Issued in error", GONE | {"status": "RECALLED", "recalled_at": AFTER}, unsaid="cables"
    ),
}


@pytest.mark.parametrize("standing", STANDING)
def test_a_message_says_where_it_stands(visit: Visit, monkeypatch: pytest.MonkeyPatch, standing: str) -> None:
    case = STANDING[standing]
    row = {"direction": "in", "message_id": MESSAGE_ID, "originator": "XBB", "at": AFTER} | case.row
    answering(monkeypatch)(entry(**case.changes) | {"/v1/traffic": {"rows": [row]}})
    visitor = visit("wanda")
    for address in (PAGE, f"{PAGE}/fragment"):
        shown = visitor.get(address)
        assert shown.status_code == 200
        assert case.said in shown.text
        assert not case.unsaid or case.unsaid not in shown.text


def test_an_own_message_says_with_which_key_it_was_signed(visit: Visit, seeded: Any) -> None:
    shown = visit("wanda").get(f"/messages/out/{seeded['alert-0']['publication_id']}").text
    assert "Signed by this nation" in shown
    assert len(re.findall(r"(standard|hybrid|cnsa2) · [0-9a-f]{16}<", shown)) == 1


def test_an_id_that_two_nations_used_lets_the_reader_choose(
    visit: Visit, monkeypatch: pytest.MonkeyPatch
) -> None:
    rows = [
        {"direction": "in", "message_id": MESSAGE_ID, "originator": nation, "at": "2026-11-22T10:00:00Z"}
        for nation in ("XBB", "XCC")
    ]
    refused = no("MESSAGE_ID_AMBIGUOUS", 409)
    answering(monkeypatch)({f"/v1/inbox/{MESSAGE_ID}": refused, "/v1/traffic": {"rows": rows}})
    shown = visit("wanda").get(PAGE)
    assert shown.status_code == 409
    for nation in ("XBB", "XCC"):
        assert f"{PAGE}?originator={nation}" in shown.text


def test_a_kind_that_the_console_never_heard_of_has_a_page(
    visit: Visit, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = message("acknowledgement", language="nl", subject="Konvooi")
    made["header"]["kind"] = "convoy_report"
    made["body"] = INVENTED["body"]
    answers = entry("convoy_report", made) | {"/v1/schemas/convoy_report": INVENTED_SCHEMA}
    answering(monkeypatch)(answers)
    shown = visit("wanda").get(PAGE)
    assert shown.status_code == 200
    for words in (
        "Convoy report",
        "Convoy number",
        "KX 17",
        "Very rough",
        "Fuel on board",
        "020130ZJAN30"[2:4],
    ):
        assert words in shown.text
    answering(monkeypatch)(answers | {"/v1/schemas/convoy_report": no("NOT_FOUND")})
    assert "KX 17" in visit("wanda").get(PAGE).text, "and has one without its schema"


class _Marked(HTMLParser):
    """What a parser makes of a page: every tag, attribute and text."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.texts: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))

    def handle_data(self, data: str) -> None:
        self.texts.append(data)


HOSTILE = (
    "</bdi></script><script>hostile()</script>",
    "<img src=x onerror=hostile()>",
    '"><x-hostile onclick="hostile()">',
    "' onmouseover='hostile()",
    "{{ 7 * 191 }}{% raw %}${7*191}",
    "=HYPERLINK(1)",
    "left\u202eright\u2066\u2069",
    "zero\u200bwidth\ufeff\U000e0041",
    "nul\x00\x1b[31m",
    "javascript:hostile()",
    "x" * 10_000,
)


def poisoned(value: Any, place: list[int]) -> Any:
    """The same with every text replaced by hostile ones, in turn."""
    if isinstance(value, dict):
        return {name: poisoned(part, place) for name, part in value.items()}
    if isinstance(value, list):
        return [poisoned(part, place) for part in value]
    if not isinstance(value, str):
        return value
    place[0] += 1
    return HOSTILE[place[0] % len(HOSTILE)]


@pytest.mark.parametrize("kind", [kind.value for kind in Kind])
def test_nothing_hostile_in_any_field_of_any_kind_reaches_the_page_as_markup(
    visit: Visit, monkeypatch: pytest.MonkeyPatch, kind: str
) -> None:
    visitor = visit("wanda")
    for start in range(0, len(HOSTILE), 4):
        made = message(kind)
        made["body"] = poisoned(made["body"], [start])
        made["label"] = poisoned(made["label"], [start])
        made["header"] |= {
            "subject": HOSTILE[start % len(HOSTILE)],
            "language": HOSTILE[(start + 2) % len(HOSTILE)],
            "action_addressees": list(HOSTILE[:4]),
            "references": [
                poisoned({"message_id": "", "originator": "", "relation": "", "digest": ""}, [start])
            ],
            "expires_at": HOSTILE[(start + 3) % len(HOSTILE)],
        }
        answering(monkeypatch)(entry(kind, made, marking=HOSTILE[(start + 1) % len(HOSTILE)]))
        for address in (PAGE, f"{PAGE}/fragment"):
            answer = visitor.get(address)
            assert answer.status_code == 200
            _assert_harmless(answer.text)


def _assert_harmless(text: str) -> None:
    page = _Marked()
    page.feed(text)
    for tag, attributes in page.tags:
        assert tag not in ("x-hostile", "img", "iframe", "object", "base")
        assert not [name for name in attributes if name.startswith("on") or name == "style"], (
            tag,
            attributes,
        )
        assert not str(attributes.get("href") or "").startswith("javascript:")
        if tag == "script":
            assert attributes.get("src"), "an inline script"
    everything = "".join(page.texts)
    assert "1337" not in everything, "a template ran"
    hidden = {"\u202e", "\u2066", "\u2069", "\u200b", "\ufeff", "\U000e0041", "\x00", "\x1b"}
    # What nobody reads, such as what a palette goes by, may hold it; what is shown or read out may not.
    read_out = [
        attributes.get(name) or "" for _, attributes in page.tags for name in ("title", "aria-label", "value")
    ]
    assert not hidden & set(everything + "".join(read_out)), "a character that hides"


def test_a_reader_of_metadata_finds_no_word_of_the_content(visit: Visit, seeded: dict[str, Any]) -> None:
    visitor = visit("aude")
    message_id = seeded["alert-1"]["message_id"]
    for address in (f"/messages/in/{message_id}", f"/messages/in/{message_id}/fragment?tab=json"):
        shown = visitor.get(address).text
        assert "Metadata only" in shown
        assert "Verified and filed" in shown, "an auditor sees the trail"
        for word in ("Ammonia", "cables", "Watch officer, +999"):
            assert word not in shown
    own = seeded["alert-0"]["publication_id"]
    for address in (f"/messages/out/{own}", f"/messages/out/{own}/fragment"):
        shown = visitor.get(address).text
        assert "balloon" not in shown
        assert "RELEASE_PERMITTED" in shown, "decisions are metadata"


def test_json_on_the_page_is_the_message(visit: Visit, seeded: dict[str, Any]) -> None:
    page = _Marked()
    page.feed(visit("wanda").get(f"/messages/in/{seeded['alert-1']['message_id']}?tab=json").text)
    text = next(text for text in page.texts if text.startswith("{\n"))
    assert (
        json.loads(text)["header"]["subject"] == "EXERCISE: Ammonia leak, port area, two kilometres exclusion"
    )


def test_every_code_that_is_shown_here_has_words_in_every_language() -> None:
    shown = {code.value for code in REFUSALS}
    lowest, highest = ReasonCode.MALFORMED_SEALED, ReasonCode.BUNDLE_TOO_LARGE
    codes = list(ReasonCode)
    shown |= {code.value for code in codes[codes.index(lowest) : codes.index(highest)]}
    shown |= {code.value for code in codes[: codes.index(ReasonCode.AGREEMENT_VERSION_TAKEN)]}
    for language in LANGUAGES:
        catalogue = read_catalogue(language)
        assert sorted(code for code in shown if f"reasons.{code}" not in catalogue) == []
    english = read_catalogue("en")
    for code in codes:
        if f"reasons.{code.value}" in english:
            assert english[f"reasons.{code.value}"] == code.explanation


def test_what_was_not_let_in_is_shown_by_header_and_code(
    visit: Visit, monkeypatch: pytest.MonkeyPatch
) -> None:
    held = {
        "held_seq": 1,
        "originator": "XBB",
        "mode": "EXERCISE",
        "lane": "urgent",
        "size": 4096,
        "reason": "KEY_UNKNOWN",
        "held_at": "2026-11-22T10:00:00Z",
    }
    rejected = {
        "rejected_seq": 9,
        "originator": "XCC",
        "mode": "OPERATION",
        "lane": "normal",
        "serial": 4,
        "size": 8192,
        "sealed_digest": "ab",
        "outcome": "EQUIVOCATION",
        "reason": "EQUIVOCATION",
        "at": "2026-11-22T11:00:00Z",
        "kept": True,
    }
    forged = rejected | {
        "rejected_seq": 8,
        "outcome": "REJECTED",
        "reason": "SIGNATURE_INVALID",
        "kept": False,
    }
    del forged["originator"], forged["lane"]
    answering(monkeypatch)(
        {"/v1/held": {"items": [held], "next": 1}, "/v1/rejected": {"items": [rejected, forged], "next": 8}}
    )
    shown = visit("sofia").get("/held").text
    for words in (
        *("KEY_UNKNOWN", "The trust store does not know the signing key", "23 1000:00Z"),
        *("Two contents under one id", "Ask the originator which", "kept as evidence", "/held?before=8"),
        *("SIGNATURE_INVALID", "by other means", "not kept any more", "nobody known"),
    ):
        assert words in shown


def test_every_code_of_what_is_not_let_in_leads_somewhere() -> None:
    english = read_catalogue("en")
    for code in ReasonCode:
        assert f"held.next.{class_of(code.value)}" in english
    assert class_of("SIGNATURE_INVALID") == "forged"
    assert class_of("FRAME_MALFORMED") == "malformed"


def test_held_and_rejected_say_so_when_there_is_nothing(visit: Visit, seeded: dict[str, Any]) -> None:
    shown = visit("aude").get("/held").text
    assert "Nothing is held" in shown
    assert "Nothing was rejected" in shown
    assert "Clear filter" in visit("aude").get("/held?originator=XCC").text
