"""The keeper of lanes: sends heads that are due, notices lost tails, names attacks, clears what is over."""

from collections.abc import Callable
from datetime import datetime
from functools import partial
from itertools import chain, repeat

from bus.protocol.lane_health import STATES, LaneAlarm, over, silent, withheld
from bus.store import heads, held, lane_alarms, lane_tails, lanes
from bus.store.lane_alarms import LanePlace
from bus.store.lanes import LaneKey
from bus.store.writer import Transaction
from gateways.context import GatewayContext
from gateways.evidence import Evidence
from gateways.keeper import Ending, Keeper
from gateways.lanes.alarms import clear_alarm, raise_alarm
from gateways.lanes.heads_out import Moving, queue_heads
from gateways.lanes.set_back import begin_put_off
from gateways.receiving.control_in import note_gaps
from schemas.header import Mode
from schemas.trust import NationStatus
from schemas.wire import Lane

ACTOR = "lanes"
LOOK_SECONDS = 5.0
HELD_PATIENCE = 10
"""How many times as long a lost tail is waited for while something of its originator is held."""


class LaneKeeper:
    """Looks at every lane. What it remembers in memory only makes it later after a start, never wrong."""

    def __init__(self, context: GatewayContext, connected: Callable[[], bool]) -> None:
        self._context = context
        self._connected = connected
        self._moving = Moving()
        self._tails: dict[LaneKey, tuple[int, datetime]] = {}

    def keeper(self) -> Keeper:
        """What has it look, from its start to its end."""
        policy = self._context.limits.heads
        longest = min(LOOK_SECONDS, policy.idle.total_seconds(), policy.cadence.total_seconds())
        # A new epoch is announced at the second look.
        pauses = chain((policy.settle.total_seconds(),), repeat(longest))

        async def look(_ending: Ending) -> float:
            await self.look()
            return next(pauses)

        return Keeper(self._context, "lanes", look, longest=longest)

    async def look(self) -> None:
        """One look at every lane: sending, missing, naming and beginning in a transaction each, so that none
        of them fails with another. Raises the first error once all had their turn.
        """
        context, may_send = self._context, self._connected()
        jobs = (self._missed_tails, self._name, partial(begin_put_off, context))
        relay, fault = False, None
        # With the broker away heads would only wait, and be old when they leave.
        for job in (self._send_heads, *jobs) if may_send else jobs:
            try:
                relay |= await context.store.write(partial(self._within, job))
            except Exception as error:  # noqa: BLE001 - raised below
                fault = fault or error
        if relay:
            context.relay_wanted.set()
        if fault is not None:
            raise fault

    def _within(self, job: Callable[[Transaction, Evidence, datetime], bool], tx: Transaction) -> bool:
        # Read within the transaction, as the relay does: what it gave before, it signed before.
        now = self._context.now()
        evidence = self._context.evidence(ACTOR, now)
        relay = job(tx, evidence, now)
        evidence.write(tx)
        return relay

    def _send_heads(self, tx: Transaction, _evidence: Evidence, now: datetime) -> bool:
        return queue_heads(self._context, tx, now, self._moving) > 0

    # -- what heads announced and did not come --------------------------------------------------------------

    def _missed_tails(self, tx: Transaction, evidence: Evidence, now: datetime) -> bool:
        """A tail counts as lost once its lane has brought nothing for a while: a long one may be coming."""
        tails = lane_tails.tails(tx)
        self._tails = {key: known for key, known in self._tails.items() if key in tails}
        if not tails:
            return False
        holding = held.count_by_originator(tx)
        missed = False
        for key, (highest, announced) in tails.items():
            known = self._tails.get(key)
            if known is None or known[0] != highest or known[1] > now:
                self._tails[key] = (highest, now)
                continue
            # What is held as a whole has shown no serial yet: it may well be the tail, but not for ever.
            times = HELD_PATIENCE if holding.get(key.originator) else 1
            if now - known[1] < times * self._context.limits.heads.patience:
                continue
            note_gaps(evidence, key, lane_tails.miss_tail(tx, key, announced, now))
            missed = True
        return missed

    # -- what is wrong, and what is over --------------------------------------------------------------------

    def _name(self, tx: Transaction, evidence: Evidence, now: datetime) -> bool:
        context = self._context
        policy = context.limits.lanes
        found = self._withheld(tx) | self._silent(tx, now)
        for standing in lane_alarms.standing(tx):
            if standing.alarm in STATES:
                count = found.pop((standing.place, standing.alarm), None)
                if count is None:
                    clear_alarm(context, tx, evidence, standing, now)
                else:
                    lane_alarms.measure(tx, standing, now, count)
            elif over(standing.alarm, standing.last_at, now, policy):
                clear_alarm(context, tx, evidence, standing, now)
        for (place, alarm), count in found.items():
            raise_alarm(context, tx, evidence, place, alarm, now, count)
        for place, count in context.floods.take().items():
            raise_alarm(context, tx, evidence, place, LaneAlarm.FLOODED, now, count)
        context.counters.alarm_lanes = lane_alarms.count(tx)
        return False

    def _withheld(self, tx: Transaction) -> dict[tuple[LanePlace, LaneAlarm], int]:
        """Missing serials that were asked for in vain, by lane."""
        context = self._context
        policy, pauses = context.limits.lanes, context.limits.gaps
        heard = heads.heard(tx)
        standing = {each.place for each in lane_alarms.standing(tx, (LaneAlarm.WITHHELD,))}
        found: dict[tuple[LanePlace, LaneAlarm], int] = {}
        for gap in lanes.asked_often(tx, policy.requests):
            place = LanePlace(gap.key.originator, gap.key.mode, gap.key.lane)
            newest = heard.get((place.originator, place.mode))
            heard_at = None if newest is None else newest.heard_at
            asked_at = gap.asked_at(pauses)
            if withheld(gap.asked_count, asked_at, heard_at, policy, standing=place in standing):
                known = (place, LaneAlarm.WITHHELD)
                found[known] = found.get(known, 0) + gap.last - gap.first + 1
        return found

    def _silent(self, tx: Transaction, now: datetime) -> dict[tuple[LanePlace, LaneAlarm], int]:
        """Active partners without a head for too long; the evidence is the heartbeats that are missing."""
        context = self._context
        active = [
            nation
            for nation, standing in context.trust.nations.items()
            if nation != context.nation and standing.status is NationStatus.ACTIVE
        ]
        heads.wait_for(tx, active, Mode.OPERATION, context.limits.heads.heartbeat, now)
        heard = heads.heard(tx)
        found: dict[tuple[LanePlace, LaneAlarm], int] = {}
        for nation in active:
            newest = heard[nation, Mode.OPERATION]
            if silent(newest.at, newest.next_within, now, context.limits.lanes):
                place = LanePlace(nation, Mode.OPERATION, Lane.CONTROL)
                found[place, LaneAlarm.SILENT] = (now - newest.at) // newest.next_within
        return found
