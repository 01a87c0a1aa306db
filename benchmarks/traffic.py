"""Searching the traffic of a store that holds a million messages: what an operator waits for a page of rows.

The store is filled directly, seven of ten messages received and three of our own, and indexed by the steps
that a gateway takes. Words are drawn so that few are frequent and most are rare, as in any language.
"""

import json
import os
import random
import sqlite3
import time
from bisect import bisect
from collections.abc import Awaitable, Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import partial
from itertools import accumulate
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory
from typing import Any, cast

from bus.protocol.traffic_search import parse_search
from bus.store import traffic_rows, traffic_search, traffic_words
from bus.store.columns import micros
from bus.store.traffic_conditions import Asker
from bus.store.traffic_filling import fill
from bus.store.traffic_search import Search
from bus.store.writer import Store, Transaction
from gateways.context import GatewayContext
from gateways.traffic import searching
from gateways.traffic.turns import Turns
from schemas.base import rfc3339
from schemas.header import Kind, Precedence

NATION, REALM = "XAA", "sha256:" + "ab" * 32
ROUNDS = 7
PAGE = 100
BATCH = 20_000
OTHERS = ("XBB", "XCC", "XDD", "XEE", "XFF", "XGG", "XHH")
LEVELS = ("NATO UNCLASSIFIED", "NATO RESTRICTED", "NATO CONFIDENTIAL", "NATO SECRET")
WORDS_OF_ONE = 28
RARE = "quernstone"
"""A word of every hundred-thousandth message."""
QUERIES = (
    ("everything", ""),
    ("a frequent word", "wa"),
    ("a middling word", "wcv"),
    ("a rare word", RARE),
    ("a word that nobody wrote", "zzyzx"),
    ("a phrase of two frequent words", '"wa wb"'),
    ("a phrase that stands nowhere", '"wcv wcw wcx"'),
    ("rare and frequent", f"{RARE} wa"),
    ("two middling words", "wcv wcw"),
    ("frequent, not another", "wa -wb"),
    ("everything without a frequent word", "-wa"),
    ("beginning of words", "wcv*"),
    ("subject", "subj:wcv"),
    ("sender and precedence", "from:XDD prec:FLASH"),
    ("sender, precedence and a word", "from:XDD prec:FLASH wcv"),
    ("what is never together", "from:XBB type:response prec:FLASH mode:TEST"),
    ("addressee and label", "to:XHH label:secret"),
    ("last quarter of an hour", "after:-15m"),
    ("an hour long ago, with a word", "after:-50d before:-1199h wa"),
    ("before a month ago", "before:-30d"),
    ("not acknowledged", "ack:missing"),
    ("not acknowledged by one nation, FLASH", "ack:XCC prec:FLASH"),
    ("not delivered", "ack:undelivered"),
    ("overdue", "is:overdue"),
    ("unread FLASH", "is:unread prec:FLASH"),
    ("not current", "-status:current"),
    ("the beginning of an id", "id:00000000-0000-7000-8000-0000000a"),
)


@dataclass(frozen=True)
class TrafficSearch:
    """Seconds. Of each query by name: median and longest, median of processor time, rows found."""

    messages: int
    queries: dict[str, tuple[float, float, float, int]]
    others: dict[str, float]
    index_seconds: float
    longest_step: float
    cleaning_seconds: float
    octets: int


async def measure(messages: int) -> TrafficSearch:
    """Fill a store, index it, ask everything, clean it after one recall."""
    with TemporaryDirectory() as directory:
        # A store that was kept is asked again: filling one takes most of the time.
        kept = os.environ.get("TRAFFIC_STORE")
        path = Path(kept or directory) / "store.db"
        if not path.exists():
            store = Store.open(path, NATION, REALM)
            await store.close()
            _fill(path, messages)
        store = Store.open(path, NATION, REALM)
        try:
            index_seconds, longest = await _index(store)
            context = cast(GatewayContext, _Context(store))
            found = {name: await _timed(context, text) for name, text in QUERIES}
            others = await _others(context)
            return TrafficSearch(
                messages,
                found,
                others,
                index_seconds,
                longest,
                await _cleaning(store),
                path.stat().st_size,
            )
        finally:
            await store.close()


