"""What a gateway counts while it works: plain numbers that the HTTP API exports as metrics."""

from dataclasses import dataclass, field


def _total(meaning: str) -> int:
    """A total since the process started, with the sentence that /metrics shows."""
    total: int = field(default=0, metadata={"meaning": meaning})
    return total


def _gauge(meaning: str) -> int:
    """A number that goes up and down."""
    gauge: int = field(default=0, metadata={"meaning": meaning, "gauge": True})
    return gauge


@dataclass
class Counters:
    """Totals since the process started, except the gauges. Alarms are what an operator must see."""

    accepted: int = _total("Drafts accepted.")
    refused: dict[str, int] = field(
        default_factory=dict, metadata={"meaning": "Drafts refused, by reason code."}
    )

    releases_waiting: int = _gauge("Publications that wait for a second person to confirm their release.")
    words_behind: int = _gauge("Rows of the traffic whose words are not indexed for searching yet.")
    minimize: int = _gauge("1 while MINIMIZE is in force.")

    waiting: int = _gauge("Deliveries queued and not yet sealed.")
    unconfirmed: int = _gauge("Sealed bundles that the broker has not confirmed.")
    deliveries_sealed: int = _total("Deliveries put into a sealed bundle, each time they were.")
    deliveries_sent: int = _total("Deliveries whose bundle the broker confirmed.")
    deliveries_resent: int = _total("Deliveries queued again: no receipt in time, or the recipient asked.")
    deliveries_withheld: int = _total("Deliveries no longer permitted when their turn came.")
    bundles_sent: int = _total("Bundles that the broker confirmed.")
    relay_active: int = _gauge("1 while this process holds the relay's lease.")

    bundles_received: int = _total("Bundles taken from the broker.")
    admitted: int = _total("Deliveries verified and filed.")
    duplicates: int = _total("Deliveries that had come before.")
    late: int = _total("Deliveries admitted after later ones of their lane.")
    held: int = _total("Bundles held because they could not be judged yet.")
    rejected: dict[str, int] = field(
        default_factory=dict, metadata={"meaning": "Bundles and deliveries refused, by reason code."}
    )
    receipts_recorded: int = _total("Receipts of partners that moved a delivery of ours on.")
    receipts_queued: int = _total("Receipts put on their way to partners.")
    messages_recalled: int = _total("Publications of ours recalled, with their copies.")
    messages_withdrawn: int = _total("Partners' messages withdrawn, or barred, because they were recalled.")
    agreement_acts: int = _total(
        "Acts on agreements taken in or made here: countersigned, suspended, resumed, left."
    )
    lane_heads_sent: int = _total("Lane heads put on their way to partners.")
    lane_heads_received: int = _total("Lane heads of partners that were read.")
    lane_alarms: dict[str, int] = field(
        default_factory=dict, metadata={"meaning": "Alarms of partners' lanes that began, by name."}
    )
    webhook_posts: int = _total("Events that webhooks' receivers took.")
    webhook_failures: int = _total("Posts to webhooks' receivers that failed; each is tried again.")
    webhooks_failing: int = _gauge("Webhooks whose last post failed, as of the last look (once a minute).")
    storage_faults: int = _total("Times a flow or a request could not read or write the store.")

    alarm_equivocation: int = _total("Times two contents came under one id or serial.")
    alarm_release_mismatch: int = _total("Times a partner signed what may not be released to us.")
    alarm_refused_by_partner: int = _total("Deliveries of ours that a partner's gateway refused for good.")
    alarm_gaps: int = _gauge("Serials that are missing in partners' lanes.")
    alarm_lanes: int = _gauge("Alarms of partners' lanes that stand now.")
    alarm_store_set_back: int = _total(
        "Times a partner had seen serials that we never gave: our store was set back, or the partner lies."
    )
    alarm_release_stopped: int = _gauge(
        "Recipients, by mode, for whom nothing can be sealed: no key, or a stale snapshot."
    )
    alarm_trust_stale: int = _gauge("1 while the realm snapshot has expired.")
    alarm_broker_store_lost: int = _total("Times the broker had lost mail of ours.")
    alarm_broker_foreign: int = _total(
        "Times the broker held more of ours than we ever sent: an old backup, or another writer in our name."
    )
    alarm_broker_quota: int = _total("Times the broker had no room left for our bundles.")
    alarm_publish_refused: int = _total("Times the broker refused a bundle.")
    alarm_set_aside: int = _total(
        "Bundles that the broker refused three times: their deliveries are sealed anew later."
    )
    alarm_receipts_ignored: int = _total(
        "Receipts and acknowledgements for what we never sent, or sent under another mode or exercise."
    )
    alarm_recalls_overdue: int = _gauge("Nations that have not confirmed a recall in time, per message.")
    alarm_recalls_refused: int = _total(
        "Recalls with another digest, mode or originator than the message, and answers to no recall of ours."
    )
    alarm_agreement_acts: int = _total(
        "Acts on agreements that contradict another under their number, or came in our name and are not ours."
    )
    alarm_overdue: dict[tuple[str, str], int] = field(
        default_factory=dict,
        metadata={
            "meaning": "Deliveries overdue now, by partner and what is awaited.",
            "labels": ("partner", "awaited"),
            "gauge": True,
        },
    )
    deadlines_missed: dict[str, int] = field(
        default_factory=dict,
        metadata={"meaning": "Deadlines that passed unmet, by what is awaited.", "labels": ("awaited",)},
    )
    alarm_partners_silent: int = _gauge(
        "Partners of whom nothing was heard since something sent to them that is overdue."
    )
    alarm_webhook_dead_letters: int = _total(
        "Events given up for a webhook: its receiver did not take them in time."
    )
    alarm_faults: int = _total(
        "Steps of a flow that ended in an error nobody foresaw; each is logged and tried again."
    )

    def count_refused(self, code: str) -> None:
        """One more draft refused with this code."""
        self.refused[code] = self.refused.get(code, 0) + 1

    def count_rejected(self, code: str) -> None:
        """One more bundle or delivery refused with this code."""
        self.rejected[code] = self.rejected.get(code, 0) + 1

    def count_deadline_missed(self, awaited: str) -> None:
        """One more deadline for this passed unmet."""
        self.deadlines_missed[awaited] = self.deadlines_missed.get(awaited, 0) + 1
