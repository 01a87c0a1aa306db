"""How a sign-in at the identity provider fails::

    OidcRefused
    ├── ProviderFailed       the provider did not do its part: nobody can sign in there now
    ├── ProofRefused         what it says does not prove who somebody is
    │   └── NotRecent        it proves it, and not recently enough
    └── TransactionRefused   the way back does not belong to a way there that is still open

Each names one `Fault`. Nothing that a provider or a browser sent is ever quoted.
"""

from enum import StrEnum


class Fault(StrEnum):
    """What exactly was wrong: for the gateway's log, and in plain words for whoever signs in."""

    words: str

    def __new__(cls, value: str, words: str) -> "Fault":
        member = str.__new__(cls, value)
        member._value_ = value
        member.words = words
        return member

    # -- the provider ---------------------------------------------------------------------------------
    NOT_REACHED = "NOT_REACHED", "It could not be reached."
    TLS_FAILED = "TLS_FAILED", "Its certificate is not good."
    TOO_SLOW = "TOO_SLOW", "It did not answer in time."
    TOO_LARGE = "TOO_LARGE", "Its answer is too large."
    REDIRECTED = "REDIRECTED", "It answers with a redirect, which is not followed."
    STATUS_UNEXPECTED = "STATUS_UNEXPECTED", "It answers with a status that means no success."
    NOT_JSON = "NOT_JSON", "Its answer is not the JSON that it has to be."
    METADATA_INVALID = (
        "METADATA_INVALID",
        "Its metadata lack something, or have a wrong form.",
    )
    ISSUER_OTHER = "ISSUER_OTHER", "Its metadata are those of another issuer."
    HOST_FOREIGN = "HOST_FOREIGN", "Its metadata lead to a host that this gateway's settings do not name."
    FLOW_UNSUPPORTED = "FLOW_UNSUPPORTED", "It does not offer the authorization code flow with PKCE (S256)."
    CLIENT_REFUSED = "CLIENT_REFUSED", "It does not accept this gateway's client id or secret."
    KEYS_INVALID = "KEYS_INVALID", "Its key set is empty, too long, or not of the form it must have."
    BUSY = "BUSY", "Too many sign-ins wait for it."

    # -- the proof ------------------------------------------------------------------------------------
    CODE_REFUSED = "CODE_REFUSED", "The provider does not accept the code (any more)."
    RESPONSE_ISSUER = (
        "RESPONSE_ISSUER",
        "The way back names another issuer, or none though this one always does.",
    )
    TOKEN_MISSING = "TOKEN_MISSING", "There is no ID token."
    TOKEN_MALFORMED = "TOKEN_MALFORMED", "The ID token is not of the form it must have."
    ALGORITHM = "ALGORITHM", "The ID token is signed in a way that is not permitted here."
    KEY_UNKNOWN = "KEY_UNKNOWN", "The ID token names no key of the provider's."
    SIGNATURE = "SIGNATURE", "The ID token's signature is not good."
    ISSUER = "ISSUER", "The ID token is another issuer's."
    AUDIENCE = "AUDIENCE", "The ID token is not for this gateway, or not for it alone."
    AUTHORIZED_PARTY = "AUTHORIZED_PARTY", "The ID token was given to somebody else."
    EXPIRED = "EXPIRED", "The ID token has expired."
    TIME = "TIME", "The ID token's times do not fit this gateway's clock."
    NONCE = "NONCE", "The ID token belongs to another sign-in."
    AUTH_TIME = "AUTH_TIME", "The ID token does not say when the person was authenticated."
    TOO_LONG_AGO = "TOO_LONG_AGO", "The person was authenticated too long ago."
    CONTEXT = "CONTEXT", "The person was not authenticated in the way that this gateway asks for."
    SUBJECT = "SUBJECT", "The ID token lacks the claim that says who it is, or it is not verified."

    # -- the way there and back -------------------------------------------------------------------------
    UNKNOWN = "UNKNOWN", "This gateway process did not begin it."
    OVER = "OVER", "It was begun too long ago."
    USED = "USED", "It was used before."
    STATE = "STATE", "The state is another one's."
    SESSION = "SESSION", "It was begun for another session or purpose."


class OidcRefused(Exception):
    """A sign-in at the identity provider did not succeed."""

    def __init__(self, fault: Fault) -> None:
        super().__init__(fault.value)
        self.fault = fault


class ProviderFailed(OidcRefused):
    """The provider did not do its part."""


class ProofRefused(OidcRefused):
    """Nothing is proven."""


class NotRecent(ProofRefused):
    """It is proven who it is; not that they were there a moment ago."""


class TransactionRefused(OidcRefused):
    """The way back fits no way there."""


class RedirectNotListed(Exception):
    """The address to come back to does not stand in the gateway's settings."""


class NobodyHere(Exception):
    """Whoever it is has no operator here that may sign in; ``known`` is its name if there is one."""

    def __init__(self, known: str | None) -> None:
        super().__init__("no operator")
        self.known = known
