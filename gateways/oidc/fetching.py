"""Asking the provider: the hosts of the settings only, over TLS, no further, no longer, no larger."""

import asyncio
import ssl
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from urllib.parse import urlencode

import httpx

from gateways.oidc.errors import Fault, ProviderFailed
from gateways.outgoing_tls import is_of_tls, outgoing_context

_JSON = ("application/json", "application/jwk-set+json")


@dataclass(frozen=True)
class Fetching:
    """Requests to the provider. No redirects, proxies, cookies or kept connections: each stands alone."""

    ca_file: Path | None
    within: float
    """Seconds for everything: name, connection, sending, answer."""

    @cached_property
    def tls(self) -> ssl.SSLContext:
        """How certificates are checked; made when it is first needed. Raises OSError for a bad file."""
        return outgoing_context(self.ca_file)

    async def get(self, url: str, limit: int) -> bytes:
        """A JSON document of at most ``limit`` octets. Raises ProviderFailed."""
        status, body = await self._ask(httpx.Request("GET", url, headers=self._headers()), limit)
        if status != 200:
            raise ProviderFailed(Fault.STATUS_UNEXPECTED)
        return body

    async def post(
        self, url: str, form: Mapping[str, str], headers: Mapping[str, str], limit: int
    ) -> tuple[int, bytes]:
        """Status and JSON document. Raises ProviderFailed."""
        described = {"Content-Type": "application/x-www-form-urlencoded", **self._headers(), **headers}
        content = urlencode(form).encode("ascii")
        return await self._ask(httpx.Request("POST", url, headers=described, content=content), limit)

    def _headers(self) -> dict[str, str]:
        return {
            "Accept": "application/json",
            "Accept-Encoding": "identity",
            "User-Agent": "entente",
            "Connection": "close",
        }

    async def _ask(self, request: httpx.Request, limit: int) -> tuple[int, bytes]:
        # One clock for all of it: httpx's own, running out at nearly the same moment, would cut off the
        # closing of the connection that this one had begun.
        request.extensions = {"timeout": dict.fromkeys(("connect", "read", "write", "pool"))}
        try:
            async with asyncio.timeout(self.within):
                return await self._answer(request, limit)
        except TimeoutError:
            raise ProviderFailed(Fault.TOO_SLOW) from None
        except httpx.ConnectError as error:
            raise ProviderFailed(Fault.TLS_FAILED if is_of_tls(error) else Fault.NOT_REACHED) from None
        except (httpx.HTTPError, httpx.InvalidURL, OSError, ValueError):
            raise ProviderFailed(Fault.NOT_REACHED) from None

    async def _answer(self, request: httpx.Request, limit: int) -> tuple[int, bytes]:
        limits = httpx.Limits(max_keepalive_connections=0)
        async with httpx.AsyncHTTPTransport(verify=self.tls, limits=limits, trust_env=False) as transport:
            response = await transport.handle_async_request(request)
            try:
                if 300 <= response.status_code <= 399:
                    raise ProviderFailed(Fault.REDIRECTED)
                media_type = response.headers.get("content-type", "").partition(";")[0].strip().lower()
                # What was not asked for is not unpacked either.
                if media_type not in _JSON or "content-encoding" in response.headers:
                    raise ProviderFailed(
                        Fault.NOT_JSON if response.status_code == 200 else Fault.STATUS_UNEXPECTED
                    )
                return response.status_code, await _read(response, limit)
            finally:
                await response.aclose()


async def _read(response: httpx.Response, limit: int) -> bytes:
    chunks, size = [], 0
    async for chunk in response.aiter_raw():
        size += len(chunk)
        if size > limit:
            raise ProviderFailed(Fault.TOO_LARGE)
        chunks.append(chunk)
    return b"".join(chunks)
