"""The NATO policy's value domain (ADatP-4774 Ed. A V1, App. 1): names, object identifiers, contexts.

The standard registers ``SECRET``; what is displayed, and what our realms hold as native text, is
``NATO SECRET``. The two lists stand here side by side and nothing else translates between them.
"""

from collections.abc import Collection, Mapping

POLICY = "NATO"
POLICY_URI = "urn:oid:1.3.26.1.3.1"

NATIVE_OF_REGISTERED: Mapping[str, str] = {
    "UNCLASSIFIED": "NATO UNCLASSIFIED",
    "RESTRICTED": "NATO RESTRICTED",
    "CONFIDENTIAL": "NATO CONFIDENTIAL",
    "SECRET": "NATO SECRET",
    "TOP SECRET": "COSMIC TOP SECRET",
}
REGISTERED_OF_NATIVE: Mapping[str, str] = {native: text for text, native in NATIVE_OF_REGISTERED.items()}

CONTEXT = "Context"
ONLY = "Only"
RELEASABLE_TO = "Releasable To"
SENSITIVITY = "Additional Sensitivity"
ADMINISTRATIVE = "Administrative"
TAG_URIS: Mapping[str, str] = {
    SENSITIVITY: "urn:oid:1.3.26.1.4.1",
    RELEASABLE_TO: "urn:oid:1.3.26.1.4.2",
    ADMINISTRATIVE: "urn:oid:1.3.26.1.4.3",
    CONTEXT: "urn:oid:1.3.26.1.4.4",
    ONLY: "urn:oid:1.3.26.1.4.5",
}

RELEASABLE = "Releasable"
"""Stands beside the context when there is a ``Releasable To``; never displayed."""

CONTEXTS: Mapping[str, str] = {
    "NATO": "NATO",
    "EAPC": "EAPC",
    "GEORGIA": "GEORGIA",
    "ISAF": "ISAF",
    "KFOR": "KFOR",
    "RESOLUTE SUPPORT": "RESOLUTE-SUPPORT",
    "RUSSIA": "RUSSIA",
    "UKRAINE": "UKRAINE",
}
"""Registered context -> the community that means it. Contexts of two or three letters (IP, PFP) can't be
community names and so have no row."""

_CONTEXT_OF_COMMUNITY = {community: context for context, community in CONTEXTS.items()}


def context_of(releasable_to: Collection[str]) -> str | None:
    """The community that is a label's context: NATO where it is named, else the first other context named."""
    named = sorted(name for name in releasable_to if name in _CONTEXT_OF_COMMUNITY)
    return POLICY if POLICY in named else next(iter(named), None)


def value_of(name: str) -> str:
    """A nation or community as the policy writes it."""
    return _CONTEXT_OF_COMMUNITY.get(name, name)


def name_of(value: str) -> str:
    """A value of the policy as a nation or community: values are compared case-insensitively."""
    folded = fold(value)
    return CONTEXTS.get(folded, folded)


def fold(value: str) -> str:
    """The value in upper case. Only ASCII is folded, so that no other letter becomes one of ours."""
    return value.upper() if value.isascii() else value
