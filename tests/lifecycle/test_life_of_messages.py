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

    @initialize(
        count=st.sampled_from(sorted(REALMS)),
        first=st.lists(st.tuples(picks, st.integers(1, 7)), min_size=2, max_size=5),
        arrived=st.booleans(),
    )
    def found(self, count: int, first: list[tuple[int, int]], arrived: bool) -> None:
        """There is always something to act on."""
        self.world = SmallWorld(Path(self._place.name), REALMS[count])
        self.names = NAMES[:count]
        for who, bits in first:
            self.publish(who, bits, "ROUTINE")
        if arrived:
            self.carry([])
            for who in range(count):
                self.carry_all_to(who)

    # -- what nations do -----------------------------------------------------------------------------------

    @rule(who=picks, bits=st.integers(1, 7), precedence=st.sampled_from(["IMMEDIATE", "ROUTINE"]))
    def publish(self, who: int, bits: int, precedence: str) -> None:
        gateway = self._gateway(who)
        audience = self._others(gateway, bits)
        title = self._title()
        body = draft(audience, subject=title, header={"precedence": precedence})
        self.told.chains.append(Chain([self._version(title, gateway, audience, body)]))

    @rule(
        which=picks, bits=st.integers(1, 7), relation=st.sampled_from(["updates", "corrects", "supersedes"])
    )
    def change(self, which: int, bits: int, relation: str) -> None:
        if not self.told.chains:
            return
        chain = self.told.chains[which % len(self.told.chains)]
        last = chain.last
        gateway = self.world.gateways[last.originator]
        audience = self._others(gateway, bits)
        title = self._title()
        refers = {
            "message_id": last.message_id,
            "originator": last.originator,
            "digest": last.digest,
            "relation": relation,
        }
        change = json.loads(draft(audience, subject=title, header={"references": [refers]}))
        change["confirm_narrowing"] = True
        if last.recalled or chain.cancelled:
            with pytest.raises(DraftRefused):
                gateway.publish(json.dumps(change).encode())
            return
        chain.versions.append(self._version(title, gateway, audience, json.dumps(change).encode()))

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

    @rule(arrivals=st.lists(picks, min_size=2, max_size=12))
    def carry(self, arrivals: list[int]) -> None:
        """Every relay takes a step, and some of what is under way arrives, in any order."""
        for nation in self.names:
            self.world.relay(nation)
        for number in arrivals:
            self._deliver(number, number // len(self.names))

    @rule(who=picks)
    def carry_all_to(self, who: int) -> None:
        gateway = self._gateway(who)
        while self.world.travelling[gateway.nation]:
            self._deliver(who, 0)

    @rule(who=picks)
    def crash_in_the_relay(self, who: int) -> None:
        self.world.relay(self._gateway(who).nation, crash=True)

    @rule(who=picks, place=picks)
    def crash_while_filing(self, who: int, place: int) -> None:
        self._deliver(who, place, crash=True)

    @rule(who=picks, place=picks)
    def double(self, who: int, place: int) -> None:
        self._deliver(who, place, keep=True)

    def _deliver(self, who: int, place: int, *, keep: bool = False, crash: bool = False) -> None:
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
            for chain, version in self.told.versions():
                if gateway.nation in version.audience:
                    entry = here.get(version.title)
                    self._arrived(version, gateway.nation, entry, needed=version is chain.last)
            for chain in self.told.chains:
                self._one_is_current(chain, gateway, here)
        for _, version in self.told.versions():
            states = self._states(version)
            for nation in version.audience:
                self._known_alike(version, nation, states[nation])

    def _arrived(self, version: Version, nation: str, entry: InboxMessage | None, *, needed: bool) -> None:
        """``needed``: nothing took its place, else a copy that had not left was taken back."""
        if version.recalled:
            assert entry is None or not entry.content, f"{version.title} is still in {nation}"
        else:
            assert entry is not None or not needed, f"{version.title} never reached {nation}"
            assert entry is None or entry.content

    def _one_is_current(self, chain: Chain, gateway: SmallGateway, here: dict[str, InboxMessage]) -> None:
        """The last version for those it is for; nothing for all others, whatever they hold of it."""
        current = [
            version.title
            for version in chain.versions
            if version.title in here and self._status(gateway, here[version.title]) == "CURRENT"
        ]
        wanted = chain.current_for(gateway.nation)
        assert current == ([] if wanted is None else [wanted]), f"{current} of {chain} in {gateway.nation}"

    def _known_alike(self, version: Version, nation: str, state: str) -> None:
        people = self.told.of(nation, version.title)
        if not version.recalled:
            if state == "withheld":
                assert not people.filed, f"{version.title} was taken back and is in {nation}"
                return
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

    def _version(self, title: str, gateway: SmallGateway, audience: Sequence[str], body: bytes) -> Version:
        """Publish it."""
        done = gateway.publish(body)
        return Version(
            title, gateway.nation, frozenset(audience), done.publication_id, done.message_id, done.digest
        )

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

    def _status(self, gateway: SmallGateway, entry: InboxMessage) -> str:
        status: str
        (status,) = gateway.store.connection.execute(
            "SELECT status FROM inbox WHERE inbox_seq = ?", (entry.inbox_seq,)
        ).fetchone()
        return status

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
TestLife.settings = settings(max_examples=25, stateful_step_count=50, deadline=None, phases=(Phase.generate,))
