"""A drill's main events list in the browser: shown live, and controlled by exercise staff alone."""

import contextlib
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from drills.control_file import ControlFile
from drills.journal import JournalWriter
from schemas.drill_control import ControlAct, ControlLine
from schemas.drill_journal import (
    ActHeard,
    DrillPhase,
    DrillResult,
    FaultSeen,
    InjectMoved,
    InjectStatus,
    JournalEnd,
    JournalStart,
    PhaseBegan,
    PlannedInject,
    Score,
    WhyNot,
)
from tests.console.conftest import OpenPage, Visit
from tests.console.judging_pages import violations
from tests.console.serving import ServedConsole

pytestmark = pytest.mark.asyncio(loop_scope="session")

NOW = datetime.now(UTC)
RUN = "monsoon-20261122-201500"
START = JournalStart(run=RUN, drill="monsoon", title="Monsoon", started_at=NOW, nations=("XAA", "XBB"))
TITLES = {
    "1.1.1": "Alvaria <b>warns</b> the coast of a storm that comes over the strait in the night",
    "1.1.2": "The watch of Bravia acknowledges",
    "2.1.1": "The link of Bravia is cut",
    "2.1.2": "It is as it was",
    "3.1.1": "Called off",
}


class Runner:
    """The other end of the page: a journal that is written, and a control file that is read."""

    def __init__(self, folder: Path) -> None:
        self.asked: list[ControlLine | None] = []
        self.journal = JournalWriter(folder, START, endless=False)
        self.file = ControlFile(folder, RUN, self.asked.append, lambda: None)
        self.over: Callable[[], None] = lambda: None
        """The runner is gone; what it wrote stays."""

    def moved(self, serial: str, status: InjectStatus, **more: object) -> None:
        self.journal.add(InjectMoved.model_validate({"at": NOW, "serial": serial, "status": status} | more))

    def heard(self) -> list[tuple[str, str, str | None]]:
        """What was asked for since the drill began: who, what, which inject."""
        self.file.look()
        return [(each.by, each.act.value, each.serial) for each in self.asked if each is not None]


@pytest.fixture
def runner(tmp_path: Path) -> Iterator[Runner]:
    found = Runner(tmp_path)
    for number, (serial, title) in enumerate(TITLES.items()):
        chapter = "The storm" if serial < "3" else "The end"
        found.journal.add(
            PlannedInject(
                serial=serial,
                minutes=number * 12.5,
                nation="XAA" if number % 2 == 0 else "XBB",
                title=title,
                did="fault" if serial.startswith("2") else "publish",
                chapter=chapter,
            )
        )
    found.journal.add(PhaseBegan(at=NOW, phase=DrillPhase.PLAYING))
    found.journal.add(Score(at=NOW, met=2, not_met=1, copies=4, arrived=3, attempts=1, blocked=1))
    found.moved("1.1.1", InjectStatus.RELEASED, publication_id="p-1")
    found.moved("1.1.2", InjectStatus.SKIPPED, by="XAA ed", why=WhyNot.ASKED)
    found.moved("2.1.1", InjectStatus.READY)
    with contextlib.ExitStack() as held:
        held.enter_context(found.file)
        found.over = held.close
        yield found


@pytest.fixture
def looks_there(console: ServedConsole, tmp_path: Path) -> Iterator[None]:
    """XAA's console looks for drills in this test's folder."""
    served = console.app.state.console
    before = served.settings
    served.settings = before.model_copy(update={"drills_dir": tmp_path})
    yield
    served.settings = before


