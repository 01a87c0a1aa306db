"""What a gateway counts while it works: plain numbers that the HTTP API exports as metrics."""

from dataclasses import dataclass, field


@dataclass
class Counters:
    """Totals since the process started, except the gauges. Alarms are what an operator must see."""

    accepted: int = 0
    refused: dict[str, int] = field(default_factory=dict)
    """Drafts refused, by reason code."""

    waiting: int = 0
    """Gauge: deliveries queued and not yet sealed."""
    unconfirmed: int = 0
    """Gauge: sealed bundles that the broker has not confirmed."""
    deliveries_sealed: int = 0
    deliveries_sent: int = 0
    deliveries_resent: int = 0
    deliveries_withheld: int = 0
    bundles_sent: int = 0
    relay_active: int = 0
    """Gauge: 1 while this process holds the relay's lease."""

    bundles_received: int = 0
    admitted: int = 0
    duplicates: int = 0
    late: int = 0
    held: int = 0
    rejected: dict[str, int] = field(default_factory=dict)
    """Bundles and deliveries refused, by reason code."""
    receipts_recorded: int = 0
    receipts_queued: int = 0
    storage_faults: int = 0

    alarm_equivocation: int = 0
    alarm_release_mismatch: int = 0
    alarm_gaps: int = 0
    """Gauge: serials that are missing in partners' lanes."""
    alarm_release_stopped: int = 0
    """Gauge: recipients (by mode) for whom nothing can be sealed: no key, or a stale snapshot."""
    alarm_trust_stale: int = 0
    """Gauge: 1 while the realm snapshot has expired."""
    alarm_broker_store_lost: int = 0
    alarm_broker_foreign: int = 0
    """The broker held more of ours than we ever sent: an old backup, or another writer under our name."""
    alarm_broker_quota: int = 0
    alarm_publish_refused: int = 0
    alarm_receipts_ignored: int = 0
    alarm_faults: int = 0
    """Steps of a flow that ended in an error nobody foresaw; each is logged and tried again."""

    def count_refused(self, code: str) -> None:
        """One more draft refused with this code."""
        self.refused[code] = self.refused.get(code, 0) + 1

    def count_rejected(self, code: str) -> None:
        """One more bundle or delivery refused with this code."""
        self.rejected[code] = self.rejected.get(code, 0) + 1
