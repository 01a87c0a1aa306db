"""Exercise notice with the content of a Vienna Document notification (VD11 chapter V; domain reference 3).

The notice announces a real exercise, normally in mode OPERATION; ``exercise_id`` is what messages played
inside that exercise carry in their headers.
"""

from datetime import datetime, timedelta
from enum import StrEnum
from typing import Annotated, Self

from pydantic import AfterValidator, Field, model_validator
from pydantic_core import PydanticCustomError

from schemas.area import Area, Areas
from schemas.base import Nation, ParagraphText, ShortText, Statement, TitleText, UtcTime, unique
from schemas.body import Body, Finding, FindingCode, error, warning
from schemas.exercise_forces import (
    NOTIFICATION,
    OBSERVATION,
    VERY_LARGE,
    NationForces,
    SpecialActivity,
    crosses,
)
from schemas.header import ExerciseId, Reference

VD11_LEAD_TIME = timedelta(days=42)
"""VD11 para 38: notification in writing at least 42 days before the start."""


class ExerciseType(StrEnum):
    """What kind of exercise: with troops, in the field, at command posts, computer-assisted, at a table."""

    LIVEX = "LIVEX"
    FTX = "FTX"
    CPX = "CPX"
    CAX = "CAX"
    TTX = "TTX"
    OTHER = "OTHER"


class NotificationBasis(StrEnum):
    """Why notice is given."""

    VD11 = "VD11"
    BILATERAL = "BILATERAL"
    VOLUNTARY = "VOLUNTARY"


class PhaseType(StrEnum):
    """VD11 notification, block C."""

    TRANSFER = "TRANSFER"
    DEPLOYMENT = "DEPLOYMENT"
    CONCENTRATION = "CONCENTRATION"
    ACTIVE = "ACTIVE"
    RECOVERY = "RECOVERY"


def _in_order(start: datetime, end: datetime) -> None:
    if end <= start:
        raise PydanticCustomError("time_order", "end is not after start")


class Phase(Statement):
    """One phase, with its own time, purpose and area."""

    type: PhaseType
    name: TitleText
    start: UtcTime
    end: UtcTime
    purpose: ParagraphText
    description: ParagraphText | None = None
    area: Area | None = None

    @model_validator(mode="after")
    def _ordered(self) -> Self:
        _in_order(self.start, self.end)
        return self


class Reservation(Statement):
    """Airspace or sea reserved for the exercise, by the published notice that reserves it."""

    system: Annotated[str, Field(pattern=r"^(NOTAM|NAVAREA|LOCAL)$")]
    reference: ShortText
    start: UtcTime
    end: UtcTime
    area: Area | None = None

    @model_validator(mode="after")
    def _ordered(self) -> Self:
        _in_order(self.start, self.end)
        return self


class ObserverInvitation(Statement):
    """Invitation to observe (VD11 chapter VI): whom, when and where, and until when to answer."""

    invited: Annotated[tuple[Nation, ...], Field(min_length=1, max_length=100), AfterValidator(unique)]
    observers_per_nation: Annotated[int, Field(ge=1, le=20)] = 2
    programme_start: UtcTime | None = None
    programme_end: UtcTime | None = None
    assembly_point: TitleText | None = None
    languages: Annotated[tuple[ShortText, ...], Field(max_length=10)] = ()
    reply_by: UtcTime

    @model_validator(mode="after")
    def _ordered(self) -> Self:
        if self.programme_start is not None and self.programme_end is not None:
            _in_order(self.programme_start, self.programme_end)
        return self


Nations = Annotated[tuple[Nation, ...], Field(max_length=100), AfterValidator(unique)]


