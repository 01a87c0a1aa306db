"""The console's outermost layer, its settings and what it makes of partners' words, without a browser."""

import asyncio
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from typing import Any

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError
from starlette.requests import Request

from console import problems, times
from console.app import create_app
from console.marking import Marking, Palette, highest, level_of, released
from console.preferences import Preferences
from console.rooms.sign_in import local_path
from console.settings import ConsoleSettings
from console.visible import one_line, visible
from tests.console import serving
from tests.console.played import signed_in

GIVEN = {"nation": "XAA", "gateway_url": "http://127.0.0.1:9"}


def client(**changes: Any) -> httpx.AsyncClient:
    app = create_app(ConsoleSettings(**GIVEN | changes))

    @app.post("/fault")
    async def fault() -> None:
        raise RuntimeError("the text of a message")

    @app.post("/read")
    async def read(request: Request) -> dict[str, int]:
        return {"read": len(await request.body())}

    transport = httpx.ASGITransport(app=app, raise_app_exceptions=True)
    return httpx.AsyncClient(transport=transport, base_url="http://console.test")


@pytest.mark.parametrize(
    "changes",
    [
        {"host": "0.0.0.0"},
        {"host": "192.0.2.1"},
        {"host": "::"},
        {"host": "console.example"},
        {"gateway_url": "http://192.0.2.1:8080"},
        {"gateway_url": "http://gateway.example:8080"},
        {"gateway_url": "ftp://127.0.0.1"},
        {"gateway_url": "https://gateway.example/path"},
        {"tls_key_file": "key.pem"},
        {"tls_certificate_file": "certificate.pem"},
        {"root_path": "console"},
        {"root_path": "/a/"},
        {"root_path": "/../etc"},
        {"unknown": True},
    ],
    ids=str,
)
def test_settings_that_would_put_sessions_or_tokens_on_the_wire_in_the_clear_are_refused(
    changes: dict[str, Any],
) -> None:
    with pytest.raises(ValidationError):
        ConsoleSettings(**GIVEN | changes)


@pytest.mark.parametrize(
    "changes",
    [
        {},
        {"host": "::1"},
        {"host": "localhost"},
        {"host": "0.0.0.0", "behind_tls_proxy": True},
        {"host": "0.0.0.0", "tls_certificate_file": "c.pem", "tls_key_file": "k.pem"},
        {"gateway_url": "https://gateway.example:8080"},
        {"gateway_url": "http://gateway:8080", "gateway_plain_http": True},
        {"root_path": "/console/xaa"},
    ],
    ids=str,
)
def test_settings_that_are_safe_or_say_so_are_taken(changes: dict[str, Any]) -> None:
    ConsoleSettings(**GIVEN | changes)


async def test_an_unforeseen_fault_is_a_state_with_every_header_and_tells_no_content(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(problems, "_place_of", serving._place_of)
    async with client() as browser:
        answer = await browser.post("/fault", headers={"Accept": "text/html"})
    assert answer.status_code == 500
    assert "content-security-policy" in answer.headers
    assert "the text of a message" not in answer.text + "".join(capsys.readouterr())


async def test_a_body_that_is_too_large_or_too_slow_is_not_read_to_its_end() -> None:
    async def endless() -> AsyncIterator[bytes]:
        while True:
            yield b"x" * 65_536

    async def slow() -> AsyncIterator[bytes]:
        yield b"x"
        await asyncio.Event().wait()

    async with client(max_body_bytes=100_000, body_timeout_seconds=0.05) as browser:
        answer = await browser.post("/read", content=endless())
        assert answer.status_code == 413
        answer = await browser.post("/read", content=slow())
        assert answer.status_code == 408
        form = {"Content-Type": "application/x-www-form-urlencoded"}
        for body, status in ((endless(), 413), (slow(), 408)):
            answer = await browser.post("/sign-in", content=body, headers=form)
            assert answer.status_code == status, "the same where the framework reads it"
        assert "content-security-policy" in answer.headers


@given(st.text())
def test_nothing_that_hides_or_reorders_is_left_in_a_partners_words(text: str) -> None:
    import unicodedata

    shown = visible(text)
    assert all(
        unicodedata.category(each) not in ("Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp") or each in "\n\t"
        for each in shown
    )
    assert visible(shown) == shown
    assert "\n" not in one_line(text)


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("abc\u202etxt.exe", "abc⟦U+202E⟧txt.exe"),
        ("zero\u200bwidth", "zero⟦U+200B⟧width"),
        ("nul\x00", "nul⟦U+0000⟧"),
        ("tag\U000e0061", "tag⟦U+E0061⟧"),
        ("a\u2066b", "a⟦U+2066⟧b"),
        ("é ß ж 漢 ش 👍", "é ß ж 漢 ش 👍"),
        ("line\nline", "line\nline"),
    ],
)
def test_what_hides_is_shown_by_its_number_and_scripts_stay_as_they_are(text: str, shown: str) -> None:
    assert visible(text) == shown


