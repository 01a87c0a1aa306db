"""What a search of the traffic asks: as conditions of SQL on a row `t`, and as a match of words."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, NamedTuple

from bus.protocol.deadlines import OPEN_IN, Awaited
from bus.protocol.search_values import MISSING, UNDELIVERED
from bus.protocol.traffic_query import WORDS, Field, Phrase, Query, Term
from bus.store.columns import micros
from bus.store.traffic import key_mark
from schemas.header import Mode, Precedence

Condition = tuple[str, list[Any]]

AWAITING = "(t.owing = 1 AND t.status = 'CURRENT' AND (t.expires_at IS NULL OR t.expires_at > ?))"
"""This nation's acknowledgement is awaited, at the time given."""
FEW_ROWS = 100_000
"""In a window of at most so many rows each is looked up; for a larger one, whatever holds anywhere."""
_OPEN = ", ".join(f"'{state}'" for state in sorted(OPEN_IN[Awaited.ACKNOWLEDGEMENT]))
_OWED = "d.owes_acknowledgement = 1 AND d.acknowledged_at IS NULL"
_MINE = "d.publication_seq = -t.ref"


@dataclass(frozen=True, slots=True)
class Asker:
    """Who searches, and when: what they see bounds every search."""

    now: datetime
    modes: Collection[Mode] | None = None
    """The modes they see; None for every mode."""
    author: str = ""
    """How their own publications are marked."""
    revoked: Collection[str] = ()
    """Key ids whose signatures stand no more."""


class Matches(NamedTuple):
    """What the index of words is asked: what must match, and what must not; empty where nothing is asked."""

    wanted: str
    unwanted: str


def matches_of(query: Query) -> Matches:
    """The expressions of FTS5 for the terms about words."""
    wanted = [_match(term) for term in query.terms if term.field in WORDS and not term.negated]
    unwanted = [_match(term) for term in query.terms if term.field in WORDS and term.negated]
    return Matches(" AND ".join(wanted), " OR ".join(unwanted))


def conditions_of(query: Query, asker: Asker, rows: int) -> Condition:
    """The condition for everything else, on a window of so many rows."""
    texts, values = list[str](), list[Any]()
    if asker.modes is not None:
        _add(texts, values, _among("t.mode", [mode.value for mode in asker.modes]))
    for term in query.terms:
        if term.field in WORDS:
            continue
        text, given = _condition(term, asker, rows <= FEW_ROWS)
        texts.append(f"NOT {text}" if term.negated else text)
        values += given
    return " AND ".join(texts) or "1", values


_COLUMNS = {Field.TO: "addressed", Field.REL: "released"}
_MATCHED = {Field.TEXT: "{subject body}", Field.SUBJ: "{subject}", Field.REF: "{refs}"}


def _match(term: Term) -> str:
    phrases = [each for each in term.values if isinstance(each, Phrase)]
    given = " OR ".join(_phrase(each) for each in phrases)
    return f"({_MATCHED[term.field]} : ({given}))"


def _phrase(phrase: Phrase) -> str:
    doubled = phrase.words.replace('"', '""')
    return f'"{doubled}"{" *" if phrase.prefix else ""}'


def _condition(term: Term, asker: Asker, few: bool) -> Condition:
    values = [str(value) for value in term.values]
    match term.field:
        case Field.FROM:
            return _among("t.originator", values)
        case Field.TO | Field.REL:
            column = _COLUMNS[term.field]
            return _any([f"instr(t.{column}, ?) > 0"] * len(values), [f" {each} " for each in values])
        case Field.TYPE:
            return _among("t.kind", values)
        case Field.PREC:
            return _among("t.rank", [Precedence(each).rank for each in values])
        case Field.MODE:
            return _among("t.mode", values)
        case Field.STATUS:
            return _among("t.status", values)
        case Field.LABEL:
            return _any(["instr(lower(t.label), ?) > 0"] * len(values), values)
        case Field.EX:
            return _any(["instr(upper(ifnull(t.exercise_id, '')), ?) > 0"] * len(values), values)
        case Field.DIR:
            return _any(["t.ref > 0" if each == "in" else "t.ref < 0" for each in values], [])
        case Field.AFTER | Field.BEFORE:
            sign = ">=" if term.field is Field.AFTER else "<"
            times = [micros(value) for value in term.values if isinstance(value, datetime)]
            return _any([f"t.at {sign} ?"] * len(times), times)
        case Field.ID:
            return _joined([_id(each) for each in values])
        case Field.SIG:
            return _joined([_signature(each, asker) for each in values])
        case Field.ACK:
            return _joined([_acknowledgement(each, few) for each in values])
        case _:
            return _joined([_state(each, asker, few) for each in values])


