"""By property, over every interleaving: both ends come to say the same of what became of a message.

Two to four nations publish, change, cancel and recall, people read and acknowledge, requests are answered or
taken back, while bundles are lost, doubled and reordered, gateways die before a commit, and time passes.
Every step is the production code on a real store; the network is the test's. What must hold is said by a
chronicle that shares nothing with `bus.protocol`.
"""

import json
import tempfile
from collections.abc import Sequence
from datetime import timedelta
from pathlib import Path

import pytest
from hypothesis import Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from bus.store import publications, recall_asked, recalls
from bus.store.inbox import InboxMessage
from gateways.publishing.draft_refused import DraftRefused
from gateways.recalling.recalling import WantedRecall, recall
from gateways.receipts.owing import note_read
from schemas.header import Kind
from schemas.recall import RecallOutcome, RecallReason
from tests.faults.small_world import SmallGateway, SmallWorld, run
from tests.flows.world import acknowledgement, draft
from tests.lifecycle.life_world import Chain, Chronicle, Version
from tests.realm_fixtures import AgreementPlan, make_realm

NAMES = ("XAA", "XBB", "XCC", "XDD")
REALMS = {
    count: make_realm(NAMES[:count], agreements=[AgreementPlan(parties=NAMES[:count])]) for count in (2, 3, 4)
}
SIGNED = ("delivered", "read", "acknowledged", "actioned")
"""States that only a recipient's signed word makes."""

picks = st.integers(0, 30)


