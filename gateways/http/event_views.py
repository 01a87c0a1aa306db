"""What the API shows of the feed of events, and to whom: never more than the caller may see elsewhere."""

from collections.abc import Collection

from pydantic import Field

from bus.store.events import Sight, StoredEvent
from gateways.http.api_keys import Scope
from gateways.http.caller import Caller
from schemas.base import Statement
from schemas.event import Event, EventType
from schemas.header import Kind, Mode


class EventPage(Statement):
    """Events in order of happening."""

    items: tuple[Event, ...]
    next: int = Field(
        description="Give it as after= for what follows, now or later. There may be more while it grows."
    )
    first: int = Field(description="The number of the oldest event that is kept, or of the next one.")


def sight_of(
    caller: Caller,
    types: Collection[EventType] | None = None,
    kinds: Collection[Kind] | None = None,
    modes: Collection[Mode] | None = None,
) -> Sight:
    """What the caller sees of the feed, narrowed to what was asked for.

    What happened to a message is for who may see that message; what is about a partner or a lane, for who may
    see the list of partners.
    """
    return Sight(
        types=types,
        asked_kinds=kinds,
        asked_modes=modes,
        kinds=caller.kinds,
        modes=caller.modes,
        of_inbox=Scope.INBOX_READ.value in caller.rights,
        of_publications=Scope.MESSAGES_READ.value in caller.rights,
        of_partners=Scope.TRUST_READ.value in caller.rights,
        display_only=caller.lists_display_only,
    )


def event_view(stored: StoredEvent) -> Event:
    """One event as it is shown."""
    return Event.model_construct(
        event_seq=stored.event_seq,
        type=stored.type,
        at=stored.at,
        nation=stored.nation,
        kind=stored.kind,
        mode=stored.mode,
        message_id=stored.message_id,
        publication_id=stored.publication_id,
        inbox_seq=stored.inbox_seq,
        state=stored.state,
        reason=stored.reason,
        count=stored.count,
    )
