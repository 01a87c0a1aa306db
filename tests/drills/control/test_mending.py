"""After an abort: what faults took away is brought back, in an order in which that can be waited for."""

from datetime import timedelta
from typing import cast

from drills.course import Outage
from drills.dependence import BRINGS_BACK, needs
from drills.injects import Fault
from drills.partner_system import PartnerSystem
from drills.ports import RealmOffice
from drills.realm_play import RealmPlay
from drills.scenario_file import find_scenario, load_scenario

BAD_DAY = load_scenario(find_scenario("bad-day"))
ENDS = frozenset(BRINGS_BACK)


class Machinery:
    """Notes what it is told, and lets the broker's gateways know."""

    def __init__(self) -> None:
        self.told: list[str] = []
        self.broker, self.cut = True, set[str]()

    async def bring_about(self, fault: Fault, nation: str) -> None:
        self.told.append(f"{fault.value} {nation}")
        self.broker = {Fault.BROKER_AWAY: False, Fault.BROKER_BACK: True}.get(fault, self.broker)
        if fault is Fault.LINK_CUT:
            self.cut.add(nation)
        elif fault is Fault.LINK_RESTORED:
            self.cut.discard(nation)

    async def set_clock(self, nation: str, ahead: timedelta) -> None:
        self.told.append(f"{ahead} {nation}")


class Partner:
    """A nation's system, as far as a fault asks it."""

    def __init__(self, nation: str, machinery: Machinery) -> None:
        self.nation, self._machinery = nation, machinery

    async def broker_connected(self) -> bool:
        return self._machinery.broker and self.nation not in self._machinery.cut


async def test_everything_that_stands_still_is_brought_back_the_broker_first() -> None:
    machinery, outages = Machinery(), list[Outage]()
    partners = {each: cast("PartnerSystem", Partner(each, machinery)) for each in ("XAA", "XBB", "XCC")}
    realm = RealmPlay(partners, machinery, cast("RealmOffice", None), outages)
    begins = [each for each in BAD_DAY.injects if each.fault is not None and each.fault not in ENDS]
    wanted = (Fault.LINK_CUT, Fault.GATEWAY_PAUSED, Fault.CLOCK_SKEWED, Fault.BROKER_AWAY)
    for fault in wanted:
        inject = next(each for each in begins if each.fault is fault)
        await realm.fault(inject, fault)
    done = len(machinery.told)
    await realm.mend(BAD_DAY.injects)
    told = machinery.told[done:]
    assert told[0].startswith("BROKER_BACK")
    assert {each.partition(" ")[0] for each in told} == {
        "BROKER_BACK",
        "GATEWAY_RESUMED",
        "LINK_RESTORED",
        "0:00:00",
    }
    assert all(outage.until is not None for outage in outages)
    await realm.mend(BAD_DAY.injects)
    assert len(machinery.told) == done + len(told), "what runs is left alone"


def test_every_fault_ends_another_or_is_ended() -> None:
    ended = {begin for begins in BRINGS_BACK.values() for begin in begins}
    assert set(Fault) - ENDS - ended == {Fault.BROKER_WIPED}
    assert not ENDS & ended


def test_in_the_scenario_of_faults_each_end_needs_its_beginning() -> None:
    wanted = needs(BAD_DAY)
    for inject in BAD_DAY.injects:
        if inject.fault in ENDS:
            assert wanted[inject.serial] & {each.serial for each in BAD_DAY.injects if each.fault}
