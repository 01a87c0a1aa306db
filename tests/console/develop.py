"""A realm with traffic and a console per nation, to look at: ``python -m tests.console.develop``.

Prints addresses and the one password that everybody has. Python and templates are read at the start, scripts
and styles each time. ``--dir DIR`` keeps the realm; ``--port N`` is the first console's port.
"""

import argparse
import signal
import sys
import tempfile
import threading
from contextlib import ExitStack
from pathlib import Path

from console.own_files import own_files
from tests.console.realm import NATIONS, ONE_TIME, PASSWORD, PEOPLE, console_realm
from tests.console.seeding import seed
from tests.console.serving import served_console


def main() -> None:
    """Run until Ctrl-C."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--dir", type=Path)
    parser.add_argument("--port", type=int, default=0)
    parser.add_argument("--no-traffic", action="store_true")
    given = parser.parse_args()
    stop = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: stop.set())
    own_files().watched = True
    with ExitStack() as stack:
        directory = given.dir or Path(stack.enter_context(tempfile.TemporaryDirectory()))
        realm = stack.enter_context(console_realm(directory))
        made = {} if given.no_traffic else seed(realm)
        lines = []
        for place, nation in enumerate(NATIONS):
            port = given.port + place if given.port else 0
            served = stack.enter_context(served_console(realm, nation, port=port))
            lines.append(
                f"{nation}  console {served.url}  gateway {realm.url(nation)}  key {realm.key(nation)}"
            )
        lines += [f"{name}: {answer['author']} {answer['message_id']}" for name, answer in made.items()]
        lines.append(f"everybody's password: {PASSWORD!r}; newcomer's: {ONE_TIME!r}")
        lines += [f"  {name}: {', '.join(roles)}" for name, roles in PEOPLE.items()]
        sys.stdout.write("\n".join(lines) + "\n")
        sys.stdout.flush()
        stop.wait()


if __name__ == "__main__":
    main()
