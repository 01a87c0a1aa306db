"""What a scenario needs of the realm that it plays in, beside the gateways' HTTP APIs (pure)."""

from collections.abc import Iterator, Mapping
from enum import StrEnum

from drills.hostile_acts import HostileAct
from drills.injects import ON_CLOCKS, ON_LINKS, Fault
from drills.scenario import Inject, Scenario


class Need(StrEnum):
    """Something that not every realm can give a drill. The value says it to people."""

    PROCESSES = "gateways and a broker that it can stop and start"
    REALM_OFFICE = "the realm's offline keys, to sign documents with"
    CREDENTIALS = "nations' keys and broker credentials, to misuse"
    LINKS = "links between gateways and broker that it can cut and slow down"
    CLOCKS = "gateways whose clocks it can set"
    RECEIVER = "gateways that post webhooks to the machine on which it runs"


def needs_of(scenario: Scenario) -> Mapping[Need, tuple[str, ...]]:
    """What the scenario needs, each with the serials of the injects that need it."""
    found: dict[Need, list[str]] = {}
    for inject in scenario.injects:
        for need in _needs(inject):
            found.setdefault(need, []).append(inject.serial)
    return {need: tuple(found[need]) for need in Need if need in found}


def _of_fault(fault: Fault) -> Need:
    if fault in ON_LINKS:
        return Need.LINKS
    return Need.CLOCKS if fault in ON_CLOCKS else Need.PROCESSES


def _needs(inject: Inject) -> Iterator[Need]:
    if inject.fault is not None:
        yield _of_fault(inject.fault)
    if inject.accession is not None:
        yield Need.REALM_OFFICE
    if inject.webhook is not None:
        yield Need.RECEIVER
    if inject.hostile is not None:
        if inject.hostile.act is not HostileAct.LEAK:
            yield Need.CREDENTIALS
        if inject.hostile.act is HostileAct.RESEAL_FOR_THIRD:
            # Its credentials take what would be its gateway's mail: that gateway is away meanwhile.
            yield Need.PROCESSES