class Life(RuleBasedStateMachine):
    """The rules and what must hold after each of them."""

    world: SmallWorld

    def __init__(self) -> None:
        super().__init__()
        self._place = tempfile.TemporaryDirectory()
        self.told = Chronicle()
        self.titles = 0
        self.known_titles: dict[str, str] = {}

    @initialize(count=st.sampled_from(sorted(REALMS)))
    def found(self, count: int) -> None:
        self.world = SmallWorld(Path(self._place.name), REALMS[count])
        self.names = NAMES[:count]

    # -- what nations do -----------------------------------------------------------------------------------

    @rule(who=picks, bits=st.integers(1, 7), precedence=st.sampled_from(["IMMEDIATE", "ROUTINE"]))
    def publish(self, who: int, bits: int, precedence: str) -> None:
        gateway = self._gateway(who)
        audience = self._others(gateway, bits)
        title = self._title()
        accepted = gateway.publish(draft(audience, subject=title, header={"precedence": precedence}))
        new = Version(
            title,
            gateway.nation,
            frozenset(audience),
            accepted.publication_id,
            accepted.message_id,
            accepted.digest,
        )
        self.told.chains.append(Chain([new]))

    @rule(who=picks, which=picks)
    def read(self, who: int, which: int) -> None:
        gateway = self._gateway(who)
        entry = self._pick(gateway, which)
        if entry is not None:
            at = self.world.now
            run(
                gateway.store.write(
                    lambda tx: note_read(gateway.context, tx, entry.inbox_seq, "operator:duty", at)
                )
            )
            self.told.of(gateway.nation, self._title_of(entry)).acts.add("read")

    @rule(who=picks, which=picks, level=st.sampled_from(["UNDERSTOOD", "ACTIONED"]))
    def acknowledge(self, who: int, which: int, level: str) -> None:
        gateway = self._gateway(who)
        entry = self._pick(gateway, which)
        if entry is not None:
            gateway.publish(acknowledgement(entry, at=self.world.now, level=level))
            act = "actioned" if level == "ACTIONED" else "acknowledged"
            self.told.of(gateway.nation, self._title_of(entry)).acts.add(act)

    @rule(who=picks, which=picks)
    def acknowledge_what_was_recalled(self, who: int, which: int) -> None:
        gateway = self._gateway(who)
        gone = [entry for entry in alerts(gateway) if entry.recalled_at is not None]
        if gone:
            with pytest.raises(DraftRefused):
                gateway.publish(acknowledgement(gone[which % len(gone)], at=self.world.now))

    @rule(which=st.integers(0, 100))
    def recall(self, which: int) -> None:
        """Seldom, for what is recalled has no further life."""
        versions = list(self.told.versions())
        if which < len(versions):
            _, version = versions[which]
            self._recall(version)
            version.recalled = True

    def _recall(self, version: Version) -> None:
        wanted = WantedRecall(
            version.publication_id,
            RecallReason.UNSPECIFIED,
            history=False,
            by="operator:chief",
            sees=lambda kind, mode: True,
        )
        run(recall(self.world.gateways[version.originator].context, wanted))

    # -- what becomes of it on the way ---------------------------------------------------------------------

    @rule(who=picks, crash=st.booleans())
    def relay(self, who: int, crash: bool) -> None:
        self.world.relay(self._gateway(who).nation, crash=crash)

    @rule(who=picks, place=picks, keep=st.booleans(), crash=st.sampled_from([False, False, False, True]))
    def deliver(self, who: int, place: int, keep: bool, crash: bool) -> None:
        gateway = self._gateway(who)
        self.world.deliver(gateway.nation, place, keep=keep, crash=crash)
        self._note_filed(gateway)

    @rule(who=picks, place=picks)
    def lose(self, who: int, place: int) -> None:
        self.world.lose(self._gateway(who).nation, place)

    @rule(who=picks)
    def restart(self, who: int) -> None:
        self._gateway(who).restart()

    @rule(minutes=st.integers(1, 120))
    def pass_time(self, minutes: int) -> None:
        self.world.pass_time(timedelta(minutes=minutes))

    # -- what must hold ------------------------------------------------------------------------------------

    @invariant()
    def nobody_has_what_was_not_for_it(self) -> None:
        audience = {version.title: version.audience for _, version in self.told.versions()}
        for gateway in self._gateways():
            for entry in alerts(gateway):
                assert gateway.nation in audience[self._title_of(entry)]
                assert bool(entry.content) == (entry.recalled_at is None)

    @invariant()
    def no_state_runs_ahead_of_what_the_recipient_signed(self) -> None:
        for _, version in self.told.versions():
            if version.forgotten:
                continue
            for nation, state in self._states(version).items():
                people = self.told.of(nation, version.title)
                if state in SIGNED:
                    assert people.filed, f"{version.title} is {state} for {nation}, which never filed it"
                if state in SIGNED[1:]:
                    assert state in people.acts, f"{version.title} is {state} for {nation}: nobody did that"

    def teardown(self) -> None:
        try:
            if hasattr(self, "world"):
                self._quiet()
                self._settled()
        finally:
            if hasattr(self, "world"):
                for gateway in self._gateways():
                    gateway.store.connection.close()
            self._place.cleanup()

    def _quiet(self) -> None:
        self.world.calm()
        for gateway in self._gateways():
            self._note_filed(gateway)
        self.nobody_has_what_was_not_for_it()
        self.no_state_runs_ahead_of_what_the_recipient_signed()

    def _settled(self) -> None:
        """Once nothing is lost any more: everything is there exactly once, and both ends say the same."""
        for gateway in self._gateways():
            here = {self._title_of(entry): entry for entry in alerts(gateway)}
            assert len(here) == len(alerts(gateway))
            for _, version in self.told.versions():
                if gateway.nation in version.audience:
                    self._arrived(version, gateway.nation, here.get(version.title))
        for _, version in self.told.versions():
            states = self._states(version)
            for nation in version.audience:
                self._known_alike(version, nation, states[nation])

    def _arrived(self, version: Version, nation: str, entry: InboxMessage | None) -> None:
        if version.recalled:
            assert entry is None or not entry.content, f"{version.title} is still in {nation}"
        else:
            assert entry is not None, f"{version.title} never reached {nation}"
            assert entry.content

    def _known_alike(self, version: Version, nation: str, state: str) -> None:
        people = self.told.of(nation, version.title)
        if not version.recalled:
            assert state == max(people.acts | {"delivered"}, key=SIGNED.index), f"{version.title}, {nation}"
            return
        store = self.world.gateways[version.originator].store.connection
        asked = {each.nation: each for each in recall_asked.asked_of(store, [self._seq(version)])}
        if nation not in asked:
            assert state == "withheld", f"{version.title} may have left for {nation}, which was not asked"
            assert not people.filed
            return
        answer = asked[nation].confirmation
        assert answer is not None, f"{nation} never confirmed the recall of {version.title}"
        assert (answer.outcome is RecallOutcome.WITHDRAWN) == people.filed
        if people.filed:
            assert answer.already_read == bool(people.acts)

    # -- looking -------------------------------------------------------------------------------------------

    def _gateways(self) -> Sequence[SmallGateway]:
        return list(self.world.gateways.values())

    def _gateway(self, number: int) -> SmallGateway:
        return self._gateways()[number % len(self.names)]

    def _others(self, gateway: SmallGateway, bits: int) -> list[str]:
        """Some of the other nations, at least one."""
        others = [nation for nation in self.names if nation != gateway.nation]
        return [nation for place, nation in enumerate(others) if bits >> place & 1] or others

    def _pick(self, gateway: SmallGateway, which: int) -> InboxMessage | None:
        """A message that can be read."""
        entries = [entry for entry in alerts(gateway) if entry.recalled_at is None]
        return entries[which % len(entries)] if entries else None

    def _title_of(self, entry: InboxMessage) -> str:
        """Known from when it was filed: a recall takes the content."""
        if entry.content:
            self.known_titles[entry.message_id] = json.loads(entry.content)["header"]["subject"]
        return self.known_titles[entry.message_id]

    def _title(self) -> str:
        self.titles += 1
        return f"message {self.titles}"

    def _states(self, version: Version) -> dict[str, str]:
        store = self.world.gateways[version.originator].store
        detail = publications.get(store.connection, version.publication_id)
        assert detail is not None
        return {state.nation: state.state for state in detail.publication.deliveries}

    def _seq(self, version: Version) -> int:
        found = recalls.find(self.world.gateways[version.originator].store.connection, version.publication_id)
        assert found is not None
        return found.publication_seq

    def _note_filed(self, gateway: SmallGateway) -> None:
        for entry in alerts(gateway):
            self.told.of(gateway.nation, self._title_of(entry)).filed = True


def alerts(gateway: SmallGateway) -> list[InboxMessage]:
    return [entry for entry in gateway.inbox() if entry.kind is Kind.THREAT_ALERT]


TestLife = Life.TestCase
# Not shrunk: that takes minutes. To study a failure, add Phase.shrink.
TestLife.settings = settings(max_examples=20, stateful_step_count=40, deadline=None, phases=(Phase.generate,))
