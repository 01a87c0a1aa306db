"""How a drill stands while it is played: what is judged already, what has arrived, what was blocked. Pure."""

from collections.abc import Iterator, Mapping
from datetime import datetime

from drills.expectation import Expectation
from drills.judging_life import different
from drills.judging_steps import event_outcome, preview_outcome, step_outcome
from drills.outcome import DrillOutcome
from drills.partner_system import PartnerSystem
from drills.played import Played, Sent, Tried
from drills.scenario import Scenario
from schemas.drill_journal import Score


def score(scenario: Scenario, played: Played, partners: Mapping[str, PartnerSystem], now: datetime) -> Score:
    """The score so far. What a message had to come to is judged only in the end, and so not counted yet."""
    judged = tuple(_judged(scenario, played))
    copies = [
        (sent, nation)
        for sent in played.sent.values()
        for nation in sent.answer.get("recipients", ())
        if nation in partners
    ]
    return Score(
        at=now,
        met=sum(judged),
        not_met=len(judged) - sum(judged),
        copies=len(copies),
        arrived=sum(_seen(sent, partners[nation]) for sent, nation in copies),
        attempts=len(played.tried),
        blocked=sum(_blocked(tried) for tried in played.tried.values()),
    )


def final_score(outcome: DrillOutcome, now: datetime) -> Score:
    """The score of a drill that was judged."""
    singly = [each.as_expected for each in outcome.singly_judged]
    copies = [nation for message in outcome.messages for nation in message.nations]
    met = sum(singly) + sum(nation.as_expected for nation in copies)
    wanted = [nation for nation in copies if nation.must_have]
    return Score(
        at=now,
        met=met,
        not_met=len(singly) + len(copies) - met,
        copies=len(wanted),
        arrived=sum(nation.times is not None and nation.times.delivered_at is not None for nation in wanted),
        attempts=len(outcome.attempts),
        blocked=sum(each.as_expected and not each.reached for each in outcome.attempts),
    )


def met_by_inject(outcome: DrillOutcome) -> dict[str, bool]:
    """Whether everything came of each inject that had to."""
    found = {inject.serial: True for inject in outcome.injects}
    for message in outcome.messages:
        found[message.serial] = found.get(message.serial, True) and message.as_expected
    for each in outcome.singly_judged:
        found[each.serial] = found.get(each.serial, True) and each.as_expected
    return found


def _judged(scenario: Scenario, played: Played) -> Iterator[bool]:
    """What was judged, one by one: refusals, previews, steps, what became of messages, what happened.

    What actors do of themselves has no expectation of its own.
    """
    wanted = {each.inject: each for each in scenario.expectations}
    for serial, tried in played.tried.items():
        if serial in wanted and (refused := _refused(wanted[serial], tried)) is not None:
            yield refused
    for serial, previewed in played.previewed.items():
        yield preview_outcome(*previewed, wanted[serial]).as_expected
    for serial, step in played.steps.items():
        yield step_outcome(step, wanted[serial]).as_expected
    for serial, life in played.lives.items():
        yield not different(wanted[serial], life.seen)
    for happened in played.happened.values():
        yield event_outcome(happened).as_expected


def _refused(wanted: Expectation, tried: Tried) -> bool | None:
    """Whether an attempt was refused as it had to be; None where only the end tells."""
    if tried.answer is not None and wanted.refused is not None:
        return not tried.answer.accepted and tried.answer.code == wanted.refused.value
    if tried.hostile is not None and wanted.stopped_by_broker:
        return tried.hostile.stopped_by_broker
    return None


def _seen(sent: Sent, partner: PartnerSystem) -> bool:
    """Whether the nation's own system has seen it."""
    return partner.seen_at(sent.originator, sent.message_of(partner.nation).message_id) is not None


def _blocked(tried: Tried) -> bool:
    if tried.answer is not None:
        return not tried.answer.accepted
    return tried.hostile is not None and (tried.hostile.stopped_by_broker or bool(tried.codes))