@dataclass
class _Context:
    """As much of a gateway's context as searching needs."""

    store: Store


async def _timed(context: GatewayContext, text: str) -> tuple[float, float, float, int]:
    took, spent, rows, turns = [], [], 0, Turns()
    for _ in range(ROUNDS):
        began, before = time.perf_counter(), time.process_time()
        now = datetime.now(UTC)
        search = Search(parse_search(text, now), Asker(now))
        indexed = await searching.latest(context)
        page = await searching.page(context, turns, search, upper=indexed.latest, limit=PAGE)
        shown = await context.store.read(partial(traffic_rows.load, seqs=page.seqs))
        took.append(time.perf_counter() - began)
        spent.append(time.process_time() - before)
        rows = len(shown)
    return median(took), max(took), median(spent), rows


async def _others(context: GatewayContext) -> dict[str, float]:
    now, turns = datetime.now(UTC), Turns()
    asker, store = Asker(now), context.store
    quarter, always = timedelta(minutes=15), timedelta(days=400)

    def bars(text: str, span: timedelta) -> Callable[[], Awaitable[object]]:
        search, parts = Search(parse_search(text, now), asker), searching.parts_of(now - span, now, 90)
        return lambda: searching.count(context, turns, search, parts)

    def read(job: Callable[[Transaction], object]) -> Callable[[], Awaitable[object]]:
        return lambda: store.read(job)

    jobs = {
        "histogram of 15 minutes": bars("", quarter),
        "histogram of everything": bars("", always),
        "histogram of everything, FLASH": bars("prec:FLASH", always),
        "histogram of everything, one sender": bars("from:XBB", always),
        "histogram of everything, a frequent word": bars("wa", always),
        "awaiting: list": read(lambda tx: traffic_search.awaiting(tx, asker, [0], 100)),
        "awaiting: counts": read(lambda tx: traffic_search.count_awaiting(tx, asker)),
    }
    return {f"{name}, processor time": await _time(job) for name, job in jobs.items()}


async def _time(job: Callable[[], Awaitable[object]]) -> float:
    took = []
    for _ in range(ROUNDS):
        began = time.process_time()
        await job()
        took.append(time.process_time() - began)
    return median(took)


async def _index(store: Store) -> tuple[float, float]:
    began, longest = time.perf_counter(), 0.0
    while True:
        step = time.perf_counter()
        position = await store.write(traffic_words.index_step)
        longest = max(longest, time.perf_counter() - step)
        if position.through >= position.latest:
            return time.perf_counter() - began, longest


async def _cleaning(store: Store) -> float:
    """Until nothing is left in the index of one message that was taken out."""
    await store.write(lambda tx: traffic_words.forget(tx, 7))
    began = time.perf_counter()
    while await store.write(traffic_words.erase_step):
        pass
    return time.perf_counter() - began


def _fill(path: Path, messages: int) -> None:
    tx = sqlite3.connect(path, isolation_level=None)
    tx.execute("PRAGMA synchronous = OFF")
    drawn = random.Random(1)
    first = datetime.now(UTC) - timedelta(seconds=5 * messages)
    texts = _texts(drawn)
    for begin in range(0, messages, BATCH):
        tx.execute("BEGIN")
        for number in range(begin, min(begin + BATCH, messages)):
            at = micros(first) + number * 5_000_000
            (_publish if number % 10 >= 7 else _receive)(tx, number, at, drawn, next(texts))
        tx.execute("COMMIT")
    tx.execute("BEGIN")
    fill(tx)
    tx.execute("COMMIT")
    tx.close()


def _texts(drawn: random.Random) -> Iterator[str]:
    """Texts of words w<letters>, the n-th as frequent as 1/n; now and then the rare one."""
    letters = "abcdefghijklmnopqrstuvwxyz"
    words = [f"w{a}{b}{c}" for a in ("", *letters) for b in ("", *letters) for c in letters]
    words = sorted(dict.fromkeys(words), key=lambda word: (len(word), word))
    weights = list(accumulate(1 / (rank + 1) for rank in range(len(words))))
    number = 0
    while True:
        number += 1
        text = [words[bisect(weights, drawn.random() * weights[-1])] for _ in range(WORDS_OF_ONE)]
        yield " ".join([*text, RARE] if number % 100_000 == 1 else text)


