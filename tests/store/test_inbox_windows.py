"""The inbox looked through in windows: nothing is skipped, nothing looked at twice, and no window is long."""

import sqlite3
from dataclasses import replace
from typing import Any

import pytest

from bus.store import inbox, inbox_windows
from schemas.header import Mode
from schemas.wire import Handling
from tests.store.samples import inbox_message

Tx = sqlite3.Connection


@pytest.fixture
def rare(tx: Tx, monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """Twenty messages, of which these are of mode TEST; windows of four."""
    monkeypatch.setattr(inbox_windows, "ROWS", 4)
    wanted = [2, 3, 11, 20]
    for number in range(1, 21):
        mode = Mode.TEST if number in wanted else Mode.OPERATION
        inbox.file(tx, [replace(inbox_message(number), mode=mode)])
    return wanted


@pytest.mark.parametrize("newest_first", [False, True])
@pytest.mark.parametrize("limit", [1, 3])
def test_windows_follow_each_other_without_hole_or_repetition(
    tx: Tx, rare: list[int], newest_first: bool, limit: int
) -> None:
    found, position, windows = list[int](), 2**53 if newest_first else 0, 0
    asked: dict[str, Any] = {"newest_first": newest_first, "modes": [Mode.TEST], "limit": limit}
    while (looked := inbox_windows.look(tx, position, **asked)).position != position:
        assert looked.more or not looked.messages
        found += [row.inbox_seq for row in looked.messages]
        position, windows = looked.position, windows + 1
    assert not looked.more
    assert found == (rare[::-1] if newest_first else rare)
    assert windows >= 5, "no window is longer than four rows"


def test_where_nothing_is_narrowed_or_an_index_serves_there_are_no_windows(tx: Tx, rare: list[int]) -> None:
    assert len(inbox_windows.look(tx, 0, limit=100).messages) == 20
    by_originator = inbox_windows.look(tx, 0, limit=100, modes=[Mode.TEST], originator="XBB")
    assert [row.inbox_seq for row in by_originator.messages] == rare


def test_a_poll_for_what_never_comes_begins_behind_what_was_looked_at(tx: Tx, rare: list[int]) -> None:
    position = 0
    while (looked := inbox_windows.look(tx, position, modes=[Mode.EXERCISE])).more:
        position = looked.position
    assert (looked.messages, looked.position) == ((), 20)
    assert inbox_windows.look(tx, 20, modes=[Mode.EXERCISE]) == inbox_windows.Looked((), 20, False)
    hidden = replace(inbox_message(21), handling=Handling.DISPLAY_ONLY)
    inbox.file(tx, [hidden])
    assert inbox_windows.look(tx, 20, modes=[Mode.TEST]).position == 20, "its existence is hidden"
    assert inbox_windows.look(tx, 20, modes=[Mode.TEST], with_display_only=True).position == 21
