"""A realm that changes, and four gateways that learn of it sooner or later; for ``test_release_machine``."""

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from bus.authority import Issued
from bus.known.documents import equivalence_document, policy_document
from bus.nation_office import agreement_act
from bus.protocol.trust import TrustStore
from schemas.agreement import ActKind, Agreement
from schemas.classification import EquivalentLevel, Level
from schemas.community import Membership
from schemas.header import Kind, Mode
from schemas.trust import DocumentType, NationStatus
from tests.protocol.agreement_papers import proposal
from tests.protocol.memory_history import MemoryHistory
from tests.protocol.release_rules import Act, Period, RealmVersion, Said, Terms, View
from tests.realm_fixtures import NOW, AgreementPlan, TestRealm, community_document, make_realm

NATIONS = ("XAA", "XBB", "XCC", "XDD")
LIFETIME = timedelta(days=4000)
NORTH = AgreementPlan(id="north", parties=("XAA", "XBB", "XCC"), highest=(("NATO", "NATO RESTRICTED"),))
FOUNDED = make_realm(
    NATIONS,
    policies=("NATO", "SWE"),
    agreements=(NORTH,),
    communities={"NORDIC": ("XAA", "XBB"), "SOUTH": ("XCC", "XDD")},
    snapshot_lifetime=LIFETIME,
    threshold=1,
    root_keys=1,
)
POLICIES = {
    "as founded": {"BEGRÄNSAT HEMLIG": 1, "KONFIDENTIELL": 2, "HEMLIG": 3, "KVALIFICERAT HEMLIG": 4},
    "without its lowest level": {"KONFIDENTIELL": 2, "HEMLIG": 3, "KVALIFICERAT HEMLIG": 4},
    "turned round": {"HEMLIG": 1, "KONFIDENTIELL": 2, "BEGRÄNSAT HEMLIG": 3, "KVALIFICERAT HEMLIG": 4},
}
EQUIVALENCES = {
    "equal": {
        "BEGRÄNSAT HEMLIG": "NATO RESTRICTED",
        "KONFIDENTIELL": "NATO CONFIDENTIAL",
        "HEMLIG": "NATO SECRET",
    },
    "raised": {"BEGRÄNSAT HEMLIG": "NATO SECRET", "KVALIFICERAT HEMLIG": "COSMIC TOP SECRET"},
}


@dataclass(frozen=True)
class Paper:
    """A proposal or an act on its way to the parties."""

    envelope: bytes
    means: Terms | Act
    parties: frozenset[str]


@dataclass
class Gateway:
    """One nation's gateway: what it believes, what it filed, what waits to be sent."""

    nation: str
    trust: TrustStore
    view: View
    history: MemoryHistory = field(default_factory=MemoryHistory)
    queue: list[tuple[Said, str]] = field(default_factory=list)
    serials: dict[tuple[str, str], int] = field(default_factory=dict)

    def learn(self, *papers: Paper) -> None:
        """Papers have come."""
        self.trust = self.trust.updated([paper.envelope for paper in papers])
        for means in (paper.means for paper in papers):
            if isinstance(means, Terms):
                self.view.proposals.add(means.digest)
            else:
                self.view.acts.add(means)

    def catch_up(self, envelopes: Iterable[bytes], version: RealmVersion) -> None:
        """Documents of the realm have come; older ones than those in force change nothing."""
        self.trust = self.trust.updated(envelopes)
        if version.version > self.view.realm.version:
            self.view.realm = version


