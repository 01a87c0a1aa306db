"""What exercise control did about a drill, for report and table: skipped, aborted, asked for."""

from html import escape

from drills.course import NotPlayed
from drills.outcome import DrillOutcome
from drills.report_places import Places
from schemas.drill_journal import ActHeard, WhyNot


def control_sentences(outcome: DrillOutcome) -> tuple[str, ...]:
    """One sentence each for whatever was not played, and whom that is owed to; none when all was."""
    found = []
    if outcome.aborted_by is not None:
        left = len(outcome.cancelled)
        found.append(f"Aborted by {outcome.aborted_by}: {left} inject{'' if left == 1 else 's'} not played.")
    if outcome.skipped:
        found.append(f"{len(outcome.skipped)} skipped, and not judged.")
    return tuple(found)


def why(each: NotPlayed) -> str:
    """Why an inject was not played, in words."""
    match each.why:
        case WhyNot.NEEDS:
            return f"needs {each.needs}, which was skipped"
        case WhyNot.FAILED:
            return f"could not be played after what was skipped: {each.detail}"
        case _:
            return "asked for"


def control_section(outcome: DrillOutcome, places: Places) -> str:
    """The injects that were not played, and what exercise staff asked for; empty when nobody did."""
    parts = []
    if outcome.skipped or outcome.cancelled:
        rows = "".join(_row(each, "skipped", why(each), places) for each in outcome.skipped)
        rows += "".join(
            _row(each, "cancelled", "the drill was aborted", places) for each in outcome.cancelled
        )
        parts.append(
            "<h2>Not played</h2>"
            '<p class="note">Nothing of it is judged, and no objective counts it.</p>'
            "<table><thead><tr><th>Inject</th><th>Nation</th><th>What</th><th>Why</th><th>By</th></tr></thead>"
            f"<tbody>{rows}</tbody></table>"
        )
    if outcome.acts:
        rows = "".join(_act(each) for each in outcome.acts)
        parts.append(
            "<h2>Exercise control</h2>"
            "<table><thead><tr><th>At</th><th>By</th><th>Asked for</th><th>Taken</th></tr></thead>"
            f"<tbody>{rows}</tbody></table>"
        )
    return "".join(parts)


def _row(each: NotPlayed, status: str, reason: str, places: Places) -> str:
    return (
        f'<tr{places(each.serial)}><td class="fixed">{escape(each.serial)}</td>'
        f"<td>{escape(each.nation)}</td><td>{escape(each.title)}</td>"
        f"<td>{status}: {escape(reason)}</td><td>{escape(each.by)}</td></tr>"
    )


def _act(each: ActHeard) -> str:
    what = "something that cannot be read" if each.act is None else each.act.value.lower()
    serial = "" if each.serial is None else f" {each.serial}"
    taken = "yes" if each.refused is None else f"no: {each.refused.value.lower().replace('_', ' ')}"
    return (
        f'<tr><td class="fixed">{each.at:%H:%M:%S}</td><td>{escape(each.by)}</td>'
        f"<td>{escape(what + serial)}</td><td>{escape(taken)}</td></tr>"
    )