def _content(number: int, at: int, drawn: random.Random, text: str, header: dict[str, Any]) -> bytes:
    words = text.split()
    made = {
        "header": header
        | {
            "message_id": _id(number),
            "issued_at": rfc3339(datetime.fromtimestamp(at / 1e6, UTC)),
            "action_addressees": [drawn.choice(OTHERS)],
            "info_addressees": [],
            "acknowledgement": {"required": number % 20 == 0},
            "subject": " ".join(words[:5]),
        },
        "label": {
            "policy": "NATO",
            "classification": drawn.choice(LEVELS),
            "releasable_to": ["NATO"],
            "release_set": list(OTHERS),
        },
        "body": {"description": " ".join(words[5:20]), "instruction": " ".join(words[20:])},
    }
    return json.dumps(made, separators=(",", ":")).encode()


def _id(number: int) -> str:
    return f"00000000-0000-7000-8000-{number:012x}"


def _kind_and_precedence(drawn: random.Random) -> tuple[str, str]:
    kind = drawn.choices(list(Kind), (2, 4, 2, 1, 3))[0]
    return kind.value, drawn.choices(list(Precedence), (1, 4, 15, 80))[0].value


def _receive(tx: sqlite3.Connection, number: int, at: int, drawn: random.Random, text: str) -> None:
    originator = drawn.choice(OTHERS)
    kind, precedence = _kind_and_precedence(drawn)
    header = {"kind": kind, "precedence": precedence, "originator": originator}
    content = _content(number, at, drawn, text, header)
    tx.execute(
        "INSERT INTO inbox (originator, message_id, digest, kind, mode, precedence, lane, epoch, serial,"
        " release_set, handling, trust_version, basis, sign_kid, issued_at, received_at, late, expired,"
        " read_at, acknowledged_at, status, content)"
        " VALUES (?, ?, ?, ?, ?, ?, 'normal', 1, ?, ?, 'RELEASE', 1,"
        " '[]', ?, ?, ?, 0, 0, ?, ?, ?, ?)",
        (
            *(originator, _id(number), f"sha256:{number:064x}", kind),
            *("OPERATION" if number % 3 else "EXERCISE", precedence, number, json.dumps(OTHERS)),
            *("ef" * 16, at, at, at if number % 50 else None, at if number % 4000 else None),
            *("UPDATED" if number % 30 == 0 else "CURRENT", content),
        ),
    )


def _publish(tx: sqlite3.Connection, number: int, at: int, drawn: random.Random, text: str) -> None:
    kind, precedence = _kind_and_precedence(drawn)
    header = {"kind": kind, "precedence": precedence, "originator": NATION}
    content = _content(number, at, drawn, text, header)
    content_id = tx.execute(
        "INSERT INTO content (content_type, digest, message_id, bytes) VALUES ('message', ?, ?, ?)",
        (f"sha256:{number:064x}", _id(number), content),
    ).lastrowid
    seq = tx.execute(
        "INSERT INTO publication (publication_id, message_id, content_id, digest, kind, mode, precedence,"
        " release_set, api_key_id, accepted_at) VALUES (?, ?, ?, ?, ?, 'OPERATION', ?, ?, 'key-1', ?)",
        (
            *(f"1{_id(number)[1:]}", _id(number), content_id, f"sha256:{number:064x}", kind, precedence),
            *(json.dumps(OTHERS), at),
        ),
    ).lastrowid
    waits = number % 1000 == 7
    tx.executemany(
        "INSERT INTO delivery (publication_seq, content_id, recipient, mode, lane, precedence_rank, state,"
        " awaits_receipt, owes_acknowledgement, acknowledged_at, overdue)"
        " VALUES (?, ?, ?, 'OPERATION', 'normal', 3, ?, 1, ?, ?, ?)",
        [
            (
                *(seq, content_id, nation, "queued" if waits else "delivered", number % 10 == 7),
                *(None if number % 100 == 7 else at, int(waits)),
            )
            for nation in drawn.sample(OTHERS, 3)
        ],
    )
