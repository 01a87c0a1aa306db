"""Raising and clearing alarms of lanes: each with its record, its event and its count."""

from datetime import datetime

from bus.protocol.lane_health import LaneAlarm
from bus.store import events, lane_alarms
from bus.store.events import NewEvent
from bus.store.lane_alarms import LanePlace, StandingAlarm
from bus.store.writer import Transaction
from gateways.context import GatewayContext
from gateways.evidence import Evidence
from schemas.audit import AuditEvent, AuditOutcome
from schemas.event import EventType


def raise_alarm(
    context: GatewayContext,
    tx: Transaction,
    evidence: Evidence,
    place: LanePlace,
    alarm: LaneAlarm,
    now: datetime,
    count: int = 1,
) -> None:
    """Note ``count`` pieces of evidence; it is told when the alarm begins, not with every further piece."""
    if not lane_alarms.note(tx, place, alarm, now, count):
        return
    counters = context.counters
    counters.lane_alarms[alarm.value] = counters.lane_alarms.get(alarm.value, 0) + 1
    counters.alarm_lanes += 1
    evidence.add(
        AuditEvent.LANE_ALARM,
        AuditOutcome.REFUSED,
        partner=place.originator,
        mode=place.mode,
        lane=place.lane,
        reason=alarm.code,
        count=count,
    )
    events.add(tx, (_event(EventType.LANE_ALARM, place, alarm, now),))


def clear_alarm(
    context: GatewayContext, tx: Transaction, evidence: Evidence, standing: StandingAlarm, now: datetime
) -> None:
    """The alarm is over."""
    place, alarm = standing.place, standing.alarm
    if not lane_alarms.clear(tx, place, alarm):
        return
    context.counters.alarm_lanes = max(0, context.counters.alarm_lanes - 1)
    evidence.add(
        AuditEvent.LANE_CLEARED,
        partner=place.originator,
        mode=place.mode,
        lane=place.lane,
        reason=alarm.code,
        count=standing.count,
    )
    events.add(tx, (_event(EventType.LANE_CLEARED, place, alarm, now),))


def _event(type_: EventType, place: LanePlace, alarm: LaneAlarm, now: datetime) -> NewEvent:
    return NewEvent(
        type_, now, nation=place.originator, mode=place.mode, state=place.lane.value, reason=alarm.code.value
    )
