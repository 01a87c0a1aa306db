"""The after-action review as a part of the report's page, and its style sheet."""

from importlib.resources import files
from math import log10

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from drills.after_action.bands import band, sheet_style, who_for
from drills.after_action.comparing import NOTICED, Comparison
from drills.after_action.drawing import timeline_svg
from drills.after_action.model import AfterAction, Timing
from drills.after_action.wording import MEASURES, RATINGS, span
from drills.objectives import Measure

_PAGES = Environment(
    loader=PackageLoader("drills.after_action", "."),
    autoescape=True,
    undefined=StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
)
COLUMNS = (Measure.DELIVERED, Measure.READ, Measure.ACKNOWLEDGED, Measure.ANSWERED)
_WIDTH = 128
_SHORTEST, _LONGEST = 0.01, 86_400.0


def review_section(review: AfterAction) -> str:
    """The part of the page, as HTML. Whatever came from a scenario or a gateway is escaped."""
    return _PAGES.get_template("review.html").render(
        review=review,
        columns=COLUMNS,
        rows=_by_nation(review.timings),
        timeline=Markup(timeline_svg(review.timeline)),  # noqa: S704 - it escapes what it is given
        span=span,
        bar=_bar,
        measures=MEASURES,
        ratings=RATINGS,
    )


def report_style() -> str:
    """The style sheet of the report's page, this part's included."""
    report = files("drills").joinpath("report.css").read_text(encoding="utf-8")
    return report + files("drills.after_action").joinpath("review.css").read_text(encoding="utf-8")


def comparison_page(comparison: Comparison) -> str:
    """Two drills side by side, as a whole page that needs nothing else."""
    marked = comparison.handling, comparison.exercises
    style = report_style() + sheet_style(*marked)
    return _PAGES.get_template("comparison.html").render(
        comparison=comparison,
        style=Markup(style),  # noqa: S704 - our own file, and words that it escapes
        band=Markup(band(*marked)),  # noqa: S704 - it escapes what it is given
        who_for=who_for(comparison.handling),
        span=span,
        noticed=NOTICED,
    )


def _by_nation(timings: tuple[Timing, ...]) -> dict[tuple[str, str], dict[Measure, Timing]]:
    """A row for each nation and precedence, with a cell for each measure that there is."""
    rows: dict[tuple[str, str], dict[Measure, Timing]] = {}
    for timing in timings:
        rows.setdefault((timing.nation, timing.precedence), {})[timing.what] = timing
    return rows


def _bar(median: float | None, worst: float | None) -> Markup:
    """A point at the median and a line to the worst, on one logarithmic scale for the whole table."""
    if median is None or worst is None:
        return Markup()
    x, end = _place(median), _place(worst)
    drawn = (
        '<svg viewBox="0 0 {} 12"><line x1="{}" x2="{}" y1="6" y2="6"/><circle cx="{}" cy="6" r="4"/></svg>'
    )
    return Markup(drawn).format(_WIDTH, x, end, x)  # noqa: S704 - numbers only


def _place(seconds: float) -> float:
    within = min(max(seconds, _SHORTEST), _LONGEST)
    return round(5 + (_WIDTH - 10) * log10(within / _SHORTEST) / log10(_LONGEST / _SHORTEST), 1)
