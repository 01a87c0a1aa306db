"""The living drill: its file, what it does with gateways, and the journal that consoles read."""

import asyncio
import json
import random
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx
import pytest

from drills.journal import KEPT_JOURNALS, MOST_LINES, JournalWriter, write_catalogue
from drills.left_standing import end_left, left_standing
from drills.living_drill import LivingDrill
from drills.partner_system import GatewayAccess, PartnerSystem
from drills.scenario_file import ScenarioError
from drills.storylines import LIVING, Life, load_life
from entente.default_plan import default_plan
from schemas.drill_journal import (
    CATALOGUE_FILE,
    CataloguedDrill,
    DrillCatalogue,
    JournalEnd,
    JournalLine,
    JournalStart,
    Played,
)
from schemas.strict_yaml import YamlRefused, parse_yaml

START = JournalStart(
    run="up-1",
    drill="baltic-life",
    title="Baltic life",
    started_at=datetime(2026, 5, 4, tzinfo=UTC),
    nations=("EST",),
)
LINE = JournalLine(
    at=datetime(2026, 5, 4, 12, tzinfo=UTC),
    nation="EST",
    storyline="Ice",
    title="State of the ice",
    did="publish",
    became=Played.DONE,
)


def test_every_nation_of_the_living_drill_is_in_the_realm_that_up_founds() -> None:
    life = load_life("baltic-life")
    assert set(life.nations) == {planned.nation for planned in default_plan().nations}


def test_choices_in_a_draft_are_made_by_the_dice_alone() -> None:
    life = load_life("baltic-life")
    storyline = next(line for line in life.storylines if line.title == "A ferry late")
    template = storyline.template(storyline.injects[0])
    assert template is not None

    def draft(seed: int) -> bytes:
        now = datetime(2026, 5, 4, tzinfo=UTC)
        return life.draft(template, number=1, now=now, played={}, dice=random.Random(seed))

    assert draft(1) == draft(1)
    assert len({draft(seed) for seed in range(20)}) > 3
    assert b"{pick" not in draft(1)


def test_a_storyline_that_refers_to_what_comes_later_is_refused_with_its_line() -> None:
    text = (LIVING / "baltic-life.yaml").read_text(encoding="utf-8")
    broken = text.replace(
        'acknowledge: {inject: "1", level: UNDERSTOOD', 'acknowledge: {inject: "9", level: UNDERSTOOD', 1
    )
    assert broken != text
    with pytest.raises(YamlRefused, match="refers to what was not played"):
        parse_yaml(Life, broken.encode())


def test_a_life_that_is_not_there_is_named() -> None:
    with pytest.raises(ScenarioError, match=r"nowhere\.yaml"):
        load_life("nowhere")


class _Realm:
    """Gateways that answer as told, and remember what they were asked."""

    def __init__(self, lines: int) -> None:
        self.asked: list[tuple[str, str]] = []
        self.told: list[JournalLine] = []
        self.enough = asyncio.Event()
        self._lines = lines
        self.refuse = False
        self.away = False
        """Whether gateways refuse every change, and are away when a cancellation is tried the first time."""

    def tell(self, line: JournalLine) -> None:
        self.told.append(line)
        if len(self.told) >= self._lines:
            self.enough.set()

    async def answer(self, request: httpx.Request) -> httpx.Response:
        self.asked.append((request.method, request.url.path))
        if self.refuse:
            return httpx.Response(409, json={"code": "QUEUE_FULL"})
        number = len(self.asked)
        if self.away and b'"updates"' in request.read():
            return httpx.Response(409, json={"code": "CHANGE_NOT_CURRENT"})
        path = request.url.path
        if self.away and path.endswith("/cancel") and self.asked.count(("POST", path)) == 1:
            raise httpx.ConnectError("nobody is there")
        answer: Mapping[str, Any] = {
            "publication_id": f"p{number}",
            "message_id": "01890a5d-ac96-774b-bcce-b302099a8057",
            "digest": "sha256:" + "0" * 64,
        }
        return httpx.Response(201, json=answer)


