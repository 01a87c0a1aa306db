"""What a process holds and has used, as Linux tells it."""

import contextlib
import os
from pathlib import Path

MIB = 1024 * 1024


def resident_bytes(pid: int, *, peak: bool = False) -> int:
    """Resident set size of a process, in bytes, now or at its ``peak``; 0 where /proc does not tell."""
    wanted = "VmHWM:" if peak else "VmRSS:"
    try:
        text = Path(f"/proc/{pid}/status").read_text(encoding="ascii")
    except OSError:
        return 0
    for line in text.splitlines():
        if line.startswith(wanted):
            return int(line.split()[1]) * 1024
    return 0


def cpu_seconds(pid: int) -> float:
    """Processor time a process has used so far, all its threads."""
    try:
        fields = Path(f"/proc/{pid}/stat").read_text(encoding="ascii").rpartition(")")[2].split()
    except OSError:
        return 0.0
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def directory_bytes(path: Path) -> int:
    """What the files below a directory hold, in bytes; what is deleted meanwhile counts as nothing."""
    total = 0
    for directory, _, names in os.walk(path):
        for name in names:
            with contextlib.suppress(FileNotFoundError):
                total += (Path(directory) / name).stat().st_size
    return total
