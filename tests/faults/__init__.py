"""Faults under load, in real processes, and the interleavings and hostile parties of a gateway's flows.

`ENTENTE_CRASH_ROUNDS` sets how often the fault is repeated in each test that repeats one: crashes (20 without
it), the broker's store destroyed (5), links cut (12), power lost on originator and on recipient (2 each), and
the crashes of the store's own test (6). Without it the whole suite stays within its ten minutes; a long run
sets it to what the time allows.
"""

import os


def crash_rounds(otherwise: int) -> int:
    """How often a test repeats its fault: `ENTENTE_CRASH_ROUNDS`, or `otherwise` where that is not set."""
    return int(os.environ.get("ENTENTE_CRASH_ROUNDS", otherwise))
