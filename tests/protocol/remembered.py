"""For long stories over changing trust: what is pure and was done with the same bytes is not done again."""

from collections.abc import Sequence
from functools import cache

import pytest

from bus.protocol import trust, trust_documents
from bus.protocol.signing import PublicVerifyKey


@pytest.fixture
def documents_remembered(monkeypatch: pytest.MonkeyPatch) -> None:
    """Each document is parsed, and each signature verified, once: they are read again hundreds of times."""
    verify, good = PublicVerifyKey.verify, set[tuple[str, bytes, tuple[bytes, ...]]]()

    def remembering(key: PublicVerifyKey, message: bytes, signatures: Sequence[bytes]) -> None:
        asked = key.kid, message, tuple(signatures)
        if asked not in good:
            verify(key, message, signatures)
            good.add(asked)

    monkeypatch.setattr(PublicVerifyKey, "verify", remembering)
    monkeypatch.setattr(trust, "read_document", cache(trust_documents.read_document))
