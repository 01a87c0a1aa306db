"""What nations gave each other: acknowledgements and answers that were asked for. Pure."""

from collections import Counter
from itertools import combinations

from drills.after_action.answers import asked
from drills.after_action.cases import awaited, copies, end_of, silent_by_script
from drills.after_action.model import Cooperation, Met, Reciprocity
from drills.objectives import Measure
from drills.outcome import DrillOutcome, MessageOutcome

Pair = tuple[str, str]
"""Who owes, and to whom."""


class Ledger:
    """Who owed how many, gave how many, and how many of these on time, by pair of nations."""

    def __init__(self, outcome: DrillOutcome) -> None:
        self.owed: Counter[Pair] = Counter()
        self.given: Counter[Pair] = Counter()
        self.on_time: Counter[Pair] = Counter()
        self.overdue: Counter[Pair] = Counter()
        self.by_script: Counter[Pair] = Counter()
        ended, self._scripted = end_of(outcome), silent_by_script(outcome)
        for copy in copies(outcome):
            if awaited(copy, Measure.ACKNOWLEDGED) and copy.arrived:
                self._enter(copy.message, copy.to.nation, copy.met(Measure.ACKNOWLEDGED, ended))
        for each in asked(outcome):
            # A request's own time limit is the asker's affair; an answer that came counts.
            met = Met.OPEN if each.took is None else Met.IN_TIME
            self._enter(each.request, each.nation, met)

    def _enter(self, message: MessageOutcome, nation: str, met: Met) -> None:
        pair = (nation, message.originator)
        self.owed[pair] += 1
        self.given[pair] += met in (Met.IN_TIME, Met.LATE)
        self.on_time[pair] += met is Met.IN_TIME
        self.overdue[pair] += met is Met.NEVER
        self.by_script[pair] += met in (Met.NEVER, Met.OPEN) and (message.serial, nation) in self._scripted


def cooperation(outcome: DrillOutcome) -> tuple[Cooperation, ...]:
    """One row a nation that owed something or was owed something."""
    ledger = Ledger(outcome)
    rows = []
    for nation in outcome.nations:
        owes = [pair for pair in ledger.owed if pair[0] == nation]
        is_owed = [pair for pair in ledger.owed if pair[1] == nation]
        if owes or is_owed:
            given, overdue = _sum(ledger.given, owes), _sum(ledger.overdue, owes)
            rows.append(
                Cooperation(
                    nation=nation,
                    owed=_sum(ledger.owed, owes),
                    given=given,
                    on_time=_sum(ledger.on_time, owes),
                    overdue=overdue,
                    asked=_sum(ledger.owed, is_owed),
                    received=_sum(ledger.given, is_owed),
                    silent=overdue > 0 and given == 0,
                    by_script=_sum(ledger.by_script, owes),
                )
            )
    return tuple(rows)


def reciprocity(outcome: DrillOutcome) -> tuple[Reciprocity, ...]:
    """Pairs in which both owed each other something, in order of nations."""
    ledger = Ledger(outcome)
    return tuple(
        Reciprocity(
            nations=(one, other),
            first_gave=ledger.given[one, other],
            first_owed=ledger.owed[one, other],
            second_gave=ledger.given[other, one],
            second_owed=ledger.owed[other, one],
        )
        for one, other in combinations(sorted(outcome.nations), 2)
        if ledger.owed[one, other] and ledger.owed[other, one]
    )


def _sum(counts: Counter[Pair], pairs: list[Pair]) -> int:
    return sum(counts[pair] for pair in pairs)
