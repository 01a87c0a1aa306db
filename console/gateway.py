"""The gateway as a seat sees it: calls with the operator's own token, answers as JSON, noes as problems."""

import json as jsonlib
import sys
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from http import HTTPStatus
from importlib.util import find_spec
from math import ceil
from typing import Any

import httpx

from console.pace import TooMany
from console.sessions import Session, Tokens

if "sniffio" not in sys.modules and find_spec("sniffio") is None:
    # The HTTP client tries to import it several times with each request. Where it is not installed, every
    # such try looks through all folders of modules again, unless it is said once that it is not there.
    sys.modules["sniffio"] = None  # type: ignore[assignment]

Params = Mapping[str, Any] | list[tuple[str, Any]]


class Refused(Exception):
    """The gateway said no: a problem (RFC 9457)."""

    def __init__(self, status: int, problem: Mapping[str, Any], retry_after: str | None = None) -> None:
        super().__init__(f"{status} {problem.get('code', '')}")
        self.status = status
        self.problem = dict(problem)
        self.code: str = str(problem.get("code", ""))
        self.title: str = str(problem.get("title", ""))
        self.detail: str = str(problem.get("detail", ""))
        self.pointer: str | None = problem.get("pointer")
        self.errors: list[dict[str, Any]] = list(problem.get("errors") or ())
        self.retry_after = retry_after


class Unreachable(Exception):
    """The gateway did not answer, or not in a way that could be read."""


class SessionOver(Exception):
    """The session has ended: sign in again. ``why`` is a key of the sign-in page's wording."""

    def __init__(self, why: str = "ended") -> None:
        super().__init__(why)
        self.why = why


class GatewayLink:
    """Connections to one gateway, without anybody's token."""

    def __init__(self, url: str, *, ca_file: str | None = None, seconds: float = 15.0) -> None:
        self._url = url.rstrip("/")
        self._ca_file = ca_file
        self._timeout = httpx.Timeout(seconds, connect=3.0)
        self._client: httpx.AsyncClient | None = None

    @property
    def client(self) -> httpx.AsyncClient:
        """Connections, opened with the first request: an app that is only built opens nothing."""
        if self._client is None:
            verify = self._verify()
            limits = httpx.Limits(max_connections=256, max_keepalive_connections=32)
            self._client = httpx.AsyncClient(
                base_url=self._url, timeout=self._timeout, verify=verify, trust_env=False, limits=limits
            )
        return self._client

    def _verify(self) -> Any:
        if self._ca_file is None:
            return True
        import ssl

        return ssl.create_default_context(cafile=self._ca_file)

    async def close(self) -> None:
        """Close every connection."""
        if self._client is not None:
            await self._client.aclose()
            self._client = None

    async def call(self, method: str, path: str, token: str | None = None, **options: Any) -> httpx.Response:
        """One request and its answer, 2xx. Raises Refused and Unreachable."""
        _straight(path)
        try:
            answer = await self.client.request(method, path, **_with_token(options, token))
        except httpx.HTTPError as error:
            raise Unreachable(type(error).__name__) from error
        if not answer.is_success:
            raise refused(answer)
        return answer

    @asynccontextmanager
    async def stream(
        self, method: str, path: str, token: str | None = None, **options: Any
    ) -> AsyncIterator[httpx.Response]:
        """An answer whose body is read as it comes, without a limit of time between its parts.

        Raises Refused and Unreachable, also for one that breaks off.
        """
        _straight(path)
        timeout = httpx.Timeout(self._timeout.connect, read=None)
        try:
            request = self.client.build_request(method, path, timeout=timeout, **_with_token(options, token))
            answer = await self.client.send(request, stream=True)
        except httpx.HTTPError as error:
            raise Unreachable(type(error).__name__) from error
        try:
            if not answer.is_success:
                await answer.aread()
                raise refused(answer)
            yield answer
        except httpx.HTTPError as error:
            raise Unreachable(type(error).__name__) from error
        finally:
            await answer.aclose()