async def _play(monkeypatch: pytest.MonkeyPatch, realm: _Realm) -> None:
    real = httpx.AsyncClient
    transport = httpx.MockTransport(realm.answer)
    monkeypatch.setattr(httpx, "AsyncClient", lambda **given: real(transport=transport))
    accesses = {
        each: GatewayAccess(each, f"http://{each.lower()}", "key")
        for each in load_life("baltic-life").nations
    }
    drill = LivingDrill(load_life("baltic-life"), accesses, realm.tell, speed=10_000, seed=7)
    playing = asyncio.create_task(drill.play())
    waiting = asyncio.create_task(realm.enough.wait())
    await asyncio.wait((playing, waiting), return_when=asyncio.FIRST_COMPLETED)
    playing.cancel()
    await asyncio.gather(playing, waiting, return_exceptions=True)
    assert realm.enough.is_set()


async def test_it_goes_on_after_every_storyline_was_played_once(monkeypatch: pytest.MonkeyPatch) -> None:
    life = load_life("baltic-life")
    realm = _Realm(2 * sum(len(line.injects) for line in life.storylines))
    await _play(monkeypatch, realm)
    assert {line.storyline for line in realm.told} == {line.title for line in life.storylines}
    assert {line.became for line in realm.told} == {Played.DONE}