class ChangingRealm:
    """The realm's authority and every paper there is."""

    def __init__(self) -> None:
        self.now = NOW
        self.realm: TestRealm = FOUNDED
        self.agreed: dict[str, Issued[Agreement]] = {}
        self.catalogue: dict[str, Terms] = {}
        self.papers: list[Paper] = []
        listed = self._note(FOUNDED.realm.documents[DocumentType.AGREEMENT, "north"])  # type: ignore[arg-type]
        self.founding = listed.digest
        always: tuple[Period, ...] = ((None, None),)
        self.current = RealmVersion(
            1,
            {"NORDIC": {"XAA": always, "XBB": always}, "SOUTH": {"XCC": always, "XDD": always}},
            {"NATO": dict(FOUNDED.trust.ranks["NATO"]), "SWE": POLICIES["as founded"]},
            EQUIVALENCES["equal"],
            NOW + timedelta(days=365),
            frozenset(),
            frozenset({listed.digest}),
        )
        founding = {Act(listed.digest, nation, "countersign", 1) for nation in listed.parties}
        # The table that realms are founded with says more than the rules here want to know.
        self.versions: list[tuple[tuple[bytes, ...], RealmVersion]] = []
        self.change(equivalence="equal")
        trust = TrustStore.open(FOUNDED.id, self.realm.envelopes)
        self.gateways = {
            name: Gateway(name, trust, View(self.current, set(), set(founding))) for name in NATIONS
        }

    def _note(self, issued: Issued[Agreement]) -> Terms:
        document = issued.document
        (ceiling,) = document.highest
        terms = Terms(
            issued.digest,
            document.id,
            document.version,
            frozenset(document.parties),
            frozenset(mode.value for mode in document.modes),
            ceiling.classification,
            document.not_before,
            document.not_after,
        )
        self.agreed[terms.digest], self.catalogue[terms.digest] = issued, terms
        return terms

    # -- acts of the realm ----------------------------------------------------------------------------------

    def change(
        self,
        *,
        members: tuple[str, dict[str, tuple[Period, ...]]] | None = None,
        policy: str | None = None,
        equivalence: str | None = None,
        withdrawn: bool = False,
        suspended: frozenset[str] | None = None,
        ended: str | None = None,
    ) -> None:
        """The next version of the realm."""
        realm, says = self.realm.realm, self.current
        keys = self.realm.authority
        if members is not None:
            name, periods = members
            flat = [
                Membership(nation=nation, since=since, until=until)
                for nation, listed in periods.items()
                for since, until in listed
            ]
            version = realm.documents[DocumentType.COMMUNITY, name].document.version + 1
            realm = realm.with_document(community_document(realm.id, name, flat, version), keys)
            says = replace(says, members={**says.members, name: periods})
        if policy is not None:
            ranks = POLICIES[policy]
            levels = [Level(classification=text, rank=rank) for text, rank in ranks.items()]
            version = realm.documents[DocumentType.CLASSIFICATION_POLICY, "SWE"].document.version + 1
            realm = realm.with_document(
                policy_document(realm.id, "SWE", levels, source="test", version=version), keys
            )
            says = replace(says, ranks={**says.ranks, "SWE": ranks})
        if equivalence is not None:
            table, slot = EQUIVALENCES[equivalence], (DocumentType.EQUIVALENCE, "SWE-to-NATO")
            until = self.now if withdrawn else self.now + timedelta(days=365)
            changed = equivalence_document(
                realm.id,
                "SWE",
                "NATO",
                [EquivalentLevel(classification=one, equivalent=other) for one, other in table.items()],
                rests_on="A table for tests",
                source="test",
                not_before=NOW - timedelta(days=1),
                not_after=until,
                version=realm.documents[slot].document.version + 1,
            )
            realm = realm.with_document(changed, keys)
            says = replace(says, handled_as=table, equal_until=until)
        if suspended is not None:
            for nation in NATIONS:
                status = NationStatus.SUSPENDED if nation in suspended else NationStatus.ACTIVE
                realm = realm.with_status(nation, status)
            says = replace(says, suspended=suspended)
        if ended is not None:
            realm = realm.without_document(DocumentType.AGREEMENT, self.catalogue[ended].id)
            says = replace(says, listed=says.listed - {ended})
        self.realm = self.realm.next(realm, now=self.now, lifetime=LIFETIME)
        assert self.realm.realm.snapshot is not None
        self.current = replace(says, version=self.realm.realm.snapshot.document.version)
        self.versions.append((self.realm.envelopes, self.current))

    # -- acts of nations ------------------------------------------------------------------------------------

    def propose(self, by: str, plan: AgreementPlan) -> None:
        """A nation proposes an agreement, of an id already there its next version, and countersigns it."""
        versions = [terms.version for terms in self.catalogue.values() if terms.id == plan.id]
        signed = proposal(self.realm, plan, by, version=max(versions, default=0) + 1)
        terms = self._note(signed)
        paper = Paper(signed.envelope, terms, terms.parties)
        self.papers.append(paper)
        self.gateways[by].learn(paper)
        self.act(by, terms.digest, ActKind.COUNTERSIGN)

    def act(self, nation: str, digest: str, kind: ActKind) -> None:
        """A party acts on an agreement; at its own gateway that holds at once."""
        gateway, issued = self.gateways[nation], self.agreed[digest]
        number = 1 + sum((act.digest, act.nation) == (digest, nation) for act in gateway.view.acts)
        made = agreement_act(
            issued.document,
            digest,
            nation,
            kind,
            self.realm.signer(nation),
            number=number,
            now=self.now,
        )
        paper = Paper(made.envelope, Act(digest, nation, kind.value, number), self.catalogue[digest].parties)
        self.papers.append(paper)
        gateway.learn(paper)


def plan_of(
    name: str, parties: tuple[str, ...], highest: str, modes: tuple[Mode, ...], begins: datetime, days: int
) -> AgreementPlan:
    """Terms to propose."""
    return AgreementPlan(
        id=name,
        parties=parties,
        kinds=(Kind.THREAT_ALERT,),
        modes=modes,
        highest=(("NATO", highest),),
        not_before=begins,
        not_after=begins + timedelta(days=days),
    )
