"""Whom a draft means: its label's release set and display set at issue, and its addressees (design 5)."""

from datetime import datetime

from bus.protocol.communities import expand
from bus.protocol.errors import ReleaseRefused
from bus.protocol.trust import TrustStore
from schemas.header import DraftHeader
from schemas.label import ConfidentialityLabel, DraftLabel
from schemas.reasons import ReasonCode


def complete_label(
    label: DraftLabel, originator: str, trust: TrustStore, now: datetime
) -> tuple[ConfidentialityLabel, dict[str, str | None]]:
    """The label as it is signed, and the nations that it lets have or see the content.

    Each with the JSON pointer to the list that names it by its own code, or None. Raises ReleaseRefused.
    """
    eligible: dict[str, str | None] = {}
    sets = []
    for pointer, names in (
        ("/label/releasable_to", label.releasable_to),
        ("/label/display_only_to", label.display_only_to),
    ):
        meant = expand(names, trust, pointer, now)
        meant.pop(originator, None)
        sets.append(tuple(sorted(meant)))
        for nation, itself in meant.items():
            eligible[nation] = eligible.get(nation) or (pointer if itself else None)
    released, displayed = sets
    complete = ConfidentialityLabel.of_valid(
        **{name: getattr(label, name) for name in DraftLabel.model_fields},
        release_set=released,
        display_set=displayed,
    )
    return complete, eligible


def addressed_nations(
    header: DraftHeader,
    eligible: dict[str, str | None],
    originator: str,
    trust: TrustStore,
    now: datetime,
    alone: bool,
) -> tuple[dict[str, str], dict[str, str]]:
    """Nation to "action" or "info", and each nation named by its own code to where it was named."""
    if not header.action_addressees and not header.info_addressees:
        named = {nation: pointer for nation, pointer in eligible.items() if pointer}
        return dict.fromkeys(eligible, "action"), named
    addressed: dict[str, str] = {}
    named = {}
    for role, names in (("info", header.info_addressees), ("action", header.action_addressees)):
        pointer = f"/header/{role}_addressees"
        for nation, itself in expand(names, trust, pointer, now).items():
            if nation == originator and itself:
                raise ReleaseRefused(
                    ReasonCode.ORIGINATOR_IS_RECIPIENT,
                    ReasonCode.ORIGINATOR_IS_RECIPIENT.explanation,
                    nation,
                    pointer,
                )
            if nation not in eligible:
                if itself and alone:
                    raise ReleaseRefused(
                        ReasonCode.ADDRESSEE_NOT_RELEASABLE,
                        f"{nation} is addressed but is not in the label's release set",
                        nation,
                        pointer,
                    )
                continue
            addressed[nation] = role
            if itself:
                named[nation] = pointer
    return addressed, named