class ExerciseNotice(Body):
    """``forces`` may be empty only when ``below_threshold`` states that no threshold is reached.

    ``no_notice`` marks an alert exercise whose troops were not told before (VD11 para 41): it is notified
    when they begin, so ``commenced_at`` is given and the lead time does not apply.
    """

    exercise_id: ExerciseId
    designation: TitleText
    nickname: TitleText | None = None
    exercise_type: ExerciseType
    purpose: ParagraphText
    level_of_command: TitleText
    officer_conducting: TitleText | None = None
    host_nation: Nation
    participating_nations: Annotated[Nations, Field(min_length=1)]
    observer_nations: Nations = ()
    start: UtcTime
    end: UtcTime
    areas: Annotated[Areas, Field(min_length=1)]
    phases: Annotated[tuple[Phase, ...], Field(max_length=30)] = ()
    forces: Annotated[tuple[NationForces, ...], Field(max_length=60)] = ()
    below_threshold: bool = False
    special_activities: Annotated[tuple[SpecialActivity, ...], Field(max_length=30)] = ()
    reservations: Annotated[tuple[Reservation, ...], Field(max_length=50), AfterValidator(unique)] = ()
    live_fire: bool
    no_notice: bool = False
    commenced_at: UtcTime | None = None
    notification_basis: NotificationBasis
    calendar_ref: TitleText | None = None
    change_from_calendar: ParagraphText | None = None
    related_activities: Annotated[tuple[TitleText, ...], Field(max_length=30), AfterValidator(unique)] = ()
    observer_invitation: ObserverInvitation | None = None
    safety_contact: TitleText
    remarks: ParagraphText | None = None

    @model_validator(mode="after")
    def _times(self) -> Self:
        _in_order(self.start, self.end)
        for phase in self.phases:
            if phase.start < self.start or phase.end > self.end:
                raise PydanticCustomError(
                    "phase_outside", "a phase lies outside the exercise's start and end"
                )
        for activity in self.special_activities:
            if activity.start is not None and not self.start <= activity.start < self.end:
                raise PydanticCustomError(
                    "activity_outside", "a special activity lies outside the exercise's start and end"
                )
        if self.no_notice != (self.commenced_at is not None):
            raise PydanticCustomError("no_notice", "commenced_at goes with no_notice, and only with it")
        return self

    @model_validator(mode="after")
    def _nations(self) -> Self:
        unique(tuple(force.nation for force in self.forces))
        taking_part = {self.host_nation, *self.participating_nations}
        if any(force.nation not in taking_part for force in self.forces):
            raise PydanticCustomError("forces_nation", "forces of a nation that does not take part")
        if taking_part & set(self.observer_nations):
            raise PydanticCustomError("observer_nation", "a nation that takes part does not observe")
        if not self.forces and not self.below_threshold:
            raise PydanticCustomError("forces_missing", "give the forces, or state below_threshold: true")
        return self

    def lead_time(self, issued_at: datetime) -> timedelta:
        """From issue to the start; negative once the exercise has begun."""
        return self.start - issued_at

    def findings(self, issued_at: datetime, references: tuple[Reference, ...] = ()) -> tuple[Finding, ...]:
        """Lead time (VD11 para 38), thresholds (paras 40, 47) and replies that can't be met."""
        found: list[Finding] = []
        if self.end <= issued_at:
            found.append(
                error(FindingCode.TIME_INVALID, "/body/end", "the exercise is over at the time of issue")
            )
        bound = self.notification_basis is NotificationBasis.VD11
        if bound and not self.no_notice and self.lead_time(issued_at) < VD11_LEAD_TIME:
            found.append(
                error(
                    FindingCode.NOTICE_TOO_LATE,
                    "/body/start",
                    f"VD11 asks for at least {VD11_LEAD_TIME.days} days from notice to start",
                )
            )
        if self.observer_invitation is not None and self.observer_invitation.reply_by <= issued_at:
            found.append(
                error(
                    FindingCode.TIME_INVALID,
                    "/body/observer_invitation/reply_by",
                    "reply_by has passed already",
                )
            )
        return (*found, *self._threshold_findings(bound))

    def _threshold_findings(self, bound: bool) -> tuple[Finding, ...]:
        found: list[Finding] = []
        notifiable = crosses(self.forces, self.special_activities, NOTIFICATION)
        if notifiable and (self.below_threshold or not bound):
            found.append(
                warning(
                    FindingCode.THRESHOLD_CROSSED,
                    "/body/forces",
                    "the forces given reach a threshold of prior notification under VD11",
                )
            )
        if crosses(self.forces, self.special_activities, OBSERVATION) and self.observer_invitation is None:
            found.append(
                warning(
                    FindingCode.OBSERVERS_NOT_INVITED,
                    "/body/observer_invitation",
                    "the forces given reach a threshold of observation under VD11; nobody is invited",
                )
            )
        if crosses(self.forces, self.special_activities, VERY_LARGE):
            found.append(
                warning(
                    FindingCode.VERY_LARGE_ACTIVITY,
                    "/body/forces",
                    "constraining provisions of VD11 apply to activities of this size",
                )
            )
        return tuple(found)
