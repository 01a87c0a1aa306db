"""Which Python it was measured on: versions differ by a fifth, and so do builds of one version."""

import sqlite3
import sys
import sysconfig


def interpreter() -> str:
    """One line: version, compiler, optimisation flags, SQLite.

    Whether the build was guided by profiles no variable tells reliably: Debian's is, and does not say so.
    """
    flags = str(sysconfig.get_config_var("PY_CFLAGS") or "").split()
    kept = [flag for flag in dict.fromkeys(flags) if flag.startswith(("-O", "-fprofile", "-flto"))]
    version = " ".join(sys.version.split())
    return f"Python {version}, compiled with {' '.join(kept)}; SQLite {sqlite3.sqlite_version}"
