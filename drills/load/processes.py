"""What processes hold and have used, as Linux tells it."""

import contextlib
import os
from collections.abc import Mapping
from dataclasses import dataclass, field
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


def entries(pid: int, folder: str) -> int:
    """How many file descriptors (``fd``) or threads (``task``) a process has; 0 where /proc does not tell."""
    try:
        return sum(1 for _ in Path(f"/proc/{pid}/{folder}").iterdir())
    except OSError:
        return 0


def directory_bytes(path: Path, without: tuple[str, ...] = ()) -> int:
    """What the files below a directory hold, in bytes; what is deleted meanwhile counts as nothing.

    ``without``: ends of names that are left out.
    """
    total = 0
    for directory, _, names in os.walk(path):
        for name in names:
            if name.endswith(without or ("\0",)):
                continue
            with contextlib.suppress(FileNotFoundError):
                total += (Path(directory) / name).stat().st_size
    return total


@dataclass(frozen=True)
class Sample:
    """One look at one process."""

    at: float
    pid: int
    resident: int
    descriptors: int
    threads: int


@dataclass(frozen=True)
class Used:
    """What one process used while it was watched: seconds of processor time, bytes of memory."""

    cpu_seconds: float
    resident_first: int
    resident_most: int
    resident_last: int


@dataclass
class _Watched:
    samples: list[Sample] = field(default_factory=list)
    cpu_before: float = 0.0
    """Of this process when it was first seen: none if it was started under our eyes."""
    cpu_last: float = 0.0
    cpu_of_earlier: float = 0.0


class ProcessWatch:
    """Looks at processes by name, also when one of that name takes another's place."""

    def __init__(self) -> None:
        self._watched: dict[str, _Watched] = {}

    def look(self, at: float, pids: Mapping[str, int | None]) -> None:
        """Take a sample of each that lives."""
        for name, pid in pids.items():
            if pid is None or not (resident := resident_bytes(pid)):
                continue
            cpu, known = cpu_seconds(pid), self._watched.get(name)
            if known is None:
                known = self._watched[name] = _Watched(cpu_before=cpu)
            elif known.samples[-1].pid != pid:
                known.cpu_of_earlier += known.cpu_last - known.cpu_before
                known.cpu_before = 0.0
            known.cpu_last = cpu
            known.samples.append(Sample(at, pid, resident, entries(pid, "fd"), entries(pid, "task")))

    def samples(self) -> Mapping[str, tuple[Sample, ...]]:
        """All samples of each, in order of time."""
        return {name: tuple(each.samples) for name, each in self._watched.items()}

    def used(self) -> dict[str, Used]:
        """What each used, so far."""
        return {
            name: Used(
                each.cpu_of_earlier + each.cpu_last - each.cpu_before,
                each.samples[0].resident,
                max(sample.resident for sample in each.samples),
                each.samples[-1].resident,
            )
            for name, each in self._watched.items()
        }
