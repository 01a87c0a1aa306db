"""Nations, times, kinds and agreements in the words of a watch officer. For showing; nothing parses it."""

from collections.abc import Sequence
from datetime import UTC, datetime

from bus.protocol.trust import TrustStore
from schemas.agreement import Agreement
from schemas.header import Kind

MOST_NAMES = 8


def nation_words(nation: str, trust: TrustStore) -> str:
    """``Sweden (SWE)``, or the code alone where no record tells a name."""
    trusted = trust.nations.get(nation)
    return nation if trusted is None else f"{trusted.record.display_name} ({nation})"


def nations_words(nations: Sequence[str], trust: TrustStore) -> str:
    """Every nation by name, or how many they are where names would fill the page."""
    if len(nations) > MOST_NAMES:
        return f"{len(nations)} nations ({', '.join(nations[:MOST_NAMES])}, ...)"
    return listed([nation_words(nation, trust) for nation in nations])


def time_words(at: datetime) -> str:
    """``2 March 2026, 09:30 UTC``; with seconds where there are any."""
    at = at.astimezone(UTC)
    clock = at.strftime("%H:%M" if at.second == 0 else "%H:%M:%S")
    return f"{at.day} {at.strftime('%B %Y')}, {clock} UTC"


def kind_words(kind: Kind) -> str:
    """``threat alert``."""
    return kind.value.replace("_", " ")


def agreement_words(agreement: Agreement) -> str:
    """``agreement nordic-alerts ("Alerts between two neighbours")``."""
    return f'agreement {agreement.id} ("{agreement.title}")'


def ceilings_words(agreement: Agreement) -> str:
    """``NATO SECRET`` or ``NATO SECRET or HEMLIG (SWE)``: policies are named where there are several."""
    if len(agreement.highest) == 1:
        return agreement.highest[0].classification
    return listed([f"{each.classification} ({each.policy})" for each in agreement.highest], "or")


def listed(words: Sequence[str], last: str = "and") -> str:
    """``a, b and c``."""
    if len(words) < 2:
        return "".join(words)
    return f"{', '.join(words[:-1])} {last} {words[-1]}"
