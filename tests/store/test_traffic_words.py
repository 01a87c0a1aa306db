"""Words are found by who may, and go with a recall: from every search at once, from the file soon after."""

import json
import sqlite3
from collections.abc import Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path

import pytest

from bus.protocol.searchable import VERSION
from bus.protocol.traffic_search import parse_search
from bus.store import inbox, new_publications, traffic, traffic_search, traffic_words, withdrawals
from bus.store.traffic_conditions import Asker
from bus.store.traffic_search import Search, Window
from bus.store.writer import Store, Transaction
from schemas.header import Mode
from schemas.recall import RecallReason
from schemas.wire import Handling
from tests.store.samples import NATION, NOW, REALM, inbox_message, publication

SECRET = "Quernstone Zwieback Jabberwock"


def message(number: int, subject: str, body: str = "", **fields: object) -> inbox.NewInboxMessage:
    content = {
        "header": {"subject": subject},
        "label": {},
        "body": {"text": body, "at": "2026-01-01T00:00:00Z"},
    }
    return replace(inbox_message(number), content=json.dumps(content).encode(), **fields)  # type: ignore[arg-type]


def file(tx: Transaction, *messages: inbox.NewInboxMessage) -> None:
    inbox.file(tx, messages)


def index(tx: Transaction) -> None:
    while (position := traffic_words.index_step(tx)).through < position.latest:
        pass


def find(tx: Transaction, text: str, *, modes: Sequence[Mode] | None = None) -> list[int]:
    search = Search(parse_search(text, NOW), Asker(NOW, modes))
    found: list[int] = []
    upper = traffic.latest_seq(tx)
    while upper > 0:
        part = traffic_search.in_window(tx, search, Window(0, upper), 100)
        found += part.seqs
        upper = part.lower
    few = traffic_search.of_these(tx, search, list(range(1, traffic.latest_seq(tx) + 1)))
    assert few == sorted(found), "a stream finds what a page finds"
    return found


@pytest.mark.parametrize("indexed", [0, 1, 3], ids=["none indexed", "some indexed", "all indexed"])
def test_words_are_found_whether_they_are_indexed_or_not(tx: sqlite3.Connection, indexed: int) -> None:
    three = [
        message(1, "Crème brûlée", "The road is closed"),
        message(2, "Road open", "closed: the harbour"),
        message(3, "Nothing", "sha256:abcdef 12"),
    ]
    file(tx, *three[:indexed])
    index(tx)
    file(tx, *three[indexed:])
    assert find(tx, "road") == [2, 1]
    assert find(tx, "ROAD closed") == [2, 1]
    assert find(tx, '"road is closed"') == [1]
    assert find(tx, "creme brulee") == [1]
    assert find(tx, "subj:road") == [2]
    assert find(tx, "subj:road,nothing") == [3, 2]
    assert find(tx, "harb*") == [2]
    assert find(tx, "road -harbour") == [1]
    assert find(tx, "-road") == [3]
    assert find(tx, '"NEAR(" OR') == []
    assert find(tx, "2026") == [], "times are no words"


def test_own_publications_are_found_by_their_words(tx: sqlite3.Connection) -> None:
    content = json.dumps({"header": {"subject": "Sluice"}, "label": {}, "body": {}}).encode()
    new_publications.insert(tx, publication(1)._replace(content=content))
    index(tx)
    assert find(tx, "sluice dir:out") == [1]


def test_another_mode_is_searched_by_nobody_who_does_not_see_it(tx: sqlite3.Connection) -> None:
    file(tx, message(1, SECRET, mode=Mode.OPERATION), message(2, SECRET, mode=Mode.EXERCISE))
    for _ in range(2):
        assert find(tx, "zwieback", modes=[Mode.EXERCISE]) == [2]
        assert find(tx, "-nothing", modes=[Mode.EXERCISE]) == [2]
        assert find(tx, "mode:operation", modes=[Mode.EXERCISE]) == []
        assert find(tx, "zwieback", modes=[]) == []
        index(tx)


def test_what_may_be_displayed_only_has_no_words_to_find(tx: sqlite3.Connection) -> None:
    file(tx, message(1, SECRET, handling=Handling.DISPLAY_ONLY))
    assert find(tx, "zwieback") == []
    index(tx)
    assert find(tx, "zwieback") == []
    assert find(tx, "") == [1]