async def test_exercise_staff_holds_skips_and_aborts_a_drill_in_the_browser(
    open_page: OpenPage, looks_there: None, runner: Runner
) -> None:
    page = await open_page("ed", f"/drills/{RUN}", allow=(422,))
    assert await violations(page) == []
    shown = await page.text_content("main") or ""
    assert "Alvaria <b>warns</b> the coast" in shown, "words, not markup"
    assert "T+0:12:30" in shown
    assert "asked for · XAA ed" in " ".join(shown.split())
    assert (await page.text_content("tr[aria-current] th") or "").strip() == "2.1.1"
    # By keyboard: the first button is reached and pressed.
    await page.focus("text=Hold")
    await page.keyboard.press("Enter")
    await page.wait_for_selector(".toast:has-text('held before its next inject')")
    assert runner.heard() == [("XAA ed", "HOLD", None)]
    for line in (
        ActHeard(at=NOW, by="XAA ed", act=ControlAct.HOLD),
        PhaseBegan(at=NOW, phase=DrillPhase.HELD),
        FaultSeen(at=NOW, serial="2.1.1", what="LINK", nation="XBB"),
    ):
        runner.journal.add(line)
    runner.moved("2.1.1", InjectStatus.HELD)
    await page.wait_for_selector(".drill-figures:has-text('by XAA ed')")
    await page.wait_for_selector(".drill-faults:has-text('A link is cut')")
    assert await violations(page) == []
    await page.click("tr[data-key='3.1.1'] button")
    await page.wait_for_selector(".toast:has-text('3.1.1')")
    assert runner.heard()[-1] == ("XAA ed", "SKIP", "3.1.1")
    await page.click(".drill-abort summary")
    await page.fill("#typed", "monsoon")
    # What is being typed survives the news that come meanwhile.
    runner.moved("3.1.1", InjectStatus.SKIPPED, by="XAA ed", why=WhyNot.NEEDS, needs="1.1.2")
    await page.wait_for_selector("tr[data-key='3.1.1']:has-text('needs 1.1.2')")
    assert await page.input_value("#typed") == "monsoon"
    await page.click(".drill-abort .button")
    await page.wait_for_selector(".refusal:has-text('not the run’s name')")
    assert len(runner.heard()) == 2, "nothing was asked of the drill"
    # Nor does the refusal go away with the next news.
    runner.moved("2.1.2", InjectStatus.SKIPPED, by="XAA ed", why=WhyNot.NEEDS, needs="2.1.1")
    await page.wait_for_selector("tr[data-key='2.1.2']:has-text('needs 2.1.1')")
    assert await page.is_visible(".refusal")
    assert await violations(page) == []
    await page.fill("#typed", RUN)
    await page.click(".drill-abort .button")
    await page.wait_for_selector(".toast:has-text('aborted')")
    assert runner.heard()[-1] == ("XAA ed", "ABORT", None)
    runner.moved("2.1.1", InjectStatus.CANCELLED, by="XAA ed")
    runner.moved("1.1.1", InjectStatus.CLOSED, met=False)
    runner.journal.add(PhaseBegan(at=NOW, phase=DrillPhase.JUDGING))
    with runner.journal as journal:
        journal.end = JournalEnd(ended_at=NOW, result=DrillResult.ABORTED, skipped=2)
    runner.over()
    await page.wait_for_selector(".drill-figures:has-text('Aborted')")
    await page.wait_for_selector(".drill-control", state="detached")
    assert await violations(page) == []
    await page.goto(f"/drills/{RUN}")
    assert "Not as expected" in (await page.text_content("tr[data-key='1.1.1']") or "")


async def test_a_drill_reads_in_arabic_and_one_whose_runner_is_gone_says_so(
    open_page: OpenPage, looks_there: None, runner: Runner
) -> None:
    page = await open_page("ed", f"/drills/{RUN}", language="ar")
    assert await page.get_attribute("html", "dir") == "rtl"
    assert await violations(page) == []
    runner.over()
    await page.goto(f"/drills/{RUN}")
    assert "انقطع" in (await page.text_content(".drill-figures") or "")
    assert await page.query_selector(".drill-control") is None
    assert await violations(page) == []


async def test_acts_are_taken_from_exercise_staff_alone_and_only_while_the_drill_is_played(
    visit: Visit, looks_there: None, runner: Runner
) -> None:
    def asked(name: str, **form: str) -> int:
        visitor = visit(name)
        visitor.get("/settings")
        return visitor.post(f"/drills/{RUN}/control", form).status_code

    assert asked("wanda", act="HOLD") == 403
    assert asked("chief", act="ABORT", typed=RUN) == 403
    assert asked("ed", act="STOP") == 422
    assert asked("ed", act="SKIP") == 422
    assert asked("ed", act="SKIP", serial="../1") == 422
    assert asked("ed", act="ABORT", typed="Monsoon") == 422
    assert runner.heard() == []
    assert asked("ed", act="SKIP", serial="2.1.1") == 303
    assert runner.heard() == [("XAA ed", "SKIP", "2.1.1")]
    runner.over()
    assert asked("ed", act="HOLD") == 409
