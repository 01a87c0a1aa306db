"""Who calls, and what they may do: keys and tokens checked, rights enforced, refusals recorded (design 9).

Keys are few, so all are kept in memory and read again after a short time: an unknown key costs no look-up,
and one revoked by another process is refused within that time. An operator's token is looked up every time.
Whatever cannot be decided is refused.
"""

import asyncio
from collections import Counter
from collections.abc import Callable, Mapping
from contextlib import suppress
from math import ceil
from time import monotonic
from typing import NamedTuple

from fastapi import Request

from bus.store import api_keys
from bus.store.api_keys import ApiKey
from bus.store.errors import StoreUnavailable
from bus.store.writer import Transaction
from gateways.context import GatewayContext
from gateways.http.api_keys import secret_fits, split_api_key
from gateways.http.caller import Caller, of_key, of_operator
from gateways.http.metrics import HttpMetrics
from gateways.http.problems import ApiRefused
from gateways.http.token_bucket import TokenBucket
from gateways.operators.roles import OperatorRight, Right
from gateways.operators.sessions import SessionEnded, Sessions
from gateways.operators.tokens import ACCESS_PREFIX
from gateways.settings import Settings
from schemas.audit import AuditEvent, AuditOutcome
from schemas.reasons import ReasonCode

ANONYMOUS = "anonymous"


OPERATOR_RATE_PER_SECOND = 50.0
OPERATOR_BURST = 200


class _Refusal(NamedTuple):
    actor: str
    key_id: str | None
    code: ReasonCode


