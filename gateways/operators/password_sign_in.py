"""Starting a session with a password, giving it again, replacing it.

One of the ways in which a session can start: it proves who somebody is and leaves the rest to ``sessions``.
Whatever is wrong, name, password or standing, the same functions are called and the same answer is given.
"""

from collections.abc import Callable, Collection, Hashable
from contextlib import suppress
from datetime import datetime
from time import monotonic

from bus.store import operator_sessions, operators
from bus.store.errors import StoreUnavailable
from bus.store.operators import Operator
from bus.store.writer import Transaction
from gateways.context import GatewayContext
from gateways.operators.attempts import PER_ADDRESS, PER_NAME, Attempts, address_key
from gateways.operators.hashing import Hashing, HashingBusy
from gateways.operators.passwords import fault_of, normal
from gateways.operators.sessions import PASSWORD, Issued, SessionEnded, Sessions, SignedIn, actor_of
from schemas.audit import AuditEvent


class SignInRefused(Exception):
    """The name, the password or the operator's standing is not good; nobody outside learns which."""

    def __init__(self, known: str | None) -> None:
        super().__init__("sign-in refused")
        self.known = known
        """The operator's name, if there is such an operator: for the audit log alone."""


class SignInDelayed(Exception):
    """Too many failures before: nothing was looked at."""

    def __init__(self, seconds: float) -> None:
        super().__init__("sign-in delayed")
        self.seconds = seconds


class PasswordUnsuitable(Exception):
    """The new password cannot be one; the text says why and quotes none of it."""


class PasswordSignIn:
    """Passwords of one gateway's operators."""

    def __init__(
        self,
        context: GatewayContext,
        sessions: Sessions,
        hashing: Hashing | None = None,
        clock: Callable[[], float] = monotonic,
    ) -> None:
        self._context = context
        self._sessions = sessions
        self._hashing = hashing or Hashing()
        self._clock = clock
        self._names = Attempts(PER_NAME)
        self._addresses = Attempts(PER_ADDRESS)
        # Of who is signed in already: strangers that use up a name's or an address's patience, through a
        # console say, must not keep its people from proving again who they are.
        self._within = Attempts(PER_NAME)

    async def sign_in(self, name: str, password: str, address: str | None) -> Issued:
        """A new session. Raises SignInRefused, SignInDelayed, HashingBusy, StoreUnavailable."""
        place = address_key(address)
        proven = await self._prove(name, password, ((self._names, name), (self._addresses, place)))
        self._names.forget(name)
        renewed = await self._rehashed(proven, password)

        def job(tx: Transaction) -> Issued:
            now = self._context.now()
            operator = _unchanged(tx, proven, now)
            if renewed is not None and proven.password_hash is not None:
                operators.set_hash(tx, name, proven.password_hash, renewed)
            issued = self._sessions.start(tx, operator, PASSWORD, now)
            self._record(tx, AuditEvent.OPERATOR_SIGNED_IN, issued, now)
            return issued

        return await self._context.store.write(job)

    async def confirm(self, signed_in: SignedIn, password: str) -> Issued:
        """Fresh tokens for a session whose operator gives the password again.

        Raises SignInRefused, SignInDelayed, SessionEnded, HashingBusy, StoreUnavailable.
        """
        proven = await self._prove_again(signed_in, password)

        def job(tx: Transaction) -> Issued:
            now = self._context.now()
            _unchanged(tx, proven, now)
            issued = self._sessions.confirm(tx, signed_in.token_hash, now)
            self._record(tx, AuditEvent.OPERATOR_CONFIRMED, issued, now)
            return issued

        return await self._context.store.write(job)

    async def change(self, signed_in: SignedIn, current: str, new: str) -> Issued:
        """Replace the password: every session of the operator ends, and a new one starts.

        Raises PasswordUnsuitable, SignInRefused, SignInDelayed, SessionEnded, HashingBusy, StoreUnavailable.
        """
        name = signed_in.operator.name
        fault = "this is the old password" if normal(new) == normal(current) else fault_of(new, name)
        if fault is not None:
            raise PasswordUnsuitable(fault)
        proven = await self._prove_again(signed_in, current)
        hashed = await self._hashing.hash(new)

        def job(tx: Transaction) -> Issued:
            now = self._context.now()
            _unchanged(tx, proven, now)
            if operator_sessions.find(tx, signed_in.token_hash) is None:
                raise SessionEnded
            operators.set_password(tx, name, hashed, now)
            operator_sessions.end_all(tx, name)
            operator = operators.find(tx, name)
            assert operator is not None
            issued = self._sessions.start(tx, operator, PASSWORD, now)
            self._record(tx, AuditEvent.OPERATOR_PASSWORD_SET, issued, now)
            return issued

        return await self._context.store.write(job)

    def close(self) -> None:
        """Let the hashing thread end."""
        self._hashing.close()

    async def _prove_again(self, signed_in: SignedIn, password: str) -> Operator:
        """As ``_prove``, of who is signed in: counted by the session alone."""
        name, session = signed_in.operator.name, signed_in.session_id
        proven = await self._prove(name, password, ((self._within, session),))
        self._within.forget(session)
        return proven

    async def _prove(
        self, name: str, password: str, counted: Collection[tuple[Attempts, Hashable]]
    ) -> Operator:
        at = self._clock()
        wait = max(attempts.wait(key, at) for attempts, key in counted)
        if wait:
            raise SignInDelayed(wait)
        for attempts, key in counted:
            attempts.begin(key, at)
        try:
            operator = await self._context.store.read(lambda tx: operators.find(tx, name))
            fits = await self._hashing.fits(password, operator.password_hash if operator else None)
        except (HashingBusy, StoreUnavailable):
            _forgive(counted)
            raise
        if not fits or operator is None or not _may_sign_in(operator, self._context.now()):
            raise SignInRefused(operator.name if operator is not None else None)
        _forgive(counted)
        return operator

    async def _rehashed(self, proven: Operator, password: str) -> str | None:
        """The password under today's parameters, where the stored hash has others."""
        if proven.password_hash is not None and self._hashing.outdated(proven.password_hash):
            with suppress(HashingBusy):
                return await self._hashing.hash(password)
        return None

    def _record(self, tx: Transaction, event: AuditEvent, issued: Issued, now: datetime) -> None:
        name = issued.signed_in.operator.name
        evidence = self._context.evidence(actor_of(name), now)
        evidence.add(event, operator=name, session=issued.signed_in.session_id)
        evidence.write(tx)


def _forgive(counted: Collection[tuple[Attempts, Hashable]]) -> None:
    for attempts, key in counted:
        attempts.forgive(key)


def _may_sign_in(operator: Operator, now: datetime) -> bool:
    return operator.enabled and (operator.password_until is None or now < operator.password_until)


def _unchanged(tx: Transaction, proven: Operator, now: datetime) -> Operator:
    """The operator as of this transaction, if what was proven still holds. Raises SignInRefused."""
    operator = operators.find(tx, proven.name)
    if operator is None or operator.password_hash != proven.password_hash or not _may_sign_in(operator, now):
        raise SignInRefused(proven.name)
    return operator
