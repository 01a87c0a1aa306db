"""Starting a session by the identity provider's word, and proving again who one is in the same way.

As ``gateways.operators.password_sign_in`` with another proof: the provider says who it is, this gateway which
operator it is, whether they may sign in, and what they may do. Nobody becomes an operator by signing in.
"""

from collections.abc import Callable, Hashable
from datetime import datetime, timedelta
from time import monotonic

import structlog

from bus.store import operator_identities
from bus.store.operator_identities import Identity
from bus.store.operators import Operator
from bus.store.writer import Transaction as StoreTransaction
from gateways.context import GatewayContext
from gateways.oidc.errors import (
    Fault,
    NobodyHere,
    OidcRefused,
    ProviderFailed,
    RedirectNotListed,
    TransactionRefused,
)
from gateways.oidc.id_token import Expected, Proof
from gateways.oidc.provider import Provider
from gateways.oidc.settings import OidcSettings, listed
from gateways.oidc.transaction import CHANCE_OCTETS, KEY_OCTETS, Transaction, begin, read
from gateways.oidc.used import Used
from gateways.oidc.way import Begun, WayBack
from gateways.operators.attempts import PER_ADDRESS, Attempts, address_key
from gateways.operators.password_sign_in import SignInDelayed
from gateways.operators.sessions import PROVIDER, Issued, Sessions, SignedIn, actor_of
from schemas.audit import AuditEvent

_log = structlog.get_logger("gateways.oidc")


class OidcSignIn:
    """Sign-in at the provider for one gateway's operators."""

    def __init__(
        self,
        context: GatewayContext,
        sessions: Sessions,
        settings: OidcSettings,
        provider: Provider,
        longest: timedelta,
        clock: Callable[[], float] = monotonic,
    ) -> None:
        self._context = context
        self._sessions = sessions
        self.provider = provider
        self._redirects = tuple(settings.oidc_redirect_uris.split())
        self._algorithms = listed(settings.oidc_algorithms, ",")
        self._acr_values = tuple(settings.oidc_acr_values.split())
        self._claim = settings.oidc_operator_claim
        self._longest = longest
        self._clock = clock
        self._failures = Attempts(PER_ADDRESS)
        self._used = Used()
        # Of this process alone: what was begun before a restart has to be begun again.
        self._key = context.randomness(KEY_OCTETS)

    async def begin(self, redirect_uri: str, signed_in: SignedIn | None = None) -> Begun:
        """The way to the provider: for a sign-in, or for a session that is to become fresh.

        Raises RedirectNotListed, ProviderFailed.
        """
        if redirect_uri not in self._redirects:
            raise RedirectNotListed
        session = None if signed_in is None else signed_in.session_id
        chance = self._context.randomness(CHANCE_OCTETS)
        now, place = self._context.now(), self._redirects.index(redirect_uri)
        transaction = begin(self._key, chance, now, place, session)
        # With max_age the provider has to say when the person was authenticated.
        asked = {"max_age": str(int(self._longest.total_seconds()))}
        if session is not None:
            asked = {"max_age": "60", "prompt": "login"}
        if self._acr_values:
            asked["acr_values"] = " ".join(self._acr_values)
        try:
            url = await self.provider.authorization_url(transaction, redirect_uri, asked)
        except ProviderFailed as failed:
            raise _logged(failed) from None
        return Begun(url, transaction.text, transaction.until)

    async def finish(self, back: WayBack, address: str | None) -> Issued:
        """A new session. Raises TransactionRefused, ProofRefused, ProviderFailed, NobodyHere, SignInDelayed,
        StoreUnavailable.
        """
        proof = await self._proven(back, None, address_key(address))

        def job(tx: StoreTransaction) -> Issued:
            now = self._context.now()
            operator = self._operator(tx, proof)
            issued = self._sessions.start(tx, operator, PROVIDER, now, fresh_at=proof.auth_time)
            self._record(tx, AuditEvent.OPERATOR_SIGNED_IN, issued, proof, now)
            return issued

        return await self._context.store.write(job)

    async def confirm(self, back: WayBack, signed_in: SignedIn) -> Issued:
        """Fresh tokens for a session whose operator has just been authenticated anew.

        Raises TransactionRefused, ProofRefused, NotRecent, ProviderFailed, NobodyHere, SessionEnded,
        SignInDelayed, StoreUnavailable.
        """
        # Counted by the session: strangers' failures keep nobody who is signed in waiting.
        proof = await self._proven(back, signed_in.session_id, signed_in.session_id)

        def job(tx: StoreTransaction) -> Issued:
            now = self._context.now()
            operator = self._operator(tx, proof)
            if operator.name != signed_in.operator.name:
                raise NobodyHere(signed_in.operator.name)
            issued = self._sessions.confirm(tx, signed_in.token_hash, now, fresh_at=proof.auth_time)
            self._record(tx, AuditEvent.OPERATOR_CONFIRMED, issued, proof, now)
            return issued

        return await self._context.store.write(job)

    async def _proven(self, back: WayBack, session_id: str | None, place: Hashable) -> Proof:
        wait = self._failures.wait(place, self._clock())
        if wait:
            raise SignInDelayed(wait)
        self._failures.begin(place, self._clock())
        try:
            proof = await self._prove(back, session_id)
        except ProviderFailed as failed:
            self._failures.forgive(place)  # no fault of whoever signs in
            raise _logged(failed) from None
        except OidcRefused as refused:
            raise _logged(refused) from None
        self._failures.forgive(place)
        return proof

    async def _prove(self, back: WayBack, session_id: str | None) -> Proof:
        now = self._context.now()
        transaction = read(self._key, back.transaction, back.state, now)
        if transaction.session_id != session_id:
            raise TransactionRefused(Fault.SESSION)
        self._used.use(transaction, now)
        await self.provider.check_response_issuer(back.issuer)
        return await self.provider.prove(
            back.code,
            transaction.verifier,
            self._redirects[transaction.redirect],
            self._expected(transaction),
            self._context.now,
        )

    def _expected(self, transaction: Transaction) -> Expected:
        fresh = transaction.session_id is not None
        since = transaction.begun_at if fresh else transaction.begun_at - self._longest
        return Expected(
            issuer=self.provider.issuer,
            client_id=self.provider.client_id,
            nonce=transaction.nonce,
            algorithms=self._algorithms,
            claim=self._claim,
            acr_values=self._acr_values,
            authenticated_since=since,
            fresh=fresh,
        )

    def _operator(self, tx: StoreTransaction, proof: Proof) -> Operator:
        """Who it is here, as of this transaction. Raises NobodyHere."""
        identity = Identity(self.provider.issuer, self._claim, proof.value)
        operator = operator_identities.find(tx, identity)
        if operator is None or not operator.enabled:
            raise NobodyHere(None if operator is None else operator.name)
        return operator

    def _record(
        self, tx: StoreTransaction, event: AuditEvent, issued: Issued, proof: Proof, now: datetime
    ) -> None:
        name = issued.signed_in.operator.name
        evidence = self._context.evidence(actor_of(name), now)
        session = issued.signed_in.session_id
        evidence.add(event, operator=name, session=session, means=PROVIDER, acr=proof.acr, amr=proof.amr)
        evidence.write(tx)


def _logged(refused: OidcRefused) -> OidcRefused:
    """What failed exactly, for whoever sets a gateway up: a word of ours, nothing that was sent."""
    _log.warning("oidc.refused", why=refused.fault.value, how=type(refused).__name__)
    return refused