class Access:
    """The one place where requests are let in."""

    def __init__(
        self,
        context: GatewayContext,
        settings: Settings,
        metrics: HttpMetrics,
        sessions: Sessions,
        clock: Callable[[], float] = monotonic,
    ) -> None:
        self._context = context
        self._fresh_for = settings.key_cache_seconds
        self._metrics = metrics
        self._sessions = sessions
        self._clock = clock
        self._keys: Mapping[str, ApiKey] = {}
        self._callers: dict[str, Caller] = {}
        self._read_at: float | None = None
        self._reading = asyncio.Lock()
        self._buckets: dict[str, tuple[float, int, TokenBucket]] = {}
        rate = settings.refusals_per_second
        self._audit_bucket = TokenBucket(rate, max(10.0, 10 * rate), clock())
        self._suppressed: Counter[_Refusal] = Counter()

    async def admit(self, request: Request, right: Right) -> Caller:
        """The caller, if its key or token is good, permits this and keeps to its rate.

        Raises ApiRefused CREDENTIALS_MISSING, CREDENTIALS_INVALID, RATE_LIMITED, SCOPE_MISSING, ROLE_MISSING,
        OPERATOR_ONLY or PASSWORD_CHANGE_REQUIRED, having recorded it; StoreUnavailable when the keys or the
        session cannot be read.
        """
        await self._keep_keys_fresh()
        try:
            given = _given(request)
            if given is not None and given.startswith(ACCESS_PREFIX):
                caller = await self._operator(request, given)
            else:
                key = self._key_of(given)
                caller = self._callers[key.key_id]
                # From here on it is the key's owner, also in the record of a refusal.
                request.scope["entente.caller"] = caller
                self._keep_rate(key.key_id, key.rate_per_second, key.burst)
            if right.value not in caller.rights:
                raise _without(caller, right)
        except ApiRefused as refused:
            await self.record_refusal(request, refused.code)
            raise
        request.scope["entente.caller"] = caller
        return caller

    async def still_admits(self, caller: Caller, right: Right, *, past_token: bool = False) -> bool:
        """Whether a caller admitted before would be admitted now: for answers that go on for long.

        ``past_token``: also when an operator's access token has ended since, as long as the session lasts.
        Raises StoreUnavailable when the keys or the session cannot be read.
        """
        if caller.signed_in is not None:
            begun, look = caller.signed_in, self._sessions
            try:
                signed_in = await (
                    look.as_of_now(begun) if past_token else look.of_access_hash(begun.token_hash)
                )
            except SessionEnded:
                return False
            now = of_operator(signed_in)
            # Another role means another view of things: whoever looks on must ask anew.
            return right.value in now.rights and now.rights == caller.rights and now.modes == caller.modes
        await self._keep_keys_fresh()
        key = self._keys.get(caller.author)
        return key is not None and self._in_force(key) and right.value in key.scopes

    async def caller_of_key(self, key_id: str) -> Caller | None:
        """The caller behind an API key in force: for what is done for it while it does not ask itself."""
        await self._keep_keys_fresh()
        key = self._keys.get(key_id)
        return self._callers[key_id] if key is not None and self._in_force(key) else None

    def forget(self) -> None:
        """Read the keys again before the next request: one was added or revoked in this process."""
        self._read_at = None

    async def record_refusal(self, request: Request, code: ReasonCode) -> None:
        """Put a refused request into the audit log; of many in a short time later, with the number.

        Nothing of the request goes into the record but the id of its key, where that key is known.
        """
        refusal = _Refusal(*self._actor(request), code)
        # Counted by whose they are and why: they are as many as there are accounts and codes, and what one
        # caller was refused never stands in another's record.
        self._suppressed[refusal] += 1
        if self._audit_bucket.take(self._clock()):
            self._metrics.audit_suppressed += 1
            return
        await self._write_counted()

    async def close(self) -> None:
        """Write down refusals that were counted and not yet recorded."""
        if self._suppressed:
            with suppress(StoreUnavailable):
                await self._write_counted()

    async def _write_counted(self) -> None:
        counted, self._suppressed = self._suppressed, Counter()
        now = self._context.now()

        def job(tx: Transaction) -> None:
            for (actor, key_id, code), count in counted.items():
                evidence = self._context.evidence(actor, now)
                evidence.add(
                    AuditEvent.ACCESS_REFUSED, AuditOutcome.REFUSED, key_id=key_id, reason=code, count=count
                )
                evidence.write(tx)

        try:
            await self._context.store.write(job)
        except StoreUnavailable:
            self._suppressed += counted
            raise

    def _actor(self, request: Request) -> tuple[str, str | None]:
        """Who asked, as the audit log says it, and the id of the key that was given if there is one."""
        caller: Caller | None = request.scope.get("entente.caller")
        if caller is not None:
            return caller.actor, caller.key_id
        actor: str | None = request.scope.get("entente.actor")
        if actor is not None:
            return actor, None
        parts = split_api_key(_given(request) or "")
        if parts is None or parts[0] not in self._keys:
            return ANONYMOUS, None
        # Claimed: the secret may be wrong, and then it was not this key's owner.
        return f"claimed-api-key:{parts[0]}", parts[0]

    async def _operator(self, request: Request, given: str) -> Caller:
        if "authorization" not in request.headers:
            raise ApiRefused(ReasonCode.CREDENTIALS_INVALID)
        try:
            caller = of_operator(await self._sessions.of_access_token(given))
        except SessionEnded:
            raise ApiRefused(ReasonCode.CREDENTIALS_INVALID) from None
        request.scope["entente.actor"] = caller.actor
        self._keep_rate(caller.author, OPERATOR_RATE_PER_SECOND, OPERATOR_BURST)
        return caller

    def _key_of(self, given: str | None) -> ApiKey:
        if given is None:
            raise ApiRefused(ReasonCode.CREDENTIALS_MISSING)
        parts = split_api_key(given)
        key = self._keys.get(parts[0]) if parts is not None else None
        secret = parts[1] if parts is not None else ""
        # One answer for every way in which a key is not good, after the same work.
        good = secret_fits(secret, key.secret_hash if key is not None else None)
        if key is None or not good or not self._in_force(key):
            raise ApiRefused(ReasonCode.CREDENTIALS_INVALID)
        return key

    def _in_force(self, key: ApiKey) -> bool:
        return key.revoked_at is None and (key.expires_at is None or key.expires_at > self._context.now())

    def _keep_rate(self, author: str, rate: float, burst: int) -> None:
        at = self._clock()
        kept_rate, kept_burst, bucket = self._buckets.get(author, (0.0, 0, None))
        if bucket is None or (kept_rate, kept_burst) != (rate, burst):
            bucket = TokenBucket(rate, burst, at)
            self._buckets[author] = (rate, burst, bucket)
        wait = bucket.take(at)
        if wait:
            raise ApiRefused(ReasonCode.RATE_LIMITED, headers={"Retry-After": str(ceil(wait))})

    async def _keep_keys_fresh(self) -> None:
        if self._read_at is None or self._clock() - self._read_at >= self._fresh_for:
            await self._read_keys()

    async def _read_keys(self) -> None:
        async with self._reading:
            at = self._clock()
            if self._read_at is not None and at - self._read_at < self._fresh_for:
                return  # someone else read them while we waited
            keys = await self._context.store.read(_every_key)
            self._keys = {key.key_id: key for key in keys}
            self._callers = {key.key_id: of_key(key) for key in keys}
            self._read_at = at


def _without(caller: Caller, right: Right) -> ApiRefused:
    """Why this caller may not do it."""
    if caller.signed_in is None:
        if isinstance(right, OperatorRight):
            return ApiRefused(ReasonCode.OPERATOR_ONLY)
        return ApiRefused(ReasonCode.SCOPE_MISSING, f"This needs the scope {right.value}.")
    if caller.signed_in.password_change_required:
        return ApiRefused(ReasonCode.PASSWORD_CHANGE_REQUIRED)
    return ApiRefused(ReasonCode.ROLE_MISSING, f"This needs a role with {right.value}.")


def _every_key(tx: Transaction) -> tuple[ApiKey, ...]:
    return api_keys.list_all(tx)


def _given(request: Request) -> str | None:
    """The key's or token's text: exactly one of the two headers, once. Anything else is none ("")."""
    authorization = request.headers.getlist("authorization")
    own = request.headers.getlist("x-api-key")
    if not authorization and not own:
        return None
    if len(authorization) + len(own) != 1:
        return ""
    if own:
        return own[0]
    scheme, _, text = authorization[0].partition(" ")
    return text.strip() if scheme.lower() == "bearer" else ""
