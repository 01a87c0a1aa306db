"""Requests that change something come from our own pages: same origin, and a token that only these know."""

import hmac
from urllib.parse import urlsplit

from starlette.requests import Request

FIELD = "csrf"
HEADER = "X-CSRF-Token"


class Forged(Exception):
    """A request that changes something did not come from one of our pages."""


async def check(request: Request, expected: str) -> None:
    """Forged unless the request is of our origin and carries ``expected`` in its form or header."""
    check_origin(request)
    given = request.headers.get(HEADER)
    if given is None and is_form(request):
        value = (await request.form()).get(FIELD)
        given = value if isinstance(value, str) else None
    if given is None or not hmac.compare_digest(given.encode(), expected.encode()):
        raise Forged


def check_origin(request: Request) -> None:
    """Forged when the browser says that another site's page made the request.

    Our own forms have the origin ``null``, since they send no referrer; then the other word counts.
    """
    site = request.headers.get("Sec-Fetch-Site")
    if site is not None:
        if site != "same-origin":
            raise Forged
        return
    origin = request.headers.get("Origin")
    if origin is not None and _host_of(origin) != request.headers.get("Host", ""):
        raise Forged


def _host_of(origin: str) -> str | None:
    """None for what is no origin at all."""
    try:
        return urlsplit(origin).netloc
    except ValueError:
        return None


def is_form(request: Request) -> bool:
    """Whether the body is a form's."""
    kind = request.headers.get("Content-Type", "").partition(";")[0].strip().lower()
    return kind in ("application/x-www-form-urlencoded", "multipart/form-data")
