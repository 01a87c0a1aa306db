"""What sounded at the gateways, as a section of the report."""

from html import escape

from drills.outcome import DrillOutcome
from drills.report_places import Places


def alarm_section(outcome: DrillOutcome, places: Places) -> str:
    """Injects whose alarms were judged: what sounded after each, where and when."""
    if not outcome.alarms:
        return ""
    rows = "".join(
        f'<tr{places(each.serial)}><td class="fixed">{escape(each.serial)}</td><td>{escape(each.nation)}</td>'
        f'<td>{escape(each.title)}<small class="bad">{escape(each.remark)}</small></td>'
        f"<td>{'<br>'.join(escape(told) for told in each.told) or 'nothing'}</td></tr>"
        for each in outcome.alarms
    )
    return (
        "<h2>Alarms</h2><table><thead><tr><th>Inject</th><th>By</th><th class='wide'>What happened</th>"
        f"<th>What sounded from then on</th></tr></thead><tbody>{rows}</tbody></table>"
    )
