"""Alarms of gateways, as a scenario expects them and as they are heard. Pure."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from itertools import pairwise
from typing import Annotated

from prometheus_client.parser import text_string_to_metric_families
from pydantic import AfterValidator
from pydantic_core import PydanticCustomError

from drills.exercise_clock import SECOND, duration
from schemas.base import Statement
from schemas.event import EventType

COUNTERS = frozenset(
    {
        *("store_set_back", "equivocation", "release_mismatch", "refused_by_partner", "broker_store_lost"),
        *("broker_foreign", "broker_quota", "publish_refused", "set_aside", "receipts_ignored"),
        *("recalls_refused", "agreement_acts", "webhook_dead_letters", "faults"),
    }
)
GAUGES = frozenset(
    {"gaps", "overdue", "partners_silent", "lanes", "release_stopped", "trust_stale", "recalls_overdue"}
)
"""The alarms of a gateway's metrics, without what all their names begin with."""
CODES = frozenset(
    {
        *("LANE_WITHHELD", "LANE_SILENT", "LANE_REORDERED", "LANE_FLOODED", "LANE_REWOUND"),
        *("SIGNATURE_INVALID", "SIGNATURE_MISSING", "KEY_REVOKED", "KEY_FOREIGN", "KEY_WRONG_USE"),
        *("SUBJECT_MISMATCH", "DELIVERY_MISMATCH", "DIGEST_MISMATCH", "CONTENT_MISMATCH"),
        *("EQUIVOCATION", "SERIAL_REUSED", "ORIGINATOR_SUSPENDED"),
    }
)
"""What is wrong with a lane, and why a bundle is refused that is not what it claims to be."""
TOLD_BY = (EventType.LANE_ALARM.value, EventType.BUNDLE_REFUSED.value)
PREFIX = "entente_alarm_"


def _known(name: str) -> str:
    if name not in COUNTERS | GAUGES | CODES:
        raise PydanticCustomError("alarm", "no gateway has an alarm of this name")
    return name


AlarmName = Annotated[str, AfterValidator(_known)]
"""``broker_quota`` for ``entente_alarm_broker_quota``; LANE_FLOODED and the like for what events tell."""


def _some_seconds(written: str) -> str:
    try:
        found = duration(written, SECOND)
    except (ValueError, OverflowError):
        found = timedelta(0)
    if not timedelta(0) < found <= timedelta(hours=24):
        raise PydanticCustomError("within", "not 30s, 2m or the like, up to a day")
    return written


Within = Annotated[str, AfterValidator(_some_seconds)]
"""A time by the clock: 30s, 2m."""


class AlarmOutcome(Statement):
    """What sounded where after an inject, of what had to; or of all, where nothing might.

    ``told``: nation and alarm, and when, of what an event told.
    """

    serial: str
    title: str
    nation: str
    told: tuple[str, ...]
    as_expected: bool
    remark: str = ""


@dataclass(frozen=True)
class Heard:
    """A gateway's alarms by some moment: its figures, and what its events told since the first such moment.

    ``told``: code and time of each. ``deaf``: it did not answer, or does not let our key know its figures;
    they are those of before.
    """

    figures: Mapping[str, float] = field(default_factory=dict)
    told: tuple[tuple[str, str], ...] = ()
    deaf: bool = False


def figures_of(metrics: str) -> dict[str, float]:
    """The alarms among a gateway's metrics."""
    found: dict[str, float] = {}
    for family in text_string_to_metric_families(metrics):
        for sample in family.samples:
            name = sample.name.removeprefix(PREFIX).removesuffix("_total")
            if sample.name.startswith(PREFIX) and name in COUNTERS | GAUGES:
                found[name] = found.get(name, 0.0) + sample.value
    return found


def sounded(before: Heard, after: Heard) -> dict[str, str]:
    """What sounded in between, and when, as far as that is told.

    A counter that is lower than before began again with its gateway.
    """
    rising = {
        name
        for name, value in after.figures.items()
        if value > before.figures.get(name, 0.0)
        or (name in COUNTERS and 0 < value < before.figures.get(name, 0.0))
    }
    found = dict.fromkeys(sorted(rising), "")
    for code, at in after.told[len(before.told) :]:
        if code in CODES:
            found.setdefault(code, at)
    return found


def over_time(samples: Sequence[Heard]) -> dict[str, str]:
    """What sounded from the first of these moments to the last."""
    found: dict[str, str] = {}
    for before, after in pairwise(samples):
        for name, at in sounded(before, after).items():
            found.setdefault(name, at)
    return found


def unheard(wanted: Mapping[str, Iterable[str]], heard: Mapping[str, Mapping[str, str]]) -> list[str]:
    """Sentences on alarms that had to sound and did not."""
    return [
        f"{name} must sound at {nation}, and did not"
        for nation, names in wanted.items()
        for name in names
        if name not in heard.get(nation, {})
    ]


def not_listened(samples: Mapping[str, Sequence[Heard]]) -> list[str]:
    """Sentences on gateways that at the end could not be asked: silence that nobody heard is not quiet."""
    return [
        f"whether an alarm sounded at {nation} is not known" for nation, of in samples.items() if of[-1].deaf
    ]


def noise(heard: Mapping[str, Mapping[str, str]]) -> list[str]:
    """Sentences on alarms that sounded where none may."""
    return [f"{name} sounded at {nation}" for nation, names in heard.items() for name in names]
