"""A living drill's file: storylines that are played again and again, and judged by nobody."""

import random
import re
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Any, Self

from pydantic import AfterValidator, Field, model_validator
from pydantic_core import PydanticCustomError

from drills.exercise_clock import SECOND, duration
from drills.injects import DraftTemplate
from drills.placeholders import PlaceholderError, PlayedMessage, filled_in
from drills.scenario import Inject
from drills.scenario_file import ScenarioError
from schemas.base import ParagraphText, Statement, TitleText, unique
from schemas.header import ExerciseId
from schemas.message import parse_draft
from schemas.strict_json import JsonRefused
from schemas.strict_yaml import YamlRefused, parse_yaml

LIVING = Path(__file__).parent / "living"
PLAYED_HERE = ("publish", "acknowledge", "cancel", "recall", "read", "request")
"""The kinds of injects of which a living drill is made."""
_PICK = re.compile(r"\{pick:([^{}]*)\}")
_SOME_MESSAGE = PlayedMessage("01890a5d-ac96-774b-bcce-b302099a8057", "XAA", "sha256:" + "0" * 64)


def _in_order(injects: tuple[Inject, ...]) -> tuple[Inject, ...]:
    seen: set[str] = set()
    for inject in injects:
        if not any(getattr(inject, kind) is not None for kind in PLAYED_HERE):
            raise PydanticCustomError(
                "inject_kind", "a living drill has only {kinds}", {"kinds": ", ".join(PLAYED_HERE)}
            )
        missing = {*inject.refers_to, *_like(inject)} - seen
        if missing:
            raise PydanticCustomError(
                "inject_order", "{serial} refers to what was not played", {"serial": inject.serial}
            )
        seen.add(inject.serial)
    if [seconds_in(inject) for inject in injects] != sorted(seconds_in(inject) for inject in injects):
        raise PydanticCustomError("inject_order", "injects stand in order of their time")
    unique(tuple(inject.serial for inject in injects))
    return injects


def seconds_in(inject: Inject) -> float:
    """When an inject of a storyline is played, counted from the storyline's beginning."""
    return duration(inject.at, SECOND).total_seconds()


def _like(inject: Inject) -> tuple[str, ...]:
    return () if inject.publish is None or inject.publish.like is None else (inject.publish.like,)


class Storyline(Statement):
    """Some injects that belong together. ``at`` of each counts seconds from the beginning."""

    title: TitleText
    injects: Annotated[tuple[Inject, ...], Field(min_length=1, max_length=50), AfterValidator(_in_order)]

    def template(self, inject: Inject) -> DraftTemplate | None:
        """The whole draft that an inject hands in, or None when it hands in none."""
        return None if inject.publish is None else self._whole(inject.publish)

    def _whole(self, template: DraftTemplate) -> DraftTemplate:
        if template.like is None:
            return template
        original = next(each.publish for each in self.injects if each.serial == template.like)
        if original is None:
            raise PlaceholderError(f"inject {template.like} hands in no draft")
        return template.on(self._whole(original))


class Life(Statement):
    """A whole living drill. ``header`` stands in every draft's header that does not say otherwise."""

    title: TitleText
    summary: ParagraphText
    exercise_id: ExerciseId
    header: dict[str, Any] = Field(default_factory=dict)
    storylines: Annotated[tuple[Storyline, ...], Field(min_length=1, max_length=200)]

    @model_validator(mode="after")
    def _distinct(self) -> Self:
        unique(tuple(storyline.title for storyline in self.storylines))
        return self

    @property
    def nations(self) -> tuple[str, ...]:
        """Who acts in it."""
        return tuple(sorted({inject.nation for line in self.storylines for inject in line.injects}))

    def draft(
        self,
        template: DraftTemplate,
        *,
        number: int,
        now: datetime,
        played: dict[str, PlayedMessage],
        dice: random.Random,
    ) -> bytes:
        """The draft of an inject as JSON, every ``{pick:a|b}`` decided by ``dice``. PlaceholderError."""
        parts = {
            "header": {**self.header, **template.header},
            "label": template.label,
            "body": template.body,
        }
        # Chosen before times are filled in: which day it is may be one of several, too.
        varied = {name: _varied(part, number, dice) for name, part in parts.items()}
        return filled_in(template.model_copy(update=varied), now=now, played=played)


def _varied(value: Any, number: int, dice: random.Random) -> Any:
    if isinstance(value, dict):
        return {key: _varied(item, number, dice) for key, item in value.items()}
    if isinstance(value, list):
        return [_varied(item, number, dice) for item in value]
    if isinstance(value, str):
        picked = _PICK.sub(lambda match: dice.choice(match.group(1).split("|")), value)
        return picked.replace("{number}", str(number))
    return value


def load_life(name: str) -> Life:
    """A living drill that comes with Entente, every draft tried against its schema. ScenarioError."""
    path = LIVING / f"{name}.yaml"
    try:
        life = parse_yaml(Life, path.read_bytes())
    except OSError as error:
        raise ScenarioError(f"{path}: {error.strerror}") from error
    except YamlRefused as refused:
        raise ScenarioError(f"{path}: {refused}") from None
    for storyline in life.storylines:
        everything = {inject.serial: _SOME_MESSAGE for inject in storyline.injects}
        for inject in storyline.injects:
            try:
                template = storyline.template(inject)
                if template is not None:
                    now, dice = datetime.now(UTC), random.Random(0)
                    parse_draft(life.draft(template, number=1, now=now, played=everything, dice=dice))
            except (JsonRefused, PlaceholderError) as refused:
                raise ScenarioError(f"{path}: {storyline.title}, {inject.serial}: {refused}") from None
    return life
