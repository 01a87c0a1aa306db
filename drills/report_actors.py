"""The report's section on actors, and the line on pace, seed and fingerprint."""

from datetime import timedelta
from html import escape

from drills.acted import ActorOutcome
from drills.exercise_clock import shown
from drills.outcome import DrillOutcome
from drills.report_places import Places

DID = {
    "acknowledge": "acknowledged",
    "request": "answered with a step",
    "answer": "answered",
    "read": "read it",
    "silent": "kept silent",
}


def pace(outcome: DrillOutcome) -> str:
    """How fast the play was, what its dice fell by, and the word for what came of it; as plain text."""
    parts = []
    if outcome.speed is not None:
        moments = [each.exercise_seconds or 0.0 for each in outcome.injects]
        moments += [each.exercise_seconds or 0.0 for each in outcome.actors]
        ended = shown(timedelta(seconds=max(moments, default=0.0)))
        parts.append(f"exercise time {outcome.speed:g} times as fast, to {ended}")
    if outcome.actors and outcome.seed is not None:
        parts.append(f"seed {outcome.seed}")
    if outcome.fingerprint:
        parts.append(f"fingerprint {outcome.fingerprint[7:19]}")
    return ", ".join(parts)


def actor_section(outcome: DrillOutcome, places: Places) -> str:
    """What actors did, and when; empty without actors."""
    if not outcome.actors:
        return ""
    rows = "".join(_row(each, places(each.serial)) for each in outcome.actors)
    return (
        "<h2>What actors did</h2>"
        '<p class="note">Partner systems by script. What they sent stands among the messages.</p>'
        "<table><thead><tr><th>Act</th><th>By</th><th class='wide'>Actor</th><th>On</th><th>What</th>"
        f"<th>Exercise time</th></tr></thead><tbody>{rows}</tbody></table>"
    )


def did(act: ActorOutcome) -> str:
    """What an actor did, in a few words."""
    if act.does in DID:
        return DID[act.does]
    words = act.does.lower().replace("_", " ")
    return f"{words}: stopped by {act.code}" if act.code else words


def _row(act: ActorOutcome, place: str) -> str:
    when = "" if act.exercise_seconds is None else shown(timedelta(seconds=act.exercise_seconds))
    return (
        f'<tr{place}><td class="fixed">{escape(act.serial)}</td><td>{escape(act.nation)}</td>'
        f'<td>{escape(act.title)}<small class="bad">{escape(act.remark)}</small></td>'
        f'<td><a href="#i-{escape(act.on)}">{escape(act.on)}</a></td>'
        f'<td><span class="{"ok" if act.as_expected else "bad"}">{escape(did(act))}</span></td>'
        f"<td>{when}</td></tr>"
    )
