"""What the store refuses.

    Exception
    └── StoreError
        ├── StoreRefused       the file is another nation's or realm's, or of a newer format
        ├── StoreUnavailable   disk full, I/O error, file locked, store closed: nothing of the job was kept
        ├── StoreConflict      a row that must be unique stands there already, or a reference is missing
        └── LeaseLost          another relay holds the lease, or ours ran out: nothing may be written under it

Error texts carry SQLite's words only, never values of rows.
"""

import sqlite3


class StoreError(Exception):
    """Something about the store failed; the transaction of the job that raised it was rolled back."""


class StoreRefused(StoreError):
    """The file belongs to another nation or realm, or was written by a newer version."""


class StoreUnavailable(StoreError):
    """The store cannot take or give this now. Nothing of the job was kept; trying again may work."""


class StoreConflict(StoreError):
    """A uniqueness or reference rule of the schema forbids what the job wanted to write."""


class LeaseLost(StoreError):
    """The relay's lease is held by another, or has run out."""


_UNAVAILABLE = frozenset(
    {
        sqlite3.SQLITE_FULL,
        sqlite3.SQLITE_IOERR,
        sqlite3.SQLITE_BUSY,
        sqlite3.SQLITE_LOCKED,
        sqlite3.SQLITE_NOMEM,
        sqlite3.SQLITE_READONLY,
        sqlite3.SQLITE_CANTOPEN,
        sqlite3.SQLITE_CORRUPT,
        sqlite3.SQLITE_NOTADB,
        sqlite3.SQLITE_PROTOCOL,
        sqlite3.SQLITE_INTERRUPT,
    }
)


def translated(error: Exception) -> Exception:
    """The store's own error for one of SQLite's; any other, a fault in a statement included, as it is."""
    if isinstance(error, sqlite3.IntegrityError):
        return StoreConflict(str(error))
    if isinstance(error, sqlite3.Error):
        # Extended result codes carry the primary one in their low byte.
        code = getattr(error, "sqlite_errorcode", None)
        if code is not None and code & 0xFF in _UNAVAILABLE:
            return StoreUnavailable(f"{error} ({error.sqlite_errorname})")
    return error
