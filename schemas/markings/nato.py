"""The NATO form, from the label: ``NATO RESTRICTED Releasable to JPN`` (ADatP-4774 NATO policy file).

Codes stand where the policy file has English names: names change, hold commas and exist only for real states.
"""

from schemas.label import DraftLabel
from schemas.markings.text import category_names, codes
from schemas.nato_policy import POLICY, REGISTERED_OF_NATIVE, context_of

_PORTIONS = {
    "UNCLASSIFIED": "NU",
    "RESTRICTED": "NR",
    "CONFIDENTIAL": "NC",
    "SECRET": "NS",
    "TOP SECRET": "CTS",
}
_TOP_SECRET = "TOP SECRET"  # noqa: S105 - a classification


def nato_form(label: DraftLabel) -> tuple[str, str] | None:
    """Banner and portion of a label under the policy NATO with one of its five classifications."""
    level = REGISTERED_OF_NATIVE.get(label.classification)
    if label.policy != POLICY or level is None:
        return None
    released = set(label.releasable_to)
    context = context_of(released)
    if level == _TOP_SECRET and context != POLICY:
        context = None  # COSMIC stands where another context would
    head, portion = label.classification, _PORTIONS[level]
    if context not in (None, POLICY):
        head, portion = f"NATO/{context} {level}", f"NATO/{context} {portion}"
    rest = _rest(label, released, context)
    return head + rest, f"({portion}{rest})"


def _rest(label: DraftLabel, released: set[str], context: str | None) -> str:
    words = f" {category_names(label.restrictive)}" if label.restrictive else ""
    if context is not None:
        others = released - {context}
        words += f" Releasable to {codes(others)}" if others else ""
    elif released:
        words += f" {codes(released)} Only"
    elif not label.display_only_to:
        words += "//NATIONAL ONLY"
    if label.display_only_to:
        words += f"//DISPLAY ONLY {codes(label.display_only_to)}"
    return words + ("//ORIGINATOR CONTROLLED" if label.originator_controlled else "")
