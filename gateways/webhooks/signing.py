"""Signatures by the Standard Webhooks specification, version 1 of its symmetric scheme. Pure.

Signed is ``<webhook-id>.<webhook-timestamp>.<body>`` with HMAC-SHA-256; while a secret is being replaced the
header carries a signature under each.
"""

import base64
import binascii
import hashlib
import hmac
from collections.abc import Sequence
from datetime import datetime

PREFIX = "whsec_"
SECRET_OCTETS = 32
"""The specification wants 24 to 64."""


def secret_text(secret: bytes) -> str:
    """A secret as it is shown to whoever will verify with it."""
    return PREFIX + base64.b64encode(secret).decode("ascii")


def read_secret(text: str) -> bytes:
    """The inverse of ``secret_text``. Raises ValueError."""
    try:
        return base64.b64decode(text.removeprefix(PREFIX), validate=True)
    except binascii.Error:
        raise ValueError("not a webhook's secret") from None


def signature(secret: bytes, webhook_id: str, timestamp: int, body: bytes) -> str:
    """One signature, with its version."""
    signed = b"%b.%d.%b" % (webhook_id.encode("ascii"), timestamp, body)
    return "v1," + base64.b64encode(hmac.new(secret, signed, hashlib.sha256).digest()).decode("ascii")


def headers(secrets: Sequence[bytes], webhook_id: str, at: datetime, body: bytes) -> dict[str, str]:
    """The three headers of one attempt at ``at``: a retry has the same id and a timestamp of its own."""
    timestamp = int(at.timestamp())
    return {
        "webhook-id": webhook_id,
        "webhook-timestamp": str(timestamp),
        "webhook-signature": " ".join(signature(each, webhook_id, timestamp, body) for each in secrets),
    }
