"""The report's section on the life of messages: what every nation's gateway shows after each step."""

from html import escape

from drills.life_outcome import LifeOutcome, LifeStep
from drills.outcome import DrillOutcome
from drills.report_places import Places

GOOD = ("current", "withdrawn", "acknowledged", "actioned", "read", "answered", "closed")
BAD = ("no answer", "overdue", "late", "unknown")


def life_section(outcome: DrillOutcome, places: Places) -> str:
    """A table per message, or chain of messages that change each other; then what was posted to systems."""
    if not outcome.lives:
        return _webhooks(outcome, places)
    return (
        "<h2>The life of messages</h2>"
        '<p class="note">What each nation\'s own gateway shows after a step: which messages it has (by their '
        "injects) and where they stand; how it answered; at the asker's and the asked nation's gateway alike "
        "where a request stands.</p>"
        + "".join(_life(life, outcome.nations, places) for life in outcome.lives)
        + _webhooks(outcome, places)
    )


def _life(life: LifeOutcome, nations: tuple[str, ...], places: Places) -> str:
    taking_part = [nation for nation in nations if any(nation in step.shown for step in life.steps)]
    head = "".join(f"<th>{escape(nation)}</th>" for nation in taking_part)
    rows = "".join(
        f'<tr{places(step.serial)}><td class="fixed">{escape(step.serial)}</td><td>{escape(step.nation)}</td>'
        f'<td>{escape(step.title)}<small class="bad">{escape(step.remark)}</small></td>'
        + "".join(_cell(step, nation) for nation in taking_part)
        + "</tr>"
        for step in life.steps
    )
    return (
        f"<h3>{escape(life.begins)} {escape(life.originator)}: {escape(life.title)}</h3>"
        f"<table><thead><tr><th>Inject</th><th>By</th><th class='wide'>Step</th>{head}</tr></thead>"
        f"<tbody>{rows}</tbody></table>"
    )


def _cell(step: LifeStep, nation: str) -> str:
    lines = "".join(
        f'<span class="{_kind(line)} line">{escape(line)}</span>' for line in step.shown.get(nation, ())
    )
    return f"<td>{lines}</td>"


def _kind(line: str) -> str:
    """How a line is coloured: what is as good as it can be, what still wants something, what is over."""
    if any(word in line for word in BAD):
        return "no"
    words = line.replace(",", " ").split()
    return "ok" if any(word in GOOD for word in words) else "soft"


def _webhooks(outcome: DrillOutcome, places: Places) -> str:
    if not outcome.webhooks:
        return ""
    rows = "".join(
        f'<tr{places(each.serial)}><td class="fixed">{escape(each.serial)}</td>'
        f"<td>{escape(each.nation)}</td>"
        f'<td>{escape(each.title)}<small class="bad">{escape(each.remark)}</small></td>'
        f"<td>{len(each.posts)} of {each.told}</td><td><ol>"
        + "".join(f"<li>{escape(post)}</li>" for post in each.posts)
        + "</ol></td></tr>"
        for each in outcome.webhooks
    )
    return (
        "<h2>Posted to partner systems</h2>"
        '<p class="note">Each event had to be posted once, in the order of the feed, under a good signature.'
        "</p><table><thead><tr><th>Inject</th><th>For</th><th class='wide'>Webhook</th><th>Posted</th>"
        f"<th>What its system was told</th></tr></thead><tbody>{rows}</tbody></table>"
    )
