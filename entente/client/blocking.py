"""The client for programs without an event loop."""

import random
import ssl
import time
from collections.abc import Collection, Generator
from datetime import UTC, datetime
from pathlib import Path
from types import TracebackType
from typing import Any, Self, TypeVar

import httpx

from entente.client import calls
from entente.client.answers import refuse_problems
from entente.client.attempts import Attempts, Retries
from entente.client.blocking_life import Life
from entente.client.calls import Call, Draft
from entente.client.connection import NEVER_SENT, Connection, answer_of, new_key, request_of, stream_of
from entente.client.credentials import api_key as find_key
from entente.client.faults import Unreachable
from entente.client.following import Following
from entente.client.results import (
    Accepted,
    Event,
    EventPage,
    InboxEntry,
    InboxPage,
    PartnerList,
    Preview,
    PublicationDetail,
    PublicationPage,
    ReceiptPage,
    ToldByReceipt,
)
from entente.client.results.result import Result

T = TypeVar("T")
ResultT = TypeVar("ResultT", bound=Result)


class Client(Life):
    """One gateway and one API key. Use it from as many threads as you like.

    The key comes from ``api_key``, from ``key_file`` (which only its owner can read), else from the
    environment variable ENTENTE_API_KEY. ``timeout``: seconds until an answer; ``tls``: for a gateway whose
    certificate an authority of your own signed, or that asks for yours. Requests raise ClientError
    (``faults``).
    """

    def __init__(
        self,
        url: str,
        *,
        api_key: str | None = None,
        key_file: Path | str | None = None,
        timeout: float = 30.0,
        retries: Retries | None = None,
        tls: ssl.SSLContext | None = None,
    ) -> None:
        connection = Connection(url, find_key(api_key, key_file), timeout, tls)
        self._url = url
        self._retries = retries or Retries()
        self._http = httpx.Client(**connection.options)

    def __repr__(self) -> str:
        return f"Client({self._url!r})"

    def publish(
        self, draft: Draft, *, source_id: str | None = None, idempotency_key: str | None = None
    ) -> Accepted:
        """Hand in a draft, once, however often the connection breaks meanwhile.

        Give a key of your own, kept with the draft, where it must hold across restarts of your program too.
        """
        return self._answered(calls.publish(draft, key=idempotency_key or new_key(), source_id=source_id))

    def preview(self, draft: Draft) -> Preview:
        """What publishing would answer, explained nation by nation; nothing is kept."""
        return self._answered(calls.preview(draft))

    def publication(self, publication_id: str) -> PublicationDetail:
        """What became of one publication, nation by nation."""
        return self._answered(calls.publication(publication_id))

    def publications(
        self,
        *,
        before: int | None = None,
        limit: int = 50,
        kind: str | None = None,
        mode: str | None = None,
        source_id: str | None = None,
        current: bool = False,
    ) -> PublicationPage:
        """A page of what this nation published, newest first. ``current``: only what still holds."""
        return self._answered(calls.publications(before, limit, kind, mode, source_id, current))

    def inbox(
        self,
        after: int = 0,
        *,
        before: int | None = None,
        limit: int = 100,
        kind: str | None = None,
        mode: str | None = None,
        originator: str | None = None,
        current: bool = False,
        expires_after: datetime | None = None,
    ) -> InboxPage:
        """A page of the inbox in order of filing. Keep ``next`` and give it as ``after``.

        ``before``, instead of ``after``: what was filed before this, the newest first; ``next`` is the next
        ``before``. ``current``: only what nothing took the place of, and what was not cancelled.
        """
        call = calls.inbox(
            after,
            before=before,
            limit=limit,
            kind=kind,
            mode=mode,
            originator=originator,
            current=current,
            expires_after=expires_after,
        )
        return self._answered(call)

    def message(self, message_id: str, *, originator: str | None = None) -> InboxEntry:
        """One message of the inbox."""
        return self._answered(calls.message(message_id, originator))

    def acknowledge(
        self,
        message_id: str,
        *,
        level: str,
        outcome: str,
        officer_role: str,
        acknowledged_at: datetime | None = None,
        remarks: str | None = None,
        originator: str | None = None,
        by_receipt: bool = False,
        idempotency_key: str | None = None,
    ) -> Accepted | ToldByReceipt:
        """Send a responsible person's answer to a message of the inbox; now, if no time is given.

        ``by_receipt``: where no agreement carries it, its author is told by receipt alone that it was given.
        """
        return self._answered(
            calls.acknowledge(
                message_id,
                key=idempotency_key or new_key(),
                level=level,
                outcome=outcome,
                officer_role=officer_role,
                acknowledged_at=acknowledged_at or datetime.now(UTC),
                remarks=remarks,
                originator=originator,
                by_receipt=by_receipt,
            )
        )

    def partners(self) -> PartnerList:
        """The other nations of the realm."""
        return self._answered(calls.partners())

    def receipts(
        self,
        *,
        overdue: bool = False,
        nation: str | None = None,
        mode: str | None = None,
        publication_id: str | None = None,
        before: int | None = None,
        limit: int = 50,
    ) -> ReceiptPage:
        """A page of this nation's copies at the others, newest first: what was signed, what is overdue."""
        return self._answered(calls.receipts(overdue, nation, mode, publication_id, before, limit))

    def events(self, after: int = 0, *, limit: int = 100, types: Collection[str] | None = None) -> EventPage:
        """A page of the feed of happenings: what became of messages, never what they say."""
        return self._answered(calls.events(after, limit, types))

    def get(self, path: str, **query: object) -> Any:
        """What any other address of the API answers: JSON; XML and other text as ``str``."""
        return self._answered(calls.anything(path, query))

    def post(
        self, path: str, body: Draft | None = None, *, idempotency_key: str | None = None, **query: object
    ) -> Any:
        """POST to any other address of the API.

        Without a key it is repeated only where it had no effect; addresses that heed one say so at /docs.
        """
        return self._answered(calls.anything_posted(path, body, query, idempotency_key))

    def put(self, path: str, body: Draft, **query: object) -> Any:
        """PUT to any other address of the API."""
        return self._answered(calls.anything_put(path, body, query))

    def delete(self, path: str, **query: object) -> Any:
        """DELETE at any other address of the API; repeated only where it had no effect."""
        return self._answered(calls.anything_deleted(path, query))

    def follow_inbox(
        self, after: int | None = None, *, kind: str | None = None
    ) -> Generator[InboxEntry, None, None]:
        """Messages after this inbox_seq as they come, without end, gap or duplicate; None: from now on.

        A connection that breaks is made again. For your own restart keep the last ``inbox_seq`` that you have
        dealt with.
        """
        return self._followed(calls.stream(calls.INBOX_STREAM, after=after, kind=kind), InboxEntry, after)

    def follow_events(
        self, after: int | None = None, *, types: Collection[str] | None = None
    ) -> Generator[Event, None, None]:
        """Happenings after this event_seq as they come, without end, gap or duplicate; None: from now on.

        Raises Refused CURSOR_GONE when the gateway no longer keeps what followed.
        """
        return self._followed(calls.stream(calls.EVENT_STREAM, after=after, type=types), Event, after)

    def close(self) -> None:
        """Give up the connections."""
        self._http.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def _answered(self, call: Call[T]) -> T:
        attempts = Attempts(self._retries, repeatable=call.repeatable, chance=random.random)
        while True:
            try:
                answer = answer_of(self._http.request(**request_of(call)))
            except httpx.TransportError as error:
                pause = attempts.after_failure(was_sent=not isinstance(error, NEVER_SENT))
                if pause is None:
                    raise Unreachable(attempts.tries, maybe_done=attempts.maybe_done) from error
            else:
                pause = attempts.after_answer(answer)
                if pause is None:
                    refuse_problems(answer)
                    return call.read(answer)
            time.sleep(pause)

    def _followed(
        self, call: Call[object], model: type[ResultT], after: int | None
    ) -> Generator[ResultT, None, None]:
        following = Following(call, model, self._retries, after=after, chance=random.random)
        while True:
            try:
                with self._http.stream(**stream_of(following.next_call())) as response:
                    if response.status_code != httpx.codes.OK:
                        response.read()
                        pause = following.refused(answer_of(response))
                    else:
                        for data in response.iter_bytes():
                            yield from following.received(data)
                        pause = following.broken()
            except httpx.TransportError:
                pause = following.broken()
            time.sleep(pause)
