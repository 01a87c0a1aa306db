"""A scenario: a realm, a main events list, and what must come of it (domain reference 7.1).

`at` is exercise time in minutes: it orders the injects, and play waits for causes (a message must have
arrived before it is acknowledged), not for clocks. Expectations never reach the training audience: they stay
in this file and in the report.
"""

from enum import StrEnum
from typing import Annotated, Any, Self

from pydantic import AfterValidator, Field, model_validator
from pydantic_core import PydanticCustomError

from schemas.acknowledgement import AcknowledgementLevel, AcknowledgementOutcome
from schemas.base import Nation, ParagraphText, Statement, TitleText, unique
from schemas.header import ExerciseId, Mode, Relation
from schemas.realm_plan import RealmPlan
from schemas.reasons import ReasonCode

Serial = Annotated[str, Field(pattern=r"^[0-9]{1,3}(\.[0-9]{1,3}){0,2}$")]
"""event.incident.inject"""


class DraftTemplate(Statement):
    """A draft as a partner system would send it.

    Any text of it may be `{now}`, `{now+45d}`, `{now-20m}` (days, hours, minutes, seconds), counted from when
    the inject is played. `references` name earlier injects; their ids and digests are filled in.
    """

    header: dict[str, Any]
    label: dict[str, Any]
    body: dict[str, Any]
    references: Annotated[tuple["InjectReference", ...], Field(max_length=20)] = ()


class InjectReference(Statement):
    """An earlier inject's message, and what this one is to it."""

    inject: Serial
    relation: Relation


class Acknowledge(Statement):
    """A person's acknowledgement of an earlier inject's message."""

    inject: Serial
    level: AcknowledgementLevel
    outcome: AcknowledgementOutcome
    officer_role: TitleText
    remarks: ParagraphText | None = None


class Attempt(Statement):
    """Something that must be refused: a draft or an acknowledgement, perhaps with a key not one's own.

    ``like`` takes the draft of an earlier inject and changes members of its header and label (null takes one
    out) and its references. ``key_of`` tries another nation's API key, ``key`` any text, "" none at all.
    ``misquote_digest`` falsifies the digest of every reference.
    """

    draft: DraftTemplate | None = None
    like: Serial | None = None
    header: dict[str, Any] = Field(default_factory=dict)
    label: dict[str, Any] = Field(default_factory=dict)
    references: Annotated[tuple[InjectReference, ...], Field(max_length=20)] | None = None
    acknowledge: Acknowledge | None = None
    key_of: Nation | None = None
    key: str | None = None
    misquote_digest: bool = False

    @model_validator(mode="after")
    def _one(self) -> Self:
        if sum(each is not None for each in (self.draft, self.like, self.acknowledge)) != 1:
            raise PydanticCustomError("attempt", "an attempt has one of draft, like, acknowledge")
        if self.like is None and (self.header or self.label or self.references is not None):
            raise PydanticCustomError("attempt", "header, label and references change what like names")
        if self.key_of is not None and self.key is not None:
            raise PydanticCustomError("attempt", "give key_of or key, not both")
        return self

    def changed(self, original: DraftTemplate) -> DraftTemplate:
        """The draft that ``like`` and its changes describe."""
        return DraftTemplate(
            header=_changed(original.header, self.header),
            label=_changed(original.label, self.label),
            body=original.body,
            references=original.references if self.references is None else self.references,
        )


def _changed(members: dict[str, Any], changes: dict[str, Any]) -> dict[str, Any]:
    merged = {**members, **changes}
    return {name: value for name, value in merged.items() if value is not None}


class HostileAct(StrEnum):
    """What hostile actors do beside the HTTP APIs, with a nation's stolen or misused credentials."""

    PUBLISH_AS_OTHER = "PUBLISH_AS_OTHER"
    """Publish a bundle on the victim's subject with one's own broker credentials."""
    READ_OTHERS_MAIL = "READ_OTHERS_MAIL"
    """Read the victim's mailbox with one's own broker credentials."""
    FORGE_ORIGINATOR = "FORGE_ORIGINATOR"
    """Say in the seal header that the bundle comes from the victim, but send it on one's own subject."""
    FORGE_SIGNATURE = "FORGE_SIGNATURE"
    """Pass off a message of one's own making as the victim's, signed with one's own key."""
    FORWARD_AS_OWN = "FORWARD_AS_OWN"
    """Forward a received message to a nation it is not released to, in a delivery of one's own."""
    RESEAL_FOR_THIRD = "RESEAL_FOR_THIRD"
    """Open one's own copy and seal the very same signed frame for a nation it is not released to."""


class Hostile(Statement):
    """A hostile act by the inject's nation, in the name or with a message of ``victim``, aimed at ``target``.

    ``inject`` names the message that FORWARD_AS_OWN and the forgeries carry. RESEAL_FOR_THIRD needs the
    sealed bytes themselves: ``draft`` is what the victim publishes while the hostile nation's gateway is away
    and its credentials fetch the bundle instead. ``mode`` is where the forged bundle travels.
    """

    act: HostileAct
    victim: Nation
    target: Nation
    mode: Mode = Mode.EXERCISE
    inject: Serial | None = None
    draft: DraftTemplate | None = None

    @model_validator(mode="after")
    def _material(self) -> Self:
        needs_draft = self.act is HostileAct.RESEAL_FOR_THIRD
        needs_inject = self.act in (
            HostileAct.FORGE_ORIGINATOR,
            HostileAct.FORGE_SIGNATURE,
            HostileAct.FORWARD_AS_OWN,
        )
        if needs_draft != (self.draft is not None) or needs_inject != (self.inject is not None):
            raise PydanticCustomError(
                "hostile", "RESEAL_FOR_THIRD needs draft, forging and forwarding inject"
            )
        return self


