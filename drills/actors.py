"""Actors: scripted partner systems that play beside the injects, and what each does with what reaches it."""

from enum import StrEnum
from typing import Annotated, Any, Literal, Self

from pydantic import AfterValidator, Field, model_validator
from pydantic_core import PydanticCustomError

from drills.exercise_clock import ExerciseTime, duration
from drills.life_injects import ANSWERING, RequestMove, Serial
from schemas.acknowledgement import AcknowledgementLevel, AcknowledgementOutcome
from schemas.base import Nation, ParagraphText, Statement, TitleText, unique
from schemas.header import Kind, Precedence
from schemas.information_response import DeclineCode
from schemas.request_acts import CloseOutcome

DOES = ("acknowledge", "request", "answer", "read", "silent", "misbehave")
"""What an actor does; each has one of them."""


class When(Statement):
    """Which messages an actor reacts to: those that reach its nation and meet all that is said here."""

    kinds: Annotated[tuple[Kind, ...], Field(max_length=50), AfterValidator(unique)] = ()
    precedences: Annotated[tuple[Precedence, ...], Field(max_length=4), AfterValidator(unique)] = ()
    origin: Annotated[tuple[Nation, ...], Field(alias="from", max_length=300), AfterValidator(unique)] = ()
    injects: Annotated[tuple[Serial, ...], Field(max_length=200), AfterValidator(unique)] = ()

    @model_validator(mode="after")
    def _something(self) -> Self:
        if not (self.kinds or self.precedences or self.origin or self.injects):
            raise PydanticCustomError("actor_when", "give at least one of kinds, precedences, from, injects")
        return self


class ActorAcknowledges(Statement):
    """A person there acknowledges the message."""

    level: AcknowledgementLevel
    outcome: AcknowledgementOutcome
    officer_role: TitleText
    remarks: ParagraphText | None = None


class ActorSteps(Statement):
    """A step on the information request that the message is; CLOSE: on the one that the message answers."""

    act: RequestMove
    decline_code: DeclineCode | None = None
    redirect_to: Nation | None = None
    outcome: CloseOutcome | None = None

    @model_validator(mode="after")
    def _whole(self) -> Self:
        if self.act is RequestMove.CANCEL:
            raise PydanticCustomError("actor_step", "an actor reacts: it takes nothing back; use an inject")
        needed = {
            RequestMove.DECLINE: "decline_code",
            RequestMove.REDIRECT: "redirect_to",
            RequestMove.CLOSE: "outcome",
        }
        given = {
            name for name in ("decline_code", "redirect_to", "outcome") if getattr(self, name) is not None
        }
        if given != ({needed[self.act]} if self.act in needed else set()):
            raise PydanticCustomError(
                "actor_step",
                "DECLINE needs decline_code, REDIRECT redirect_to, CLOSE outcome, and ACCEPT nothing more",
            )
        return self

    @property
    def answers(self) -> bool:
        """Whether it is a message to the asker."""
        return self.act in ANSWERING

    @property
    def body(self) -> dict[str, str]:
        """What is handed in with it."""
        given = {
            "decline_code": self.decline_code,
            "redirect_to": self.redirect_to,
            "outcome": self.outcome,
        }
        return {name: str(value) for name, value in given.items() if value is not None}


class ActorAnswers(Statement):
    """An answer to the request. What it does not say is as in the request; it is released to the asker."""

    header: dict[str, Any]
    label: dict[str, Any] = Field(default_factory=dict)
    body: dict[str, Any]

    @model_validator(mode="after")
    def _a_reply(self) -> Self:
        if "references" in self.header:
            raise PydanticCustomError("actor_answer", "an answer replies to the request: that is filled in")
        return self


class Misbehaviour(StrEnum):
    """What a partner system does through its own gateway's API that the gateway must refuse or bear."""

    ACKNOWLEDGE_TWICE = "ACKNOWLEDGE_TWICE"
    """It acknowledges, repeats that, and repeats it once more with other words under the same key."""
    ACKNOWLEDGE_WHAT_NEVER_CAME = "ACKNOWLEDGE_WHAT_NEVER_CAME"
    """It acknowledges a message that does not exist, in the name of the message's originator."""
    ANSWER_UNASKED = "ANSWER_UNASKED"
    """It answers a request that nobody made, to the message's originator."""
    FLOOD = "FLOOD"
    """It hands in a burst of drafts that are none."""
    STALE_KEY = "STALE_KEY"
    """It reads the message with a key that is no longer known."""


class Actor(Statement):
    """One scripted partner system of a nation, and what it does with every message that it reacts to.

    ``after``: so much exercise time after the message stands in the nation's inbox, ``spread`` more or less
    of it as the drill's dice fall. ``times``: at most so many messages; all of them, where it is not said.
    """

    nation: Nation
    name: TitleText
    when: When
    after: ExerciseTime = 0
    spread: ExerciseTime = 0
    times: Annotated[int, Field(ge=1, le=2000)] | None = None
    acknowledge: ActorAcknowledges | None = None
    request: ActorSteps | None = None
    answer: ActorAnswers | None = None
    read: Literal[True] | None = None
    silent: Literal[True] | None = None
    misbehave: Misbehaviour | None = None

    @model_validator(mode="after")
    def _one(self) -> Self:
        if sum(getattr(self, each) is not None for each in DOES) != 1:
            raise PydanticCustomError(
                "actor", "an actor has exactly one of {does}", {"does": ", ".join(DOES)}
            )
        if duration(self.spread) > duration(self.after):
            raise PydanticCustomError("actor_spread", "spread is not longer than after")
        return self

    @property
    def does(self) -> str:
        """Which of ``DOES`` it is."""
        return next(each for each in DOES if getattr(self, each) is not None)

    @property
    def sends_answer(self) -> bool:
        """Whether what it does is a message to the asker of a request."""
        return self.answer is not None or (self.request is not None and self.request.answers)

    @property
    def kind_needed(self) -> Kind | None:
        """The kind that a message must have for it to do that; None when any will do."""
        if self.request is not None and self.request.act is RequestMove.CLOSE:
            return Kind.INFORMATION_RESPONSE
        return Kind.INFORMATION_REQUEST if self.request is not None or self.answer is not None else None
