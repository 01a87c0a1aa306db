"""The report of a drill: one HTML file that needs nothing else and prints, and the same as JSON."""

from html import escape
from pathlib import Path

from drills.outcome import DrillOutcome, MessageOutcome, NationOutcome

STYLE = """
:root { --ok: #1b6e3c; --bad: #b3261e; --no: #6b5900; --line: #c9ccd1; --soft: #5c6370 }
body { font: 15px/1.45 system-ui, sans-serif; color: #16181d }
body { margin: 2rem auto; max-width: 76rem; padding: 0 1rem }
h1 { font-size: 1.5rem; margin-bottom: .2rem } h2 { font-size: 1.1rem; margin-top: 2rem }
p.meta, td small { color: var(--soft) }
p.verdict { font-weight: 600; padding: .6rem .8rem; border-left: .4rem solid }
.ok { color: var(--ok) } .bad { color: var(--bad) } .no { color: var(--no) }
table { border-collapse: collapse; width: 100%; font-size: .86rem }
th, td { border: 1px solid var(--line); padding: .35rem .5rem; text-align: left; vertical-align: top }
thead th { background: #f2f3f5 } td small { display: block }
.marking { text-align: center; font-weight: 600; letter-spacing: .08em; font-size: .8rem }
@media print {
  body { margin: 0; max-width: none; font-size: 11px }
  tr { break-inside: avoid } thead { display: table-header-group }
  @page { size: A4 landscape; margin: 12mm }
}
"""


def write_report(outcome: DrillOutcome, directory: Path) -> tuple[Path, Path]:
    """Write `drill-<time>.html` and `.json` into the directory; gives both paths. OSError when it cannot."""
    directory.mkdir(parents=True, exist_ok=True)
    stem = f"drill-{outcome.started_at:%Y%m%dT%H%M%S}-{_slug(outcome.title)}"
    html, json = directory / f"{stem}.html", directory / f"{stem}.json"
    html.write_text(render_html(outcome), encoding="utf-8")
    json.write_bytes(outcome.model_dump_json(indent=1).encode() + b"\n")
    return html, json


def render_html(outcome: DrillOutcome) -> str:
    """The whole page. Everything that came from a scenario or a gateway is escaped."""
    failures = outcome.failures
    verdict = (
        "Passed: every expectation was met." if not failures else f"Failed: {len(failures)} expectations."
    )
    marking = f"EXERCISE {escape(outcome.exercise_id)} EXERCISE"
    parts = [
        "<!doctype html>",
        '<html lang="en"><head><meta charset="utf-8">',
        '<meta name="viewport" content="width=device-width, initial-scale=1">',
        f"<title>{escape(outcome.title)}</title><style>{STYLE}</style></head><body>",
        f'<p class="marking">{marking}</p>',
        f"<h1>{escape(outcome.title)}</h1>",
        f'<p class="meta">{outcome.started_at:%Y-%m-%d %H:%M:%S} UTC, {outcome.seconds:.1f} s, '
        f"nations {escape(', '.join(outcome.nations))}</p>",
        f"<p>{escape(outcome.summary)}</p>",
        f'<p class="verdict {"bad" if failures else "ok"}">{verdict}</p>',
    ]
    if failures:
        parts.append("<ul>" + "".join(f'<li class="bad">{escape(text)}</li>' for text in failures) + "</ul>")
    parts += [_messages(outcome), _reasons(outcome), _attempts(outcome), _files(outcome)]
    parts.append(f'<p class="marking">{marking}</p></body></html>\n')
    return "\n".join(part for part in parts if part)


def _messages(outcome: DrillOutcome) -> str:
    if not outcome.messages:
        return ""
    head = "".join(f"<th>{escape(nation)}</th>" for nation in outcome.nations)
    rows = "".join(_message_row(message, outcome.nations) for message in outcome.messages)
    return (
        "<h2>Who got what</h2><table><thead><tr><th>Inject</th><th>Message</th><th>From</th>"
        f"{head}</tr></thead><tbody>{rows}</tbody></table>"
    )


def _message_row(message: MessageOutcome, nations: tuple[str, ...]) -> str:
    by_nation = {each.nation: each for each in message.nations}
    details = " ".join((message.kind.replace("_", " "), message.precedence, message.classification))
    released = f"releasable to {', '.join(message.releasable_to)}" if message.releasable_to else ""
    return (
        f"<tr><td>{escape(message.serial)}</td><td>{escape(message.title)}<small>{escape(details)}</small>"
        f"<small>{escape(released)}</small></td><td>{escape(message.originator)}</td>"
        + "".join(_cell(by_nation.get(nation)) for nation in nations)
        + "</tr>"
    )


def _cell(nation: NationOutcome | None) -> str:
    if nation is None:
        return "<td><small>author</small></td>"
    if nation.state:
        took = f"<small>{nation.latency_ms:.0f} ms</small>" if nation.latency_ms is not None else ""
        text = f'<span class="ok">{escape(nation.state)}</span>{took}'
    else:
        text = f'<span class="no">{escape(nation.code)}</span>'
    if not nation.as_expected:
        text += f'<small class="bad">{escape(nation.remark)}</small>'
    return f"<td>{text}</td>"


def _reasons(outcome: DrillOutcome) -> str:
    """Why, in words, once per reason and message."""
    rows = "".join(
        f"<tr><td>{escape(message.serial)}</td><td>{escape(nation.nation)}</td>"
        f"<td>{'permit' if nation.permit else 'deny'}</td><td>{escape(nation.code)}</td>"
        f"<td>{escape(nation.explanation)}</td></tr>"
        for message in outcome.messages
        for nation in message.nations
    )
    if not rows:
        return ""
    return (
        "<h2>Why: the originator's decision for every nation</h2><table><thead><tr><th>Inject</th>"
        "<th>Nation</th><th>Decision</th><th>Code</th><th>Explanation</th></tr></thead>"
        f"<tbody>{rows}</tbody></table>"
    )


def _attempts(outcome: DrillOutcome) -> str:
    if not outcome.attempts:
        return ""
    rows = "".join(
        f"<tr><td>{escape(attempt.serial)}</td><td>{escape(attempt.nation)}</td>"
        f"<td>{escape(attempt.title)}<small>{escape(attempt.attempted)}</small></td>"
        f'<td><span class="{"ok" if attempt.as_expected else "bad"}">{escape(attempt.stopped_by)}</span>'
        f"<small>expected: {escape(attempt.expected)}</small></td>"
        f"<td>{escape(', '.join(attempt.reached) or 'nobody')}</td></tr>"
        for attempt in outcome.attempts
    )
    return (
        "<h2>What had to fail</h2><table><thead><tr><th>Inject</th><th>By</th><th>Attempt</th>"
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
