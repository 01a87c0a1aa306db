"""By property, over every interleaving: who was not to have a message never has it; who was has it once.

Three nations publish at will while agreements end and begin, nations are suspended, keys revoked, gateways
restarted and bundles lost, doubled and reordered. The oracle knows nothing of `decide`: it keeps, for each
version of the realm, the pairs of nations that may talk.
"""

import json
import tempfile
from collections import Counter
from contextlib import suppress
from datetime import timedelta
from pathlib import Path

import pytest
from hypothesis import Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from bus.protocol.errors import BundleRefused, ProtocolError
from bus.protocol.opening import open_bundle
from bus.protocol.seal_header import HEADER_LENGTH
from bus.protocol.sealing import open_sealed
from gateways.publishing.draft_refused import DraftRefused
from schemas.trust import KeyUse, NationStatus
from tests.faults.small_world import SmallWorld
from tests.flows.world import draft
from tests.protocol.remembered import documents_remembered as documents_remembered
from tests.realm_fixtures import AgreementPlan, make_realm

NATIONS = ("XAA", "XBB", "XCC")
PAIRS = (("XAA", "XBB"), ("XAA", "XCC"), ("XBB", "XCC"))
TOO_HIGH = "COSMIC TOP SECRET"

nations = st.sampled_from(NATIONS)
places = st.integers(0, 20)


def agreement(pair: tuple[str, str], number: int = 0) -> AgreementPlan:
    """One that ended does not come back: what begins anew has another number."""
    return AgreementPlan(id=f"{pair[0]}-{pair[1]}-{number}".lower(), parties=pair)


REALM = make_realm(agreements=[agreement(pair) for pair in PAIRS])


