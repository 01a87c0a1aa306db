"""The report's sections on messages: who got what, chapter by chapter, and why."""

from html import escape

from drills.chapters import DULL, ChapterMessages, chapters
from drills.outcome import DrillOutcome, MessageOutcome, NationOutcome
from drills.report_places import Places

DISPLAY_ONLY = "DISPLAY_ONLY_PERMITTED"
TIMES = "Times are until the nation's own system saw it: its gateway had it before."
GETS = {
    "UPDATE": "as a change",
    "FRESH": "as a first message",
    "CANCELLATION": "told: what it has is cancelled",
}


def message_sections(outcome: DrillOutcome, places: Places) -> str:
    """A table per chapter; empty without messages."""
    if not outcome.messages:
        return ""
    each = "".join(_chapter(chapter, places) for chapter in chapters(outcome))
    return f'<h2>Who got what</h2><p class="note">{TIMES}</p>{each}'


def _chapter(chapter: ChapterMessages, places: Places) -> str:
    title = f"<h3>{escape(chapter.title)}</h3>" if chapter.title else ""
    note = f'<p class="note">{escape(chapter.note)}</p>' if chapter.note else ""
    head = "".join(f"<th>{escape(nation)}</th>" for nation in chapter.nations)
    rows = "".join(_row(message, chapter.nations, places(message.serial)) for message in chapter.messages)
    return (
        f"{title}{note}<table><thead><tr><th>Inject</th><th class='wide'>Message</th><th>From</th>{head}"
        f"</tr></thead><tbody>{rows}</tbody></table>"
    )


def _row(message: MessageOutcome, nations: tuple[str, ...], place: str) -> str:
    by_nation = {each.nation: each for each in message.nations}
    details = " ".join((message.kind.replace("_", " "), message.precedence))
    banner = message.marking or message.classification
    failed = f'<small class="bad">{escape(message.remark)}</small>' if message.remark else ""
    return (
        f'<tr{place}><td class="fixed">{escape(message.serial)}</td>'
        f"<td>{escape(message.title)}"
        f"<small>{escape(details)}</small><small>{escape(banner)}</small>{failed}</td>"
        f"<td>{escape(message.originator)}</td>"
        + "".join(_cell(by_nation.get(nation)) for nation in nations)
        + "</tr>"
    )


def _version(nation: NationOutcome) -> str:
    name = "the fullest version" if nation.version == 0 else f"tear line {nation.version}"
    return escape(f"{name}: {nation.marking}" if nation.marking else name)


def _cell(nation: NationOutcome | None) -> str:
    if nation is None:
        return "<td><small>author</small></td>"
    if nation.state and nation.reason:
        text = f'<span class="no">{escape(nation.state)}</span><small>{escape(nation.reason)}</small>'
    elif nation.state:
        took = f"<small>{nation.latency_ms:.0f} ms</small>" if nation.latency_ms is not None else ""
        text = f'<span class="ok">{escape(nation.state)}</span>{took}'
    else:
        dull = nation.code == DULL
        words = "<small>not released</small>" if dull else escape(nation.code.replace("_", " ").lower())
        kind = "soft" if dull else "no"
        text = f'<span class="{kind}" title="{escape(nation.explanation)}">{words}</span>'
    if nation.code == DISPLAY_ONLY:
        text += "<small>display only</small>"
    if nation.version is not None:
        text += f"<small>{_version(nation)}</small>"
    if nation.gets in GETS:
        text += f"<small>{GETS[nation.gets]}</small>"
    if not nation.as_expected:
        text += f'<small class="bad">{escape(nation.remark)}</small>'
    return f"<td>{text}</td>"
