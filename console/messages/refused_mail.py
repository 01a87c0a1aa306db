"""Bundles that were not let in: what each code is about, and what will happen next. Pure.

Nothing of such a bundle is verified, so nothing of it is shown but header and code.
"""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from console.rendering.reading import moment

HELD_FOR = timedelta(hours=24)

_CLASSES: Mapping[str, frozenset[str]] = {
    "awaits_key": frozenset(
        {"SEAL_KEY_UNKNOWN", "ORIGINATOR_UNKNOWN", "KEY_UNKNOWN", "KEY_NOT_YET_VALID", "KEY_REVOKED"}
    ),
    "awaits_trust": frozenset(
        {"TRUST_VERSION_UNKNOWN", "AGREEMENT_UNKNOWN", "TRUST_STALE", "ORIGINATOR_SUSPENDED", "KEY_EXPIRED"}
    ),
    "awaits_time": frozenset({"ISSUED_IN_FUTURE"}),
    "awaits_version": frozenset({"VERSION_UNKNOWN", "CONTENT_TYPE_UNKNOWN"}),
    "forged": frozenset(
        {
            *("SIGNATURE_INVALID", "SIGNATURE_MISSING", "KEY_FOREIGN", "KEY_WRONG_USE", "SUITE_MISMATCH"),
            *("PROOF_INVALID", "DIGEST_MISMATCH", "OPEN_FAILED", "DELIVERY_MISMATCH", "CONTENT_MISMATCH"),
            *("SUBJECT_MISMATCH", "WRONG_RECIPIENT", "WRONG_REALM"),
        }
    ),
    "twice": frozenset({"EQUIVOCATION", "SERIAL_REUSED"}),
    "not_for_us": frozenset(
        {
            *("NOT_IN_RELEASE_SET", "BASIS_MISMATCH", "RELEASE_SET_MISMATCH", "HANDLING_MISMATCH"),
            *("NO_AGREEMENT", "KIND_NOT_COVERED", "MODE_NOT_COVERED", "CLASSIFICATION_TOO_HIGH"),
            *("CLASSIFICATION_UNMAPPED", "CLASSIFICATION_UNKNOWN", "CATEGORY_NOT_COVERED", "NATIONAL_ONLY"),
            *("AGREEMENT_SUSPENDED", "AGREEMENT_NOT_IN_FORCE", "AGREEMENT_NOT_COUNTERSIGNED"),
            *("AGREEMENT_SUPERSEDED", "AGREEMENT_LEFT", "NOT_ADDRESSED", "RELEASE_SET_EMPTY"),
        }
    ),
    "resent": frozenset({"HELD_QUOTA", "HELD_TOO_LONG"}),
    "recalled": frozenset({"RECALLED"}),
}
_OTHERWISE = "malformed"


def class_of(reason: str) -> str:
    """What kind of trouble a code stands for: a key of the catalogue ``held.next``."""
    return next((name for name, codes in _CLASSES.items() if reason in codes), _OTHERWISE)


def refused_at_latest(held: Mapping[str, Any]) -> datetime | None:
    """When a held bundle is refused if what is missing has not come."""
    at = moment(held.get("held_at"))
    return None if at is None else at + HELD_FOR
