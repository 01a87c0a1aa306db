"""Limits on what a client may send: size, time, media type. Nothing is read before the key was checked."""

import asyncio

from fastapi import Request
from starlette.requests import ClientDisconnect

from gateways.http.problems import ApiRefused
from schemas.reasons import ReasonCode

JSON = "application/json"
XML = "application/xml"
_CLOSE = {"Connection": "close"}


async def read_json_body(request: Request, *, max_bytes: int, within: float) -> bytes:
    """The body's exact bytes, at most ``max_bytes``, all of them within ``within`` seconds.

    Raises ApiRefused MEDIA_TYPE_UNSUPPORTED, BODY_TOO_LARGE (by Content-Length before a byte is read, else by
    counting) or BODY_TOO_SLOW. What is left of a refused body, ``http_protocol`` throws away.
    """
    return await _read_body(request, JSON, max_bytes, within)


async def read_xml_body(request: Request, *, max_bytes: int, within: float) -> bytes:
    """Like ``read_json_body``, for a body of application/xml. Its encoding is what the document says."""
    return await _read_body(request, XML, max_bytes, within)


async def _read_body(request: Request, expected: str, max_bytes: int, within: float) -> bytes:
    headers = request.headers
    media_type = headers.get("content-type", "").partition(";")[0].strip().lower()
    if media_type != expected or headers.get("content-encoding", "identity").lower() != "identity":
        raise ApiRefused(ReasonCode.MEDIA_TYPE_UNSUPPORTED, f"{expected} is expected, not encoded.")
    announced = headers.get("content-length")
    if announced is not None and announced.isdigit() and int(announced) > max_bytes:
        raise _too_large(max_bytes)
    try:
        async with asyncio.timeout(within):
            return await _collect(request, max_bytes)
    except TimeoutError:
        raise ApiRefused(
            ReasonCode.BODY_TOO_SLOW, f"The body did not arrive within {within:g} seconds.", headers=_CLOSE
        ) from None
    except ClientDisconnect:
        raise ApiRefused(ReasonCode.BODY_TOO_SLOW, "The client went away.", headers=_CLOSE) from None


async def _collect(request: Request, max_bytes: int) -> bytes:
    chunks, size = [], 0
    async for chunk in request.stream():
        size += len(chunk)
        if size > max_bytes:
            raise _too_large(max_bytes)
        chunks.append(chunk)
    return b"".join(chunks)


def _too_large(max_bytes: int) -> ApiRefused:
    return ApiRefused(ReasonCode.BODY_TOO_LARGE, f"The body is larger than {max_bytes} bytes.")
