"""How the review says things: lengths of time, ratings, measures. Pure."""

from drills.objectives import Measure, Rating

MEASURES = {
    Measure.DELIVERED: "Delivered",
    Measure.READ: "Read",
    Measure.ACKNOWLEDGED: "Acknowledged",
    Measure.ANSWERED: "Answered",
    Measure.RECOVERED: "Recovered after faults",
    Measure.NOTHING_LOST: "Nothing lost",
    Measure.NOTHING_LEAKED: "Nothing leaked",
    Measure.EXPECTATIONS: "Everything as expected",
}
RATINGS = {
    Rating.PERFORMED: "performed without challenges",
    Rating.SOME_CHALLENGES: "performed with some challenges",
    Rating.MAJOR_CHALLENGES: "performed with major challenges",
    Rating.UNABLE: "unable to be performed",
    Rating.NOT_OBSERVED: "not observed",
}


def span(seconds: float | None) -> str:
    """A length of time for people: ``340 ms``, ``11.4 s``, ``30 s``, ``10 min 18 s``; ``never`` for None."""
    if seconds is None:
        return "never"
    if seconds < 0.9995:
        return f"{1000 * seconds:.0f} ms"
    if seconds < 59.95:
        return f"{seconds:.1f}".removesuffix(".0") + " s"
    minutes, rest = divmod(round(seconds), 60)
    if minutes < 60:
        return f"{minutes} min {rest} s" if rest else f"{minutes} min"
    hours, minutes = divmod(minutes, 60)
    return f"{hours} h {minutes} min" if minutes else f"{hours} h"
