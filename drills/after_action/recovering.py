"""Faults, what they held up, and how long it took to catch up. Pure."""

from datetime import datetime

from drills.after_action.cases import Copy, copies, seconds
from drills.after_action.model import Recovery
from drills.course import Outage
from drills.outcome import DrillOutcome


def recoveries(outcome: DrillOutcome) -> tuple[Recovery, ...]:
    """One for each outage, in order."""
    titles = {inject.serial: inject.title for inject in outcome.injects}
    return tuple(_recovery(outage, titles.get(outage.serial, ""), outcome) for outage in outcome.outages)


def held_up(outage: Outage, outcome: DrillOutcome) -> tuple[Copy, ...]:
    """Copies that had to arrive, were accepted before its end, and did not arrive before it."""
    return tuple(
        copy
        for copy in copies(outcome)
        if copy.to.must_have
        and _concerned(outage, copy)
        and copy.message.accepted_at is not None
        and (outage.until is None or copy.message.accepted_at < outage.until)
        and _not_before(outage, copy.times.delivered_at)
    )


def _concerned(outage: Outage, copy: Copy) -> bool:
    """Whether the copy's way led over what stood still."""
    return outage.nation is None or outage.nation in (copy.to.nation, copy.message.originator)


def _not_before(outage: Outage, delivered_at: datetime | None) -> bool:
    """Whether the copy arrived only after the outage, or never; what arrived before it began is no matter."""
    return delivered_at is None or (outage.until is not None and delivered_at >= outage.until)


def _recovery(outage: Outage, title: str, outcome: DrillOutcome) -> Recovery:
    stopped = held_up(outage, outcome)
    came = [copy.times.delivered_at for copy in stopped if copy.times.delivered_at is not None]
    missing = len(stopped) - len(came)
    recovered = None
    if outage.until is not None and not missing:
        recovered = seconds(outage.until, max(came)) if came else 0.0
    return Recovery(
        serial=outage.serial,
        title=title,
        what=outage.what.words,
        nation=outage.nation or "",
        lasted_seconds=seconds(outage.began, outage.until),
        held_up=len(stopped),
        still_missing=missing,
        recovered_seconds=recovered,
    )
