"""How fast each nation was, at each precedence. Pure."""

from datetime import datetime

from drills.after_action.answers import asked
from drills.after_action.cases import Copy, awaited, copies, end_of, middle, percentile
from drills.after_action.model import Met, Timing
from drills.objectives import Measure
from drills.outcome import DrillOutcome
from schemas.header import Precedence

OF_COPIES = (Measure.DELIVERED, Measure.READ, Measure.ACKNOWLEDGED)
RANKS = {precedence.value: precedence.rank for precedence in Precedence}


def timings(outcome: DrillOutcome) -> tuple[Timing, ...]:
    """By nation, then precedence from the most urgent, then from delivery to answer; what was awaited."""
    ended = end_of(outcome)
    found: dict[tuple[str, int, int], list[tuple[Copy, Measure]]] = {}
    for copy in copies(outcome):
        for place, measure in enumerate(OF_COPIES):
            if awaited(copy, measure):
                rank = RANKS.get(copy.message.precedence, 9)
                found.setdefault((copy.to.nation, rank, place), []).append((copy, measure))
    rows = {key: _of_copies(key[0], cases, ended) for key, cases in found.items()}
    rows |= _of_answers(outcome)
    return tuple(rows[key] for key in sorted(rows))


def _of_copies(nation: str, cases: list[tuple[Copy, Measure]], ended: datetime) -> Timing:
    measure = cases[0][1]
    took = [value for copy, _ in cases if (value := copy.took(measure)) is not None]
    due = [
        met
        for copy, _ in cases
        if copy.deadline(measure) is not None and (met := copy.met(measure, ended)) is not Met.OPEN
    ]
    return Timing(
        nation=nation,
        precedence=cases[0][0].message.precedence,
        what=measure,
        awaited=len(cases),
        came=len(took),
        due=len(due),
        on_time=due.count(Met.IN_TIME),
        median_seconds=middle(took),
        p95_seconds=percentile(took, 95),
        worst_seconds=max(took, default=None),
    )


def _of_answers(outcome: DrillOutcome) -> dict[tuple[str, int, int], Timing]:
    grouped: dict[tuple[str, str], list[float | None]] = {}
    for each in asked(outcome):
        grouped.setdefault((each.nation, each.request.precedence), []).append(each.took)
    rows = {}
    for (nation, precedence), all_of_them in grouped.items():
        took = [value for value in all_of_them if value is not None]
        rows[(nation, RANKS.get(precedence, 9), len(OF_COPIES))] = Timing(
            nation=nation,
            precedence=precedence,
            what=Measure.ANSWERED,
            awaited=len(all_of_them),
            came=len(took),
            due=0,
            on_time=0,
            median_seconds=middle(took),
            p95_seconds=percentile(took, 95),
            worst_seconds=max(took, default=None),
        )
    return rows
