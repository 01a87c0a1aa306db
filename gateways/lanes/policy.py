"""When lane heads are sent, and how long a recipient waits for what they announce."""

from dataclasses import dataclass
from datetime import timedelta


@dataclass(frozen=True, slots=True)
class HeadPolicy:
    """Times of lane heads, for every partner and mode."""

    cadence: timedelta = timedelta(seconds=60)
    """While something is sent to a partner, a head follows this often."""
    heartbeat: timedelta = timedelta(seconds=600)
    """While nothing is sent, this often."""
    idle: timedelta = timedelta(seconds=5)
    """Once nothing more was sent in a message lane for so long, a head follows."""
    settle: timedelta = timedelta(seconds=1)
    """An epoch is announced to every partner so long after it began."""
    patience: timedelta = timedelta(seconds=30)
    """What a head announced counts as lost once the lane has brought nothing for so long."""
