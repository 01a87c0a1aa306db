"""What requests are made of a gateway (docs/api.md), without any I/O."""

import re
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any, Generic, TypeVar
from urllib.parse import quote

from pydantic import BaseModel
from pydantic_core import to_json

from entente.client.answers import (
    Answer,
    read_accepted,
    read_acknowledged,
    read_anything,
    read_json,
    reads_as,
)
from entente.client.results.accepted import Accepted, ToldByReceipt
from entente.client.results.event import EventPage
from entente.client.results.inbox import InboxEntry, InboxPage
from entente.client.results.partner import PartnerList
from entente.client.results.preview import Preview
from entente.client.results.publication import PublicationDetail, PublicationPage
from entente.client.results.receipt import ReceiptPage

T_co = TypeVar("T_co", covariant=True)

Draft = Mapping[str, Any] | BaseModel | bytes | str
"""A draft: an object for JSON, one of the models of ``schemas``, or JSON as it is sent."""

INBOX_STREAM = "/v1/inbox/stream"
EVENT_STREAM = "/v1/events/stream"
_IDEMPOTENCY_KEY = re.compile(r"[!-~]{1,255}", re.ASCII)


@dataclass(frozen=True, slots=True)
class Call(Generic[T_co]):
    """One request and how its answer is read. Repeating a ``repeatable`` one does nothing twice."""

    method: str
    path: str
    read: Callable[[Answer], T_co]
    query: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes | None = None
    repeatable: bool = True

    def __post_init__(self) -> None:
        # Anything else could name another server, which would be told the API key.
        if not self.path.startswith("/") or self.path.startswith("//"):
            raise ValueError("a path begins with one slash")

    def with_header(self, name: str, value: str) -> "Call[T_co]":
        """The same with one header more."""
        return replace(self, headers={**self.headers, name: value})


def publish(draft: Draft, *, key: str, source_id: str | None = None) -> Call[Accepted]:
    """Hand in a draft under an Idempotency-Key. Raises ValueError for a key that is none."""
    return call_post("/v1/messages", _json(draft), read_accepted, key=key, source_id=source_id)


def preview(draft: Draft) -> Call[Preview]:
    """Explain what publishing would do. It keeps nothing, so it needs no key to be repeated."""
    call = call_post("/v1/release-preview", _json(draft), reads_as(Preview), key=None)
    return replace(call, repeatable=True)


def publication(publication_id: str) -> Call[PublicationDetail]:
    """One publication in full."""
    return call_get(path_to("/v1/messages", publication_id), reads_as(PublicationDetail))


def publications(
    before: int | None, limit: int, kind: str | None, mode: str | None, source_id: str | None, current: bool
) -> Call[PublicationPage]:
    """A page of what was published, newest first."""
    read = reads_as(PublicationPage)
    narrowed = {"kind": kind, "mode": mode, "source_id": source_id, "current": "true" if current else None}
    return call_get("/v1/messages", read, before=before, limit=limit, **narrowed)


def inbox(
    after: int,
    *,
    before: int | None,
    limit: int,
    kind: str | None,
    mode: str | None,
    originator: str | None,
    current: bool,
    expires_after: datetime | None,
) -> Call[InboxPage]:
    """A page of the inbox in order of filing, or newest first. Raises ValueError without an offset."""
    narrowed = {"kind": kind, "mode": mode, "originator": originator, "current": "true" if current else None}
    until = None if expires_after is None else time_given(expires_after)
    given = {"after": after, "before": before, "limit": limit, "expires_after": until}
    return call_get("/v1/inbox", reads_as(InboxPage), **given, **narrowed)


def message(message_id: str, originator: str | None) -> Call[InboxEntry]:
    """One message of the inbox."""
    return call_get(path_to("/v1/inbox", message_id), reads_as(InboxEntry), originator=originator)


def acknowledge(
    message_id: str,
    *,
    key: str,
    level: str,
    outcome: str,
    officer_role: str,
    acknowledged_at: datetime,
    remarks: str | None,
    originator: str | None,
    by_receipt: bool,
) -> Call[Accepted | ToldByReceipt]:
    """Send a responsible person's answer. Raises ValueError for a time without an offset."""
    given = {
        "level": level,
        "outcome": outcome,
        "officer_role": officer_role,
        "acknowledged_at": time_given(acknowledged_at),
        "remarks": remarks,
    }
    body = to_json({name: value for name, value in given.items() if value is not None})
    path = path_to("/v1/inbox", message_id, "acknowledgements")
    told = "true" if by_receipt else None
    return call_post(path, body, read_acknowledged, key=key, originator=originator, by_receipt=told)