class Interleavings(RuleBasedStateMachine):
    def __init__(self) -> None:
        super().__init__()
        self._place = tempfile.TemporaryDirectory()
        self.world = SmallWorld(Path(self._place.name), REALM)
        self.open_pairs = set(PAIRS)
        self.agreements = 0
        self.in_force = {pair: agreement(pair) for pair in PAIRS}
        self.suspended: set[str] = set()
        self.permitted: dict[int, frozenset[tuple[str, str]]] = {}
        self.wanted: dict[str, tuple[str, frozenset[str]]] = {}
        """title -> originator, nations that its author released it to and addressed."""
        self.checked = 0
        self._note()

    # -- what the oracle knows -----------------------------------------------------------------------------

    def _note(self) -> None:
        version = self.world.trust.trust_version
        talking = {
            pair
            for one, other in self.open_pairs
            for pair in ((one, other), (other, one))
            if not self.suspended & {one, other}
        }
        self.permitted[version] = frozenset(talking)

    def _change(self, realm: object) -> None:
        self.world.change(realm)  # type: ignore[arg-type]
        self._note()

    # -- what happens --------------------------------------------------------------------------------------

    @rule(
        originator=nations,
        released=st.sets(nations, min_size=1),
        addressed=st.one_of(st.just(set[str]()), st.sets(nations, max_size=2)),
        classification=st.sampled_from(["NATO RESTRICTED"] * 3 + ["NATO SECRET", TOO_HIGH]),
        precedence=st.sampled_from(["IMMEDIATE", "PRIORITY", "ROUTINE"]),
    )
    def publish(
        self, originator: str, released: set[str], addressed: set[str], classification: str, precedence: str
    ) -> None:
        title = f"message {len(self.wanted)}"
        if originator in released and len(released) > 1:
            released = released - {originator}  # else it would be refused too often to be worth much
        header = {"action_addressees": sorted(addressed), "precedence": precedence}
        body = draft(sorted(released), subject=title, header=header, label={"classification": classification})
        self.wanted[title] = (originator, frozenset())
        with suppress(DraftRefused):
            self.world.gateways[originator].publish(body)
            assert classification != TOO_HIGH, "no agreement covers it"
            self.wanted[title] = (originator, frozenset(addressed or released) & frozenset(released))

    @rule(nation=nations, crash=st.booleans())
    def relay(self, nation: str, crash: bool) -> None:
        self.world.relay(nation, crash=crash)

    @rule(nation=nations, place=places, keep=st.booleans())
    def deliver(self, nation: str, place: int, keep: bool) -> None:
        self.world.deliver(nation, place, keep=keep)

    @rule(nation=nations, place=places)
    def lose(self, nation: str, place: int) -> None:
        self.world.lose(nation, place)

    @rule(nation=nations)
    def restart(self, nation: str) -> None:
        self.world.gateways[nation].restart()

    @rule(minutes=st.integers(1, 120))
    def pass_time(self, minutes: int) -> None:
        self.world.pass_time(timedelta(minutes=minutes))

    @rule(pair=st.sampled_from(PAIRS), told=st.sets(nations))
    def end_or_begin_an_agreement(self, pair: tuple[str, str], told: set[str]) -> None:
        world = self.world
        if pair in self.open_pairs:
            self.open_pairs.discard(pair)
            self._change(world.realm.end_agreement(self.in_force[pair].id, now=world.now))
        else:
            self.open_pairs.add(pair)
            self.agreements += 1
            self.in_force[pair] = agreement(pair, self.agreements)
            self._change(world.realm.agree(self.in_force[pair], now=world.now))
        for nation in sorted(told):
            self.take_up_trust(nation)

    @precondition(lambda self: len(self.suspended) < 2)
    @rule(nation=nations, told=st.sets(nations))
    def suspend(self, nation: str, told: set[str]) -> None:
        if nation not in self.suspended:
            self.suspended.add(nation)
            self._change(self.world.realm.suspend(nation, now=self.world.now))
        for partner in sorted(told):
            self.take_up_trust(partner)

    @rule()
    def readmit_everybody(self) -> None:
        world = self.world
        for nation in sorted(self.suspended):
            self.suspended.discard(nation)
            active = world.realm.realm.with_status(nation, NationStatus.ACTIVE)
            self._change(world.realm.next(active, now=world.now))

    @rule(nation=nations, use=st.sampled_from(KeyUse), revoke=st.booleans())
    def change_keys(self, nation: str, use: KeyUse, revoke: bool) -> None:
        if use is KeyUse.CHECKPOINT:
            return
        world = self.world
        self._change(world.realm.rotate(nation, (use,), revoke_old=revoke, now=world.now))
        world.gateways[nation].restart()

    @rule(nation=nations)
    def take_up_trust(self, nation: str) -> None:
        self.world.gateways[nation].take_up(self.world.realm)

    # -- what must hold ------------------------------------------------------------------------------------

    @invariant()
    def what_was_sent_was_permitted_and_opens_for_nobody_else(self) -> None:
        fresh, self.checked = self.world.ever_sent[self.checked :], len(self.world.ever_sent)
        for sent in fresh:
            originator, recipient = sent.nations
            if ".control." not in sent.subject:
                assert (originator, recipient) in self.permitted[sent.trust.trust_version]
            header, rest = sent.sealed[:HEADER_LENGTH], sent.sealed[HEADER_LENGTH:]
            for nation in NATIONS:
                if nation == recipient:
                    continue
                for pair in self.world.realm.keys[nation].seal:
                    with suppress(ProtocolError):
                        open_sealed(header, pair.key, rest)
                        raise AssertionError(f"{nation} opens what was sealed for {recipient}")
                with suppress(BundleRefused):
                    open_bundle(
                        sent.sealed,
                        sent.subject,
                        me=nation,
                        trust=self.world.trust,
                        keyring=self.world.realm.keyring(nation),
                        now=self.world.now,
                    )
                    raise AssertionError(f"{nation} admits what was sealed for {recipient}")

    @invariant()
    def inboxes_hold_only_what_was_released(self) -> None:
        for nation, gateway in self.world.gateways.items():
            for entry in gateway.inbox():
                title = json.loads(entry.content)["header"]["subject"]
                originator, audience = self.wanted[title]
                assert nation in audience, f"{title} is in the inbox of {nation}"
                assert entry.originator == originator
                assert any((originator, nation) in pairs for pairs in self.permitted.values())

    def teardown(self) -> None:
        try:
            self.world.calm()
            self.what_was_sent_was_permitted_and_opens_for_nobody_else()
            self.inboxes_hold_only_what_was_released()
            always = frozenset.intersection(*self.permitted.values())
            for nation, gateway in self.world.gateways.items():
                titles = Counter(json.loads(entry.content)["header"]["subject"] for entry in gateway.inbox())
                assert all(times == 1 for times in titles.values())
                for title, (originator, audience) in self.wanted.items():
                    if nation in audience and (originator, nation) in always:
                        assert titles[title] == 1, f"{title} never reached {nation}"
        finally:
            for gateway in self.world.gateways.values():
                gateway.store.connection.close()
            self._place.cleanup()


TestInterleavings = pytest.mark.usefixtures("documents_remembered")(Interleavings.TestCase)
# Not shrunk: that takes minutes. To study a failure, add Phase.shrink.
TestInterleavings.settings = settings(
    max_examples=16, stateful_step_count=40, deadline=None, phases=(Phase.generate,)
)
