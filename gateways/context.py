"""What every flow of a gateway stands on: nation, store, trust, keys, clock, randomness, limits, counters."""

import asyncio
import copy
from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Protocol

from bus.ports import Mailbox, Publisher
from bus.protocol.errors import TrustError
from bus.protocol.lane_health import HealthPolicy
from bus.protocol.outbound import content_digest
from bus.protocol.sealing import Unsealer
from bus.protocol.signing import Signer
from bus.protocol.trust import TrustStore
from bus.store.deliveries import ResendPolicy
from bus.store.held import Quota
from bus.store.lanes import AskPolicy
from bus.store.minimize import Minimize
from bus.store.rejected import KEPT_OCTETS, KEPT_ROWS
from bus.store.writer import Store
from gateways.counters import Counters
from gateways.evidence import Evidence
from gateways.growth_signal import GrowthSignal
from gateways.lanes.floods import Floods
from gateways.lanes.policy import HeadPolicy
from gateways.releasing.policy import ReleasePolicy
from schemas.header import Mode
from schemas.trust import KeyUse
from schemas.wire import Lane


class Keys(Protocol):
    """Port: the nation's private keys (``bus.keystore.NationKeys``)."""

    @property
    def keyring(self) -> Unsealer:
        """Every private seal key."""

    def signer(self, use: KeyUse, mode: Mode, kid: str | None = None) -> Signer:
        """The signer with this kid, use and mode. Raises KeyFileError when there is none."""


class Transport(Protocol):
    """Port: the way to the broker (``bus.transport.NatsTransport``), connected and closed by its maker."""

    @property
    def connected(self) -> bool:
        """Whether there is a connection now."""

    @property
    def publisher(self) -> Publisher:
        """The nation's one publisher."""

    def mailbox(self, lane: Lane) -> Mailbox:
        """A reader of one lane."""

    def wait_connected(self, within: float | None = None) -> Awaitable[None]:
        """Return once connected."""

    def wait_disconnected(self, within: float | None = None) -> Awaitable[None]:
        """Return once not connected."""


@dataclass(frozen=True)
class FlowLimits:
    """Everything about the flows that can be set; times are durations."""

    queue: int = 100_000
    """Deliveries that may wait to be sealed; beyond that drafts are refused QUEUE_FULL."""
    release_flash: timedelta = timedelta(minutes=15)
    """How long a FLASH draft waits for a second person; then it is withheld."""
    release: timedelta = timedelta(hours=24)
    """The same for every other draft that waits for one."""
    releases: int = 1000
    """Publications that may wait for a second person; beyond that further ones are refused QUEUE_FULL."""
    releases_of_author: int = 100
    """The same for what one author handed in: nobody takes all the room."""
    relay_batch: int = 1024
    """Deliveries that one relay step takes at most."""
    relay_ahead: int = 96
    """Sealed bundles that may wait for the broker; beyond that the relay seals no more (far fewer while it is
    away: ``gateways.relaying.sending``)."""
    receive_batch: int = 16
    """Bundles that one lane's receiver files at once."""
    lease: timedelta = timedelta(seconds=15)
    resend: ResendPolicy = field(
        default_factory=lambda: ResendPolicy(first=timedelta(seconds=60), ceiling=timedelta(hours=6))
    )
    gaps: AskPolicy = field(
        default_factory=lambda: AskPolicy(first=timedelta(seconds=30), ceiling=timedelta(hours=1))
    )
    """The pause after asking for a gap."""
    heads: HeadPolicy = field(default_factory=HeadPolicy)
    lanes: HealthPolicy = field(default_factory=HealthPolicy)
    """When something counts as wrong with a partner's lane."""
    held: Quota = field(default_factory=Quota)
    """What is held per originator."""
    held_age: timedelta = timedelta(hours=24)
    rejected_bytes: int = KEPT_OCTETS
    """Sealed bytes kept of refused bundles, per originator."""
    rejected_rows: int = KEPT_ROWS
    """Refusals kept, per originator; the oldest go first."""


