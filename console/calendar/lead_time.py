"""Whether notice of an exercise was given in time, and what is due (VD11; domain reference 3.1)."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum

from console.calendar.exercises import Exercise
from schemas.body import FindingCode
from schemas.exercise_notice import VD11_LEAD_TIME, NotificationBasis

REPLY_SOON = timedelta(days=7)
"""From when on an unanswered invitation is brought up."""
CALENDAR_DUE = (11, 15)
"""Month and day: the annual calendar for the next year is exchanged by then."""


class Weight(StrEnum):
    """What a finding asks for: looking at now, keeping in mind, nothing."""

    BAD = "bad"
    WARN = "warn"
    NOTE = "note"


class FindingOf(StrEnum):
    """What can be found; each has its sentence in the wording under ``exercises.finding_``."""

    LEAD_TIME_SHORT = "lead_time_short"
    STARTED_BEFORE_NOTICE = "started_before_notice"
    NO_NOTICE = "no_notice"
    NOT_IN_CALENDAR = "not_in_calendar"
    THRESHOLD_CROSSED = "threshold_crossed"
    OBSERVERS_NOT_INVITED = "observers_not_invited"
    VERY_LARGE = "very_large"
    REPLY_DUE = "reply_due"
    REPLY_PASSED = "reply_passed"


@dataclass(frozen=True)
class Finding:
    """One thing to say; ``days`` and ``at`` are what its sentence names."""

    of: FindingOf
    weight: Weight
    days: int | None = None
    at: datetime | None = None


_OF_THE_NOTICE = {
    FindingCode.THRESHOLD_CROSSED: (FindingOf.THRESHOLD_CROSSED, Weight.WARN),
    FindingCode.OBSERVERS_NOT_INVITED: (FindingOf.OBSERVERS_NOT_INVITED, Weight.WARN),
    FindingCode.VERY_LARGE_ACTIVITY: (FindingOf.VERY_LARGE, Weight.WARN),
}


def lead_days(exercise: Exercise) -> int:
    """Whole days from the notice to the start; negative when it came after."""
    return (exercise.notice.start - exercise.issued_at) // timedelta(days=1)


def notice_due(exercise: Exercise) -> datetime | None:
    """Until when notice was due; None where no rule says so."""
    notice = exercise.notice
    bound = notice.notification_basis is NotificationBasis.VD11 and not notice.no_notice
    # Before the calendar's first year nothing can have been due.
    return notice.start - VD11_LEAD_TIME if bound and notice.start.year > 1 else None


def findings(exercise: Exercise, now: datetime, nation: str) -> tuple[Finding, ...]:
    """Everything to say, as ``nation`` sees it at ``now``; the weightiest first."""
    found = [*_of_lead_time(exercise), *_of_replies(exercise, now, nation)]
    for each in exercise.notice.findings(exercise.issued_at):
        if each.code in _OF_THE_NOTICE:
            of, weight = _OF_THE_NOTICE[each.code]
            found.append(Finding(of, weight))
    order = list(Weight)
    return tuple(sorted(found, key=lambda each: order.index(each.weight)))


def _of_lead_time(exercise: Exercise) -> list[Finding]:
    notice, issued_at = exercise.notice, exercise.issued_at
    if notice.no_notice:
        return [Finding(FindingOf.NO_NOTICE, Weight.NOTE, at=notice.commenced_at)]
    found = []
    days, due = lead_days(exercise), notice_due(exercise)
    if notice.start <= issued_at:
        found.append(Finding(FindingOf.STARTED_BEFORE_NOTICE, Weight.BAD if due else Weight.WARN))
    elif due is not None and issued_at > due:
        found.append(Finding(FindingOf.LEAD_TIME_SHORT, Weight.BAD, days=days, at=due))
    if due is not None and notice.calendar_ref is None and issued_at > _calendar_due(notice.start):
        found.append(Finding(FindingOf.NOT_IN_CALENDAR, Weight.NOTE, at=_calendar_due(notice.start)))
    return found


def _calendar_due(start: datetime) -> datetime:
    month, day = CALENDAR_DUE
    return datetime(start.astimezone(UTC).year - 1, month, day, tzinfo=UTC) + timedelta(days=1)


def _of_replies(exercise: Exercise, now: datetime, nation: str) -> list[Finding]:
    invitation = exercise.notice.observer_invitation
    if invitation is None or nation not in invitation.invited or exercise.notice.end <= now:
        return []
    if invitation.reply_by <= now:
        return [Finding(FindingOf.REPLY_PASSED, Weight.NOTE, at=invitation.reply_by)]
    weight = Weight.WARN if invitation.reply_by - now <= REPLY_SOON else Weight.NOTE
    return [Finding(FindingOf.REPLY_DUE, weight, at=invitation.reply_by)]
