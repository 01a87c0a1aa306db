"""Requests that an earlier version stored without following them: followed once, after the file was brought
forward."""

from functools import partial
from itertools import groupby

from bus.store import publications, request_history
from bus.store.request_history import Released
from bus.store.writer import Transaction
from gateways.context import GatewayContext
from gateways.requests.noting import OwnMessage, note_filed, note_released
from schemas.header import Kind
from schemas.message import parse_message

PAGE = 500
"""More than there are nations: what belongs to one publication fits."""


async def follow_history(context: GatewayContext) -> None:
    """Note what stored messages said of requests, as if they came now; nothing where all was noted before."""
    if not await context.store.read(request_history.is_to_follow):
        return
    # Requests before what is said of them, whoever's they are.
    for kinds in ({Kind.INFORMATION_REQUEST}, {Kind.INFORMATION_RESPONSE, Kind.ACKNOWLEDGEMENT}):
        for page in (_received_page, _released_page):
            position: int | None = 0
            while position is not None:
                position = await context.store.write(partial(page, context, after=position, kinds=kinds))
    await context.store.write(request_history.end)


def _received_page(context: GatewayContext, tx: Transaction, *, after: int, kinds: set[Kind]) -> int | None:
    """One page of the inbox; where the next one begins, or None."""
    rows = request_history.received(tx, after, PAGE)
    evidence = context.evidence("gateway", context.now())
    for row in rows:
        message = parse_message(row.content)
        if message.header.kind in kinds:
            note_filed(context, tx, message, row.digest, row.handling, evidence)
    evidence.write(tx)
    return rows[-1].position if rows else None


def _released_page(context: GatewayContext, tx: Transaction, *, after: int, kinds: set[Kind]) -> int | None:
    """As ``_received_page``, of our own messages."""
    rows = request_history.released(tx, after, PAGE)
    if len(rows) == PAGE:
        # What belongs to one publication stays together.
        last = rows[-1].publication_seq
        rows = tuple(row for row in rows if row.publication_seq != last) or rows
    for seq, copies in groupby(rows, key=lambda row: row.publication_seq):
        _released(context, tx, seq, tuple(copies), kinds)
    return rows[-1].position if rows else None


def _released(
    context: GatewayContext, tx: Transaction, seq: int, copies: tuple[Released, ...], kinds: set[Kind]
) -> None:
    if copies[0].kind not in kinds:
        return
    stored = publications.get(tx, copies[0].publication_id)
    assert stored is not None
    addressed = {row.nation: row.addressed for row in stored.decisions}
    recipients: dict[tuple[str, bytes], list[str]] = {}
    for copy in copies:
        recipients.setdefault((copy.digest, copy.content), []).append(copy.recipient)
    messages = [OwnMessage(*named, tuple(nations)) for named, nations in recipients.items()]
    now = context.now()
    note_released(context, tx, seq, copies[0].kind, messages, addressed, now, already=True)
