"""The audit log as files: CSV for spreadsheets, JSON Lines for programs. One line per record."""

import csv
import hashlib
import hmac
import io
import json
from collections.abc import Iterable
from enum import StrEnum

from bus.store.audit import StoredRecord
from bus.store.audit_search import ABOUT

COLUMNS = (
    "audit_seq",
    "at",
    "event",
    "actor",
    "outcome",
    "reason",
    "count",
    *ABOUT,
    "lane_epoch",
    "serial",
    "leaf",
)
_FORMULA = ("=", "+", "-", "@", "\t", "\r")


class ExportFormat(StrEnum):
    """How a log is written to a file."""

    CSV = "csv"
    JSONL = "jsonl"


MEDIA_TYPES = {ExportFormat.CSV: "text/csv; charset=utf-8", ExportFormat.JSONL: "application/jsonl"}


def leaf_of(record: StoredRecord) -> str:
    """What the log's tree will hold of a record (design 11): HMAC-SHA256 of its bytes under its salt, hex."""
    return hmac.new(record.salt, record.record, hashlib.sha256).hexdigest()


def item_bytes(record: StoredRecord) -> bytes:
    """A record with its place, salt and leaf, as JSON."""
    return b'{"audit_seq":%d,"salt":"%b","leaf":"%b","record":%b}' % (
        record.audit_seq,
        record.salt.hex().encode(),
        leaf_of(record).encode(),
        record.record,
    )


def head_of(form: ExportFormat) -> bytes:
    """What stands before the first record."""
    return _row(COLUMNS) if form is ExportFormat.CSV else b""


def lines_of(form: ExportFormat, records: Iterable[StoredRecord]) -> bytes:
    """Records as lines."""
    if form is ExportFormat.JSONL:
        return b"".join(item_bytes(record) + b"\n" for record in records)
    return b"".join(_row(_cells(record)) for record in records)


def _cells(record: StoredRecord) -> list[str]:
    members = json.loads(record.record) | {"audit_seq": record.audit_seq, "leaf": leaf_of(record)}
    return [_safe(str(members.get(name, ""))) for name in COLUMNS]


def _safe(cell: str) -> str:
    """A cell that no spreadsheet takes for a formula."""
    return f"'{cell}" if cell.startswith(_FORMULA) else cell


def _row(cells: Iterable[str]) -> bytes:
    out = io.StringIO()
    csv.writer(out).writerow(cells)
    return out.getvalue().encode()
