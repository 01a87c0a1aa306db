"""Which labels a report shows: those of messages, and of drafts that were previewed or refused."""

from collections.abc import Mapping

from drills.handling import Bounds, Levels, draft_bounds
from drills.partner_system import PartnerSystem
from drills.played import Played
from drills.scenario import Scenario


async def realm_levels(partners: Mapping[str, PartnerSystem]) -> dict[str, tuple[str, ...]]:
    """The realm's classifications by policy, lowest first: any of its gateways tells."""
    for partner in partners.values():
        return await partner.policies()
    return {}


def draft_labels(scenario: Scenario, played: Played, levels: Levels) -> tuple[Bounds, ...]:
    """The labels of drafts that no gateway signed as they are, each once: the report shows their subjects.

    A draft with tear lines is one of them, for nobody may get its fullest version.
    """
    found = []
    for inject in scenario.injects:
        template = scenario.template(inject)
        if template is None or inject.serial not in played.began:
            continue
        unsigned = inject.serial in played.tried or inject.serial in played.previewed
        if unsigned or template.tear_lines:
            found.append(draft_bounds(template.label, inject.nation, levels))
    return tuple(dict.fromkeys(found))
