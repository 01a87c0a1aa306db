"""What actors did, as plain data, in the order of the injects that it goes back to. Pure."""

from collections.abc import Sequence

from drills.acted import ActorOutcome
from drills.acting import Act
from drills.played import Acted, Played
from drills.scenario import Inject
from schemas.header import Kind

Place = tuple[int, tuple[int, ...]]


def place(cause: Inject | Act, order: Sequence[str]) -> Place:
    """Where a message or an act stands in the report: after the inject that it goes back to, by number."""
    if isinstance(cause, Inject):
        return order.index(cause.serial), ()
    numbers = cause.serial.removeprefix(cause.inject).replace("A", "").strip("-").split("-")
    return order.index(cause.inject), tuple(map(int, numbers))


def acknowledged_by_actors(played: Played, serial: str) -> set[str]:
    """Nations whose actors acknowledged a message: the receipts are on their way to its author."""
    return {
        sent.originator
        for sent in played.sent.values()
        if isinstance(sent.inject, Act)
        and sent.inject.on == serial
        and sent.draft["header"]["kind"] == Kind.ACKNOWLEDGEMENT.value
    }


def actor_outcomes(played: Played, order: Sequence[str]) -> tuple[ActorOutcome, ...]:
    """Every act that was owed, because its message was sent."""
    acted = sorted(played.acted.values(), key=lambda each: place(each.act, order))
    return tuple(_outcome(each) for each in acted)


def _outcome(acted: Acted) -> ActorOutcome:
    actor = acted.act.actor
    return ActorOutcome(
        serial=acted.act.serial,
        title=actor.name,
        nation=actor.nation,
        on=acted.act.on,
        does=actor.misbehave.value if actor.misbehave is not None else actor.does,
        at=acted.at,
        exercise_seconds=None if acted.moment is None else round(acted.moment.total_seconds(), 1),
        waited_seconds=round(acted.waited.total_seconds(), 1),
        code=acted.code,
        as_expected=not acted.remark,
        remark=acted.remark,
    )
