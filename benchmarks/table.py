"""The printed table: ours beside the floors of the same run."""

from collections.abc import Iterable
from dataclasses import dataclass, field

from benchmarks.backlog import Backlog
from benchmarks.decision import Decision
from benchmarks.floors import Crypto, RawNats
from benchmarks.library import Idle, Saturated
from benchmarks.markdown import Row, table
from benchmarks.over_http import OverHttp
from benchmarks.sizing import Sizing
from benchmarks.sizing_table import sizing_tables
from benchmarks.stages import Stages
from benchmarks.traffic import TrafficSearch
from drills.load.processes import MIB

BUNDLE = 64


@dataclass
class Results:
    """Everything that was measured; a part that was left out is None or empty."""

    interpreter: str
    crypto: Crypto | None = None
    raw: tuple[RawNats, ...] = ()
    stages: Stages | None = None
    saturated: list[Saturated] = field(default_factory=list)
    idle: list[Idle] = field(default_factory=list)
    http: list[OverHttp] = field(default_factory=list)
    decision: Decision | None = None
    backlog: Backlog | None = None
    traffic: TrafficSearch | None = None
    sizing: Sizing | None = None


def render(results: Results) -> str:
    """The tables of whatever was measured, as Markdown."""
    parts = [results.interpreter]
    if results.crypto is not None:
        parts.append(_crypto(results.crypto))
    if results.raw:
        parts.append(_raw(results.raw))
    if results.saturated:
        parts.append(_library(results.saturated, results.idle, results.raw))
    if results.stages is not None:
        parts.append(_stages(results.stages))
    if results.http:
        parts.append(_http(results.http))
    if results.decision is not None:
        parts.append(_decision(results.decision))
    if results.backlog is not None:
        parts.append(_backlog(results.backlog))
    if results.traffic is not None:
        parts.append(_traffic(results.traffic))
    if results.sizing is not None:
        parts.append(sizing_tables(results.sizing))
    return "\n\n".join(parts)


def _crypto(crypto: Crypto) -> str:
    rows = [
        (f"sign, {suite}", f"{crypto.sign[suite]:,.0f} µs", f"{crypto.sign[suite] / BUNDLE:.1f} µs")
        for suite in crypto.sign
    ]
    rows += [
        (f"verify, {suite}", f"{crypto.verify[suite]:,.0f} µs", f"{crypto.verify[suite] / BUNDLE:.1f} µs")
        for suite in crypto.verify
    ]
    for verb, figures in (("seal", crypto.seal), ("open", crypto.open)):
        rows += [
            (f"{verb}, {name}", f"{micros:,.0f} µs", f"{micros / BUNDLE:.1f} µs")
            for name, micros in figures.items()
        ]
    return table("Floor: cryptography", ("operation", "each", f"shared by {BUNDLE}"), rows)


def _raw(raw: Iterable[RawNats]) -> str:
    rows = [
        (
            f"{each.size:,} bytes",
            f"{each.per_second:,.0f}",
            f"{each.per_second * (BUNDLE if each.size > 64 * 1024 else 1):,.0f}",
            f"{1e3 * each.idle_p50:.1f} / {1e3 * each.idle_p99:.1f} ms",
        )
        for each in raw
    ]
    head = ("publish, fetch, ack of", "per second", "deliveries/s it could carry", "idle p50 / p99")
    return table("Floor: nats-py and nats-server alone, sync always", head, rows)


def _library(saturated: list[Saturated], idle: list[Idle], raw: tuple[RawNats, ...]) -> str:
    small = min(raw, key=lambda each: each.size, default=None)
    latency = {each.recipients: each for each in idle}
    rows = []
    for each in saturated:
        one = latency.get(each.recipients)
        cost = (each.originator_cpu, each.recipient_cpu, each.broker_cpu)
        spent = " + ".join(f"{micros:.0f}" for micros in cost) + f" = {sum(cost):.0f} µs"
        rows.append(
            (
                str(each.recipients),
                f"{each.per_second:,.0f}",
                f"{each.per_second / small.per_second:.2f}" if small else "",
                f"{each.accepts_per_second:,.0f}",
                spent,
                f"{1e3 * one.p50:.1f} / {1e3 * one.p99:.1f} ms" if one else "",
                f"{1e3 * one.p50 / (1e3 * small.idle_p50):.1f}" if one and small else "",
            )
        )
    head = (
        "recipients",
        "deliveries/s",
        "to raw 1 kB",
        "accepts/s",
        "CPU per delivery: originator + recipient + broker",
        "idle accept to inbox p50 / p99",
        "p50 to raw 1 kB",
    )
    return table("Through the library, everything durable, receipts recorded", head, rows)


