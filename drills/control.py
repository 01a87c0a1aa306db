"""Where every inject of a drill stands, and what holding, skipping and aborting change about that. Pure.

Each inject stands in exactly one status, which only ever moves on:

    PLANNED -> READY <-> HELD -> RELEASED -> CLOSED
    PLANNED, READY, HELD -> SKIPPED | CANCELLED        RELEASED -> SKIPPED   (it could not be played)
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from enum import Enum, auto

from schemas.drill_control import ControlAct
from schemas.drill_journal import InjectStatus, NotTaken, WhyNot

AHEAD = (InjectStatus.PLANNED, InjectStatus.READY, InjectStatus.HELD)
"""Not released yet."""
NOBODY = "the play"
"""Who skips what could not be played."""


class Answer(Enum):
    """What the player is told when it comes to an inject."""

    PLAY = auto()
    WAIT = auto()
    PASS = auto()


@dataclass(frozen=True)
class Skipped:
    """Why an inject is not played, and who asked for that. ``detail``: what a gateway answered."""

    by: str
    why: WhyNot
    needs: str | None = None
    detail: str = ""


@dataclass
class Course:
    """The injects in order, what each needs, and which ones must be played once what they end was.

    ``is_over``: the play has ended; until then, what actors still owe can be held and aborted as well.
    """

    order: Sequence[str]
    needs: Mapping[str, frozenset[str]]
    bringing_back: Collection[str] = ()
    status: dict[str, InjectStatus] = field(init=False)
    skipped: dict[str, Skipped] = field(default_factory=dict)
    held_by: str | None = None
    aborted_by: str | None = None
    is_over: bool = False
    _moved: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        """Nothing has been played."""
        self.status = dict.fromkeys(self.order, InjectStatus.PLANNED)

    def act(self, act: ControlAct, by: str, serial: str | None = None) -> NotTaken | None:
        """Take an act of exercise control; or why it is not taken, and then nothing has changed."""
        if self.aborted_by is not None or self.is_over:
            return NotTaken.TOO_LATE
        match act:
            case ControlAct.HOLD:
                return self._hold(by)
            case ControlAct.RESUME:
                return self._resume()
            case ControlAct.SKIP:
                return self._skip(serial, by)
            case ControlAct.ABORT:
                return self._abort(by)

    def comes_to(self, serial: str, *, due: bool) -> Answer:
        """The player has come to an inject; ``due``: nothing more is waited for but exercise staff."""
        if self.status[serial] not in AHEAD:
            return Answer.PASS
        if self.held_by is not None:
            self._move(serial, InjectStatus.HELD)
            return Answer.WAIT
        self._move(serial, InjectStatus.RELEASED if due else InjectStatus.READY)
        return Answer.PLAY if due else Answer.WAIT

    def broke(self, serial: str, detail: str) -> bool:
        """A released inject could not be played. Whether that may be for what was skipped before it."""
        if not self.skipped:
            return False
        self._pass_over(serial, Skipped(NOBODY, WhyNot.FAILED, detail=detail))
        return True

    def close(self, serial: str) -> None:
        """An inject that was released is judged."""
        if self.status[serial] is InjectStatus.RELEASED:
            self._move(serial, InjectStatus.CLOSED)

    def end(self) -> None:
        """Nothing more is played, by injects or actors: there is nothing left to hold or to abort."""
        self.is_over, self.held_by = True, None

    @property
    def next(self) -> str | None:
        """The next inject to be played; None when there is none."""
        return next(iter(self._ahead()), None)

    @property
    def cancelled(self) -> tuple[str, ...]:
        """What was never played because the drill was aborted."""
        return tuple(each for each in self.order if self.status[each] is InjectStatus.CANCELLED)

    def take_moved(self) -> tuple[str, ...]:
        """The serials whose status has changed since this was asked last."""
        moved, self._moved = tuple(dict.fromkeys(self._moved)), []
        return moved

    def _hold(self, by: str) -> NotTaken | None:
        if self.held_by is not None:
            return NotTaken.NOTHING_CHANGES
        self.held_by = by
        for serial in self._ahead():
            if self.status[serial] is InjectStatus.READY:
                self._move(serial, InjectStatus.HELD)
        return None

    def _resume(self) -> NotTaken | None:
        if self.held_by is None:
            return NotTaken.NOTHING_CHANGES
        self.held_by = None
        for serial in self._ahead():
            if self.status[serial] is InjectStatus.HELD:
                self._move(serial, InjectStatus.READY)
        return None

    def _skip(self, serial: str | None, by: str) -> NotTaken | None:
        if serial is None or serial not in self.status:
            return NotTaken.UNKNOWN_INJECT
        if self.status[serial] not in AHEAD:
            return NotTaken.TOO_LATE
        if serial in self.bringing_back:
            return NotTaken.BRINGS_BACK
        self._pass_over(serial, Skipped(by, WhyNot.ASKED))
        return None

    def _abort(self, by: str) -> NotTaken | None:
        self.aborted_by, self.held_by = by, None
        for serial in self._ahead():
            self._move(serial, InjectStatus.CANCELLED)
        return None

    def _pass_over(self, serial: str, how: Skipped) -> None:
        """Skip an inject, and whatever needs it or what needs it."""
        self.skipped[serial] = how
        self._move(serial, InjectStatus.SKIPPED)
        for other in self._ahead():
            lacking = sorted(self.needs.get(other, frozenset()) & self.skipped.keys(), key=self.order.index)
            if lacking:
                self.skipped[other] = Skipped(how.by, WhyNot.NEEDS, lacking[0])
                self._move(other, InjectStatus.SKIPPED)

    def _ahead(self) -> tuple[str, ...]:
        return tuple(each for each in self.order if self.status[each] in AHEAD)

    def _move(self, serial: str, status: InjectStatus) -> None:
        if self.status[serial] is not status:
            self.status[serial] = status
            self._moved.append(serial)
