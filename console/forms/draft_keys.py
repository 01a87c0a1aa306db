"""Keys under which browsers seal the drafts that they keep: this process alone has them, until the sign-out.

A draft is content, and it lies on a disk that is not the gateway's. What lies there is sealed (AES-256-GCM,
in the browser) with a key that the page is given while its operator is signed in; nobody has it afterwards.
Each browser has its own: signing out at one leaves the same operator's drafts at another. It outlives a
session that ended by itself: who was called away finds the draft again after signing in there.
"""

import base64
import secrets

MOST_OF_ONE = 16
"""Browsers of one operator whose keys are held; the one that asked longest ago goes first."""


class DraftKeys:
    """One key for each operator at each browser, of one console."""

    def __init__(self) -> None:
        self._keys: dict[str, dict[str, bytes]] = {}

    def of(self, operator: str, browser: str) -> str:
        """The key in base64, made when it is first asked for."""
        own = self._keys.setdefault(operator, {})
        own[browser] = own.pop(browser, b"") or secrets.token_bytes(32)
        while len(own) > MOST_OF_ONE:
            del own[next(iter(own))]
        return base64.b64encode(own[browser]).decode()

    def forget(self, operator: str, browser: str) -> None:
        """The operator signed out there: what that browser kept can be read by nobody any more."""
        self._keys.get(operator, {}).pop(browser, None)