def _stages(stages: Stages) -> str:
    rows: list[Row] = []
    for who, figures in (("originator", stages.originator), ("recipient", stages.recipient)):
        rows += [(who, name, f"{micros:.1f} µs") for name, micros in figures.items()]
        rows.append((who, "all of it", f"{sum(figures.values()):.1f} µs"))
    title = f"CPU per delivery by stage ({stages.recipients} recipients, one process at a time, no broker)"
    return table(title, ("where", "stage", "CPU per delivery"), rows)


def _http(measured: Iterable[OverHttp]) -> str:
    rows = [
        (
            str(each.recipients),
            f"{each.accepts_per_second:,.0f}",
            f"{each.alone_per_second:,.0f}",
            f"{each.alone_cpu:,.0f} µs",
            f"{1e3 * each.idle_p50:.1f} / {1e3 * each.idle_p99:.1f} ms",
            f"{each.resident_idle / MIB:.0f} MB",
            f"{each.resident_originator / MIB:.0f} / {each.resident_recipient / MIB:.0f} MB",
        )
        for each in measured
    ]
    head = (
        "recipients",
        "POST accepted/s, durable, while all is relayed and admitted",
        "the same with the broker away",
        "CPU per draft, broker away",
        "idle POST to partner's SSE p50 / p99",
        "gateway idle",
        "after load: originator / recipient",
    )
    return table("Through HTTP", head, rows)


def _decision(decision: Decision) -> str:
    rows = [
        ("decide, one nation", f"{decision.decide:.1f} µs"),
        ("plan of one draft, every nation", f"{decision.plan:,.0f} µs"),
    ]
    title = f"Release decision, {decision.nations} nations, {decision.agreements} agreements"
    return table(title, ("operation", "time"), rows)


def _backlog(backlog: Backlog) -> str:
    rows = []
    for phase in backlog.phases:
        held = [
            f"{name} {_mib(first)}, {_mib(most)}, {_mib(last)}"
            for name, (first, most, last) in phase.resident.items()
        ]
        spent = [f"{name} {1e6 * seconds / phase.done:.0f}" for name, seconds in phase.cpu_seconds.items()]
        rows.append(
            (
                phase.name,
                f"{phase.done / phase.seconds:,.0f}",
                f"{', '.join(spent)} µs",
                f"{1e3 * phase.longest_commit:,.0f} ms",
                f"{'; '.join(held)} MB",
            )
        )
    head = ("phase", "messages/s", "CPU per message", "longest commit", "memory: at first, at most, at last")
    return "\n\n".join(
        [
            table(f"A backlog of {backlog.messages:,}", head, rows),
            table(
                "Disk", ("where", "size"), [(name, f"{_mib(size)} MB") for name, size in backlog.disk.items()]
            ),
        ]
    )


def _traffic(traffic: TrafficSearch) -> str:
    queries = [
        (name, f"{1e3 * middle:.1f} / {1e3 * longest:.1f} ms", f"{1e3 * cpu:.1f} ms", f"{rows}")
        for name, (middle, longest, cpu, rows) in traffic.queries.items()
    ]
    others = [(name, f"{1e3 * seconds:.1f} ms") for name, seconds in traffic.others.items()]
    others += [
        ("indexing the words of all", f"{traffic.index_seconds:,.0f} s"),
        ("longest step of indexing", f"{1e3 * traffic.longest_step:.0f} ms"),
        ("cleaning the index after a recall", f"{traffic.cleaning_seconds:.1f} s"),
        ("the store's file", f"{_mib(traffic.octets)} MB"),
    ]
    title = f"Searching the traffic of {traffic.messages:,} messages"
    head = ("a page of 100 rows", "median / longest of seven", "processor time", "rows found")
    return "\n\n".join([table(title, head, queries), table("Beside it", ("what", "took"), others)])


def _mib(octets: int) -> str:
    return f"{octets / MIB:.0f}"