def test_moments_are_zulu_whatever_their_zone() -> None:
    assert times.dtg("2026-11-22T02:46:23+01:00") == "220146ZNOV26"
    assert times.clock("2026-11-22T01:46:23.5Z") == "22 0146:23Z"
    now = datetime(2026, 11, 28, tzinfo=UTC)
    assert times.near("2026-11-01T01:46:23Z", now) == "01 0146:23Z"
    assert times.near("2026-12-04T01:46:23Z", now) == "04 0146:23Z"
    for other in ("2027-11-28T01:46:23Z", "2026-12-28T01:46:23Z"):
        assert times.near(other, now) == times.dtg(other)
    assert times.local("2026-11-22T01:46:23Z", "Europe/Warsaw") == "2026-11-22 02:46:23 CET"
    assert times.local("2026-11-22T01:46:23Z", "Nowhere/At all") == "2026-11-22 01:46:23 UTC"


@pytest.mark.parametrize(
    ("classification", "level"),
    [
        ("NATO UNCLASSIFIED", 0),
        ("NATO RESTRICTED", 1),
        ("EU CONFIDENTIAL", 2),
        ("COSMIC TOP SECRET", 3),
        ("something new", 3),
        ("", 3),
    ],
)
def test_a_classification_without_a_word_that_we_know_looks_like_the_highest(
    classification: str, level: int
) -> None:
    assert level_of(classification) == level


def test_the_marking_of_a_page_is_the_highest_and_hides_no_other_of_its_height() -> None:
    low = Marking("NATO RESTRICTED XAA Only", 1, "NATO", "NATO RESTRICTED")
    high = Marking("NATO SECRET XAA Only", 3, "NATO", "NATO SECRET")
    other = Marking("EU SECRET Releasable to XBB", 3, "EU", "EU SECRET")
    assert highest([]) is None
    assert highest([low, high, low]) == high
    both = highest([low, high, other])
    assert both is not None
    assert (both.text, both.level, both.differs) == ("NATO SECRET / EU SECRET", 3, True)


def test_markings_that_differ_in_their_nations_alone_are_one_and_a_category_stays() -> None:
    def marked(text: str) -> Marking:
        return Marking(text, 3, "NATO", "NATO SECRET")

    one, other = marked("NATO SECRET XAA, XBB Only"), marked("NATO SECRET NORDIC Only")
    atomal = marked("NATO SECRET ATOMAL XBB, XCC Only")
    assert highest([one, one]) == one
    both = highest([one, other])
    assert both == Marking("NATO SECRET", 3, "NATO", "NATO SECRET", differs=True)
    three = highest([one, other, atomal])
    assert three is not None
    assert (three.text, three.differs) == ("NATO SECRET / NATO SECRET ATOMAL", True)
    many = highest(marked(f"NATO SECRET {name}") for name in ("A", "B", "C", "D", "E"))
    assert many is not None
    assert many.text == "NATO SECRET", "no partner's categories fill the screen"


