"""One scripted event of a scenario: what is done, by which nation, and which earlier injects it needs."""

from datetime import timedelta
from typing import Annotated, Self

from pydantic import AfterValidator, Field, model_validator
from pydantic_core import PydanticCustomError

from drills.backfills import Backfill
from drills.clock_error import ClockError
from drills.exercise_clock import ExerciseTime, duration
from drills.hostile_acts import Hostile
from drills.injects import (
    Accession,
    Acknowledge,
    AgreementStep,
    Attempt,
    DraftTemplate,
    Fault,
)
from drills.life_injects import (
    ANSWERING,
    Cancel,
    Reading,
    Recall,
    RequestStep,
    Serial,
    Watch,
    WebhookWanted,
)
from drills.objectives import ObjectiveId
from schemas.base import Nation, Statement, TitleText, unique

LIFE = ("cancel", "recall", "read", "request", "watch")
"""Kinds that are about what became of an earlier inject's message."""
KINDS = (
    *("publish", "preview", "acknowledge", *LIFE, "agreement", "accession", "attempt", "hostile"),
    *("fault", "webhook", "backfill"),
)


class Inject(Statement):
    """One scripted event of exactly one kind."""

    serial: Serial
    at: ExerciseTime
    nation: Annotated[Nation, Field(alias="as")]
    title: TitleText
    objectives: Annotated[tuple[ObjectiveId, ...], Field(max_length=20), AfterValidator(unique)] = ()
    publish: DraftTemplate | None = None
    preview: DraftTemplate | None = None
    acknowledge: Acknowledge | None = None
    cancel: Cancel | None = None
    recall: Recall | None = None
    read: Reading | None = None
    request: RequestStep | None = None
    watch: Watch | None = None
    agreement: AgreementStep | None = None
    accession: Accession | None = None
    attempt: Attempt | None = None
    hostile: Hostile | None = None
    fault: Fault | None = None
    by: ClockError | None = None
    webhook: WebhookWanted | None = None
    backfill: Backfill | None = None

    @model_validator(mode="after")
    def _one(self) -> Self:
        if sum(getattr(self, kind) is not None for kind in KINDS) != 1:
            raise PydanticCustomError(
                "inject_kind", "an inject has exactly one of {kinds}", {"kinds": ", ".join(KINDS)}
            )
        if (self.fault is Fault.CLOCK_SKEWED) != (self.by is not None):
            raise PydanticCustomError("clock_error", "by goes with fault CLOCK_SKEWED, and only there")
        return self

    @property
    def moment(self) -> timedelta:
        """When it is planned, in exercise time."""
        return duration(self.at)

    @property
    def kind(self) -> str:
        """Which of ``KINDS`` it is."""
        return next(kind for kind in KINDS if getattr(self, kind) is not None)

    @property
    def template(self) -> DraftTemplate | None:
        """The draft it hands in as it is written, or None when it hands in none."""
        if self.attempt is not None:
            return self.attempt.template
        return self.publish or self.preview or (self.hostile.draft if self.hostile else None)

    @property
    def step(self) -> AgreementStep | None:
        """What it does about an agreement, or tries to."""
        return self.agreement or (self.attempt.agreement if self.attempt else None)

    @property
    def looks_at(self) -> str | None:
        """The earlier inject whose message it does something with, without a draft of its own."""
        for act in (self.acknowledge, self.cancel, self.recall, self.read, self.request, self.watch):
            if act is not None:
                return act.inject
        return None

    @property
    def answers_request(self) -> bool:
        """Whether it is a step on a request that is a message to the asker."""
        return self.request is not None and self.request.act in ANSWERING

    @property
    def refers_to(self) -> tuple[str, ...]:
        """Serials of the injects whose messages this one needs to have been played."""
        found = list(self.template.refers_to) if self.template else []
        if self.looks_at is not None:
            found.append(self.looks_at)
        if self.attempt is not None:
            tried = (self.attempt.acknowledge, self.attempt.request)
            found += [each.inject for each in tried if each is not None]
        if self.hostile is not None and self.hostile.inject is not None:
            found.append(self.hostile.inject)
        return tuple(found)

    @property
    def about_agreement(self) -> str | None:
        """The inject that proposed the agreement it is about; its own serial when it proposes."""
        if self.hostile is not None:
            return self.hostile.agreement
        if self.step is None:
            return None
        act = self.step.act
        return self.serial if act is None else act[1]