@pytest.mark.parametrize("indexed", [False, True], ids=["before indexing", "after indexing"])
def test_nothing_finds_a_recalled_message_by_its_words(tx: sqlite3.Connection, indexed: bool) -> None:
    file(tx, message(1, SECRET), message(2, "Zwieback alone"))
    if indexed:
        index(tx)
    withdrawals.withdraw(tx, 1, RecallReason.UNSPECIFIED, NOW)
    assert find(tx, "zwieback") == [2]
    assert find(tx, "-zwieback") == [1], "a recalled message has no words, as far as anybody learns"
    index(tx)
    assert find(tx, "zwieback") == [2]
    assert find(tx, "status:recalled") == [1]


def test_an_own_message_that_was_recalled_is_found_by_no_word(tx: sqlite3.Connection) -> None:
    content = json.dumps({"header": {"subject": SECRET}, "label": {}, "body": {}}).encode()
    new_publications.insert(tx, publication(1)._replace(content=content))
    index(tx)
    tx.execute("UPDATE publication SET status = 'RECALLED'")
    assert (find(tx, "zwieback"), find(tx, "-zwieback")) == ([], [1])


def _stands(directory: Path, *words: str) -> list[str]:
    """Which words stand in the store's file, however their beginnings are shared: by their ends."""
    data = b"".join(path.read_bytes().lower() for path in directory.glob("store.db*"))
    return [word for word in words if word.lower()[1:].encode() in data]


@pytest.mark.parametrize("steps", [1, 3, 40], ids=["one segment", "few", "merged by itself"])
async def test_cleaning_leaves_no_recalled_word_in_the_file(tmp_path: Path, steps: int) -> None:
    store = Store.open(tmp_path / "store.db", NATION, REALM)
    words = ["quernstone", "zwieback", "jabberwock"]
    for number in range(1, steps + 1):
        body = SECRET * 3 if number == 1 else f"other{number} words{number * 7} stay{number * 13}"
        await store.write(partial(inbox.file, messages=[message(number, body, body)]))
        await store.write(index)
    assert _stands(tmp_path, *words) == words
    await store.write(lambda tx: withdrawals.withdraw(tx, 1, RecallReason.UNSPECIFIED, NOW))
    assert await store.read(traffic_words.erasing)
    while await store.write(traffic_words.erase_step):
        pass
    await store.close()
    assert _stands(tmp_path, *words) == []
    again = Store.open(tmp_path / "store.db", NATION, REALM)
    assert not await again.read(traffic_words.erasing)
    if steps > 1:
        assert await again.read(lambda tx: find(tx, f"other{steps}")) == [steps]
    await again.close()


def test_other_words_for_a_message_are_indexed_anew(
    tx: sqlite3.Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    file(tx, message(1, "Road"), message(2, "Road"))
    index(tx)
    monkeypatch.setattr(traffic_words, "VERSION", VERSION + 1)
    assert traffic_words.outdated(tx)
    assert traffic_words.index_step(tx).through == 2
    assert find(tx, "road") == [2, 1]
    assert not traffic_words.outdated(tx)


def test_a_step_ends_with_a_large_message(tx: sqlite3.Connection, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(traffic_words, "STEP_OCTETS", 100)
    file(tx, *(message(number, "Road", "x" * 200) for number in range(1, 4)))
    assert [traffic_words.index_step(tx).through for _ in range(4)] == [1, 2, 3, 3]


def test_a_search_reads_a_bounded_number_of_rows_that_are_not_indexed(
    tx: sqlite3.Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(traffic_search, "UNINDEXED", 2)
    monkeypatch.setattr(traffic_search, "MOST_UNINDEXED", 3)
    file(tx, *(message(number, "Road") for number in range(1, 3)))
    index(tx)
    file(tx, *(message(number, "Road") for number in range(3, 11)))
    search = Search(parse_search("road", NOW), Asker(NOW))
    found: list[int] = []
    upper, windows = 10, 0
    while upper > 0:
        part = traffic_search.in_window(tx, search, Window(0, upper), 100)
        found, upper, windows = found + part.seqs, part.lower, windows + 1
    assert found == [10, 9, 8, 2, 1]
    assert windows == 4


def test_of_large_messages_that_are_not_indexed_few_are_read_at_once(
    tx: sqlite3.Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    large = [message(number, "Quarry", "stone " * 400) for number in range(1, 8)]
    file(tx, *large)
    octets = len(large[0].content)
    search = Search(parse_search("quarry", NOW), Asker(NOW))
    for allowed, read in (
        (1, [7]),
        (octets, [7]),
        (3 * octets, [7, 6, 5]),
        (100 * octets, [*range(7, 0, -1)]),
    ):
        monkeypatch.setattr(traffic_search, "UNINDEXED_OCTETS", allowed)
        part = traffic_search.in_window(tx, search, Window(0, 7), 100)
        assert (part.seqs, part.lower) == (read, 7 - len(read))
        assert find(tx, "quarry") == [*range(7, 0, -1)], "and all are found"
