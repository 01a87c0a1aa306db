"""What the gateways counted in a drill, read over HTTP as a partner system with the right may."""

import asyncio
from collections.abc import Mapping

from prometheus_client.parser import text_string_to_metric_families

from drills.course import NationFigures
from drills.partner_system import PartnerSystem

DUPLICATES = "entente_duplicates_total"
_COUNTED = {
    "duplicates": DUPLICATES,
    "late": "entente_late_total",
    "resent": "entente_deliveries_resent_total",
    "rejected": "entente_rejected_total",
}


async def count_of(partner: PartnerSystem, metric: str) -> float:
    """What a gateway has counted of one thing since its start, over all labels; 0 where it does not tell."""
    families = text_string_to_metric_families(await partner.metrics() or "")
    return sum(sample.value for family in families for sample in family.samples if sample.name == metric)


async def counted_by(partners: Mapping[str, PartnerSystem]) -> dict[str, NationFigures]:
    """What every gateway has counted since its start; of those that tell our key."""
    found = await asyncio.gather(*(_figures(partner) for partner in partners.values()))
    return {each.nation: each for each in found if each is not None}


def since(
    before: Mapping[str, NationFigures], after: Mapping[str, NationFigures]
) -> tuple[NationFigures, ...]:
    """What was counted in between. A gateway that was started anew counts from its start."""
    return tuple(_less(before.get(nation), counted) for nation, counted in after.items())


def _less(before: NationFigures | None, after: NationFigures) -> NationFigures:
    if before is None or any(getattr(after, name) < getattr(before, name) for name in _COUNTED):
        return after
    return after.model_copy(update={name: getattr(after, name) - getattr(before, name) for name in _COUNTED})


async def _figures(partner: PartnerSystem) -> NationFigures | None:
    text = await partner.metrics()
    if text is None:
        return None
    sums: dict[str, float] = {}
    for family in text_string_to_metric_families(text):
        for sample in family.samples:
            sums[sample.name] = sums.get(sample.name, 0.0) + sample.value
    shown = await partner.look("/v1/partners", {})
    missing = sum(row.get("missing") or 0 for row in shown.body.get("items", ()))
    counted = {name: int(sums.get(metric, 0)) for name, metric in _COUNTED.items()}
    return NationFigures(nation=partner.nation, missing=missing, **counted)
