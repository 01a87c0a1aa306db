"""Every real CAP file carried across the bus of a drill: taken or refused as the table says, and delivered.

The files are other people's and read where they lie. A file that is not in the table fails the test.
"""

import pytest

from drills.cap_play import SUFFIXES
from drills.outcome import FileOutcome
from tests.cap.test_cap_files import FILES, Taken
from tests.drills.cap_realm import Accesses, play
from tests.shared_data import absent_reason, find_shared_data, shared_data

PERMITTED = {"XBB", "XCC"}

pytestmark = pytest.mark.skipif(find_shared_data("cap") is None, reason=absent_reason("cap"))


def codes(file: FileOutcome) -> tuple[str, ...]:
    return tuple(refusal.partition(":")[0] for refusal in file.refused)


def test_every_real_file_crosses_the_bus_to_every_permitted_nation(accesses: Accesses) -> None:
    root = shared_data("cap")
    outcome = play(root, accesses)
    assert outcome.failures == ()
    played = {file.file: (file.taken, codes(file)) for file in outcome.files}
    assert played == {
        name: (expected.alerts, ()) if isinstance(expected, Taken) else (0, (expected.code.value,))
        for name, expected in FILES.items()
        if name.endswith(SUFFIXES)
    }
    assert {str(path.relative_to(root)) for path in root.rglob("*") if path.is_file()} == set(FILES)
    carried = [message.title.partition(": ")[0] for message in outcome.messages]
    taken = {name: expected.alerts for name, expected in FILES.items() if isinstance(expected, Taken)}
    assert sorted(carried) == sorted(name for name, alerts in taken.items() for _ in range(alerts))
    assert len({message.message_id for message in outcome.messages}) == sum(taken.values())
    for message in outcome.messages:
        states = {row.nation: (row.permit, row.state) for row in message.nations}
        assert states == dict.fromkeys(PERMITTED, (True, "delivered")), message.title
        assert all(row.latency_ms is not None for row in message.nations), "each inbox stream showed it"
