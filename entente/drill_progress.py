"""What a drill shows while it runs: phase, inject, how many are settled; plain lines without a terminal."""

from pathlib import Path
from types import TracebackType

from rich.console import Console
from rich.markup import escape
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    SpinnerColumn,
    TextColumn,
    TimeElapsedColumn,
)

from drills.control import AHEAD
from drills.exercise_clock import shown
from drills.exercise_control import ExerciseControl
from drills.inject import Inject
from drills.scenario import Scenario
from schemas.drill_journal import ActHeard, Score


class DrillProgress:
    """Implements `drills.live.Watcher`; a context manager around the whole run."""

    def __init__(self, console: Console, scenario: Scenario, cap: Path | None) -> None:
        self._console = console
        self._quiet = not console.is_terminal
        self._progress = Progress(
            SpinnerColumn(),
            TextColumn("{task.description}"),
            BarColumn(),
            MofNCompleteColumn(),
            TimeElapsedColumn(),
            TextColumn("{task.fields[score]}"),
            console=console,
            transient=True,
            disable=self._quiet,
        )
        total = None if cap is not None else len(scenario.injects)
        self._task = self._progress.add_task("starting", total=total, score="")
        self._acts = 0

    def __enter__(self) -> "DrillProgress":
        self._progress.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._progress.stop()

    def leave(self) -> None:
        """Nothing is shown any more but notes: what follows has the terminal for itself."""
        self._progress.stop()

    def phase(self, text: str) -> None:
        """Something longer begins."""
        self._progress.update(self._task, description=text, completed=0)
        if self._quiet:
            self._console.print(f"{text} ...", markup=False)

    def inject(self, inject: Inject) -> None:
        """An inject is being played."""
        self.step(f"{inject.serial} {inject.nation}: {inject.title}")

    def step(self, text: str) -> None:
        """One more step, named."""
        self._progress.update(self._task, description=text[:90], advance=1)

    def settled(self, serial: str) -> None:
        """Nothing more is awaited for an inject."""
        self._progress.update(self._task, advance=1)

    def stands(self, control: ExerciseControl, score: Score) -> None:
        """What exercise staff asked for, and how the drill stands."""
        for act in control.acts[self._acts :]:
            self.note(_said(act))
        self._acts = len(control.acts)
        course = control.course
        parts = [f"{score.arrived}/{score.copies} copies", f"{score.met} as expected"]
        parts += [f"{score.not_met} NOT"] if score.not_met else []
        parts += [f"{score.blocked}/{score.attempts} attempts blocked"] if score.attempts else []
        parts += [f"{len(course.skipped)} skipped"] if course.skipped else []
        if control.so_far.moments:
            parts.insert(0, shown(max(control.so_far.moments.values())))
        if course.held_by is not None:
            parts.insert(0, f"HELD by {course.held_by}")
        self._progress.update(self._task, score=escape(", ".join(parts)))
        if not control.is_judging:
            over = sum(status not in AHEAD for status in course.status.values())
            self._progress.update(self._task, completed=over)

    def note(self, text: str) -> None:
        """Something worth a line of its own, such as a process that died."""
        self._console.print(text, markup=False)


def _said(act: ActHeard) -> str:
    what = "something that cannot be read" if act.act is None else act.act.value.lower()
    said = f"{act.by}: {what}{'' if act.serial is None else f' {act.serial}'}"
    return (
        said if act.refused is None else f"{said}: not taken ({act.refused.value.lower().replace('_', ' ')})"
    )
