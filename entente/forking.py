"""The process from which a realm's programs are forked: `python -m entente.forking DESCRIPTOR MODULE...`.

It reads the modules and waits for orders. It holds no key, no thread, no event loop and nobody's file: what
an order brought is closed before the next. A child is what `entente` with the order's arguments is, in a
session of its own, with the order's environment, directory and descriptors. Whoever gives orders is told its
process id, later its exit code. When nobody is left who could give one, this process ends; its children do
not need it.
"""

import contextlib
import errno
import gc
import json
import os
import signal
import socket
import sys
from collections.abc import Mapping, Sequence
from importlib import import_module
from pathlib import Path
from typing import Any

LONGEST_ORDER = 2**20
MOST_DESCRIPTORS = 8
LOADED = b"loaded"


def forked(orders: socket.socket) -> bool:
    """Fork for each order. True in a child, which has become what was ordered; False when orders end."""
    while True:
        text, descriptors, _, _ = socket.recv_fds(orders, LONGEST_ORDER, MOST_DESCRIPTORS)
        if not text:
            return False
        order = json.loads(text)
        if "ended" in order:
            _, status = os.waitpid(order["ended"], 0)
            orders.send(json.dumps({"code": os.waitstatus_to_exitcode(status)}).encode())
            continue
        try:
            child = os.fork() == 0
        except OSError as error:
            orders.send(json.dumps({"refused": error.errno}).encode())
            child = False
        if child:
            _answer_as_child(orders, order, descriptors)
            return True
        for descriptor in descriptors:
            os.close(descriptor)


def _answer_as_child(orders: socket.socket, order: Mapping[str, Any], descriptors: Sequence[int]) -> None:
    """The child answers itself, once it is what was ordered; or it ends."""
    try:
        _become(order, descriptors)
    except (OSError, ValueError) as error:  # a ValueError: no environment can hold that text
        refused = (error.errno if isinstance(error, OSError) else None) or errno.EINVAL
        orders.send(json.dumps({"pid": os.getpid(), "refused": refused}).encode())
        os._exit(1)
    orders.send(json.dumps({"pid": os.getpid()}).encode())
    orders.close()


def _become(order: Mapping[str, Any], descriptors: Sequence[int]) -> None:
    """The first three descriptors are standard input, output and error; the others are just kept open."""
    os.setsid()
    for place, descriptor in enumerate(descriptors[:3]):
        os.dup2(descriptor, place)
        os.close(descriptor)
    os.chdir(order["directory"])
    os.environ.clear()
    os.environ.update(order["environment"])
    sys.argv = ["entente", *order["arguments"]]
    with contextlib.suppress(OSError):
        # What `ps` and `top` show; the command line stays this process's.
        Path("/proc/self/comm").write_text(order["name"], encoding="utf-8")


def main() -> None:
    """Load, serve; in a child, be `entente`."""
    from entente.cli import main as entente

    gc.disable()
    for name in sys.argv[2:]:
        # What cannot be read fails again in the child, which has a log to say so.
        with contextlib.suppress(Exception):
            import_module(name)
    gc.freeze()
    gc.enable()
    # Whoever ignores this signal hands that on, and then nobody knows how a child ended.
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    with socket.socket(fileno=int(sys.argv[1])) as orders:
        orders.send(LOADED)
        child = forked(orders)
    if child:
        entente()


if __name__ == "__main__":
    main()
