"""The nation's identity provider: where people are sent, and what a code of theirs is worth."""

import asyncio
import base64
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from datetime import datetime
from time import monotonic
from typing import Any
from urllib.parse import quote_plus, urlencode

from gateways.oidc.errors import Fault, ProofRefused, ProviderFailed
from gateways.oidc.fetching import Fetching
from gateways.oidc.id_token import Expected, Proof, verify
from gateways.oidc.kept import Kept
from gateways.oidc.keys import MAX_KEY_SET, KeySet, NoSuchKey, read_key_set
from gateways.oidc.metadata import MAX_METADATA, Metadata, address_of_metadata, read_metadata
from gateways.oidc.settings import OidcSettings, allowed_hosts
from gateways.oidc.transaction import Transaction
from schemas.strict_json import JsonRefused, parse

MAX_ANSWER = 64 * 1024
AT_A_TIME = 4
MOST_WAITING = 16


class Provider:
    """The provider that the settings name. Nothing is asked before somebody wants to sign in."""

    def __init__(
        self,
        settings: OidcSettings,
        secret: str | None,
        clock: Callable[[], float] = monotonic,
    ) -> None:
        if settings.oidc_issuer is None or settings.oidc_client_id is None:
            raise ValueError("there is no identity provider in these settings")
        self.issuer = settings.oidc_issuer
        self.client_id = settings.oidc_client_id
        self._secret = secret
        self._scopes = settings.oidc_scopes
        self._hosts = allowed_hosts(settings)
        self._fetching = Fetching(settings.oidc_ca_file, settings.oidc_timeout_seconds)
        self._metadata = Kept(self._fetch_metadata, clock)
        self._keys = Kept(self._fetch_keys, clock)
        self._room = asyncio.Semaphore(AT_A_TIME)
        self._waiting = 0

    async def authorization_url(
        self, transaction: Transaction, redirect_uri: str, asked: Mapping[str, str]
    ) -> str:
        """Where the browser goes. Raises ProviderFailed."""
        metadata = await self._metadata.get()
        parameters = {
            "response_type": "code",
            "client_id": self.client_id,
            "redirect_uri": redirect_uri,
            "scope": self._scopes,
            "state": transaction.state,
            "nonce": transaction.nonce,
            "code_challenge": transaction.challenge,
            "code_challenge_method": "S256",
            **asked,
        }
        place = metadata.authorization_endpoint
        return place + ("&" if "?" in place else "?") + urlencode(parameters)

    async def check_response_issuer(self, named: str | None) -> None:
        """Whether the way back comes from this provider (RFC 9207). Raises ProofRefused, ProviderFailed."""
        metadata = await self._metadata.get()
        if named != self.issuer and (named is not None or metadata.names_itself):
            raise ProofRefused(Fault.RESPONSE_ISSUER)

    async def prove(
        self, code: str, verifier: str, redirect_uri: str, expected: Expected, now: Callable[[], datetime]
    ) -> Proof:
        """What a code proves. Raises ProviderFailed, ProofRefused, NotRecent."""
        async with self._turn():
            token = await self._exchange(code, verifier, redirect_uri)
            try:
                return verify(token, await self._keys.get(), expected, now())
            except NoSuchKey:
                return verify(token, await self._keys.get(missed=True), expected, now())

    @asynccontextmanager
    async def _turn(self) -> AsyncIterator[None]:
        """Few at a time: whoever floods this gateway shall not flood the provider through it."""
        if self._waiting >= MOST_WAITING:
            raise ProviderFailed(Fault.BUSY)
        self._waiting += 1
        try:
            async with self._room:
                yield
        finally:
            self._waiting -= 1

    async def _exchange(self, code: str, verifier: str, redirect_uri: str) -> str:
        """The ID token. The access token that comes with it is of no use here, and forgotten."""
        metadata = await self._metadata.get()
        form = {
            "grant_type": "authorization_code",
            "code": code,
            "redirect_uri": redirect_uri,
            "code_verifier": verifier,
        }
        headers: dict[str, str] = {}
        if self._secret is None:
            form["client_id"] = self.client_id
        elif metadata.secret_in_body:
            form |= {"client_id": self.client_id, "client_secret": self._secret}
        else:
            headers["Authorization"] = _basic(self.client_id, self._secret)
        status, body = await self._fetching.post(metadata.token_endpoint, form, headers, MAX_ANSWER)
        answer = _json(body)
        if status != 200:
            raise _refused(status, answer.get("error"))
        token = answer.get("id_token")
        if not isinstance(token, str):
            raise ProofRefused(Fault.TOKEN_MISSING)
        return token

    async def _fetch_metadata(self) -> Metadata:
        found = await self._fetching.get(address_of_metadata(self.issuer), MAX_METADATA)
        return read_metadata(found, self.issuer, self._hosts)

    async def _fetch_keys(self) -> KeySet:
        metadata = await self._metadata.get()
        return read_key_set(await self._fetching.get(metadata.jwks_uri, MAX_KEY_SET))


def _json(body: bytes) -> dict[str, Any]:
    try:
        found = parse(body, MAX_ANSWER)
    except JsonRefused:
        raise ProviderFailed(Fault.NOT_JSON) from None
    if not isinstance(found, dict):
        raise ProviderFailed(Fault.NOT_JSON)
    return found


def _refused(status: int, error: Any) -> ProofRefused | ProviderFailed:
    """What a refusal of the token endpoint means (RFC 6749, section 5.2)."""
    if status == 400 and error == "invalid_grant":
        return ProofRefused(Fault.CODE_REFUSED)
    if error in ("invalid_client", "unauthorized_client"):
        return ProviderFailed(Fault.CLIENT_REFUSED)
    return ProviderFailed(Fault.STATUS_UNEXPECTED)


def _basic(client_id: str, secret: str) -> str:
    """HTTP Basic as RFC 6749, section 2.3.1 has it: each part form-encoded first."""
    text = f"{quote_plus(client_id)}:{quote_plus(secret)}"
    return "Basic " + base64.b64encode(text.encode("ascii")).decode("ascii")
