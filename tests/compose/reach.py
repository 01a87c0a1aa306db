"""Runs inside a container, with nothing but Python: which ports of which hosts it reaches. Prints JSON.

Usage: reach.py '{"ports": {host: [port, ...]}, "names": [name, ...]}'
"""

import json
import socket
import sys
from concurrent.futures import ThreadPoolExecutor

PATIENCE = 1.5


def reached(place: tuple[str, int]) -> str:
    """`open`, `refused`, or why nothing answers."""
    with socket.socket() as probe:
        probe.settimeout(PATIENCE)
        try:
            probe.connect(place)
        except ConnectionRefusedError:
            return "refused"
        except OSError as error:
            return str(error)
        return "open"


def known(name: str) -> bool:
    """Whether the name leads anywhere."""
    try:
        socket.getaddrinfo(name, 80)
    except OSError:
        return False
    return True


def main() -> None:
    """As above."""
    asked = json.loads(sys.argv[1])
    places = [(host, port) for host, ports in asked.get("ports", {}).items() for port in ports]
    names = asked.get("names", [])
    with ThreadPoolExecutor(64) as pool:
        known_names = dict(zip(names, pool.map(known, names), strict=True))
        answers = list(pool.map(reached, places))
    ports = {f"{host}:{port}": what for (host, port), what in zip(places, answers, strict=True)}
    sys.stdout.write(json.dumps({"ports": ports, "names": known_names}))


main()
