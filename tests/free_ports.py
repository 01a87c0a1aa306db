"""Ports for servers that tests start, and start again: nobody else takes them while they are down.

They lie below the ports that the kernel gives to whoever asks for any, so that no connection and no server on
"any port" gets the one of a server that was just killed, and each worker of pytest-xdist has its own share.
"""

import os
import random
import socket
from pathlib import Path

LOWEST = 10_000
EPHEMERAL = Path("/proc/sys/net/ipv4/ip_local_port_range")
SHARES = 8
"""Workers beyond these share with others; what they draw is still free, and random."""

_given: set[int] = set()
_chance = random.SystemRandom()
"""Not the common one: hypothesis sets its seed, and then all processes would draw alike."""


def _own_ports() -> range:
    """The share of this process."""
    try:
        end = int(EPHEMERAL.read_text().split()[0])
    except (OSError, ValueError):
        end = 0
    if end < 2 * LOWEST:
        end = 32_768  # what Linux begins with
    number = os.environ.get("PYTEST_XDIST_WORKER", "gw0").removeprefix("gw")
    return range(LOWEST + int(number) % SHARES, end, SHARES)


def free_port() -> int:
    """A loopback port that nobody listens on, another one each time."""
    ports = _own_ports()
    while True:
        port = _chance.choice(ports)
        if port not in _given and _is_free(port):
            _given.add(port)
            return port


def _is_free(port: int) -> bool:
    with socket.socket() as listener:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            listener.bind(("127.0.0.1", port))
        except OSError:
            return False
        return True
