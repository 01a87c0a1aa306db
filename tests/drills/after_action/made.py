"""Outcomes of drills made by hand: times count in seconds from the beginning."""

from datetime import UTC, datetime, timedelta
from typing import Any

from drills.acted import ActorOutcome
from drills.course import CopyTimes, InjectOutcome, NationFigures, Outage, StoodStill
from drills.objectives import Objective
from drills.outcome import AttemptOutcome, DrillOutcome, MessageOutcome, NationOutcome

BEGAN = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)
NATIONS = ("XAA", "XBB", "XCC")


def at(seconds: float) -> datetime:
    return BEGAN + timedelta(seconds=seconds)


def copy(
    nation: str,
    delivered: float | None = None,
    acknowledged: float | None = None,
    *,
    read: float | None = None,
    by: float | None = None,
    must_have: bool = True,
    latency_ms: float | None = None,
) -> NationOutcome:
    """A nation's copy; ``by``: when an acknowledgement is due. Without ``must_have`` it may have none."""
    state = "acknowledged" if acknowledged is not None else "delivered" if delivered is not None else "sent"
    times = CopyTimes(
        sent_at=at(0),
        delivered_at=None if delivered is None else at(delivered),
        read_at=None if read is None else at(read),
        acknowledged_at=None if acknowledged is None else at(acknowledged),
        deliver_by=at(30),
        acknowledge_by=None if by is None else at(by),
        attempts=1,
    )
    return NationOutcome(
        nation=nation,
        must_have=must_have,
        permit=must_have,
        code="BILATERAL_AGREEMENT" if must_have else "NOT_RELEASABLE",
        explanation="",
        state=state if must_have else "",
        latency_ms=latency_ms,
        times=times if must_have else None,
        as_expected=True,
    )


def message(
    serial: str,
    accepted: float,
    *nations: NationOutcome,
    originator: str = "XAA",
    kind: str = "threat_alert",
    precedence: str = "FLASH",
    answers: str = "",
) -> MessageOutcome:
    return MessageOutcome(
        serial=serial,
        title=f"Message {serial}",
        originator=originator,
        kind=kind,
        precedence=precedence,
        classification="NATO UNCLASSIFIED",
        releasable_to=(),
        message_id="01890a5d-ac96-774b-bcce-b302099a8057",
        accepted_at=at(accepted),
        answers=answers,
        nations=nations,
    )


def outage(serial: str, began: float, until: float | None, nation: str | None = None) -> Outage:
    return Outage(
        what=StoodStill.BROKER if nation is None else StoodStill.GATEWAY,
        nation=nation,
        serial=serial,
        began=at(began),
        until=None if until is None else at(until),
    )


def act(serial: str, does: str, nation: str = "XCC", *, code: str = "", remark: str = "") -> ActorOutcome:
    """What an actor did with the message whose serial stands before the dash."""
    return ActorOutcome(
        serial=serial,
        title="Duty officer",
        nation=nation,
        on=serial.partition("-")[0],
        does=does,
        at=at(5),
        exercise_seconds=5400,
        waited_seconds=30,
        code=code,
        as_expected=not remark,
        remark=remark,
    )


def silence(serial: str, nation: str) -> ActorOutcome:
    return act(f"{serial}-A1", "silent", nation)


def attempt(serial: str, *, reached: tuple[str, ...] = ()) -> AttemptOutcome:
    return AttemptOutcome(
        serial=serial,
        title="Attempt",
        nation="XBB",
        attempted="",
        expected="NOT_ORIGINATOR",
        stopped_by="nothing" if reached else "NOT_ORIGINATOR",
        reached=reached,
        as_expected=not reached,
        remark="reached" if reached else "",
    )


def drill(*messages: MessageOutcome, objectives: tuple[Objective, ...] = (), **more: Any) -> DrillOutcome:
    """An outcome whose injects are the messages; ``about``: objective ids by serial."""
    about = more.pop("about", {})
    seconds = more.pop("seconds", 100.0)
    injects = [
        InjectOutcome(
            serial=each.serial,
            title=each.title,
            nation=each.originator,
            kind="publish",
            at=each.accepted_at,
            objectives=about.get(each.serial, ()),
        )
        for each in messages
        if each.accepted_at is not None
    ]
    return DrillOutcome(
        title="Made",
        summary="By hand.",
        exercise_id="MADE 26",
        started_at=BEGAN,
        seconds=seconds,
        nations=NATIONS,
        objectives=objectives,
        injects=tuple(injects),
        figures=tuple(
            NationFigures(nation=nation, missing=0, duplicates=1, late=0, resent=0, rejected=0)
            for nation in NATIONS
        ),
        messages=messages,
        **more,
    )
