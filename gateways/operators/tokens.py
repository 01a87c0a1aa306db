"""Tokens of operators' sessions: opaque, 256 random bits, known to the store by their hash alone.

An access token reads ``ena_...``, a refresh token ``enr_...``: neither can be taken for the other, nor for an
API key, and a secret scanner finds both.
"""

import base64
import hashlib
import re
from collections.abc import Callable

from bus.store.operator_sessions import TokenUse

ACCESS_PREFIX = "ena_"
_PREFIX = {TokenUse.ACCESS: ACCESS_PREFIX, TokenUse.REFRESH: "enr_"}
_SHAPE = re.compile(r"en[ar]_[A-Za-z0-9_-]{43}", re.ASCII)


def new_token(use: TokenUse, randomness: Callable[[int], bytes]) -> str:
    """A new token's text, to be shown to its owner once."""
    return _PREFIX[use] + random_text(randomness)


def random_text(randomness: Callable[[int], bytes]) -> str:
    """256 random bits as 43 characters of base64url."""
    return base64.urlsafe_b64encode(randomness(32)).rstrip(b"=").decode()


def is_token(text: str, use: TokenUse) -> bool:
    """Whether the text has the shape of a token for this use."""
    return text.startswith(_PREFIX[use]) and _SHAPE.fullmatch(text) is not None


def token_hash(text: str) -> str:
    """What the store knows a token by. There is nothing to guess in 256 bits, so a plain hash does."""
    return hashlib.sha256(text.encode("ascii")).hexdigest()
