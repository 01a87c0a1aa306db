"""The sizing table, as Markdown."""

from benchmarks.markdown import Row, table
from benchmarks.sizing import RATES, Sizing
from drills.load.processes import MIB

DAY = 86_400


def sizing_tables(sizing: Sizing) -> str:
    """What each realm took at each rate; what follows for one message and for a day."""
    return "\n\n".join([_taken(sizing), _shares(sizing), _rest(sizing)])


def _taken(sizing: Sizing) -> str:
    rows: list[Row] = [
        (
            str(each.nations),
            f"{each.rate:g}",
            f"{each.accepted_per_second:.1f}",
            f"{100 * each.gateway_share:.1f} %",
            f"{100 * each.broker_share:.1f} %",
            f"{1e3 * each.gateways_cpu:.1f} + {1e3 * each.broker_cpu:.1f} ms",
            f"{1e3 * (each.gateways_cpu + each.broker_cpu) * each.messages / each.copies:.1f} ms",
            f"{each.gateway_resident / MIB:.0f} MB",
            f"{each.broker_resident / MIB:.0f} MB",
        )
        for each in sizing.sized
    ]
    head = (
        "nations",
        "messages/s",
        "accepted/s",
        "one gateway, of a processor",
        "broker",
        "CPU per message: all gateways + broker",
        "per copy",
        "a gateway's memory",
        "broker's",
    )
    return table("Sizing: every nation sends in turn, each message to all others", head, rows)


def _shares(sizing: Sizing) -> str:
    rows: list[Row] = []
    for rate in RATES:
        message, recipient = sizing.cpu_of(rate)
        rows.append(
            (
                f"gateways' processor time at {rate:g} messages/s",
                f"{1e3 * message:.1f} ms",
                f"{1e3 * recipient:.1f} ms",
            )
        )
    message, recipient = sizing.octets
    rows.append(("gateways' disk", f"{message / 1024:.1f} kB", f"{recipient / 1024:.1f} kB"))
    head = ("what a message of one kilobyte costs", "by itself", "and for each recipient, both sides")
    return table("One message", head, rows)


def _rest(sizing: Sizing) -> str:
    rows: list[Row] = [
        (
            str(each.nations),
            f"{100 * each.gateway_share:.2f} % / {100 * each.broker_share:.2f} %",
            f"{each.gateway_resident / MIB:.0f} / {each.broker_resident / MIB:.0f} MB",
            f"{each.gateways_octets / 1024:.0f} / {each.broker_octets / 1024:.0f} kB",
            f"{each.gateways_octets * DAY / each.nations / 1024 / MIB:.2f} GB",
        )
        for each in sizing.rests
    ]
    head = (
        "nations",
        "at rest: one gateway / broker, of a processor",
        "memory at rest",
        "disk per message: all gateways / broker",
        "one gateway's disk in a day, at 1 message/s in the realm",
    )
    told = (
        f"A console of one nation, when it has served its first page: {sizing.console_resident / MIB:.0f} MB."
    )
    return table("At rest, and on disk", head, rows) + "\n\n" + told
