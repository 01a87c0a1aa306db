"""Keys under which browsers seal the drafts that they keep: this process alone has them, until the sign-out.

A draft is content, and it lies on a disk that is not the gateway's. What lies there is sealed (AES-256-GCM,
in the browser) with a key that the page is given while its operator is signed in; nobody has it afterwards.
It outlives a session that ended by itself: who was called away finds the draft again after signing in.
"""

import base64
import secrets


class DraftKeys:
    """One key per operator of one console."""

    def __init__(self) -> None:
        self._keys: dict[str, bytes] = {}

    def of(self, operator: str) -> str:
        """The operator's key in base64, made when it is first asked for."""
        key = self._keys.setdefault(operator, secrets.token_bytes(32))
        return base64.b64encode(key).decode()

    def forget(self, operator: str) -> None:
        """The operator signed out: what their browsers kept can be read by nobody any more."""
        self._keys.pop(operator, None)
