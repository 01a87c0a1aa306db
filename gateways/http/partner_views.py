"""What the API shows of one partner: its standing, backlog, pace and keys."""

from datetime import datetime, timedelta

from pydantic import Field

from bus.protocol.deadlines import Awaited
from bus.protocol.lane_health import LaneAlarm
from bus.protocol.trust import NationTrust, key_status
from bus.store.partner_figures import Pace
from gateways.http.recent_minutes import MINUTES
from schemas.base import Nation, Statement, UtcTime
from schemas.header import Mode
from schemas.reasons import ReasonCode
from schemas.trust import KeyUse, NationStatus


class PartnerActivity(Statement):
    """Messages exchanged with one partner, minute by minute."""

    begins_at: UtcTime = Field(description="When the first of these minutes began; the last is not over yet.")
    sent: tuple[int, ...] = Field(description="Messages of ours accepted for it, by minute.")
    received: tuple[int, ...] = Field(description="Messages of its filed here, by minute.")


class PartnerPace(Statement):
    """Medians over the newest copies that were delivered there, at most a hundred."""

    measured: int = Field(description="Copies that the figures are taken from.")
    delivery_seconds: float | None = Field(
        None, description="From release until its receipt that it was delivered came here."
    )
    acknowledgement_seconds: float | None = Field(
        None, description="From release until a person's acknowledgement came here."
    )
    clock_offset_seconds: float | None = Field(
        None,
        description="By how much its clock is ahead of ours (negative: behind): the time that it signed"
        " for a delivery lies between our sending and its receipt's arrival.",
    )
    clock_within_seconds: float | None = Field(None, description="The offset is sure give or take this.")


class PartnerView(Statement):
    """One partner nation."""

    nation: Nation
    display_name: str
    status: NationStatus
    record_version: int = Field(description="Version of its nation record.")
    keys_in_force: int
    keys_end_at: UtcTime | None = Field(None, description="When the first key in force expires.")
    queued: int | None = Field(
        None,
        description="Deliveries waiting for the relay, control content included. Like every figure of traffic"
        " absent for who sees only some modes.",
    )
    sealed: int | None = Field(None, description="Sealed and not yet confirmed by the broker.")
    unreceipted: int | None = Field(None, description="Sent and without a receipt yet.")
    missing: int | None = Field(
        None, description="Serials of its lanes that have not come and were asked for."
    )
    lane_alarms: tuple[LaneAlarm, ...] | None = Field(
        None, description="What is wrong with its lanes now (`GET /v1/lanes` has the evidence)."
    )
    held: int | None = Field(None, description="Bundles of its that cannot be judged yet.")
    last_message_at: UtcTime | None = Field(None, description="When its newest message was filed here.")
    last_heard_at: UtcTime | None = Field(
        None, description="When it signed the newest of what came from it, receipts included: its own clock."
    )
    silent_since: UtcTime | None = Field(
        None,
        description="Since when it is known that nothing which it signed came after something sent to it that"
        " is overdue. Absent while it is heard.",
    )
    overdue: dict[Awaited, int] | None = Field(
        None, description="Copies whose deadline passed and was not met since, by what is awaited."
    )
    flash_unacknowledged: int | None = Field(
        None, description="Copies of FLASH that it was asked to acknowledge and has not, overdue or not."
    )
    activity: PartnerActivity | None = Field(None, description=f"The last {MINUTES} minutes.")
    pace: PartnerPace | None = Field(None, description="How fast it is; absent while nothing was delivered.")


class PartnerKey(Statement):
    """One online key of a nation's record. What is public of it stands in the trust documents."""

    kid: str
    use: KeyUse
    suite: str
    modes: tuple[Mode, ...]
    not_before: UtcTime
    not_after: UtcTime
    revoked_at: UtcTime | None = None
    fault: ReasonCode | None = Field(None, description="Why it does not count now; absent while it does.")


class PartnerInDepth(Statement):
    """One partner nation with its keys."""

    partner: PartnerView
    keys: tuple[PartnerKey, ...] = Field(description="Every key that its record lists.")


def key_views(nation: NationTrust, now: datetime) -> tuple[PartnerKey, ...]:
    """The keys of a nation's record, those that end first first."""
    return tuple(
        PartnerKey(
            kid=key.kid,
            use=key.use,
            suite=key.suite.value,
            modes=key.modes,
            not_before=key.not_before,
            not_after=key.not_after,
            revoked_at=key.revoked_at,
            fault=key_status(key, now),
        )
        for key in sorted(nation.record.keys, key=lambda each: (each.not_after, each.use, each.kid))
    )


def pace_view(pace: Pace) -> PartnerPace | None:
    """A pace as it is shown; None while nothing was measured."""
    if not pace.measured:
        return None
    offset = pace.offset
    return PartnerPace(
        measured=pace.measured,
        delivery_seconds=_seconds(pace.delivery),
        acknowledgement_seconds=_seconds(pace.acknowledgement),
        clock_offset_seconds=None if offset is None else _seconds(offset.ahead),
        clock_within_seconds=None if offset is None else _seconds(offset.within),
    )


def _seconds(duration: timedelta | None) -> float | None:
    return None if duration is None else round(duration.total_seconds(), 3)