class SeatGateway:
    """The gateway with one session's tokens, refreshed when they are about to end, once at a time."""

    def __init__(self, link: GatewayLink, session: Session) -> None:
        self._link = link
        self._session = session

    async def get(self, path: str, params: Params | None = None, **options: Any) -> Any:
        """GET; the parsed JSON. Parameters that are None are left out."""
        return _parsed(await self._call("GET", path, params=_given(params), **options))

    async def get_in_turn(self, path: str, params: Params | None = None) -> Any:
        """As ``get``, for pages that make many: no faster than leaves the operator room for acts."""
        try:
            await self._session.pace.turn()
        except TooMany as many:
            problem = {"code": "RATE_LIMITED"}
            raise Refused(HTTPStatus.TOO_MANY_REQUESTS, problem, str(ceil(many.seconds))) from None
        return await self.get(path, params)

    async def raw(self, path: str, params: Params | None = None, **options: Any) -> httpx.Response:
        """GET; the answer as it is (bytes, XML, CSV)."""
        return await self._call("GET", path, params=_given(params), **options)

    async def post(
        self, path: str, json: Any = None, *, idempotency_key: str | None = None, **options: Any
    ) -> Any:
        """POST; the parsed JSON of the answer, None when it has no body. ``json=None`` sends no body."""
        return _parsed(await self._send("POST", path, json, idempotency_key, options))

    async def put(self, path: str, json: Any = None, **options: Any) -> Any:
        """PUT, as ``post``."""
        return _parsed(await self._send("PUT", path, json, None, options))

    async def delete(self, path: str, **options: Any) -> Any:
        """DELETE, as ``get``."""
        return _parsed(await self._call("DELETE", path, **options))

    @asynccontextmanager
    async def stream(
        self, path: str, params: Params | None = None, headers: Mapping[str, str] | None = None
    ) -> AsyncIterator[httpx.Response]:
        """GET of a stream, with a token that serves for a while yet."""
        token = await self._session.tokens_for_call(self._refresh)
        options: dict[str, Any] = {"params": _given(params), "headers": dict(headers or {})}
        try:
            async with self._link.stream("GET", path, token.access, **options) as answer:
                yield answer
        except Refused as no:
            raise _as_over(no) from None

    async def confirm_password(self, password: str) -> None:
        """Make the session's tokens fresh. Raises Refused when the password is wrong or must wait."""
        await self._replaced("/v1/operators/fresh", {"password": password})

    async def confirm_at_provider(self, given: Mapping[str, str]) -> None:
        """As ``confirm_password``, with what the identity provider sent back."""
        await self._replaced("/v1/operators/oidc/fresh/finish", given)

    async def change_password(self, current: str, new: str) -> None:
        """Replace the operator's password: every other session ends, this one goes on with new tokens."""
        await self._replaced("/v1/operators/password", {"current_password": current, "new_password": new})

    async def _replaced(self, path: str, body: Mapping[str, str]) -> None:
        async def replace(tokens: Tokens) -> tuple[Tokens, Mapping[str, Any]]:
            answer = await self._link.call("POST", path, tokens.access, json=body)
            return Tokens.of(answer.json()), answer.json()["operator"]

        tokens = await self._session.tokens_for_call(self._refresh)
        try:
            await self._session.replace_tokens(replace, self._refresh)
        except Refused as no:
            if not _is_unknown(no):
                raise
            await self._session.tokens_for_call(self._refresh, beyond=tokens)
            await self._session.replace_tokens(replace, self._refresh)

    async def _send(
        self, method: str, path: str, json: Any, idempotency_key: str | None, options: dict[str, Any]
    ) -> httpx.Response:
        headers = dict(options.pop("headers", None) or {})
        if idempotency_key is not None:
            headers["Idempotency-Key"] = idempotency_key
        if json is not None:
            try:
                options["content"] = jsonlib.dumps(json, ensure_ascii=False).encode()
            except UnicodeEncodeError:  # half a character, as "\ud800" in a script's JSON
                raise Refused(422, {"code": "PARAMETER_INVALID"}) from None
            headers["Content-Type"] = "application/json"
        return await self._call(method, path, headers=headers, **options)

    async def _call(self, method: str, path: str, **options: Any) -> httpx.Response:
        tokens = await self._session.tokens_for_call(self._refresh)
        try:
            return await self._link.call(method, path, tokens.access, **options)
        except Refused as no:
            if not _is_unknown(no):
                raise
        # The gateway knows better than our clock: one refresh, then the session is over.
        tokens = await self._session.tokens_for_call(self._refresh, beyond=tokens)
        try:
            return await self._link.call(method, path, tokens.access, **options)
        except Refused as no:
            raise _as_over(no) from None

    async def _refresh(self, tokens: Tokens) -> tuple[Tokens, Mapping[str, Any]]:
        try:
            answer = await self._link.call(
                "POST", "/v1/operators/refresh", json={"refresh_token": tokens.refresh}
            )
        except Refused as no:
            raise _as_over(no) from None
        return Tokens.of(answer.json()), answer.json()["operator"]


def _straight(path: str) -> None:
    """Raises Refused for a path that leads elsewhere by its dots: what is named so does not exist."""
    if not {".", ".."}.isdisjoint(path.partition("?")[0].split("/")):
        raise Refused(404, {"code": "NOT_FOUND"})


def refused(answer: httpx.Response) -> Refused:
    """The problem in an answer that is no success; a made one where there is none."""
    try:
        problem = answer.json()
    except ValueError:
        problem = {}
    if not isinstance(problem, dict):
        problem = {}
    return Refused(answer.status_code, problem, answer.headers.get("Retry-After"))


def _is_unknown(no: Refused) -> bool:
    """Whether the gateway does not know the token, or no more."""
    return no.status == 401 and no.code == "CREDENTIALS_INVALID"


def _as_over(no: Refused) -> Exception:
    return SessionOver() if no.status == 401 else no


def _with_token(options: dict[str, Any], token: str | None) -> dict[str, Any]:
    if token is None:
        return options
    return options | {"headers": {**(options.get("headers") or {}), "Authorization": f"Bearer {token}"}}


def _given(params: Params | None) -> Params | None:
    if params is None:
        return None
    pairs = params.items() if isinstance(params, Mapping) else params
    return [(name, value) for name, value in pairs if value is not None]


def _parsed(answer: httpx.Response) -> Any:
    if not answer.content:
        return None
    try:
        return answer.json()
    except ValueError as error:
        raise Unreachable("no JSON") from error
