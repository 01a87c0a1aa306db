"""Authority keys on disk: realm root, snapshot and nation root keys, one file each, for offline keeping."""

import base64
import json
from pathlib import Path
from typing import Annotated, Literal

from pydantic import Field

from bus.keystore import MAX_KEY_FILE_BYTES, KeyFileError, read_secret, write_secret
from bus.protocol.errors import ProtocolError
from bus.protocol.signing import PrivateSigningKey
from schemas.base import KeyId, Statement
from schemas.strict_json import JsonRefused, parse_model
from schemas.trust import Base64Key, SignSuite


class _StoredAuthorityKey(Statement):
    v: Literal[1]
    purpose: Annotated[str, Field(min_length=1, max_length=200)]
    suite: SignSuite
    kid: KeyId
    private_key: Base64Key


def save_authority_key(path: Path, key: PrivateSigningKey, purpose: str) -> None:
    """Write one key with mode 0600, all or nothing; `purpose` is for whoever finds the file."""
    stored = {
        "v": 1,
        "purpose": purpose,
        "suite": key.suite,
        "kid": key.kid,
        "private_key": base64.b64encode(key.private_bytes()).decode("ascii"),
    }
    write_secret(path, json.dumps(stored, indent=1).encode() + b"\n")


def load_authority_key(path: Path) -> PrivateSigningKey:
    """Read one key. KeyFileError when it is missing, open to group or others, or malformed."""
    try:
        stored = parse_model(_StoredAuthorityKey, read_secret(path), MAX_KEY_FILE_BYTES)
        key = PrivateSigningKey.from_private_bytes(stored.suite.value, base64.b64decode(stored.private_key))
    except (JsonRefused, ProtocolError, ValueError):
        raise KeyFileError(f"{path} is not an authority key file") from None
    if key.kid != stored.kid:
        raise KeyFileError(f"{path}: the key is not what the file says it is")
    return key