@dataclass
class GatewayContext:
    """One nation's gateway, as its flows see it. ``trust`` is replaced as a whole when trust changes."""

    nation: str
    realm: str
    store: Store
    trust: TrustStore
    keys: Keys = field(repr=False)
    now: Callable[[], datetime]
    randomness: Callable[[int], bytes]
    limits: FlowLimits = field(default_factory=FlowLimits)
    counters: Counters = field(default_factory=Counters)
    inbox: GrowthSignal = field(default_factory=GrowthSignal)
    events: GrowthSignal = field(default_factory=GrowthSignal)
    """Rises with the feed of happenings (``bus.store.events``)."""
    relay_wanted: asyncio.Event = field(default_factory=asyncio.Event)
    """Set when the relay may have something to do."""
    held_wanted: asyncio.Event = field(default_factory=asyncio.Event)
    """Set when held bundles may be judged anew."""
    trust_adopted: asyncio.Event = field(default_factory=asyncio.Event)
    """Set when newer trust documents came into force: they may name keys that are not in hand yet."""
    acts_wanted: asyncio.Event = field(default_factory=asyncio.Event)
    """Set when trust or keys changed: acts of ours on agreements may have to be signed anew."""
    words_wanted: asyncio.Event = field(default_factory=asyncio.Event)
    """Set when there may be traffic whose words are not indexed yet."""
    releases_changed: asyncio.Event = field(default_factory=asyncio.Event)
    """Set when a release began to wait for a second person, or ended to."""
    deadlines_changed: asyncio.Event = field(default_factory=asyncio.Event)
    """Set when something overdue may be so no more, or a partner is heard of again."""
    read_receipts: bool = True
    """Whether originators are told that a person opened their message (this nation's choice)."""
    release_policy: ReleasePolicy = field(default_factory=ReleasePolicy)
    """What waits for a second person, by this nation's own file."""
    minimize: Minimize | None = None
    """The MINIMIZE that was set last, over or not."""
    floods: Floods = field(default_factory=Floods)
    word_room: dict[str, int] = field(default_factory=dict)
    """How many more words of a partner are taken before those about nothing are trimmed (`unknown_words`)."""
    """Bundles that brought nothing new, by lane."""
    held_behind: bool = False
    """Something was held under an older trust store than the one in force: judge everything anew."""
    look_for_keys: Callable[[], None] = lambda: None
    """Take the keys of a key file that was replaced just now, before documents that name them."""

    def __post_init__(self) -> None:
        self.keyring = self.keys.keyring

    def events_grown(self, latest: int) -> None:
        """Something happened, and is committed."""
        if latest > self.events.latest:
            self.events.announce(latest)
            self.words_wanted.set()

    def adopt(self, trust: TrustStore) -> None:
        """Put a newer trust store, already committed, in force at once: release, admission, held bundles."""
        if trust.generation <= self.trust.generation:
            return  # a later change was committed, and came here first
        self.trust = trust
        self.trust_adopted.set()
        self.acts_wanted.set()
        self.relay_wanted.set()
        self.held_wanted.set()

    def decide_anew(self) -> None:
        """Decide again on what is sealed and never was offered to the broker: something was recalled."""
        # As in take_keys: the relay tells by the store under which trust it decided.
        self.trust = copy.copy(self.trust)
        self.relay_wanted.set()

    def take_keys(self, keys: Keys) -> None:
        """Use these private keys from now on, and look anew at what could not be opened or signed."""
        self.keys = keys
        self.keyring = keys.keyring
        # A store of its own, saying the same: what was opened or blocked under the one before was so with
        # the keys before, and whoever compares stores sees that something has changed.
        self.trust = copy.copy(self.trust)
        self.acts_wanted.set()
        self.relay_wanted.set()
        self.held_wanted.set()

    def evidence(self, actor: str, at: datetime) -> Evidence:
        """A collector of the audit records of one transaction."""
        return Evidence(self.nation, actor, at, self.randomness)

    def digest(self, content: bytes, use: KeyUse, mode: Mode, now: datetime) -> str:
        """Digest of content in the hash of our current message key for this mode.

        Control contents, and messages while there is no such key: in SHA-384, no weaker than any suite's, so
        that whichever key is current when they leave may sign them (a change of suite announces itself).
        """
        suite = "cnsa2"
        if use is KeyUse.MESSAGE:
            with suppress(TrustError):
                suite = self.trust.current_key(self.nation, use, mode, now).suite.value
        return content_digest(content, suite)