async def test_what_a_storyline_left_standing_is_cancelled_before_it_begins_again(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    life = load_life("baltic-life")
    realm = _Realm(4 * sum(len(line.injects) for line in life.storylines))
    await _play(monkeypatch, realm)
    standing: dict[str, set[str | None]] = {line.title: set() for line in life.storylines}
    piled = 0
    for line in realm.told:
        if line.did in ("cancel", "recall"):
            standing[line.storyline].clear()
        elif line.did == "publish":
            standing[line.storyline].add(line.publication_id)
        piled = max(piled, len(standing["Ice"]), len(standing["Gale in the Gulf of Finland"]))
    assert piled <= 2, "an alert and its update"
    assert sum(line.did == "cancel" for line in realm.told) > 5


async def test_what_stands_because_a_gateway_refused_or_was_away_is_cancelled_later(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """At the end that of the last two playings stands: it is cancelled at the second try."""
    life = load_life("baltic-life")
    realm = _Realm(5 * sum(len(line.injects) for line in life.storylines))
    realm.away = True
    await _play(monkeypatch, realm)
    changed = ("Gale in the Gulf of Finland", "Anchor over the cable", "Satellite navigation")
    standing: dict[str, set[str | None]] = {title: set() for title in changed}
    for line in realm.told:
        if line.storyline not in changed or line.became is not Played.DONE:
            continue
        if line.did == "publish":
            standing[line.storyline].add(line.publication_id)
        elif line.did == "cancel":
            standing[line.storyline].discard(line.publication_id)
    assert sum(map(len, standing.values())) <= 2 * len(changed)


async def test_what_a_gateway_refuses_is_a_line_and_not_the_end(monkeypatch: pytest.MonkeyPatch) -> None:
    realm = _Realm(60)
    realm.refuse = True
    await _play(monkeypatch, realm)
    refused = [line for line in realm.told if line.became is Played.REFUSED]
    assert refused
    assert {line.code for line in refused} == {"QUEUE_FULL"}
    assert {line.became for line in realm.told} == {Played.REFUSED, Played.UNREACHABLE}


def _two_runs(folder: Path) -> None:
    """Journals of two runs; the later one was broken off in the middle of a line."""
    for run, ids in (("baltic-life-20260504-1", ["old"]), ("baltic-life-20260504-2", list("abcde"))):
        with JournalWriter(folder, START.model_copy(update={"run": run})) as journal:
            for each in ids:
                journal.add(LINE.model_copy(update={"publication_id": each}))
            journal.add(LINE.model_copy(update={"did": "cancel", "publication_id": "b"}))
            journal.add(LINE.model_copy(update={"publication_id": "f", "became": Played.REFUSED}))
    with (folder / "baltic-life-20260504-2.journal.jsonl").open("a") as broken_off:
        broken_off.write('{"at": "2026-05-04T12')


async def test_what_the_run_before_left_standing_is_cancelled_first(tmp_path: Path) -> None:
    _two_runs(tmp_path)
    another = START.model_copy(update={"run": "baltic-life-long-20260505-1", "drill": "baltic-life-long"})
    with JournalWriter(tmp_path, another) as journal:
        journal.add(LINE.model_copy(update={"publication_id": "g"}))
    left = left_standing(tmp_path, "baltic-life")
    assert [line.publication_id for line in left] == ["a", "c", "d", "e"]
    shown = {
        "a": {"kind": "threat_alert", "status": "CURRENT", "expired": False},
        "c": {"kind": "threat_alert", "status": "CANCELLED", "expired": False},
        "d": {"kind": "information_request", "status": "CURRENT", "expired": False},
    }
    asked = []

    def answer(request: httpx.Request) -> httpx.Response:
        asked.append((request.method, request.url.path))
        found = shown.get(request.url.path.split("/")[3])
        return httpx.Response(404 if found is None else 200, json=found or {"code": "NOT_FOUND"})

    async with httpx.AsyncClient(transport=httpx.MockTransport(answer)) as client:
        partner = PartnerSystem(GatewayAccess("EST", "http://est", "key"), client)
        assert await end_left(left, {"EST": partner}) == 1
    assert [path for method, path in asked if method == "POST"] == ["/v1/messages/a/cancel"]
    assert left_standing(tmp_path / "nowhere", "baltic-life") == ()


def test_a_journal_is_whole_lines_from_start_to_end(tmp_path: Path) -> None:
    with JournalWriter(tmp_path, START) as journal:
        journal.add(LINE)
    first, line, last = (tmp_path / "up-1.journal.jsonl").read_text(encoding="utf-8").splitlines()
    assert JournalStart.model_validate_json(first) == START
    assert JournalLine.model_validate_json(line) == LINE
    assert JournalEnd.model_validate_json(last).ended_at > START.started_at


def test_a_journal_without_end_begins_anew(tmp_path: Path) -> None:
    with JournalWriter(tmp_path, START) as journal:
        for _ in range(MOST_LINES + 3):
            journal.add(LINE)
    lines = (tmp_path / "up-1.journal.jsonl").read_text(encoding="utf-8").splitlines()
    assert len(lines) == 1 + 3 + 1
    assert json.loads(lines[0])["run"] == "up-1"


def test_only_the_newest_journals_are_kept(tmp_path: Path) -> None:
    for number in range(KEPT_JOURNALS + 3):
        run = f"{START.drill}-20260504-12000{number}"
        with JournalWriter(tmp_path, START.model_copy(update={"run": run})):
            pass
    assert len(list(tmp_path.glob("*.journal.jsonl"))) == KEPT_JOURNALS
    other = START.model_copy(update={"run": "baltic-20260504-120000", "drill": "baltic"})
    with JournalWriter(tmp_path, other):
        assert len(list(tmp_path.glob("*.journal.jsonl"))) == KEPT_JOURNALS + 1, "each drill has its own"


def test_the_catalogue_stands_where_consoles_look(tmp_path: Path) -> None:
    catalogue = DrillCatalogue(
        drills=(
            CataloguedDrill(
                name="baltic-life",
                title="Baltic life",
                summary="Days.",
                nations=("EST",),
                injects=28,
                endless=True,
            ),
        )
    )
    write_catalogue(tmp_path, catalogue)
    assert DrillCatalogue.model_validate_json((tmp_path / CATALOGUE_FILE).read_bytes()) == catalogue
