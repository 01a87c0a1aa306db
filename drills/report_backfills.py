"""The report's section on backfills: what a new member missed, and what became of each of it."""

from html import escape

from drills.backfills import BackfillOutcome, Fate
from drills.outcome import DrillOutcome
from drills.report_places import Places


def backfill_section(outcome: DrillOutcome, places: Places) -> str:
    """Every list as its author read it; empty without any."""
    if not outcome.backfills:
        return ""
    return (
        "<h2>What new members missed</h2>"
        '<p class="note">Each list as its author read it before it was sent: every message that membership '
        "would have brought.</p>" + "".join(_list(each, places(each.serial)) for each in outcome.backfills)
    )


def _list(backfill: BackfillOutcome, place: str) -> str:
    rows = "".join(
        f'<tr><td class="fixed">{escape(row.inject)}</td>'
        f"<td>{escape(row.subject)}<small>{escape(row.marking)}</small></td>"
        f'<td class="code"><span class="{"ok" if row.fate == Fate.SENDS else "no"}">{escape(row.fate)}</span>'
        f"</td><td>{escape(row.explanation)}</td></tr>"
        for row in backfill.rows
    )
    failed = f'<p class="bad">{escape(backfill.remark)}</p>' if backfill.remark else ""
    return (
        f"<h3{place}>{escape(backfill.serial)} {escape(backfill.nation)} to {escape(backfill.to)}, of what "
        f"{escape(backfill.community)} had: {escape(backfill.title)}</h3>{failed}"
        "<table><thead><tr><th>Inject</th><th class='wide'>Message</th><th>Now</th><th>Why</th></tr></thead>"
        f"<tbody>{rows}</tbody></table>"
    )
