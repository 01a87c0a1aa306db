"""A drill as people watch it: its journal kept while it is played, beside whoever shows its progress."""

from collections.abc import Callable, Iterable
from datetime import UTC, datetime
from typing import Protocol

from drills.exercise_clock import duration
from drills.exercise_control import ExerciseControl
from drills.inject import Inject
from drills.outcome import DrillOutcome
from drills.run import Progress
from drills.scenario import Scenario
from drills.scoring import final_score, met_by_inject, score
from schemas.drill_journal import (
    DrillPhase,
    DrillResult,
    FaultSeen,
    InjectMoved,
    InjectStatus,
    JournalEnd,
    ListLine,
    PhaseBegan,
    PlannedInject,
    Score,
)

Write = Callable[[ListLine], None]


class Watcher(Progress, Protocol):
    """Port: who shows a drill's progress, and how it stands."""

    def stands(self, control: ExerciseControl, score: Score) -> None:
        """It is held or goes on, an inject has moved, the score is another."""


class LiveRun:
    """Implements `drills.run.Progress`. ``control`` is whose acts it shows; ``end``: the last line."""

    def __init__(self, scenario: Scenario, control: ExerciseControl, watcher: Watcher, write: Write) -> None:
        self.control = control
        self.end = JournalEnd(ended_at=datetime.now(UTC), result=DrillResult.BROKEN)
        self._scenario = scenario
        self._watcher = watcher
        self._write = write
        self._phase: DrillPhase | None = None
        self._score: Score | None = None
        self._acts = 0
        self._outages: list[bool] = []
        self._published: set[str] = set()
        for inject in scenario.injects:
            write(_planned(inject, scenario))
        control.changed = self.changed

    def phase(self, text: str) -> None:
        """Something longer begins."""
        self._watcher.phase(text)
        self.changed()

    def inject(self, inject: Inject) -> None:
        """An inject is being played."""
        self._watcher.inject(inject)

    def settled(self, serial: str) -> None:
        """Nothing more is awaited for an inject."""
        self._watcher.settled(serial)
        self.changed()

    def changed(self) -> None:
        """Write whatever is otherwise than it was."""
        now, control = datetime.now(UTC), self.control
        for act in control.acts[self._acts :]:
            self._write(act)
        self._acts = len(control.acts)
        self._tell_phase(now)
        for serial in control.course.take_moved():
            self._write(self._moved(serial, now))
        self._tell_published(now)
        self._tell_outages(now)
        self._tell_score(score(self._scenario, control.so_far, control.partners, now))

    def ended(self, outcome: DrillOutcome) -> None:
        """It was judged: every inject that was played is closed."""
        now, met = datetime.now(UTC), met_by_inject(outcome)
        for inject in outcome.injects:
            self.control.course.close(inject.serial)
        self.control.course.take_moved()
        for inject in outcome.injects:
            self._write(
                InjectMoved(
                    at=now,
                    serial=inject.serial,
                    status=InjectStatus.CLOSED,
                    met=met[inject.serial],
                    publication_id=self._publication(inject.serial),
                )
            )
        self._tell_score(final_score(outcome, now))
        result = DrillResult.FAILED if outcome.failures else DrillResult.PASSED
        if outcome.aborted_by is not None:
            result = DrillResult.ABORTED
        self.end = JournalEnd(
            ended_at=now,
            result=result,
            skipped=len(outcome.skipped),
            cancelled=self.control.withdrawn,
        )

    def _tell_phase(self, now: datetime) -> None:
        phase = DrillPhase.JUDGING if self.control.is_judging else DrillPhase.PLAYING
        if self.control.course.held_by is not None:
            phase = DrillPhase.HELD
        if phase is not self._phase:
            self._phase = phase
            self._write(PhaseBegan(at=now, phase=phase))

    def _moved(self, serial: str, now: datetime) -> InjectMoved:
        course = self.control.course
        status, how = course.status[serial], course.skipped.get(serial)
        if how is not None:
            return InjectMoved(at=now, serial=serial, status=status, by=how.by, why=how.why, needs=how.needs)
        by = course.aborted_by if status is InjectStatus.CANCELLED else None
        return InjectMoved(at=now, serial=serial, status=status, by=by)

    def _tell_published(self, now: datetime) -> None:
        """With its publication, an inject can be looked up by the nation that played it."""
        for serial in self._new(self.control.so_far.sent):
            self._published.add(serial)
            self._write(
                InjectMoved(
                    at=now,
                    serial=serial,
                    status=self.control.course.status[serial],
                    publication_id=self._publication(serial),
                )
            )

    def _new(self, serials: Iterable[str]) -> list[str]:
        """Those not told yet; what actors publish has no inject of its own."""
        return [
            each for each in serials if each in self.control.course.status and each not in self._published
        ]

    def _publication(self, serial: str) -> str | None:
        sent = self.control.so_far.sent.get(serial)
        found = None if sent is None else sent.answer.get("publication_id")
        return None if found is None else str(found)

    def _tell_outages(self, now: datetime) -> None:
        for place, outage in enumerate(self.control.so_far.outages):
            over = outage.until is not None
            known = self._outages[place] if place < len(self._outages) else None
            if known is None:
                self._outages.append(over)
            elif known == over:
                continue
            else:
                self._outages[place] = over
            self._write(
                FaultSeen(
                    at=outage.until or outage.began if known is not None else outage.began,
                    serial=outage.serial,
                    what=outage.what.value,
                    nation=outage.nation,
                    over=over,
                )
            )

    def _tell_score(self, found: Score) -> None:
        if self._score is None or found.model_copy(update={"at": self._score.at}) != self._score:
            self._score = found
            self._write(found)
        self._watcher.stands(self.control, self._score)


def _planned(inject: Inject, scenario: Scenario) -> PlannedInject:
    return PlannedInject(
        serial=inject.serial,
        minutes=duration(inject.at).total_seconds() / 60,
        nation=inject.nation,
        title=inject.title,
        did=inject.kind,
        chapter=scenario.chapter(inject.serial) or None,
    )
