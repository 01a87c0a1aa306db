"""A scenario: a realm, a main events list, and what must come of it (domain reference 7.1).

`at` is exercise time: it orders the injects. Play waits for causes (a message must have arrived before it is
acknowledged, an agreement's suspension be known to its parties), and for clocks only where there is a speed.
"""

from collections.abc import Container
from typing import Annotated, Self

from pydantic import Field, model_validator
from pydantic_core import PydanticCustomError

from drills.actors import Actor
from drills.exercise_clock import Speed
from drills.expectation import Expectation
from drills.fitting import misfit, placed, require_fitting, require_known, unknown
from drills.inject import LIFE as LIFE
from drills.inject import Inject as Inject
from drills.injects import DraftTemplate
from drills.objectives import Objective
from schemas.base import ParagraphText, Statement, TitleText, unique
from schemas.header import ExerciseId, Relation
from schemas.realm_plan import RealmPlan

MAX_SEED = 2**53 - 1
CHANGES = (Relation.UPDATES, Relation.CORRECTS, Relation.SUPERSEDES, Relation.CANCELS)


class Chapter(Statement):
    """What the injects of one event are together, for people."""

    event: Annotated[str, Field(pattern=r"^[0-9]{1,3}$")]
    title: TitleText


class Scenario(Statement):
    """A whole scenario. Every inject needs its expectation: what nobody judges is not a drill.

    ``speed``: how many times as fast as the clock exercise time runs; without it, injects wait for causes
    alone. ``seed``: what the actors' dice fall by; drawn for each play where it is not said.
    """

    title: TitleText
    summary: ParagraphText
    exercise_id: ExerciseId
    speed: Speed | None = None
    seed: Annotated[int, Field(ge=0, le=MAX_SEED)] | None = None
    realm: RealmPlan
    objectives: Annotated[tuple[Objective, ...], Field(max_length=50)] = ()
    chapters: Annotated[tuple[Chapter, ...], Field(max_length=100)] = ()
    injects: Annotated[tuple[Inject, ...], Field(min_length=1, max_length=2000)]
    actors: Annotated[tuple[Actor, ...], Field(max_length=500)] = ()
    expectations: Annotated[tuple[Expectation, ...], Field(max_length=2000)]

    @model_validator(mode="after")
    def _coherent(self) -> Self:
        nations = {planned.nation for planned in self.realm.nations}
        known = set(unique(tuple(objective.id for objective in self.objectives)))
        expected = {expectation.inject for expectation in self.expectations}
        unique(tuple(chapter.event for chapter in self.chapters))
        played: dict[str, Inject] = {}
        before: Inject | None = None
        judged: set[str] = set()
        for number, inject in enumerate(self.injects):
            with placed(f"/injects/{number}"):
                _follows(inject, before, played)
                require_known(inject, played, nations)
                if missing := sorted(set(inject.objectives) - known):
                    raise unknown(inject.serial, f"the objectives {', '.join(missing)}")
                if inject.serial not in expected:
                    raise _alone(inject.serial)
            played[inject.serial] = before = inject
        for number, expectation in enumerate(self.expectations):
            with placed(f"/expectations/{number}"):
                if expectation.inject in judged:
                    raise _twice(expectation.inject)
                if expectation.inject not in played:
                    raise _alone(expectation.inject)
                judged, inject = judged | {expectation.inject}, played[expectation.inject]
                require_fitting(expectation, inject, nations)
                _lives(expectation, inject, self)
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


def _follows(inject: Inject, before: Inject | None, played: Container[str]) -> None:
    """It stands once, and where its time puts it."""
    if inject.serial in played:
        raise _twice(inject.serial)
    if before is not None and inject.moment < before.moment:
        raise PydanticCustomError(
            "inject_order",
            "inject {serial} is planned before {before}: injects stand in order of their time",
            {"serial": inject.serial, "before": before.serial},
        )


def _twice(serial: str) -> PydanticCustomError:
    return PydanticCustomError("duplicate_value", "the serial {serial} stands twice", {"serial": serial})


def _alone(serial: str) -> PydanticCustomError:
    return PydanticCustomError(
        "unjudged", "inject and expectation {serial} do not go together: one is missing", {"serial": serial}
    )


def _lives(expectation: Expectation, inject: Inject, scenario: Scenario) -> None:
    """What is judged at once goes with what has a message that it is about."""
    if expectation.of_life and scenario.about(inject) is None:
        raise misfit(inject, "nothing is said of the life of a message where there is none")
    if any(getattr(inject, kind) is not None for kind in LIFE) and not expectation.of_life:
        raise misfit(inject, "say what has become of the message by then")
    if expectation.had_read and not expectation.of_recall:
        raise misfit(inject, "had_read goes with confirmed")
    if (inject.webhook is not None) != bool(expectation.posted):
        raise misfit(inject, "posted goes with webhook")
    template = scenario.template(inject)
    changing = template is not None and any(each.relation in CHANGES for each in template.references or ())
    if expectation.shares and not (inject.publish and changing):
        raise misfit(inject, "shares goes with what changes an earlier message")
