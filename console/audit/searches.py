"""What somebody asks of the audit log: from a form to the gateway's parameters and to an address."""

from collections.abc import Mapping
from dataclasses import dataclass, fields, replace
from datetime import datetime, timedelta
from urllib.parse import urlencode

from console.forms.moments import read_moment
from schemas.audit import AuditEvent

Pairs = list[tuple[str, str]]

FAMILIES: dict[str, tuple[str, ...]] = {
    family: tuple(event.value for event in AuditEvent if event.value.partition(".")[0] == family)
    for family in dict.fromkeys(event.value.partition(".")[0] for event in AuditEvent)
}
"""Events by the word before the dot, in the order of the log's own list."""

LAST = {
    "15m": timedelta(minutes=15),
    "1h": timedelta(hours=1),
    "24h": timedelta(hours=24),
    "7d": timedelta(days=7),
}
ALARMS = (
    "lane.alarm",
    "message.equivocation",
    "agreement.equivocation",
    "agreement.foreign-act",
    "recall.refused",
)


@dataclass(frozen=True)
class Search:
    """The form's fields as text; what is not understood is named in ``faults``."""

    event: str = ""
    """An event, or a family as ``release.*``."""
    actor: str = ""
    about: str = ""
    outcome: str = ""
    last: str = ""
    since: str = ""
    until: str = ""
    """Zulu, as ``2026-11-22 13:30Z`` or ``221330ZNOV26``."""

    @classmethod
    def of(cls, given: Mapping[str, str]) -> "Search":
        """The fields that there are, trimmed and bounded; others are passed over."""
        return cls(**{field.name: given.get(field.name, "").strip()[:128] for field in fields(cls)})

    @property
    def empty(self) -> bool:
        """Whether nothing is asked for."""
        return self == Search()

    @property
    def faults(self) -> dict[str, str]:
        """By field, a key of ``audit.fault``."""
        found = {}
        if self.event and not self._events():
            found["event"] = "event"
        if self.outcome not in ("", "success", "refused"):
            found["outcome"] = "outcome"
        if self.last and self.last not in LAST:
            found["last"] = "time"
        for name in ("since", "until"):
            text = getattr(self, name)
            if text and _zulu(text) is None:
                found[name] = "time"
        since, until = _zulu(self.since), _zulu(self.until)
        if since is not None and until is not None and until <= since:
            found["until"] = "order"
        return found

    def parameters(self, now: datetime) -> Pairs:
        """For ``GET /v1/audit/search`` and ``/export``."""
        pairs: Pairs = [("event", event) for event in self._events()]
        pairs += [(name, value) for name in ("actor", "about", "outcome") if (value := getattr(self, name))]
        since, until = _zulu(self.since), _zulu(self.until)
        if since is None and self.last in LAST:
            since = now - LAST[self.last]
        pairs += [
            (name, at.isoformat().replace("+00:00", "Z"))
            for name, at in (("since", since), ("until", until))
            if at is not None
        ]
        return pairs

    def address(self, **more: object) -> str:
        """The page that shows it."""
        given = {field.name: getattr(self, field.name) for field in fields(self)} | more
        asked = urlencode({name: value for name, value in given.items() if value})
        return f"/audit?{asked}" if asked else "/audit"

    def with_(self, **changes: str) -> "Search":
        """The same with some fields changed."""
        return replace(self, **changes)

    def _events(self) -> tuple[str, ...]:
        if self.event == "alarms":
            return ALARMS
        family, star, _ = self.event.partition(".*")
        if star:
            return FAMILIES.get(family, ())
        return (self.event,) if any(self.event in events for events in FAMILIES.values()) else ()


def _zulu(text: str) -> datetime | None:
    """A moment as people type it; None for nothing and for nonsense."""
    found = read_moment(text)
    return None if found is None else datetime.fromisoformat(found)


QUICK: dict[str, Search] = {
    "refused_access": Search(event="access.refused", last="24h"),
    "denied": Search(event="release.denied", last="24h"),
    "rejected": Search(event="message.rejected", last="24h"),
    "alarms": Search(event="alarms", last="7d"),
    "sign_ins": Search(event="operator.signed-in", last="24h"),
    "people": Search(event="operator.*", last="7d"),
    "trust": Search(event="trust.*", last="7d"),
    "exports": Search(event="audit.exported", last="7d"),
}
"""What auditors look for first, by the name in the wording."""
