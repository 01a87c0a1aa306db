"""What a drill shows while it runs: phase, inject, how many are settled; plain lines without a terminal."""

from pathlib import Path
from types import TracebackType

from rich.console import Console
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    SpinnerColumn,
    TextColumn,
    TimeElapsedColumn,
)

from drills.scenario import Inject, Scenario


class DrillProgress:
    """Implements `drills.run.Progress`; a context manager around the whole run."""

    def __init__(self, console: Console, scenario: Scenario, cap: Path | None) -> None:
        self._console = console
        self._quiet = not console.is_terminal
        self._progress = Progress(
            SpinnerColumn(),
            TextColumn("{task.description}"),
            BarColumn(),
            MofNCompleteColumn(),
            TimeElapsedColumn(),
            console=console,
            transient=True,
            disable=self._quiet,
        )
        total = None if cap is not None else len(scenario.injects)
        self._task = self._progress.add_task("starting", total=total)
        self._total = total

    def __enter__(self) -> "DrillProgress":
        self._progress.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
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

    def note(self, text: str) -> None:
        """Something worth a line of its own, such as a process that died."""
        self._console.print(text, markup=False)
