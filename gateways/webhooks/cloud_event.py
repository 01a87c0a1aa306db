"""An event as a CloudEvent 1.0 in structured mode (JSON). Pure: exact messages are put in as they are."""

import json

from bus.store.columns import micros
from bus.store.events import StoredEvent
from schemas.base import rfc3339
from schemas.event import Event

MEDIA_TYPE = "application/cloudevents+json"


def event_id(event: StoredEvent) -> str:
    """The id of an event, the same whenever and to whomever it is posted.

    Its time is part of it: a gateway that went back to an older store gives numbers a second time.
    """
    return f"{event.event_seq}-{micros(event.at)}"


def source(realm: str, nation: str) -> str:
    """Whose gateway it happened at: ``urn:entente:gateway:<realm id without its hash's name>:<nation>``."""
    return f"urn:entente:gateway:{realm.rpartition(':')[2]}:{nation}"


def cloud_event(realm: str, nation: str, event: StoredEvent, shown: Event, entry: bytes | None) -> bytes:
    """The whole body: ``data`` is the event as the API shows it, and ``entry`` its inbox entry."""
    about = event.message_id or event.publication_id or event.nation
    context = {
        "specversion": "1.0",
        "id": event_id(event),
        "source": source(realm, nation),
        "type": f"entente.{event.type.value}",
        **({} if about is None else {"subject": about}),
        "time": rfc3339(event.at),
        "datacontenttype": "application/json",
    }
    data = shown.encode()
    if entry is not None:
        data = b'%b,"entry":%b}' % (data[:-1], entry)
    return b'%b,"data":%b}' % (json.dumps(context, separators=(",", ":")).encode()[:-1], data)
