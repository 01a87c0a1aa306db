"""Which injects need which: skipping one takes along what cannot be played, or judged, without it. Pure."""

from collections.abc import Mapping

from drills.inject import Inject
from drills.injects import Fault
from drills.scenario import Scenario

BRINGS_BACK: Mapping[Fault, tuple[Fault, ...]] = {
    Fault.BROKER_BACK: (Fault.BROKER_AWAY,),
    Fault.BROKER_ROOM: (Fault.BROKER_FULL,),
    Fault.CLOCK_RIGHT: (Fault.CLOCK_SKEWED,),
    Fault.GATEWAY_BACK: (Fault.GATEWAY_AWAY, Fault.GATEWAY_KILLED),
    Fault.GATEWAY_RESUMED: (Fault.GATEWAY_PAUSED,),
    Fault.LINK_RESTORED: (Fault.LINK_CUT, Fault.LINK_SLOW, Fault.LINK_REORDERED),
}
"""What ends a fault, and which ones it ends."""
ONLY_WHILE: Mapping[Fault, tuple[Fault, ...]] = {Fault.BROKER_WIPED: (Fault.BROKER_AWAY,)}
"""What happens only while something is away."""
EVERYBODYS = (Fault.BROKER_AWAY, Fault.BROKER_BACK, Fault.BROKER_FULL, Fault.BROKER_ROOM)


def brings_back(inject: Inject) -> bool:
    """Whether an inject ends a fault: without it the realm stays as the fault left it."""
    return inject.fault in BRINGS_BACK


def needs(scenario: Scenario) -> dict[str, frozenset[str]]:
    """For every inject, the earlier ones without which it is not played.

    Those are the injects whose messages it refers to; the proposal and every step before it of the agreement
    that it is about; the fault that it ends; and, where it is judged what became of a message at its end,
    whatever was done before with that message or its chain.
    """
    found: dict[str, frozenset[str]] = {}
    earlier: list[Inject] = []
    for inject in scenario.injects:
        wanted = set(inject.refers_to) | _steps(inject, earlier) | _fault(inject, earlier)
        found[inject.serial] = frozenset(wanted | _life(inject, earlier, scenario))
        earlier.append(inject)
    return found


def _steps(inject: Inject, earlier: list[Inject]) -> set[str]:
    about = inject.about_agreement
    if about is None:
        return set()
    return {each.serial for each in earlier if each.agreement is not None and each.about_agreement == about}


def _fault(inject: Inject, earlier: list[Inject]) -> set[str]:
    """The fault that it ends, or happens in; none where it ends several, of which any may be played."""
    if inject.fault is None:
        return set()
    begins = BRINGS_BACK.get(inject.fault) or ONLY_WHILE.get(inject.fault, ())
    begun: list[str] = []
    for each in earlier:
        if each.fault in EVERYBODYS or each.nation == inject.nation:
            if each.fault in begins:
                begun.append(each.serial)
            elif each.fault is inject.fault and inject.fault in BRINGS_BACK:
                begun.clear()
    return {begun[-1]} if len(begun) == 1 or (inject.fault in ONLY_WHILE and begun) else set()


def _life(inject: Inject, earlier: list[Inject], scenario: Scenario) -> set[str]:
    """What was done before with the messages of the chain on whose life this inject is judged."""
    about, wanted = scenario.about(inject), scenario.expectation(inject.serial)
    if about is None or not wanted.of_life:
        return set()
    chain = set(scenario.chain(about))
    found = {each.serial for each in earlier if each.serial in chain}
    for each in earlier:
        if each.watch is not None or scenario.about(each) not in chain:
            continue
        if each.acknowledge is None and each.read is None:
            found.add(each.serial)
        elif each.looks_at == about and (wanted.overdue is not None or each.nation in wanted.in_life):
            # How somebody took a message tells on that message alone.
            found.add(each.serial)
    return found
