"""The report of a drill: one HTML file that needs nothing else and prints, and the same as JSON."""

import contextlib
import errno
from html import escape
from pathlib import Path

from drills.after_action.bands import band, sheet_style, who_for
from drills.after_action.page import report_style, review_section
from drills.after_action.reviewing import review
from drills.outcome import DrillOutcome
from drills.report_actors import actor_section, pace
from drills.report_alarms import alarm_section
from drills.report_backfills import backfill_section
from drills.report_control import control_section, control_sentences
from drills.report_life import life_section
from drills.report_messages import message_sections
from drills.report_places import Places
from drills.report_release import agreement_section, code_section, event_section, preview_section

MOST_ALIKE = 100
"""Reports of drills that began in the same second."""


def write_report(outcome: DrillOutcome, directory: Path) -> tuple[Path, Path]:
    """Write `drill-<time>.html` and `.json` into the directory; gives both paths. OSError when it cannot.

    No earlier report is written over: a drill that began in the same second gets a number behind its name.
    """
    directory.mkdir(parents=True, exist_ok=True)
    stem = f"drill-{outcome.started_at:%Y%m%dT%H%M%S}-{_slug(outcome.title)}"
    data = outcome.model_dump_json(indent=1).encode() + b"\n"
    for name in (stem, *(f"{stem}-{number}" for number in range(2, MOST_ALIKE))):
        html, json = directory / f"{name}.html", directory / f"{name}.json"
        with contextlib.suppress(FileExistsError), json.open("xb") as file:
            file.write(data)
            html.write_text(render_html(outcome), encoding="utf-8")
            return html, json
    raise FileExistsError(errno.EEXIST, "too many reports of the same second", str(directory))


def render_html(outcome: DrillOutcome) -> str:
    """The whole page. Everything that came from a scenario or a gateway is escaped."""
    failures, reviewed, places = outcome.failures, review(outcome), Places()
    marked = reviewed.handling, (outcome.exercise_id,)
    parts = [
        "<!doctype html>",
        '<html lang="en"><head><meta charset="utf-8">',
        '<meta name="viewport" content="width=device-width, initial-scale=1">',
        f"<title>{escape(outcome.title)}</title><style>{report_style()}{sheet_style(*marked)}</style>",
        "</head><body>",
        band(*marked),
        f"<h1>{escape(outcome.title)}</h1>",
        f'<p class="meta">{outcome.started_at:%Y-%m-%d %H:%M:%S} UTC, {outcome.seconds:.1f} s, '
        f"{_number(len(outcome.messages), 'message')}, "
        f"nations {escape(', '.join(outcome.nations))}</p>",
        f'<p class="meta">{escape(pace(outcome))}</p>' if pace(outcome) else "",
        f"<p>{escape(outcome.summary)}</p>",
        f'<p class="handling">{escape(who_for(reviewed.handling))}</p>',
        f'<p class="verdict {"bad" if failures else "ok"}">{_verdict(outcome)}</p>',
        *(f'<p class="verdict bad">{escape(text)}</p>' for text in control_sentences(outcome)),
    ]
    if failures:
        parts.append("<ul>" + "".join(f'<li class="bad">{escape(text)}</li>' for text in failures) + "</ul>")
    parts += [
        review_section(reviewed),
        control_section(outcome, places),
        message_sections(outcome, places),
        code_section(outcome),
        preview_section(outcome, places),
        backfill_section(outcome, places),
        life_section(outcome, places),
        actor_section(outcome, places),
        agreement_section(outcome, places),
        event_section(outcome, places),
        _attempts(outcome, places),
        alarm_section(outcome, places),
        _files(outcome),
    ]
    parts.append(f"{band(*marked)}</body></html>\n")
    return "\n".join(part for part in parts if part)


def _number(count: int, one: str) -> str:
    return f"{count} {one}{'' if count == 1 else 's'}"


def _verdict(outcome: DrillOutcome) -> str:
    failed = len(outcome.failures)
    if not failed and (outcome.skipped or outcome.aborted_by is not None):
        return "Every expectation of what was played was met."
    if not failed:
        return "Passed: every expectation was met."
    return (
        "Failed: 1 expectation was not met."
        if failed == 1
        else f"Failed: {failed} expectations were not met."
    )


def _attempts(outcome: DrillOutcome, places: Places) -> str:
    if not outcome.attempts:
        return ""
    rows = "".join(
        f'<tr{places(attempt.serial)}><td class="fixed">{escape(attempt.serial)}</td>'
        f"<td>{escape(attempt.nation)}</td>"
        f"<td>{escape(attempt.title)}<small>{escape(attempt.detail or attempt.attempted)}</small>"
        f'<small class="bad">{escape(attempt.remark)}</small></td>'
        f'<td class="code"><span class="{"ok" if attempt.as_expected else "bad"}">'
        f"{escape(attempt.stopped_by)}</span></td>"
        f"<td>{escape(', '.join(attempt.reached) or 'nobody')}</td></tr>"
        for attempt in outcome.attempts
    )
    return (
        "<h2>What had to fail</h2>"
        '<p class="note">Each attempt had to be stopped by the rule named, and to reach nobody.</p>'
        "<table><thead><tr><th>Inject</th><th>By</th><th>Attempt, and what it was told</th>"
        f"<th>Stopped by</th><th>Reached</th></tr></thead><tbody>{rows}</tbody></table>"
    )


def _files(outcome: DrillOutcome) -> str:
    if not outcome.files:
        return ""
    rows = "".join(
        f"<tr><td>{escape(file.file)}</td><td>{file.taken}</td>"
        f"<td>{'<br>'.join(map(escape, file.refused))}</td>"
        f"<td>{'<br>'.join(map(escape, file.warnings))}</td></tr>"
        for file in outcome.files
    )
    return (
        "<h2>CAP files</h2><table><thead><tr><th>File</th><th>Messages</th><th>Refused, and why</th>"
        f"<th>Warnings</th></tr></thead><tbody>{rows}</tbody></table>"
    )


def _slug(title: str) -> str:
    kept = "".join(c.lower() if c.isascii() and c.isalnum() else "-" for c in title)
    return "-".join(part for part in kept.split("-") if part)[:40] or "drill"
