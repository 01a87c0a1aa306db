"""Credentials of the hub's own users, `admin` and `auditor`: drawn when missing, kept beside each other."""

import os
from pathlib import Path

from bus.broker_keys import BrokerKey, broker_key, broker_key_from_seed
from bus.keystore import read_secret, write_secret


def hub_user(directory: Path, role: str) -> BrokerKey:
    """The hub's user of that role, out of `<role>.seed`, which is made (0600) when it is not there."""
    path = directory / f"{role}.seed"
    if not path.exists():
        directory.mkdir(parents=True, exist_ok=True, mode=0o700)
        write_secret(path, (broker_key(os.urandom(32)).seed + "\n").encode("ascii"))
    return broker_key_from_seed(read_secret(path).decode("ascii"))
