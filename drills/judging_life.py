"""Judging what has become of a message at some point of its life, against what had to. Pure."""

from collections.abc import Mapping

from drills.life_expectation import LifeExpectation
from drills.life_outcome import LifeOutcome, LifeStep
from drills.played import Played
from drills.scenario import Inject, Scenario
from drills.seen import Seen

NOTHING = "nothing"


def different(wanted: LifeExpectation, seen: Seen) -> list[str]:
    """Sentences on everything that is otherwise than it has to be; empty when nothing is."""
    remarks = []
    if wanted.standing:
        remarks += _unlike(
            {nation: _listed(messages) for nation, messages in wanted.standing.items()},
            {nation: _listed(messages) for nation, messages in seen.standing.items()},
            "must have",
            "has",
        )
    remarks += [
        f"{nation}'s copy must be {state.value}, but is {seen.progress.get(nation, NOTHING)}"
        for nation, state in wanted.progress.items()
        if seen.progress.get(nation) != state.value
    ]
    if wanted.overdue is not None:
        awaited = {nation: each.value for nation, each in wanted.overdue.items()}
        remarks += _unlike(awaited, seen.overdue, "must be overdue with", "is overdue with")
        remarks += [
            f"that {nation} is overdue must be told once, but was {seen.told.get(nation, 0)} times"
            for nation in {**awaited, **seen.told}
            if seen.told.get(nation, 0) != 1
        ]
    if wanted.of_recall:
        remarks += _unlike(
            {
                **{nation: each.value for nation, each in wanted.confirmed.items()},
                **dict.fromkeys(wanted.unanswered, "no answer yet"),
            },
            {nation: outcome or "no answer yet" for nation, outcome in seen.answered.items()},
            "must have answered the recall with",
            "answered with",
        )
        remarks += [
            f"{nation} must {'' if nation in wanted.had_read else 'not '}have said that it was read there"
            for nation in sorted(set(wanted.had_read) ^ seen.had_read)
        ]
    if wanted.requests:
        states = {nation: state.value for nation, state in wanted.requests.items()}
        remarks += _unlike(states, seen.requests, "must stand at", "stands at")
    if wanted.no_effect and not seen.ineffective:
        remarks.append("what came too late must be shown as without effect on both sides")
    return remarks


def life_step(inject: Inject, about: str, wanted: LifeExpectation, seen: Seen) -> LifeStep:
    """One inject in a message's life: what it was, and what each nation's gateway shows afterwards."""
    remarks = different(wanted, seen)
    shown: dict[str, list[str]] = {}
    for nation, messages in seen.standing.items():
        shown.setdefault(nation, []).extend(
            f"{serial} {status.lower()}" for serial, status in messages.items()
        )
    for nation, outcome in seen.answered.items():
        words = (outcome or "no answer yet").lower().replace("_", " ")
        was_read = ", had been read" if nation in seen.had_read else ""
        shown.setdefault(nation, []).append(words + was_read)
    for nation, state in seen.progress.items():
        late = f", {seen.late[nation]:.1f} s late" if nation in seen.late else ""
        shown.setdefault(nation, []).append(state + late)
    for nation, awaited in seen.overdue.items():
        shown.setdefault(nation, []).append(f"{awaited} overdue")
    for nation, state in seen.requests.items():
        words = state.lower().replace("_", " ")
        late = ", an answer came too late" if wanted.no_effect and nation == inject.nation else ""
        shown.setdefault(nation, []).append(words + late)
    return LifeStep(
        serial=inject.serial,
        title=inject.title,
        nation=inject.nation,
        about=about,
        shown={nation: tuple(lines) for nation, lines in shown.items()},
        as_expected=not remarks,
        remark="; ".join(remarks),
    )


def lives(scenario: Scenario, played: Played) -> tuple[LifeOutcome, ...]:
    """The lives of messages, those of one chain together, in order of their first inject."""
    by_chain: dict[str, list[LifeStep]] = {}
    for serial, life in played.lives.items():
        step = life_step(life.inject, life.about, scenario.expectation(serial), life.seen)
        by_chain.setdefault(scenario.chain(life.about)[0], []).append(step)
    order = [inject.serial for inject in scenario.injects]
    return tuple(
        LifeOutcome(
            begins=first,
            title=scenario.inject(first).title,
            originator=scenario.inject(first).nation,
            steps=tuple(sorted(by_chain[first], key=lambda step: order.index(step.serial))),
        )
        for first in sorted(by_chain, key=order.index)
    )


def _listed(messages: Mapping[str, str]) -> str:
    return ", ".join(f"{serial} {status}" for serial, status in messages.items())


def _unlike(wanted: Mapping[str, str], found: Mapping[str, str], must: str, does: str) -> list[str]:
    """Sentences on nations of which something else is found than is wanted, none at all included."""
    return [
        f"{nation} {must} {wanted.get(nation, NOTHING)}, but {does} {found.get(nation, NOTHING)}"
        for nation in {**wanted, **found}
        if wanted.get(nation) != found.get(nation)
    ]
