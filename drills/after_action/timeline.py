"""Everything over time, a lane for each nation. Pure."""

from datetime import datetime

from drills.after_action.cases import Copy, awaited, copies, end_of
from drills.after_action.model import Band, Bar, Mark, Tick, Timeline, TimelineLane
from drills.after_action.recovering import held_up
from drills.course import Outage, StoodStill
from drills.objectives import Measure
from drills.outcome import DrillOutcome

_DOWN = {
    StoodStill.BROKER: "broker down",
    StoodStill.GATEWAY: "gateway down",
    StoodStill.LINK: "link cut",
    StoodStill.SPEED: "link slow",
    StoodStill.ORDER: "link out of order",
    StoodStill.ROOM: "broker full",
    StoodStill.CLOCK: "clock wrong",
}
SHOWN_BARS = ("FLASH", "IMMEDIATE")
"""Acknowledgements at other precedences would hide these."""


def timeline(outcome: DrillOutcome) -> Timeline:
    """From the start of the play to its end, or to the last thing that was signed, if that is later."""
    began = outcome.started_at
    every, ended = list(copies(outcome)), end_of(outcome)
    return Timeline(
        began=began,
        ended=ended,
        marks=_marks(outcome),
        lanes=tuple(_lane(nation, outcome, every, ended) for nation in outcome.nations),
    )


def _marks(outcome: DrillOutcome) -> tuple[Mark, ...]:
    """Faults, and the first inject of every chapter under the chapter's title."""
    titles = {chapter.event: chapter.title for chapter in outcome.chapters}
    begun: set[str] = set()
    marks = []
    for inject in outcome.injects:
        event = inject.serial.partition(".")[0]
        if inject.kind == "fault":
            marks.append(Mark(at=inject.at, serial=inject.serial, title=inject.title, fault=True))
        elif event not in begun:
            title = titles.get(event, inject.title)
            marks.append(Mark(at=inject.at, serial=inject.serial, title=title, fault=False))
        begun.add(event)
    return tuple(marks)


def _lane(nation: str, outcome: DrillOutcome, every: list[Copy], ended: datetime) -> TimelineLane:
    ticks = [
        Tick(at=message.accepted_at, serial=message.serial, precedence=message.precedence, sent=True)
        for message in outcome.messages
        if message.originator == nation and message.accepted_at is not None
    ]
    ours = [copy for copy in every if copy.to.nation == nation]
    ticks += [
        Tick(
            at=copy.times.delivered_at,
            serial=copy.message.serial,
            precedence=copy.message.precedence,
            sent=False,
        )
        for copy in ours
        if copy.times.delivered_at is not None
    ]
    bars = [
        bar
        for copy in ours
        if copy.message.precedence in SHOWN_BARS
        and awaited(copy, Measure.ACKNOWLEDGED)
        and (bar := _bar(copy, ended)) is not None
    ]
    bands = [_band(each, nation, outcome, ended) for each in outcome.outages if each.nation in (None, nation)]
    return TimelineLane(
        nation=nation,
        ticks=tuple(sorted(ticks, key=lambda tick: (tick.at, tick.serial))),
        bars=tuple(bars),
        bands=tuple(bands),
    )


def _bar(copy: Copy, ended: datetime) -> Bar | None:
    if copy.message.accepted_at is None:
        return None
    return Bar(
        serial=copy.message.serial,
        precedence=copy.message.precedence,
        began=copy.message.accepted_at,
        until=copy.reached(Measure.ACKNOWLEDGED),
        met=copy.met(Measure.ACKNOWLEDGED, ended),
    )


def _band(outage: Outage, nation: str, outcome: DrillOutcome, ended: datetime) -> Band:
    stopped = [
        copy for copy in held_up(outage, outcome) if nation in (copy.to.nation, copy.message.originator)
    ]
    return Band(
        began=outage.began,
        until=outage.until or ended,
        what=_DOWN[outage.what],
        held_up=len(stopped),
    )
