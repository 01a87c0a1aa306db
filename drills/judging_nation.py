"""Judging one message at one nation: decision, state, inbox and what it sees there. Pure."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from drills.course import CopyTimes
from drills.expectation import ACKNOWLEDGED, ARRIVED, Expectation
from drills.outcome import NationOutcome
from schemas.reasons import ReasonCode

Row = Mapping[str, Any]


def nation_outcome(
    expectation: Expectation,
    nation: str,
    *,
    decision: Row | None,
    state: Row | None,
    entry: Row | None,
    latency: float | None,
    marking: str | None,
    gets: str = "",
    accepted_at: datetime,
) -> NationOutcome:
    """What came of a message at a nation, and sentences on what had to be otherwise.

    ``decision`` and ``state``: the nation's rows at the author's gateway. ``entry``: the message in the
    nation's inbox as its own system sees it; ``latency``: seconds until it did. ``marking``: the banner that
    it must see, None for any. ``gets``: its share of what changes an earlier message. ``accepted_at``: when
    the author's gateway took the draft.
    """
    code = decision["code"] if decision else ReasonCode.NOT_IN_RELEASE_SET.value
    shown, reason = (state["state"], state.get("reason") or "") if state else ("", "")
    version = decision.get("version") if decision else None
    remarks = _arrival(expectation, nation, code, shown, reason, entry is not None or latency is not None)
    seen = "" if entry is None else entry.get("marking", "")  # a recall takes it away with the content
    if entry is not None and seen != (marking or seen):
        remarks.append(f"must see the marking {marking}, but sees {seen}")
    if nation in expectation.shares and gets != expectation.shares[nation].value:
        remarks.append(
            f"must get {expectation.shares[nation].value} of the change, but gets {gets or 'none'}"
        )
    if nation in expectation.states and shown != expectation.states[nation].value:
        remarks.append(f"must be {expectation.states[nation].value}, but is {shown or code}")
    if version != expectation.versions.get(nation, version):
        remarks.append(f"must get version {expectation.versions[nation]}, but gets {version}")
    if nation in expectation.equivalent:
        read = ((entry or {}).get("equivalent") or {}).get("classification")
        if read != expectation.equivalent[nation]:
            remarks.append(f"must read {expectation.equivalent[nation]}, but reads {read or 'nothing'}")
    return NationOutcome(
        nation=nation,
        must_have=nation in (*expectation.must_have, *expectation.display_only),
        permit=bool(decision and decision["permit"]),
        code=code,
        explanation=decision["explanation"] if decision else "",
        state=shown,
        latency_ms=None if latency is None else round(1000 * latency, 1),
        acknowledged=shown in ACKNOWLEDGED,
        reason=reason,
        version=version,
        marking=seen,
        gets=gets,
        times=None if state is None else copy_times(state, accepted_at),
        as_expected=not remarks,
        remark="; ".join(remarks),
    )


def copy_times(row: Row, accepted_at: datetime) -> CopyTimes:
    """A delivery as its author's gateway shows it, in time."""
    signed = {receipt["status"]: _moment(receipt, accepted_at) for receipt in row.get("receipts", ())}
    return CopyTimes(
        sent_at=row.get("sent_at"),
        delivered_at=signed.get("delivered"),
        read_at=signed.get("read"),
        acknowledged_at=signed.get("acknowledged") or signed.get("actioned"),
        deliver_by=row.get("deliver_by"),
        acknowledge_by=row.get("acknowledge_by"),
        attempts=row.get("attempts", 0),
    )


def _moment(receipt: Row, accepted_at: datetime) -> datetime:
    claimed = datetime.fromisoformat(receipt["at"])
    recorded = datetime.fromisoformat(receipt["recorded_at"])
    return claimed if accepted_at <= claimed <= recorded else recorded


def _arrival(
    expectation: Expectation, nation: str, code: str, shown: str, reason: str, seen: bool
) -> list[str]:
    """Whether the nation has it or has it not, as it must. ``seen``: by its own system."""
    remarks = []
    if nation in expectation.must_have:
        if shown not in ARRIVED or not seen:
            why = f" ({reason})" if reason else ""
            remarks.append(f"must have it, but it is {shown or code}{why}")
        if nation in expectation.acknowledged_by and shown not in ACKNOWLEDGED:
            remarks.append("must acknowledge it, and did not")
    elif nation in expectation.display_only:
        if shown not in ARRIVED or code != ReasonCode.DISPLAY_ONLY_PERMITTED.value:
            remarks.append(f"must have it for display, but it is {shown or code}")
        if seen:
            remarks.append("must have it for display only, and its own system saw it")
    elif nation in expectation.withheld:
        wanted = expectation.withheld[nation].value
        if seen or (shown, reason) != ("withheld", wanted):
            remarks.append(f"must be withheld for {wanted}, but is {shown or code} {reason}".rstrip())
    else:
        if seen or shown:
            remarks.append("must never have it, and got it")
        denied = expectation.code_for(nation)
        if denied is not None and code != denied.value:
            remarks.append(f"must be denied for {denied.value}, but was for {code}")
    return remarks
