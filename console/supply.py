"""What pages fetch beside themselves and files: its content, and the digest that names it."""

import hashlib
from dataclasses import dataclass
from functools import cached_property


@dataclass(frozen=True)
class Supply:
    """Something made once while the console runs."""

    content: bytes

    @cached_property
    def tag(self) -> str:
        """The digest of the content: an address that names it may be kept for ever."""
        return hashlib.sha256(self.content).hexdigest()[:32]
