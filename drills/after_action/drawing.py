"""The timeline as a picture (SVG): lanes of nations, injects, acknowledgements, outages."""

from datetime import datetime, timedelta
from xml.sax.saxutils import escape, quoteattr

from drills.after_action.model import Band, Bar, Mark, Met, Tick, Timeline, TimelineLane
from drills.after_action.wording import span

WIDTH, LEFT, RIGHT = 1200, 64, 24
LANE = 30
MARK_ROWS, MARK_HEIGHT = 3, 17
_CHARACTER = 6.2
"""Width of a letter at 11 px, roughly: marks stand in rows, so that names do not run into each other."""
_STEPS = (
    0.1,
    0.2,
    0.5,
    1,
    2,
    5,
    10,
    15,
    30,
    60,
    120,
    300,
    600,
    900,
    1800,
    3600,
    7200,
    14_400,
    43_200,
    86_400,
)
_MOST_LINES = 10


class _Scale:
    """From times to places on the page."""

    def __init__(self, began: datetime, ended: datetime) -> None:
        self.began = began
        self.seconds = max((ended - began).total_seconds(), 0.001)

    def x(self, at: datetime) -> float:
        share = (at - self.began).total_seconds() / self.seconds
        return round(LEFT + min(max(share, 0.0), 1.0) * (WIDTH - LEFT - RIGHT), 1)


def timeline_svg(timeline: Timeline) -> str:
    """The whole picture, as text to be put into a page whose style sheet colours its classes."""
    scale = _Scale(timeline.began, timeline.ended)
    rows, top = _in_rows(timeline.marks, scale)
    bottom = top + LANE * len(timeline.lanes)
    parts = [
        f'<svg class="timeline" viewBox="0 0 {WIDTH} {bottom + 26}" role="img" aria-labelledby="timeline">',
        '<title id="timeline">Messages, acknowledgements and outages of every nation over time</title>',
    ]
    for place, lane in enumerate(timeline.lanes):
        parts.append(_background(place, lane, top))
    parts += _grid(scale, top, bottom)
    for place, lane in enumerate(timeline.lanes):
        parts += _lane(lane, scale, top + place * LANE)
    parts += [_mark(mark, row, scale, bottom) for mark, row in rows]
    parts.append("</svg>")
    return "\n".join(parts)


def _in_rows(marks: tuple[Mark, ...], scale: _Scale) -> tuple[list[tuple[Mark, int]], float]:
    """Each mark with the first row that has room for its name, and where the lanes begin."""
    taken: list[list[tuple[float, float]]] = [[] for _ in range(MARK_ROWS)]
    placed = []
    for mark in sorted(marks, key=lambda each: each.at):
        begin, end = _extent(mark, scale)
        free = (
            row
            for row, spans in enumerate(taken)
            if all(end < left or right < begin for left, right in spans)
        )
        # Where there is no room the triangle alone is drawn; its name is told by pointing at it.
        row = next(free, MARK_ROWS)
        if row < MARK_ROWS:
            taken[row].append((begin, end))
        placed.append((mark, row))
    used = max((row for _, row in placed), default=-1) + 1
    return placed, 8.0 + MARK_HEIGHT * used


def _extent(mark: Mark, scale: _Scale) -> tuple[float, float]:
    """From where to where its triangle and its name reach: to the left of it where there is no room else."""
    x, width = scale.x(mark.at), 8 + _CHARACTER * len(_name(mark))
    return (x - width, x + 6) if x + width > WIDTH - RIGHT else (x - 6, x + width)


def _name(mark: Mark) -> str:
    text = f"{mark.serial} {mark.title}"
    return text if len(text) <= 34 else text[:33].rstrip() + "\u2026"


def _mark(mark: Mark, row: int, scale: _Scale, bottom: float) -> str:
    x, kind = scale.x(mark.at), "mark fault" if mark.fault else "mark"
    y = 4 + MARK_HEIGHT * row
    name = ""
    if row < MARK_ROWS:
        at_end = _extent(mark, scale)[0] < x - 6
        anchor = f'x="{x - 7}" text-anchor="end"' if at_end else f'x="{x + 7}"'
        name = f'<text {anchor} y="{y + 9}">{escape(_name(mark))}</text>'
    return (
        f'<g class="{kind}"><title>{escape(f"{mark.serial} {mark.title}")}</title>'
        f'<line x1="{x}" x2="{x}" y1="{y + 6}" y2="{bottom}"/>'
        f'<path d="M{x - 5} {y}h10l-5 8z"/>{name}</g>'
    )