class Inject(Statement):
    """One scripted event: exactly one of publish, acknowledge, attempt, hostile."""

    serial: Serial
    at: Annotated[int, Field(ge=0, le=525_600)]
    nation: Annotated[Nation, Field(alias="as")]
    title: TitleText
    publish: DraftTemplate | None = None
    acknowledge: Acknowledge | None = None
    attempt: Attempt | None = None
    hostile: Hostile | None = None

    @model_validator(mode="after")
    def _one(self) -> Self:
        if (
            sum(each is not None for each in (self.publish, self.acknowledge, self.attempt, self.hostile))
            != 1
        ):
            raise PydanticCustomError(
                "inject_kind", "an inject has exactly one of publish, acknowledge, attempt, hostile"
            )
        return self

    @property
    def refers_to(self) -> tuple[str, ...]:
        """Serials of the injects this one needs to have been played."""
        templates = [
            self.publish,
            self.attempt.draft if self.attempt else None,
            self.hostile.draft if self.hostile else None,
        ]
        found = [reference.inject for template in templates if template for reference in template.references]
        if self.attempt is not None and self.attempt.like is not None:
            found.append(self.attempt.like)
            found += [reference.inject for reference in self.attempt.references or ()]
        acknowledges = [self.acknowledge, self.attempt.acknowledge if self.attempt else None]
        found += [each.inject for each in acknowledges if each]
        if self.hostile is not None and self.hostile.inject is not None:
            found.append(self.hostile.inject)
        return tuple(found)


class Expectation(Statement):
    """What must come of one inject.

    ``must_have``: these nations get the message, and their signed receipts come back. ``must_never``: these
    do not, each for the stated reason. ``acknowledged_by``: a person there acknowledges. ``refused``: the
    attempt is refused with this code. ``stopped_by_broker``: the broker does not take the hostile act.
    ``rejected``: the target's gateway refuses it with this code. Nobody but ``must_have`` may get anything:
    that holds for every inject, also without being written.
    """

    inject: Serial
    must_have: Annotated[tuple[Nation, ...], Field(max_length=300), AfterValidator(unique)] = ()
    must_never: dict[Nation, ReasonCode] = Field(default_factory=dict)
    acknowledged_by: Annotated[tuple[Nation, ...], Field(max_length=300), AfterValidator(unique)] = ()
    refused: ReasonCode | None = None
    stopped_by_broker: bool = False
    rejected: ReasonCode | None = None


class Scenario(Statement):
    """A whole scenario. Every inject needs its expectation: what nobody judges is not a drill."""

    title: TitleText
    summary: ParagraphText
    exercise_id: ExerciseId
    realm: RealmPlan
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
            if inject.nation not in nations:
                raise _unknown(inject.serial, f"nation {inject.nation}")
            for other in inject.refers_to:
                if other not in played or played[other].publish is None:
                    raise _unknown(inject.serial, f"an earlier message {other}")
            played[inject.serial] = inject
        for serial in (*serials, *judged):
            if serial not in judged or serial not in played:
                raise PydanticCustomError(
                    "unjudged", "inject and expectation {serial} do not go together", {"serial": serial}
                )
        for expectation in self.expectations:
            _fits(expectation, played[expectation.inject], nations)
        return self

    def template(self, inject: Inject) -> DraftTemplate | None:
        """The draft an inject hands in, or None when it hands in none."""
        if inject.attempt is not None and inject.attempt.like is not None:
            like = inject.attempt.like
            original = next(other.publish for other in self.injects if other.serial == like)
            assert original is not None  # what refers_to names was checked to be a publish
            return inject.attempt.changed(original)
        if inject.attempt is not None:
            return inject.attempt.draft
        return inject.publish or (inject.hostile.draft if inject.hostile else None)

    def expectation(self, serial: str) -> Expectation:
        """What must come of an inject."""
        return next(expectation for expectation in self.expectations if expectation.inject == serial)


def _fits(expectation: Expectation, inject: Inject, nations: set[str]) -> None:
    named = {*expectation.must_have, *expectation.must_never, *expectation.acknowledged_by}
    if not named <= nations:
        raise _unknown(inject.serial, f"the nations {', '.join(sorted(named - nations))}")
    sends = inject.publish is not None or inject.acknowledge is not None
    sends |= inject.hostile is not None and inject.hostile.draft is not None
    if sends != bool(expectation.must_have):
        raise PydanticCustomError(
            "expectation", "{serial}: must_have goes with publish and acknowledge", {"serial": inject.serial}
        )
    if sends and named - {inject.nation} != nations - {inject.nation} and inject.publish is not None:
        raise PydanticCustomError(
            "expectation",
            "{serial}: say of every other nation what must come of it",
            {"serial": inject.serial},
        )
    if (inject.attempt is not None) != (expectation.refused is not None):
        raise PydanticCustomError(
            "expectation", "{serial}: refused goes with attempt", {"serial": inject.serial}
        )
    if (inject.hostile is not None) != (expectation.stopped_by_broker or expectation.rejected is not None):
        raise PydanticCustomError(
            "expectation",
            "{serial}: stopped_by_broker or rejected goes with hostile",
            {"serial": inject.serial},
        )


def _unknown(serial: str, what: str) -> PydanticCustomError:
    return PydanticCustomError(
        "scenario_unknown",
        "inject {serial} needs {what}, which is not there",
        {"serial": serial, "what": what},
    )