def _id(beginning: str) -> Condition:
    between = "BETWEEN ? AND ?"
    text = (
        f"t.ref IN (SELECT inbox_seq FROM inbox WHERE message_id {between}"  # noqa: S608 - fixed texts
        f" UNION ALL SELECT -publication_seq FROM publication WHERE publication_id {between}"
        f" UNION ALL SELECT -publication_seq FROM publication WHERE message_id {between}"
        f" UNION ALL SELECT -publication_seq FROM other_version WHERE message_id {between})"
    )
    # Behind every digit and the hyphen.
    return text, [beginning, f"{beginning}~"] * 4


def _signature(standing: str, asker: Asker) -> Condition:
    text, values = _among("t.key_mark", [key_mark(kid) for kid in asker.revoked])
    return f"(t.ref > 0 AND {'NOT ' if standing == 'good' else ''}{text})", values


def _acknowledgement(value: str, few: bool) -> Condition:
    if value == UNDELIVERED:
        if few:
            return _of_delivery("d.state IN ('queued', 'sealed', 'sent', 'pending_release')", [], few)
        parts = " UNION ALL ".join(
            f"SELECT publication_seq FROM delivery WHERE state = '{state}' AND publication_seq IS NOT NULL"  # noqa: S608
            for state in ("queued", "sealed", "sent")
        )
        waiting = "SELECT publication_seq FROM pending_release WHERE outcome IS NULL"
        return f"(t.ref < 0 AND -t.ref IN ({parts} UNION ALL {waiting}))", []
    owed = f"{_OWED} AND d.state IN ({_OPEN})"
    if value == MISSING:
        return _of_delivery(owed, [], few, "delivery_owing")
    return _of_delivery(f"{owed} AND d.recipient = ?", [value], few, "delivery_owing")


def _state(value: str, asker: Asker, few: bool) -> Condition:
    match value:
        case "unread":
            return "(t.ref > 0 AND t.unread = 1)", []
        case "expired":
            return "(t.expires_at IS NOT NULL AND t.expires_at <= ?)", [micros(asker.now)]
        case "mine":
            return "(t.author IS NOT NULL AND t.author = ?)", [asker.author]
        case "awaiting":
            return AWAITING, [micros(asker.now)]
        case _:
            return _of_delivery("d.overdue > 0", [], few, "delivery_late")


def _of_delivery(condition: str, values: list[Any], few: bool, index: str = "") -> Condition:
    """Some copy of a publication of ours is so; `index` has all such copies."""
    if few:
        return f"(t.ref < 0 AND EXISTS (SELECT 1 FROM delivery d WHERE {_MINE} AND {condition}))", values  # noqa: S608
    found = (
        f"SELECT d.publication_seq FROM delivery d INDEXED BY {index} WHERE {condition}"  # noqa: S608 - fixed
        " AND d.publication_seq IS NOT NULL"
    )
    return f"(t.ref < 0 AND -t.ref IN ({found}))", values


def _among(column: str, values: Sequence[Any]) -> Condition:
    return f"({column} IN ({', '.join('?' * len(values))}))", list(values)


def _any(texts: list[str], values: list[Any]) -> Condition:
    return f"({' OR '.join(texts)})", values


def _joined(conditions: Sequence[Condition]) -> Condition:
    return _any([text for text, _ in conditions], [each for _, values in conditions for each in values])


def _add(texts: list[str], values: list[Any], condition: Condition) -> None:
    texts.append(condition[0])
    values += condition[1]
