"""What gateways send each other, checked at every step by ``release_rules``; for test_release_machine."""

import itertools
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from types import MappingProxyType

from bus.protocol.errors import BundleRefused, ReleaseRefused
from bus.protocol.inbound import Outcome, Verdict, admit
from bus.protocol.opening import open_bundle
from bus.protocol.outbound import Outgoing, PreparedBundle, content_digest
from bus.protocol.release import decide, plan_release
from bus.protocol.trust import TrustStore
from schemas.header import Kind, Mode
from schemas.label import ConfidentialityLabel
from schemas.reasons import ReasonCode
from schemas.wire import ContentType, Lane
from tests.protocol.crafted_bundles import prepared
from tests.protocol.messages import draft_header, draft_label, encoded, message, message_id
from tests.protocol.release_realm import NATIONS, ChangingRealm, Gateway
from tests.protocol.release_rules import Said, bases, may_admit, meant, recipients
from tests.realm_fixtures import NOW

PROBES = tuple(
    itertools.product(
        (
            ("NATO", "NATO RESTRICTED"),
            ("NATO", "NATO SECRET"),
            ("SWE", "BEGRÄNSAT HEMLIG"),
            ("SWE", "HEMLIG"),
        ),
        (Mode.OPERATION, Mode.EXERCISE),
    )
)
"""What is asked of every gateway again and again: may this go to that nation?"""
MAY_STILL_COME = {ReasonCode.AGREEMENT_NOT_COUNTERSIGNED, ReasonCode.AGREEMENT_SUSPENDED}
"""What may hold a delivery also when everybody knows everything."""
Reach = set[tuple[str, str, str]]
"""Nation, level, mode."""


@dataclass(frozen=True)
class Sent:
    """A bundle that left, and under which version of the realm."""

    bundle: PreparedBundle
    originator: str


