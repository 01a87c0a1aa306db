"""Who a request comes from: a partner system with its API key, or a signed-in operator."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from bus.store.api_keys import ApiKey
from gateways.http.api_keys import Scope
from gateways.http.problems import ApiRefused
from gateways.operators.roles import modes_of, rights_of, sees_content
from gateways.operators.sessions import SignedIn, actor_of
from schemas.header import Kind, Mode
from schemas.operator import Role
from schemas.reasons import ReasonCode

_SCOPES = frozenset(scope.value for scope in Scope)


@dataclass(frozen=True, slots=True)
class Caller:
    """A checked API key or access token, and what it permits."""

    author: str
    """Who published what this caller publishes: an API key's id, or ``operator:<name>``."""
    actor: str
    """How audit records name the caller."""
    rights: frozenset[str]
    """Scopes of an API key; for an operator what the roles permit (``gateways.operators.roles.Right``)."""
    kinds: frozenset[Kind] | None = None
    """Kinds of message the caller publishes and sees; None for every kind."""
    modes: frozenset[Mode] | None = None
    """Modes the caller publishes and sees; None for every mode."""
    key_id: str | None = None
    """The API key's id; None for an operator."""
    signed_in: SignedIn | None = None
    """The operator's session; None for an API key."""
    sees_content: bool = True
    """Whether subject, body and exact bytes are shown: not to auditors."""
    shows_display_only: bool = False
    """Whether content handled DISPLAY_ONLY may be shown: to people who see content, never to an API key."""

    @property
    def lists_display_only(self) -> bool:
        """Whether there is an entry for what is handled DISPLAY_ONLY: for people, never for an API key."""
        return self.signed_in is not None

    def sees(self, kind: Kind, mode: Mode) -> bool:
        """Whether messages of this kind and mode are for this caller."""
        return (self.kinds is None or kind in self.kinds) and (self.modes is None or mode in self.modes)


def of_key(key: ApiKey) -> Caller:
    """The caller behind an API key. What only operators may do, no key may, whatever its row says."""
    return Caller(
        author=key.key_id,
        actor=f"api-key:{key.key_id}",
        rights=_SCOPES.intersection(key.scopes),
        kinds=None if key.kinds is None else frozenset(key.kinds),
        key_id=key.key_id,
    )


def of_operator(signed_in: SignedIn) -> Caller:
    """The caller behind an access token; with a one-time password it may replace that and nothing else."""
    roles = frozenset[Role]() if signed_in.password_change_required else signed_in.operator.roles
    content = sees_content(roles)
    return Caller(
        author=actor_of(signed_in.operator.name),
        actor=actor_of(signed_in.operator.name),
        rights=frozenset(right.value for right in rights_of(roles)),
        modes=modes_of(roles),
        signed_in=signed_in,
        sees_content=content,
        shows_display_only=content,
    )


def require_fresh(caller: Caller, within: timedelta, now: datetime) -> SignedIn:
    """The operator, if they proved who they are within this time: for acts that must not be done by a session
    left open. Raises ApiRefused OPERATOR_ONLY or SIGN_IN_NOT_FRESH.
    """
    if caller.signed_in is None:
        raise ApiRefused(ReasonCode.OPERATOR_ONLY)
    if now - caller.signed_in.fresh_at > within:
        minutes = within / timedelta(minutes=1)
        raise ApiRefused(
            ReasonCode.SIGN_IN_NOT_FRESH, f"Who you are must have been proven within {minutes:g} minutes."
        )
    return caller.signed_in
