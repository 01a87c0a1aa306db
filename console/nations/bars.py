"""Twenty minutes of traffic as a row of bars: whole numbers for an SVG, scaled to the fullest minute."""

from collections.abc import Sequence
from dataclasses import dataclass

HEIGHT, PITCH, WIDTH = 20, 6, 4


@dataclass(frozen=True)
class Bar:
    """One minute: what was sent stands on what was received."""

    x: int
    received_y: int
    received: int
    sent_y: int
    sent: int


def bars(minutes: Sequence[tuple[int, int]], scale: int = 0) -> list[Bar]:
    """``minutes``: sent and received. ``scale``: what fills the height, at least the fullest minute."""
    most = max((sent + received for sent, received in minutes), default=0)
    full = max(1, most, scale)
    made = []
    for number, (sent, received) in enumerate(minutes):
        low, high = _height(received, full), _height(sent + received, full)
        made.append(Bar(number * PITCH, HEIGHT - low, low, HEIGHT - high, high - low))
    return made


def _height(count: int, full: int) -> int:
    """A minute with anything in it shows."""
    return max(2, round(count * HEIGHT / full)) if count else 0