@pytest.mark.parametrize(
    ("text", "release"),
    [
        ("NATO SECRET XAA, NORDIC Only", " XAA, NORDIC Only"),
        ("NATO SECRET Releasable to JPN", " Releasable to JPN"),
        ("SECRET//REL TO USA, XAA", "//REL TO USA, XAA"),
        ("NATO SECRET XAA Only//ORIGINATOR CONTROLLED", ""),
        ("NATO SECRET ATOMAL", ""),
        ("NATO SECRET//NATIONAL ONLY", ""),
    ],
)
def test_a_marking_ends_with_whom_it_may_go_to(text: str, release: str) -> None:
    assert released(text) == release


def test_a_palette_colours_labels_by_policy_and_takes_nothing_but_colours() -> None:
    good = {"policy": "NATO", "classification": "NATO SECRET", "band": "#112233", "tag": "#aabbcc"}
    css = Palette.model_validate({"label": [good]}).css()
    assert '[data-policy="NATO"][data-classification="NATO SECRET"]' in css
    for wrong in ({"band": "red;} body{display:none"}, {"policy": 'a"]{}'}, {"extra": "x"}):
        with pytest.raises(ValidationError):
            Palette.model_validate({"label": [good | wrong]})


@given(st.text(max_size=600))
def test_any_cookie_of_choices_is_read_as_choices_that_there_are(cookie: str) -> None:
    read = Preferences.read(cookie)
    assert Preferences.read(read.written()) == read


@given(st.text(max_size=80))
def test_nobody_is_led_to_another_site_by_an_address(wanted: str) -> None:
    path = local_path(wanted)
    assert path.startswith("/")
    assert not path.startswith(("//", "/\\"))
    assert "\n" not in path


def test_choices_survive_their_cookie() -> None:
    chosen = Preferences().chosen(
        {"language": "pl", "zone": "Europe/Warsaw", "density": "roomy", "sound": "on"}
    )
    assert Preferences.read(chosen.written()) == chosen
    assert (
        chosen.chosen({"zone": "Nowhere", "density": "huge", "keys": "maybe", "language": "../x"}) == chosen
    )


@pytest.mark.parametrize("wanted", ["//[", "//[::1", "http://[", "/\\[", "https://a]b/"])
async def test_an_address_that_nobody_can_read_leads_to_the_first_page(wanted: str) -> None:
    assert local_path(wanted) == "/"
    async with client() as asked:
        assert (await asked.get("/sign-in", params={"next": wanted})).status_code == 200


@pytest.mark.parametrize("origin", ["http://[", "https://[::1", "//[", "http://elsewhere.test"])
async def test_an_origin_that_nobody_can_read_is_not_ours(origin: str) -> None:
    async with client() as asked:
        answer = await asked.post("/sign-in/language", data={"language": "fr"}, headers={"Origin": origin})
    assert answer.status_code == 403


async def test_half_a_character_is_refused_and_no_fault() -> None:
    async with signed_in(lambda _: httpx.Response(200, json={})) as browser:
        browser.headers["Content-Type"] = "application/json"
        answer = await browser.put("/traffic/views/v", content=b'{"query": "\\ud800"}')
    assert (answer.status_code, answer.json()["code"]) == (422, "PARAMETER_INVALID")


async def test_who_leaves_in_the_middle_of_a_form_is_no_fault(capsys: pytest.CaptureFixture[str]) -> None:
    app, sent = create_app(ConsoleSettings(**dict[str, Any](GIVEN))), list[Any]()

    @app.post("/read")
    async def read(request: Request) -> dict[str, int]:
        return {"read": len(await request.body())}

    coming = [{"type": "http.request", "body": b"half", "more_body": True}, {"type": "http.disconnect"}]

    async def receive() -> Any:
        return coming.pop(0)

    async def send(message: Any) -> None:
        sent.append(message)

    scope = {"type": "http", "method": "POST", "path": "/read", "query_string": b"", "headers": []}
    await app(scope, receive, send)
    assert sent == []
    assert "console.fault" not in capsys.readouterr().out
