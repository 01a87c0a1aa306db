"""What a load is made of: kinds and precedences with their weights."""

import random
from dataclasses import dataclass

from schemas.header import Kind, Precedence

USUAL = {
    Precedence.FLASH: 1.0,
    Precedence.IMMEDIATE: 9.0,
    Precedence.PRIORITY: 40.0,
    Precedence.ROUTINE: 50.0,
}
"""How often each precedence is drawn where a mix names only the kind."""
USUAL_MIX = (
    "threat_alert=50,exercise_notice=15,information_request=10,information_response=5,acknowledgement=20"
)
REPLIES = (Kind.ACKNOWLEDGEMENT, Kind.INFORMATION_RESPONSE)
"""Kinds that answer a message of the inbox, with its precedence."""


class MixError(ValueError):
    """A mix cannot be read; the text says why."""


@dataclass(frozen=True)
class Part:
    """One part of a mix; without ``precedence`` it is drawn as usual."""

    kind: Kind
    precedence: Precedence | None
    weight: float


@dataclass(frozen=True)
class Mix:
    """At least one part that does not need an earlier message."""

    parts: tuple[Part, ...]

    @property
    def kinds(self) -> tuple[Kind, ...]:
        """Every kind in it, once."""
        return tuple(dict.fromkeys(part.kind for part in self.parts))

    def draw(self, dice: random.Random) -> tuple[Kind, Precedence | None]:
        """A kind and a precedence; None for a reply, which has that of what it answers."""
        (part,) = dice.choices(self.parts, [part.weight for part in self.parts])
        if part.kind in REPLIES or part.precedence is not None:
            return part.kind, part.precedence
        (precedence,) = dice.choices(list(USUAL), list(USUAL.values()))
        return part.kind, precedence


def parse_mix(text: str) -> Mix:
    """``KIND=WEIGHT`` or ``KIND:PRECEDENCE=WEIGHT``, separated by commas. MixError."""
    parts = tuple(_part(each.strip()) for each in text.split(",") if each.strip())
    if all(part.kind in REPLIES for part in parts):
        raise MixError("a mix needs a kind that answers nothing, such as threat_alert")
    if Kind.INFORMATION_RESPONSE in {part.kind for part in parts} and not any(
        part.kind is Kind.INFORMATION_REQUEST for part in parts
    ):
        raise MixError("information_response answers an information_request: the mix needs both")
    return Mix(parts)


def _part(text: str) -> Part:
    name, separator, weight = text.partition("=")
    kind, _, precedence = name.partition(":")
    if kind not in set(Kind):
        raise MixError(f"{kind!r} is no kind of message; there are {', '.join(Kind)}")
    if precedence and precedence not in set(Precedence):
        raise MixError(f"{precedence!r} is no precedence; there are {', '.join(Precedence)}")
    if precedence and Kind(kind) in REPLIES:
        raise MixError(f"{kind} has the precedence of what it answers")
    try:
        value = float(weight) if separator else 1.0
    except ValueError:
        raise MixError(f"{weight!r} is no weight") from None
    if not 0 < value <= 1e6:
        raise MixError(f"{weight!r} is no weight: more than 0, at most a million")
    return Part(Kind(kind), Precedence(precedence) if precedence else None, value)
