"""The rooms in the rail, and who is shown which. The gateway decides; here nobody is led to a closed door."""

from dataclasses import dataclass

from console.seating import Seat


@dataclass(frozen=True)
class Entry:
    """One room. ``key`` is the letter after G; any of ``rights`` or of ``roles`` opens it."""

    room: str
    path: str
    icon: str
    key: str = ""
    rights: tuple[str, ...] = ()
    content: bool = False
    roles: tuple[str, ...] = ()


ROOMS = (
    Entry("traffic", "/", "list-tree", "F", ("inbox:read",)),
    Entry("compose", "/compose", "square-pen", "W", ("messages:write",)),
    Entry("map", "/map", "map", "M", ("inbox:read",), content=True),
    Entry("exercises", "/exercises", "calendar-days", "E", ("inbox:read",), content=True),
    Entry("requests", "/requests", "inbox", "R", ("requests:read",)),
    Entry("releases", "/releases", "user-check", "C", ("release:confirm",)),
    Entry("nations", "/nations", "globe", "N", ("trust:read",)),
    Entry("agreements", "/agreements", "handshake", "T", ("agreements:read",)),
    Entry("held", "/held", "shield-alert", "H", ("audit:read",)),
    Entry("audit", "/audit", "scroll-text", "L", ("audit:read",)),
    Entry("drills", "/drills", "target", "D", roles=("exercise_staff",)),
    Entry("settings", "/settings", "sliders-horizontal", "S"),
)


def entries(seat: Seat) -> tuple[Entry, ...]:
    """What a seat is shown."""
    return tuple(
        entry
        for entry in ROOMS
        if (not entry.rights or seat.may(*entry.rights))
        and (not entry.roles or set(entry.roles) & set(seat.roles))
        and (seat.sees_content or not entry.content)
    )
