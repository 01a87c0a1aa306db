"""The other nations of the realm."""

from entente.client.results.result import Result, Time


class Partner(Result):
    """One partner nation. Figures of traffic are absent for who sees only some modes."""

    nation: str
    display_name: str
    status: str
    record_version: int
    keys_in_force: int
    keys_end_at: Time | None = None
    queued: int | None = None
    sealed: int | None = None
    unreceipted: int | None = None
    missing: int | None = None
    held: int | None = None
    last_message_at: Time | None = None
    last_heard_at: Time | None = None
    silent_since: Time | None = None
    overdue: dict[str, int] | None = None
    """How many receipts should have come from it by now, by what is awaited."""
    lane_alarms: tuple[str, ...] = ()


class PartnerList(Result):
    """Every other nation of the realm, in order of code."""

    trust_version: int
    trust_stale: bool
    items: tuple[Partner, ...]
