"""Where other people's test data lies: read in place, never copied, skipped with a reason where absent.

``$ENTENTE_SHARED/data`` if that variable is set, else ``../shared/data`` beside the repository.
"""

import os
from pathlib import Path

import pytest

REPOSITORY = Path(__file__).resolve().parent.parent


def shared_root() -> Path:
    """The data directory, which need not exist."""
    named = os.environ.get("ENTENTE_SHARED")
    return (Path(named) if named else REPOSITORY.parent / "shared") / "data"


def find_shared_data(*parts: str) -> Path | None:
    """The named file or directory, or None where it is absent (for choosing parameters at collection)."""
    path = shared_root().joinpath(*parts)
    return path if path.exists() else None


def absent_reason(*parts: str) -> str:
    """Why a test that needs the named data is skipped."""
    return f"shared data {'/'.join(parts)} is absent: set ENTENTE_SHARED to the directory that holds data/"


def shared_data(*parts: str) -> Path:
    """The named file or directory of shared data; skips the calling test (or module) where it is absent."""
    path = find_shared_data(*parts)
    if path is None:
        pytest.skip(absent_reason(*parts), allow_module_level=True)
    return path
