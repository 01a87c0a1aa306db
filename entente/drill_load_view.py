"""What a load shows while it runs, and its table at the end."""

from collections.abc import Mapping
from types import TracebackType

from rich.console import Console, Group, RenderableType
from rich.live import Live
from rich.table import Table
from rich.text import Text

from drills.load.figures import LoadFigures, Times
from drills.load.play import Standing
from drills.load.processes import MIB
from drills.load.sends import Load

LINE_EVERY = 10
"""Without a terminal: a line every so many looks."""


class LoadView:
    """A panel that is drawn anew every second on a terminal; elsewhere a line now and then."""

    def __init__(self, console: Console, load: Load) -> None:
        self._console = console
        self._load = load
        self._looks = 0
        self._live = (
            Live(console=console, auto_refresh=False, transient=True) if console.is_terminal else None
        )

    def __enter__(self) -> "LoadView":
        if self._live is not None:
            self._live.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._live is not None:
            self._live.stop()

    def note(self, text: str) -> None:
        """Something worth a line of its own."""
        self._console.print(text, markup=False)

    def show(self, standing: Standing) -> None:
        """How it stands just now."""
        self._looks += 1
        if self._live is not None:
            self._live.update(_panel(self._load, standing), refresh=True)
        elif self._looks % LINE_EVERY == 0:
            self.note(_line(standing))


def _line(standing: Standing) -> str:
    refused = f", refused {_counts(standing.refused)}" if standing.refused else ""
    slowest = f"{_ms(standing.acceptance.p99)} and {_ms(standing.delivery.p99)}"
    return (
        f"{standing.elapsed:.0f} s: accepted {standing.accepted}, delivered {standing.delivered} copies, "
        f"backlog {standing.backlog}, p99 {slowest}{refused}"
    )


def _panel(load: Load, standing: Standing) -> RenderableType:
    begun = Text(
        f"{standing.elapsed:.0f} of {load.seconds:.0f} s, {load.rate:g} messages/s among "
        f"{len(load.nations)} nations"
    )
    flow = Table("", "so far", "per second", "p50", "p95", "p99", box=None)
    flow.add_row(
        "accepted",
        str(standing.accepted),
        f"{standing.accepted_per_second:.1f}",
        *_percentiles(standing.acceptance),
    )
    flow.add_row(
        "delivered",
        str(standing.delivered),
        f"{standing.delivered_per_second:.1f}",
        *_percentiles(standing.delivery),
    )
    lines: list[RenderableType] = [begun, flow]
    lines.append(
        Text(
            f"waiting for an answer {standing.under_way}, for a receipt {standing.backlog}, "
            f"refused {_counts(standing.refused) or 'none'}"
        )
    )
    if standing.resident:
        used = "  ".join(
            f"{name} {100 * standing.cpu_shares[name]:.0f} % {resident / MIB:.0f} MB"
            for name, resident in standing.resident.items()
        )
        lines.append(Text(used))
    return Group(*lines)


def table(figures: LoadFigures) -> RenderableType:
    """All figures of a load that has ended."""
    head = Text(
        f"{figures.exercise_id}: {len(figures.nations)} nations, {figures.seconds:.1f} s"
        f"{' (ended early)' if figures.ended_early else ''}, seed {figures.seed}\n"
        f"offered {figures.offered} ({figures.offered_per_second:.1f}/s), accepted {figures.accepted} "
        f"({figures.accepted_per_second:.1f}/s), delivered {figures.delivered} of {figures.copies} copies "
        f"({figures.delivered_per_second:.1f}/s); left {_ms(figures.lateness.p99)} late at p99\n"
        f"lost {figures.lost}, without receipt {figures.without_receipt}, twice {figures.duplicates}, "
        f"unanswered {figures.unanswered}, refused {_counts(figures.refused) or 'none'}, "
        f"not delivered {_counts(figures.undelivered) or 'none'}; retried {figures.retries}\n",
        style="" if figures.all_arrived else "bold",
    )
    lines: list[RenderableType] = [head, _times(figures)]
    if figures.processes:
        used = Table("Process", "CPU seconds", "share", "memory: first, most, last", "disk per message")
        for name, each in figures.processes.items():
            memory = (each.resident_first, each.resident_most, each.resident_last)
            used.add_row(
                name,
                f"{each.cpu_seconds:.2f}",
                f"{100 * each.cpu_seconds / figures.seconds:.1f} %",
                ", ".join(f"{octets / MIB:.0f}" for octets in memory) + " MB",
                f"{figures.octets_per_message.get(name, 0) / 1024:.1f} kB",
            )
        lines.append(used)
    return Group(*lines)


def _times(figures: LoadFigures) -> Table:
    found = Table("", "messages", "accepted p50", "p95", "p99", "copies", "delivered p50", "p95", "p99")
    for name, acceptance in figures.acceptance.items():
        delivery = figures.delivery[name]
        found.add_row(
            name,
            str(acceptance.count),
            *_percentiles(acceptance),
            str(delivery.count),
            *_percentiles(delivery),
        )
    return found


def _percentiles(times: Times) -> tuple[str, str, str]:
    return _ms(times.p50), _ms(times.p95), _ms(times.p99)


def _ms(seconds: float | None) -> str:
    return "-" if seconds is None else f"{1e3 * seconds:.1f} ms"


def _counts(counts: Mapping[str, int]) -> str:
    return ", ".join(f"{count} {code}" for code, count in counts.items())
