"""A scenario: a realm, a main events list, and what must come of it (domain reference 7.1).

`at` is exercise time in minutes: it orders the injects, and play waits for causes (a message must have
arrived before it is acknowledged, an agreement's suspension be known to its parties), not for clocks.
"""

from typing import Annotated, Self

from pydantic import AfterValidator, Field, model_validator
from pydantic_core import PydanticCustomError

from drills.expectation import Expectation
from drills.injects import (
    Accession,
    Acknowledge,
    AgreementStep,
    Attempt,
    DraftTemplate,
    Fault,
    Hostile,
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
from drills.objectives import Objective, ObjectiveId
from schemas.base import Nation, ParagraphText, Statement, TitleText, unique
from schemas.header import ExerciseId, Relation
from schemas.realm_plan import RealmPlan

LIFE = ("cancel", "recall", "read", "request", "watch")
"""Kinds that are about what became of an earlier inject's message."""
KINDS = (
    *("publish", "preview", "acknowledge", *LIFE, "agreement", "accession", "attempt", "hostile"),
    *("fault", "webhook"),
)

CHANGES = (Relation.UPDATES, Relation.CORRECTS, Relation.SUPERSEDES, Relation.CANCELS)


class Inject(Statement):
    """One scripted event of exactly one kind."""

    serial: Serial
    at: Annotated[int, Field(ge=0, le=525_600)]
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
    webhook: WebhookWanted | None = None

    @model_validator(mode="after")
    def _one(self) -> Self:
        if sum(getattr(self, kind) is not None for kind in KINDS) != 1:
            raise PydanticCustomError(
                "inject_kind", "an inject has exactly one of {kinds}", {"kinds": ", ".join(KINDS)}
            )
        return self

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


class Chapter(Statement):
    """What the injects of one event are together, for people."""

    event: Annotated[str, Field(pattern=r"^[0-9]{1,3}$")]
    title: TitleText


class Scenario(Statement):
    """A whole scenario. Every inject needs its expectation: what nobody judges is not a drill."""

    title: TitleText
    summary: ParagraphText
    exercise_id: ExerciseId
    realm: RealmPlan
    objectives: Annotated[tuple[Objective, ...], Field(max_length=50)] = ()
    chapters: Annotated[tuple[Chapter, ...], Field(max_length=100)] = ()
    injects: Annotated[tuple[Inject, ...], Field(min_length=1, max_length=2000)]
    expectations: Annotated[tuple[Expectation, ...], Field(max_length=2000)]

    @model_validator(mode="after")
    def _coherent(self) -> Self:
        serials = unique(tuple(inject.serial for inject in self.injects))
        judged = unique(tuple(expectation.inject for expectation in self.expectations))
        nations = {planned.nation for planned in self.realm.nations}
        if [inject.at for inject in self.injects] != sorted(inject.at for inject in self.injects):
            raise PydanticCustomError("inject_order", "injects stand in order of their time")
        played: dict[str, Inject] = {}
        for inject in self.injects:
            _needs(inject, played, nations)
            played[inject.serial] = inject
        for serial in (*serials, *judged):
            if serial not in judged or serial not in played:
                raise PydanticCustomError(
                    "unjudged", "inject and expectation {serial} do not go together", {"serial": serial}
                )
        for expectation in self.expectations:
            _fits(expectation, played[expectation.inject], nations)
            _lives(expectation, played[expectation.inject], self)
        unique(tuple(chapter.event for chapter in self.chapters))
        known = set(unique(tuple(objective.id for objective in self.objectives)))
        for inject in self.injects:
            if unknown := sorted(set(inject.objectives) - known):
                raise _unknown(inject.serial, f"the objectives {', '.join(unknown)}")
        return self

    def template(self, inject: Inject) -> DraftTemplate | None:
        """The whole draft an inject hands in, or None when it hands in none."""
        return None if inject.template is None else self._whole(inject.template)

    def _whole(self, template: DraftTemplate) -> DraftTemplate:
        if template.like is None:
            return template
        original = self.inject(template.like).template
        assert original is not None  # what `like` names was checked to hand in a draft
        return template.on(self._whole(original))

    def about(self, inject: Inject) -> str | None:
        """The inject whose message this one is about: what it answers or changes, else its own; or None."""
        template = self.template(inject)
        if inject.publish is None or template is None:
            return inject.looks_at
        answered = [each.inject for each in template.references or () if each.relation is Relation.REPLIES]
        return answered[0] if answered else inject.serial

    def chain(self, serial: str) -> tuple[str, ...]:
        """The published injects that change each other with this one, in order of time."""
        beginning: dict[str, str] = {}
        for inject in self.injects:
            template = self.template(inject) if inject.publish is not None else None
            if template is not None:
                changed = [each.inject for each in template.references or () if each.relation in CHANGES]
                beginning[inject.serial] = beginning[changed[0]] if changed else inject.serial
        return tuple(each for each, first in beginning.items() if first == beginning[serial])

    def inject(self, serial: str) -> Inject:
        """An inject by its serial."""
        return next(inject for inject in self.injects if inject.serial == serial)

    def expectation(self, serial: str) -> Expectation:
        """What must come of an inject."""
        return next(expectation for expectation in self.expectations if expectation.inject == serial)

    def chapter(self, serial: str) -> str:
        """The title of the chapter that an inject belongs to; empty when it has none."""
        event = serial.partition(".")[0]
        return next((chapter.title for chapter in self.chapters if chapter.event == event), "")


def _needs(inject: Inject, played: dict[str, Inject], nations: set[str]) -> None:
    """Everything that an inject names is there, and was played before."""
    if inject.nation not in nations:
        raise _unknown(inject.serial, f"nation {inject.nation}")
    for other in inject.refers_to:
        if other not in played or played[other].publish is None:
            raise _unknown(inject.serial, f"an earlier message {other}")
    like = inject.template.like if inject.template else None
    if like is not None and (like not in played or not (played[like].publish or played[like].preview)):
        raise _unknown(inject.serial, f"an earlier draft {like}")
    proposed_in = inject.about_agreement
    if proposed_in not in (None, inject.serial):
        step = played[proposed_in].agreement if proposed_in in played else None
        if step is None or step.propose is None:
            raise _unknown(inject.serial, f"an earlier proposal {proposed_in}")


def _fits(expectation: Expectation, inject: Inject, nations: set[str]) -> None:
    """The expectation speaks of what the inject's kind can come to, and of nations that are there."""
    mentioned = {
        *expectation.named,
        *expectation.acknowledged_by,
        *expectation.decisions,
        *expectation.states,
        *expectation.equivalent,
        *expectation.markings,
        *expectation.versions,
        *expectation.agreement,
        *expectation.shares,
        *expectation.in_life,
    }
    if not mentioned <= nations:
        raise _unknown(inject.serial, f"the nations {', '.join(sorted(mentioned - nations))}")
    sends = inject.publish is not None or inject.acknowledge is not None or inject.answers_request
    sends |= inject.hostile is not None and inject.hostile.draft is not None
    if sends != bool(expectation.recipients):
        raise _misfit(inject, "must_have, display_only or withheld goes with publish and acknowledge")
    complete = expectation.others is not None or expectation.named - {inject.nation} == nations - {
        inject.nation
    }
    if inject.publish is not None and not complete:
        raise _misfit(inject, "say of every other nation what must come of it")
    if inject.preview is None and (inject.attempt is not None) != (expectation.refused is not None):
        raise _misfit(inject, "refused goes with attempt and preview")
    if inject.preview is not None and not (expectation.decisions or expectation.refused):
        raise _misfit(inject, "a preview is judged by decisions or refused")
    if (inject.hostile is not None) != (expectation.stopped_by_broker or expectation.rejected is not None):
        raise _misfit(inject, "stopped_by_broker or rejected goes with hostile")
    on_papers = inject.hostile is not None and inject.hostile.agreement is not None
    if inject.agreement is not None and not expectation.agreement:
        raise _misfit(inject, "say what the agreement is afterwards")
    if expectation.agreement and inject.agreement is None and not on_papers:
        raise _misfit(inject, "agreement goes with what is done about one, and with forged papers")


def _lives(expectation: Expectation, inject: Inject, scenario: Scenario) -> None:
    """What is judged at once goes with what has a message that it is about."""
    if expectation.of_life and scenario.about(inject) is None:
        raise _misfit(inject, "nothing is said of the life of a message where there is none")
    if any(getattr(inject, kind) is not None for kind in LIFE) and not expectation.of_life:
        raise _misfit(inject, "say what has become of the message by then")
    if expectation.had_read and not expectation.of_recall:
        raise _misfit(inject, "had_read goes with confirmed")
    if (inject.webhook is not None) != bool(expectation.posted):
        raise _misfit(inject, "posted goes with webhook")
    template = scenario.template(inject)
    changing = template is not None and any(each.relation in CHANGES for each in template.references or ())
    if expectation.shares and not (inject.publish and changing):
        raise _misfit(inject, "shares goes with what changes an earlier message")


def _misfit(inject: Inject, what: str) -> PydanticCustomError:
    return PydanticCustomError("expectation", "{serial}: " + what, {"serial": inject.serial})


def _unknown(serial: str, what: str) -> PydanticCustomError:
    return PydanticCustomError(
        "scenario_unknown",
        "inject {serial} needs {what}, which is not there",
        {"serial": serial, "what": what},
    )