def _background(place: int, lane: TimelineLane, top: float) -> str:
    y = top + place * LANE
    shade = ' class="odd"' if place % 2 else ' class="even"'
    return (
        f'<rect{shade} x="{LEFT}" y="{y}" width="{WIDTH - LEFT - RIGHT}" height="{LANE}"/>'
        f'<text class="nation" x="{LEFT - 10}" y="{y + LANE / 2 + 4}" text-anchor="end">'
        f"{escape(lane.nation)}</text>"
    )


def _grid(scale: _Scale, top: float, bottom: float) -> list[str]:
    """Lines at round times since the beginning, and what time it was."""
    step = next((each for each in _STEPS if scale.seconds / each <= _MOST_LINES), _STEPS[-1])
    parts, number = [], 0
    while number * step <= scale.seconds:
        at = scale.began + timedelta(seconds=number * step)
        x = scale.x(at)
        parts.append(f'<line class="grid" x1="{x}" x2="{x}" y1="{top}" y2="{bottom}"/>')
        anchor = "end" if x > WIDTH - RIGHT - _CHARACTER else "middle"
        parts.append(
            f'<text class="time" x="{x}" y="{bottom + 17}" text-anchor="{anchor}">{_clock(at, step)}</text>'
        )
        number += 1
    return parts


def _clock(at: datetime, step: float) -> str:
    if step < 1:
        return f"{at:%M:%S}.{at.microsecond // 100_000}"
    return f"{at:%H:%M:%S}Z" if step < 60 else f"{at:%H%M}Z"


def _lane(lane: TimelineLane, scale: _Scale, y: float) -> list[str]:
    parts = [_band(band, scale, y) for band in lane.bands]
    parts += [_tick(tick, scale, y) for tick in lane.ticks]
    told_until = 0.0
    for bar in lane.bars:
        x = scale.x(bar.until or bar.began)
        # A length of time is written where it has room; else pointing at the bar tells it.
        parts.append(_bar(bar, scale, y, told=x >= told_until))
        told_until = max(told_until, x + 7 + _CHARACTER * len(_took(bar)))
    return parts


def _band(band: Band, scale: _Scale, y: float) -> str:
    x, end = scale.x(band.began), scale.x(band.until)
    lasted = span((band.until - band.began).total_seconds())
    words = f"{band.what} {lasted}" + (f", {band.held_up} held up" if band.held_up else "")
    shown = (
        f'<text x="{x + 4}" y="{y + LANE - 5}">{escape(words)}</text>'
        if end - x > _CHARACTER * len(words)
        else ""
    )
    return (
        f'<g class="outage"><title>{escape(words)}</title>'
        f'<rect x="{x}" y="{y + 1}" width="{max(2.0, round(end - x, 1))}" height="{LANE - 2}"/>{shown}</g>'
    )


def _tick(tick: Tick, scale: _Scale, y: float) -> str:
    x = scale.x(tick.at)
    half = 9 if tick.sent else 6
    direction = "sent" if tick.sent else "received"
    words = quoteattr(f"tick {tick.precedence.lower()} {direction}")
    title = escape(f"{tick.serial} {tick.precedence} {direction}")
    middle = y + LANE / 2
    ends = f'y1="{middle - half}" y2="{middle + half}"'
    return f'<line class={words} x1="{x}" x2="{x}" {ends}><title>{title}</title></line>'


def _bar(bar: Bar, scale: _Scale, y: float, *, told: bool) -> str:
    x, middle = scale.x(bar.began), y + LANE / 2
    end = WIDTH - RIGHT if bar.until is None else scale.x(bar.until)
    kind = f"acknowledged {bar.met.value.lower().replace('_', '-')}"
    dot = "" if bar.until is None else f'<circle cx="{end}" cy="{middle}" r="3.5"/>'
    beside = f'x="{end - 7}" text-anchor="end"' if end > WIDTH - RIGHT - 60 else f'x="{end + 7}"'
    words = f'<text {beside} y="{middle - 5}">{escape(_took(bar))}</text>' if told else ""
    return (
        f'<g class="{kind}"><title>{escape(f"{bar.serial} {bar.precedence}: {_took(bar)}")}</title>'
        f'<line x1="{x}" x2="{end}" y1="{middle}" y2="{middle}"/>{dot}{words}</g>'
    )


def _took(bar: Bar) -> str:
    words = {Met.NEVER: "overdue at the end", Met.OPEN: "not acknowledged by the end"}
    return words[bar.met] if bar.until is None else span((bar.until - bar.began).total_seconds())
