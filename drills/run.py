"""A drill from its first inject to its outcome."""

import asyncio
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Protocol

from drills.acting import drawn
from drills.after_action.handled import handled
from drills.after_action.in_time import in_time
from drills.backfill_play import backfill_outcome
from drills.connecting import partner_systems
from drills.counting import counted_by, since
from drills.course import InjectOutcome
from drills.excusing import judged_by, with_control
from drills.exercise_clock import ExerciseClock
from drills.exercise_control import ExerciseControl
from drills.fingerprint import fingerprinted
from drills.hostile import Loot
from drills.judging import Judge
from drills.judging_acts import actor_outcomes
from drills.judging_life import lives
from drills.judging_steps import counted, event_outcome, preview_outcome, step_outcome
from drills.labelling import draft_labels, realm_levels
from drills.outcome import ChapterOutcome, DrillOutcome
from drills.partner_system import GatewayAccess
from drills.play import Player
from drills.ports import Machinery, RealmOffice
from drills.scenario import Inject, Scenario
from drills.taken_back import with_taken_back
from drills.webhook_play import webhook_outcome
from drills.withdrawing import withdraw


class Progress(Protocol):
    """Port: who watches the drill."""

    def phase(self, text: str) -> None:
        """Something longer begins."""

    def inject(self, inject: Inject) -> None:
        """An inject is being played."""

    def settled(self, serial: str) -> None:
        """Nothing more is awaited for an inject."""


async def run_drill(
    scenario: Scenario,
    accesses: Mapping[str, GatewayAccess],
    machinery: Machinery,
    office: RealmOffice,
    loot: Loot,
    progress: Progress,
    *,
    settle_seconds: float,
    control: ExerciseControl | None = None,
) -> DrillOutcome:
    """Play and judge a scenario against gateways that are ready; ``control``: who may hold, skip and abort.
    DrillError when the play breaks down; a failed expectation is no error but part of the outcome.
    """
    started_at, began = datetime.now(UTC), asyncio.get_running_loop().time()
    async with partner_systems(accesses) as partners:
        before, levels = await counted_by(partners), await realm_levels(partners)
        progress.phase("playing")
        control = control or ExerciseControl(scenario)
        clock, seed = ExerciseClock(scenario.speed), drawn() if scenario.seed is None else scenario.seed
        control.paces(clock)
        player = Player(
            *(scenario, partners, machinery, office, loot, progress.inject, settle_seconds, control),
            clock=clock,
            seed=seed,
        )
        control.sees(player.so_far, partners)
        played = await player.play()
        await control.unless_aborted(player.finish())
        if control.aborted:
            progress.phase("bringing back what stands still")
            await player.mend()
        control.everything_is_played()
        planned, scenario = scenario, judged_by(scenario, control.course)
        progress.phase("waiting for receipts")
        judge = Judge(scenario, partners, played, settle_seconds)
        messages, attempts, unexpected = await judge.judge(progress.settled)
        webhooks = [
            await webhook_outcome(
                hooked, partners[hooked.inject.nation], scenario.expectation(serial), settle_seconds
            )
            for serial, hooked in played.hooked.items()
        ]
        alarms = await player.alarms.outcomes(0.0 if control.aborted else settle_seconds)
        figures = since(before, await counted_by(partners))
        if control.aborted:
            control.withdrawn = await withdraw(played, partners)
    previews = tuple(
        preview_outcome(*previewed, scenario.expectation(serial))
        for serial, previewed in played.previewed.items()
    )
    outcome = DrillOutcome(
        title=scenario.title,
        summary=scenario.summary,
        exercise_id=scenario.exercise_id,
        started_at=started_at,
        seconds=round(asyncio.get_running_loop().time() - began, 2),
        speed=clock.speed,
        seed=seed,
        nations=tuple(accesses),
        objectives=scenario.objectives,
        injects=tuple(
            InjectOutcome(
                serial=inject.serial,
                title=inject.title,
                nation=inject.nation,
                kind=inject.kind,
                at=played.began[inject.serial],
                exercise_seconds=_seconds(played.moments.get(inject.serial)),
                objectives=inject.objectives,
            )
            for inject in scenario.injects
            if inject.serial in played.began
        ),
        outages=tuple(played.outages),
        figures=figures,
        chapters=tuple(
            ChapterOutcome(event=chapter.event, title=chapter.title) for chapter in scenario.chapters
        ),
        messages=messages,
        previews=previews,
        agreements=tuple(
            step_outcome(step, scenario.expectation(serial)) for serial, step in played.steps.items()
        ),
        backfills=tuple(
            backfill_outcome(read, scenario.expectation(serial)) for serial, read in played.lists.items()
        ),
        actors=actor_outcomes(played, [inject.serial for inject in planned.injects]),
        lives=lives(scenario, played),
        webhooks=tuple(webhooks),
        events=tuple(event_outcome(each) for each in played.happened.values()),
        attempts=attempts,
        alarms=alarms,
        decisions_by_code=counted(messages, previews),
        levels=levels,
        drafts=draft_labels(planned, played, levels),
        unexpected=unexpected,
        acts=tuple(control.acts),
    )
    outcome = with_taken_back(outcome, planned, played.began)
    return fingerprinted(handled(in_time(with_control(outcome, planned, control.course), planned)))


def _seconds(moment: timedelta | None) -> float | None:
    return None if moment is None else round(moment.total_seconds(), 1)
