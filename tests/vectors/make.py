"""Write the wire vectors: ``python -m tests.vectors.make`` (see docs/wire-format.md, "Vectors").

Deterministic but for HPKE and ML-DSA, whose results are taken over from the files that are there. Delete the
files to draw anew.
"""

import json
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from tests.vectors.bundle_vectors import bundle_vectors, refused_vectors
from tests.vectors.seeded import StoredDraws
from tests.vectors.trust_vectors import key_vectors, trust_vectors
from tests.vectors.vector_realm import vector_realm

HERE = Path(__file__).parent
BUNDLES, REFUSED = "bundles.json", "refused.json"


def build(sealed: Sequence[str]) -> dict[str, Any]:
    """Every vector file by name, given the sealed bytes (base64) that are stored already."""
    realm = vector_realm()
    keys = {pair.key.kid: pair.key for nation in realm.keys.values() for pair in nation.seal}
    draws = StoredDraws(sealed, keys)
    accepted = bundle_vectors(realm, draws)
    return {
        "keys.json": key_vectors(realm),
        "trust.json": trust_vectors(realm),
        BUNDLES: accepted,
        REFUSED: refused_vectors(realm, draws, accepted),
    }


def encode(document: Any) -> bytes:
    """A vector file's exact bytes."""
    return (json.dumps(document, indent=1, ensure_ascii=False) + "\n").encode()


def stored(name: str) -> Any:
    """A vector file as it stands in the repository."""
    return json.loads((HERE / name).read_bytes())


def stored_sealed() -> list[str]:
    """The sealed bytes of every stored vector; none when there is no file yet."""
    return [
        vector["sealed"] for name in (BUNDLES, REFUSED) if (HERE / name).exists() for vector in stored(name)
    ]


def main() -> int:
    """Write every file."""
    for name, document in build(stored_sealed()).items():
        (HERE / name).write_bytes(encode(document))
    return 0


if __name__ == "__main__":
    sys.exit(main())
