"""The improvement plan: what was observed, what it rests on, what follows, what to do. Pure."""

from collections import Counter

from drills.after_action.model import Cooperation, Evidence, Improvement, ObjectiveResult, Recovery
from drills.after_action.wording import RATINGS, span
from drills.objectives import TIMED, Measure, Rating
from drills.outcome import DrillOutcome

_DO = {
    Measure.DELIVERED: "Look at the lanes to these nations: links, pace and queues of their gateways.",
    Measure.READ: "See that the nation's system reports reading, and that somebody is on watch.",
    Measure.ACKNOWLEDGED: "See who is on watch there, and how the alert reaches them; then train it again.",
    Measure.ANSWERED: "Agree with these nations who answers such requests, and by when.",
    Measure.RECOVERED: "Look at what was queued and how fast it left; compare with the sizing table.",
    Measure.NOTHING_LOST: "Look for these copies in both gateways' audit logs; nothing may ever be lost.",
    Measure.NOTHING_LEAKED: "Stop and find out how this message got there before anything else is done.",
    Measure.EXPECTATIONS: "Go through the injects named, with the nations concerned.",
}
_MOST_NAMED = 6


def improvements(
    outcome: DrillOutcome,
    objectives: tuple[ObjectiveResult, ...],
    recoveries: tuple[Recovery, ...],
    cooperation: tuple[Cooperation, ...],
) -> tuple[Improvement, ...]:
    """Items from objectives that were not fully met, failed expectations, losses by faults, silence."""
    items = [
        _of_objective(each)
        for each in objectives
        if each.rating not in (Rating.PERFORMED, Rating.NOT_OBSERVED)
    ]
    items += [
        Improvement(
            about=f"Objective {each.id}",
            observation="It was not observed: nothing was played that it is measured over.",
            discussion=each.title,
            conclusion="This exercise says nothing of it.",
            recommendation="Give the scenario injects for it, or take the objective out.",
        )
        for each in objectives
        if each.rating is Rating.NOT_OBSERVED
    ]
    if outcome.failures:
        items.append(
            Improvement(
                about="Expectations",
                observation=f"{_number(len(outcome.failures), 'expectation')} not met.",
                discussion="; ".join(_named(list(outcome.failures))),
                conclusion="Each is a finding of the exercise, or a mistake in its scenario.",
                recommendation=_DO[Measure.EXPECTATIONS],
            )
        )
    items += [
        Improvement(
            about=f"Fault {each.serial}",
            observation=f"{_number(each.still_missing, 'copy', 'copies')} held up and never came.",
            discussion=each.title,
            conclusion="By the end of the drill the realm had not recovered from it.",
            recommendation=_DO[Measure.NOTHING_LOST],
        )
        for each in recoveries
        if each.still_missing
    ]
    items += [_of_silence(each) for each in cooperation if each.silent]
    return tuple(items)


def _of_silence(nation: Cooperation) -> Improvement:
    gave = f"It gave nothing of {nation.owed} that it owed; {nation.overdue} overdue at the end"
    if nation.silent_by_script:
        return Improvement(
            about=f"Nation {nation.nation}",
            observation=f"{gave}: silent by script.",
            discussion="The scenario had it silent. What counts is who noticed, when, and what they did.",
            conclusion="It says nothing of this nation, only of those that waited for it.",
            recommendation="Look at what those who were waiting did once they were told that it was overdue.",
        )
    return Improvement(
        about=f"Nation {nation.nation}",
        observation=f"{gave}.",
        discussion="Its gateway signed that the messages were there; nobody acted on them.",
        conclusion="The machines did their part; people, or what they go by, did not.",
        recommendation=_DO[Measure.ACKNOWLEDGED],
    )


def _of_objective(result: ObjectiveResult) -> Improvement:
    missed = [_where(each) for each in result.missed]
    goal = f" within {span(result.goal_seconds)}" if result.measure in TIMED else ""
    goal += " of exercise time" if result.exercise_time else ""
    return Improvement(
        about=f"Objective {result.id}",
        observation=f"{result.met} of {result.cases} met it{goal}: {result.title}",
        discussion="Missed: " + ", ".join(_named(missed)) + ".",
        conclusion=_concluded(result),
        recommendation=_DO[result.measure],
    )


def _concluded(result: ObjectiveResult) -> str:
    """The rating, and whose the misses are, where most are one nation's."""
    rated = f"{RATINGS[result.rating].capitalize()}."
    missed = len(result.missed)
    if all(each.by_script for each in result.missed):
        return f"{rated} Whoever missed it was silent by script."
    [(nation, most)] = Counter(each.nation for each in result.missed).most_common(1)
    if not nation or 2 * most <= missed or missed == 1:
        return rated
    return (
        f"{rated} {nation} alone missed it."
        if most == missed
        else f"{rated} {most} of {missed} are {nation}'s."
    )


def _where(case: Evidence) -> str:
    where = f"{case.serial} at {case.nation}" if case.nation else case.serial
    return f"{where} (silent by script)" if case.by_script else where


def _named(texts: list[str]) -> list[str]:
    if len(texts) <= _MOST_NAMED:
        return texts
    return [*texts[:_MOST_NAMED], f"and {len(texts) - _MOST_NAMED} more"]


def _number(count: int, one: str, many: str = "") -> str:
    word = one if count == 1 else many or f"{one}s"
    return f"{count} {word} {'was' if count == 1 else 'were'}"