class Traffic:
    """Messages from draft to inbox, between four gateways."""

    def __init__(self, world: ChangingRealm) -> None:
        self.world = world
        self.said: dict[str, tuple[Said, bytes, ConfidentialityLabel]] = {}
        self.network: list[Sent] = []
        self.permitted: set[tuple[str, str]] = set()
        """(nation, message id) that the rules permitted at the moment of sending."""
        self.refused: set[tuple[str, str]] = set()

    def publish(
        self,
        originator: str,
        releasable_to: tuple[str, ...],
        addressed: tuple[str, ...],
        level: tuple[str, str],
        mode: Mode,
    ) -> None:
        """A draft is accepted for exactly those whom the rules permit, or refused."""
        gateway, now = self.world.gateways[originator], self.world.now
        realm = gateway.view.realm
        number = len(self.said) + 1
        said = Said(
            message_id(number),
            originator,
            mode.value,
            *level,
            releasable_to,
            addressed,
            meant(realm, releasable_to, now) - {originator},
            now,
        )
        wanted = recipients(gateway.view, self.world.catalogue, said, now)
        try:
            plan = plan_release(
                draft_header(addressed, mode=mode),
                draft_label(*releasable_to, policy=level[0], classification=level[1]),
                originator=originator,
                trust=gateway.trust,
                now=now,
            )
        except ReleaseRefused:
            named = {name for name in releasable_to if len(name) == 3} - {originator}
            assert not wanted or (not addressed and not named <= wanted)
            return
        assert set(plan.recipients) == wanted
        assert set(plan.label.release_set) == said.release_set
        self._removing_an_agreement_adds_nobody(gateway, plan.label, said)
        labelled = plan.label.model_dump(mode="json", exclude_defaults=True)
        document = message(
            number,
            originator=originator,
            mode=mode,
            issued_at=now,
            header={"action_addressees": list(addressed), "expires_at": "2027-03-02T00:00:00Z"},
            labelled=labelled,
        )
        self.said[said.message_id] = said, encoded(document), plan.label
        gateway.queue += [(said, nation) for nation in plan.recipients]

    def relay(self, nation: str) -> None:
        """Everything that waits is decided again; one tree for all recipients of a mode."""
        gateway, now = self.world.gateways[nation], self.world.now
        waiting, gateway.queue = gateway.queue, []
        for mode in Mode:
            batch: list[Outgoing] = []
            for said, recipient in waiting:
                if said.mode == mode.value:
                    batch += self._decided_again(gateway, said, recipient, now)
            if batch:
                for bundle in prepared(
                    self.world.realm, batch, originator=nation, mode=mode, trust=gateway.trust, now=now
                ):
                    self._opens_only_for_the_permitted(bundle, gateway.trust)
                    self.network.append(Sent(bundle, nation))

    def _decided_again(
        self, gateway: Gateway, said: Said, recipient: str, now: datetime
    ) -> Sequence[Outgoing]:
        _, content, label = self.said[said.message_id]
        decision = decide(
            originator=gateway.nation,
            kind=Kind.THREAT_ALERT,
            mode=Mode(said.mode),
            label=label,
            nation=recipient,
            trust=gateway.trust,
            now=now,
        )
        permitting = bases(gateway.view, self.world.catalogue, said, recipient, now)
        assert decision.permit == bool(permitting), (decision, permitting)
        if not decision.permit:
            return ()
        assert decision.basis
        assert {basis.digest for basis in decision.basis} <= permitting
        self.permitted.add((recipient, said.message_id))
        place = recipient, said.mode
        gateway.serials[place] = gateway.serials.get(place, 0) + 1
        return (
            Outgoing(
                ref=0,
                recipient=recipient,
                lane=Lane.NORMAL,
                lane_epoch=1,
                serial=gateway.serials[place],
                content_type=ContentType.MESSAGE,
                content=content,
                content_digest=content_digest(content, "standard"),
                message_id=said.message_id,
                basis=decision.basis,
            ),
        )

    def _opens_only_for_the_permitted(self, bundle: PreparedBundle, trust: TrustStore) -> None:
        opened_by = {}
        for nation in NATIONS:
            keyring = self.world.realm.keyring(nation)
            try:
                # Whoever reads along: with its own keys, whatever the header says.
                opened_by[nation] = open_bundle(
                    bundle.sealed,
                    bundle.subject,
                    me=bundle.recipient,
                    trust=trust,
                    keyring=keyring,
                    now=self.world.now,
                )
            except BundleRefused as refused:
                if refused.code is not ReasonCode.SEAL_KEY_UNKNOWN:
                    raise
        (nation,) = opened_by
        for item in opened_by[nation].deliveries:
            assert item.delivery is not None
            assert (nation, item.delivery.message_id) in self.permitted

    def admitted(self, gateway: Gateway, sent: Sent) -> tuple[Verdict, ...]:
        """What a gateway says of a bundle. Raises BundleRefused."""
        return admit(
            sent.bundle.sealed,
            sent.bundle.subject,
            me=gateway.nation,
            trust=gateway.trust,
            keyring=self.world.realm.keyring(gateway.nation),
            history=gateway.history,
            now=self.world.now,
        )

    def deliver(self, sent: Sent) -> list[Verdict]:
        """What the gateway says is what its own view permits; what of it is held."""
        gateway = self.world.gateways[sent.bundle.recipient]
        me, held = gateway.nation, []
        had = set(gateway.history.filed)
        try:
            verdicts = self.admitted(gateway, sent)
        except BundleRefused as refused:
            if refused.held and sent.originator in gateway.view.realm.suspended:
                return []
            raise
        gateway.history.record(verdicts)
        for verdict in verdicts:
            assert verdict.delivery is not None
            name = verdict.delivery.message_id
            assert name is not None
            said, content, _ = self.said[name]
            wanted = may_admit(
                gateway.view,
                self.world.catalogue,
                said,
                me,
                verdict.delivery.trust_version,
                self.world.now,
            )
            if (said.originator, name) in had:
                assert verdict.outcome is Outcome.DUPLICATE
            elif verdict.outcome is Outcome.ADMITTED:
                assert wanted, "admitted what its own view denies"
                assert (me, name) in self.permitted, "admitted what was not permitted when it was sent"
                assert verdict.content == content
            else:
                assert verdict.outcome in (Outcome.HELD, Outcome.REJECTED)
                assert verdict.content is None
                if wanted and (me, name) not in self.refused:
                    # Permitted here today, but not on what the originator named: that may still come.
                    assert verdict.reason is ReasonCode.AGREEMENT_UNKNOWN, verdict
                if verdict.outcome is Outcome.REJECTED:
                    self.refused.add((me, name))
                else:
                    held.append(verdict)
        return held

    def check_the_end(self) -> None:
        """Once everybody knows everything, what is held waits for nothing but a nation's own act."""
        for sent in self.network:
            for verdict in self.deliver(sent):
                assert verdict.reason in MAY_STILL_COME or self._rests_on_what_the_realm_ended(verdict)
        for nation, gateway in self.world.gateways.items():
            filed = [verdict.delivery.message_id for verdict in gateway.history.inbox if verdict.delivery]
            assert len(filed) == len(set(filed))
            assert {(nation, name) for name in filed} <= self.permitted

    def _rests_on_what_the_realm_ended(self, verdict: Verdict) -> bool:
        """No snapshot says of a digest that it was listed once: it looks like one that is still to come."""
        assert verdict.delivery is not None
        (basis,) = verdict.delivery.basis
        realm_ended = basis.digest == self.world.founding and not self.world.current.listed
        return verdict.reason is ReasonCode.AGREEMENT_UNKNOWN and realm_ended

    def _removing_an_agreement_adds_nobody(
        self, gateway: Gateway, label: ConfidentialityLabel, said: Said
    ) -> None:
        trust = gateway.trust
        wanted = {
            nation
            for nation in NATIONS
            if bases(gateway.view, self.world.catalogue, said, nation, self.world.now)
        }
        for removed in trust.agreements_of[gateway.nation]:
            fewer = replace(
                trust,
                agreements_of=MappingProxyType(
                    {
                        name: tuple(each for each in listed if each.digest != removed.digest)
                        for name, listed in trust.agreements_of.items()
                    }
                ),
            )
            left = {
                nation
                for nation in NATIONS
                if decide(
                    originator=gateway.nation,
                    kind=Kind.THREAT_ALERT,
                    mode=Mode(said.mode),
                    label=label,
                    nation=nation,
                    trust=fewer,
                    now=self.world.now,
                ).permit
            }
            assert left <= wanted

    def would_reach(self, nation: str) -> Reach:
        """Who would get what from a nation now."""
        return {
            (other, level, mode.value)
            for (policy, level), mode in PROBES
            for other in NATIONS
            if decide(
                originator=nation,
                kind=Kind.THREAT_ALERT,
                mode=mode,
                label=ConfidentialityLabel.of_valid(
                    policy=policy, classification=level, releasable_to=NATIONS, release_set=NATIONS
                ),
                nation=other,
                trust=self.world.gateways[nation].trust,
                now=self.world.now,
            ).permit
        }

    def may_reach(self, nation: str) -> Reach:
        """The same as the rules say it."""
        found = set()
        view, catalogue, now = self.world.gateways[nation].view, self.world.catalogue, self.world.now
        for (policy, level), mode in PROBES:
            said = Said("", nation, mode.value, policy, level, NATIONS, (), frozenset(NATIONS), NOW)
            found |= {
                (other, level, mode.value)
                for other in NATIONS
                if other != nation and bases(view, catalogue, said, other, now)
            }
        return found