def partners() -> Call[PartnerList]:
    """The other nations of the realm."""
    return call_get("/v1/partners", reads_as(PartnerList))


def receipts(
    overdue: bool,
    nation: str | None,
    mode: str | None,
    publication_id: str | None,
    before: int | None,
    limit: int,
) -> Call[ReceiptPage]:
    """A page of copies, newest first, with what was signed of each."""
    only = "true" if overdue else None
    narrowed = {"overdue": only, "nation": nation, "mode": mode, "publication_id": publication_id}
    return call_get("/v1/receipts", reads_as(ReceiptPage), before=before, limit=limit, **narrowed)


def events(after: int, limit: int, types: Collection[str] | None) -> Call[EventPage]:
    """A page of the feed of happenings."""
    return call_get("/v1/events", reads_as(EventPage), after=after, limit=limit, type=types)


def stream(path: str, **query: object) -> Call[object]:
    """A stream of server-sent events; it is read by ``following``."""
    return replace(call_get(path, read_json, **query), headers={"Accept": "text/event-stream"})


def anything(path: str, query: Mapping[str, object]) -> Call[Any]:
    """Any GET; XML and other text as text."""
    return call_get(path, read_anything, **query)


def anything_posted(path: str, body: Draft | None, query: Mapping[str, object], key: str | None) -> Call[Any]:
    """Any POST; without a key it is repeated only where it cannot have had an effect."""
    return call_post(path, None if body is None else _json(body), read_json, key=key, **query)


def anything_put(path: str, body: Draft, query: Mapping[str, object]) -> Call[Any]:
    """Any PUT; repeating it does nothing twice."""
    return replace(call_post(path, _json(body), read_json, key=None, **query), method="PUT", repeatable=True)


def anything_deleted(path: str, query: Mapping[str, object]) -> Call[Any]:
    """Any DELETE; repeated it might not find what it deleted."""
    return replace(call_get(path, read_json, **query), method="DELETE", repeatable=False)


def call_get(path: str, read: Callable[[Answer], T_co], **query: object) -> Call[T_co]:
    """A GET; what is None is not asked."""
    return Call("GET", path, read, query=_query(query))


def call_post(
    path: str, body: bytes | None, read: Callable[[Answer], T_co], *, key: str | None, **query: object
) -> Call[T_co]:
    """A POST, repeatable under a key. Raises ValueError for a key that is none."""
    headers = {} if body is None else {"Content-Type": "application/json"}
    if key is not None:
        if not _IDEMPOTENCY_KEY.fullmatch(key):
            raise ValueError("an Idempotency-Key is 1 to 255 printable ASCII characters without spaces")
        headers["Idempotency-Key"] = key
    return Call("POST", path, read, _query(query), headers, body, repeatable=key is not None)


def time_given(at: datetime) -> str:
    """As it is sent. Raises ValueError without an offset."""
    if at.tzinfo is None:
        raise ValueError("a time needs an offset: datetime.now(UTC)")
    return at.isoformat()


def _query(given: Mapping[str, object]) -> dict[str, tuple[str, ...]]:
    """What stands after the question mark: nothing for None, several times for several values."""
    several = {
        name: value if isinstance(value, list | tuple | set | frozenset) else (value,)
        for name, value in given.items()
        if value is not None
    }
    return {name: tuple(str(value) for value in values) for name, values in several.items()}


def path_to(*parts: str) -> str:
    """An address of these parts, of which only the first may hold slashes."""
    beginning, *names = parts
    return "/".join((beginning, *(quote(name, safe="") for name in names)))


def _json(draft: Draft) -> bytes:
    if isinstance(draft, bytes):
        return draft
    if isinstance(draft, str):
        return draft.encode()
    if isinstance(draft, BaseModel):
        return draft.model_dump_json(exclude_none=True).encode()
    return to_json(draft)
