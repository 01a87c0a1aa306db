"""The report's sections on release: decisions by code, previews, agreements over time, the realm."""

from html import escape

from drills.chapters import DULL
from drills.outcome import AgreementOutcome, DrillOutcome, PreviewOutcome, PreviewRow
from drills.report_places import Places

GOOD = frozenset({"in_force"})
OVER = frozenset({"left", "expired", "superseded"})
WORDS = {
    "propose": "proposes",
    "countersign": "countersigns",
    "suspend": "suspends",
    "resume": "resumes",
    "leave": "leaves",
}


def code_section(outcome: DrillOutcome) -> str:
    """Release decisions by code, of messages and previews."""
    if not outcome.decisions_by_code:
        return ""
    rows = "".join(
        f'<tr><td class="code"><span class="{"ok" if each.permit else "no"}">{escape(each.code)}</span></td>'
        f"<td>{'permit' if each.permit else 'deny'}</td><td>{each.count}</td>"
        f"<td>{escape(each.explanation)}</td><td>{escape(', '.join(each.injects))}</td></tr>"
        for each in outcome.decisions_by_code
    )
    return (
        "<h2>Release decisions by code</h2>"
        '<p class="note">Every decision of an originator for one nation, on every message and preview.</p>'
        "<table><thead><tr><th>Code</th><th>Decision</th><th>Times</th><th class='wide'>What it means</th>"
        f"<th>Injects</th></tr></thead><tbody>{rows}</tbody></table>"
    )


def preview_section(outcome: DrillOutcome, places: Places) -> str:
    """What authors were told before they sent anything."""
    if not outcome.previews:
        return ""
    return "<h2>Previews: who would get a draft, and what would have to change</h2>" + "".join(
        _preview(preview, places(preview.serial)) for preview in outcome.previews
    )


def _preview(preview: PreviewOutcome, place: str) -> str:
    refused = (
        f"Publishing it would be refused: {preview.refused}. {preview.detail}" if preview.refused else ""
    )
    note = "".join(
        f'<p class="{kind}">{escape(text)}</p>'
        for kind, text in (("note", refused), ("bad", preview.remark))
        if text
    )
    dull = ", ".join(row.nation for row in preview.rows if row.code == DULL)
    if dull:
        note += f'<p class="note">Not in the release set: {escape(dull)}.</p>'
    rows = "".join(
        f"<tr><td>{escape(row.nation)}</td>"
        f'<td class="code"><span class="{"ok" if row.permit else "no"}">{escape(row.code)}</span></td>'
        f"<td>{escape(row.explanation)}</td><td>{_ways(row)}</td></tr>"
        for row in preview.rows
        if row.code != DULL
    )
    return (
        f"<h3{place}>{escape(preview.serial)} {escape(preview.nation)}: "
        f"{escape(preview.title)}</h3>{note}"
        "<table><thead><tr><th>Nation</th><th>Decision</th><th>Why</th><th>What would change it</th></tr>"
        f"</thead><tbody>{rows}</tbody></table>"
    )


def _ways(row: PreviewRow) -> str:
    """What would have to change for a nation that is denied; a permit needs no change."""
    return "<br>or: ".join(map(escape, row.change)) if not row.permit else ""


def agreement_section(outcome: DrillOutcome, places: Places) -> str:
    """A table per agreement: every step on any of its versions, and its state at each party's gateway."""
    if not outcome.agreements:
        return ""
    by_id: dict[str, list[AgreementOutcome]] = {}
    for each in outcome.agreements:
        by_id.setdefault(each.id, []).append(each)
    return (
        "<h2>Agreements over time</h2>"
        '<p class="note">The state at each party\'s own gateway once the step was known there; '
        "how long that took, from the request until the last party knew.</p>"
        + "".join(_agreement(name, steps, places) for name, steps in by_id.items())
    )


def _agreement(name: str, steps: list[AgreementOutcome], places: Places) -> str:
    parties = sorted({nation for step in steps for nation in step.states})
    head = "".join(f"<th>{escape(nation)}</th>" for nation in parties)
    rows = "".join(
        f'<tr{places(step.serial)}><td class="fixed">{escape(step.serial)}</td>'
        f"<td>{escape(step.nation)} {WORDS.get(step.step, step.step)} version {step.version}"
        f'<small>{escape(step.title)}</small><small class="bad">{escape(step.remark)}</small></td>'
        + "".join(_state(step.states.get(nation, "")) for nation in parties)
        + f"<td>{'not everywhere' if step.took_ms is None else f'{step.took_ms:.0f} ms'}</td></tr>"
        for step in steps
    )
    return (
        f"<h3>{escape(name)}</h3><table><thead><tr><th>Inject</th><th>Step</th>{head}"
        f"<th>Known after</th></tr></thead><tbody>{rows}</tbody></table>"
    )


def _state(state: str) -> str:
    kind = "ok" if state in GOOD else "soft" if state in OVER else "no"
    return f'<td><span class="{kind}">{escape(state.replace("_", " "))}</span></td>'


def event_section(outcome: DrillOutcome, places: Places) -> str:
    """What happened to the realm and its machinery."""
    if not outcome.events:
        return ""
    rows = "".join(
        f'<tr{places(event.serial)}><td class="fixed">{escape(event.serial)}</td>'
        f"<td>{escape(event.nation)}</td>"
        f"<td>{escape(event.title)}<small>{escape(event.what)}</small>"
        f'<small class="bad">{escape(event.remark)}</small></td></tr>'
        for event in outcome.events
    )
    return (
        "<h2>The realm and its machinery</h2><table><thead><tr><th>Inject</th><th>By</th>"
        f"<th>What happened</th></tr></thead><tbody>{rows}</tbody></table>"
    )
