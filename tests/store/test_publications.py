"""A publication is stored whole and found again by id, by message, by filter."""

import sqlite3

import pytest

from bus.store import deliveries, own_messages, publication_windows, settlement
from bus.store.new_publications import NewPublication, insert
from bus.store.publications import Publication, get, list_newest
from bus.store.waiting import take_waiting
from schemas.header import Kind, Mode, Precedence
from schemas.wire import ContentType, Lane
from tests.store.samples import NOW, decisions_of, message_id, publication, sealed

Tx = sqlite3.Connection


def test_what_was_inserted_comes_back_exactly(tx: Tx) -> None:
    new = publication(1, ("XCC", "XBB"), precedence=Precedence.FLASH, mode=Mode.EXERCISE, source_id="a,b,c")
    insert(tx, new)
    detail = get(tx, new.publication_id)
    assert detail is not None
    found = detail.publication
    same = set(Publication.__slots__) & set(NewPublication._fields)
    assert len(same) == 14
    for name in same:
        assert getattr(found, name) == getattr(new, name), name
    assert detail.content == new.content
    assert detail.decisions == decisions_of(("XBB", "XCC"))
    assert detail.trust_version == 7
    assert [(row.nation, row.state, row.serial) for row in found.deliveries] == [
        ("XBB", "queued", None),
        ("XCC", "queued", None),
    ]
    assert get(tx, "f" * 32) is None


@pytest.mark.parametrize("column", ["publication_id", "message_id"])
def test_an_id_is_used_once(tx: Tx, column: str) -> None:
    insert(tx, publication(1))
    other = publication(2)._replace(**{column: getattr(publication(1), column)})
    with pytest.raises(sqlite3.IntegrityError):
        insert(tx, other)


def test_listing_goes_from_new_to_old_by_pages_that_neither_skip_nor_repeat(tx: Tx) -> None:
    for number in range(1, 26):
        insert(tx, publication(number))
    seen: list[int] = []
    before = None
    while page := list_newest(tx, before=before, limit=7):
        assert len(page) <= 7
        seen += [int(entry.publication_id, 16) for entry in page]
        before = page[-1].publication_seq
    assert seen == list(range(25, 0, -1))
    assert all(len(entry.deliveries) == 2 for entry in list_newest(tx))


def test_a_rare_kind_is_looked_for_in_windows_that_follow_each_other(
    tx: Tx, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(publication_windows, "ROWS", 4)
    for number in range(1, 21):
        insert(tx, publication(number))
    every = [entry.publication_seq for entry in list_newest(tx, limit=100)]
    wanted = [seq for seq in every if seq in (2, 3, 11, 20)]
    tx.execute("UPDATE publication SET mode = 'TEST' WHERE publication_seq IN (2, 3, 11, 20)")
    for limit in (1, 3):
        found, before, windows, more = list[int](), 2**53, 0, True
        while more:
            looked = publication_windows.look(tx, before, limit=limit, mode=Mode.TEST)
            found += [entry.publication_seq for entry in looked.messages]
            before, more, windows = looked.position, looked.more, windows + 1
        assert found == wanted
        assert windows >= 5, "no window is longer than four rows"
    assert len(publication_windows.look(tx, 2**53, limit=100).messages) == 20


def test_filters_narrow_the_list(tx: Tx) -> None:
    insert(tx, publication(1, kind=Kind.THREAT_ALERT, source_id="s,1,t"))
    insert(tx, publication(2, kind=Kind.EXERCISE_NOTICE, mode=Mode.EXERCISE))
    insert(tx, publication(3, kind=Kind.EXERCISE_NOTICE))

    def numbers(**filters: object) -> list[int]:
        return [int(entry.publication_id, 16) for entry in list_newest(tx, **filters)]  # type: ignore[arg-type]

    assert numbers(kind=Kind.EXERCISE_NOTICE) == [3, 2]
    assert numbers(mode=Mode.EXERCISE) == [2]
    assert numbers(kind=Kind.EXERCISE_NOTICE, mode=Mode.OPERATION) == [3]
    assert numbers(source_id="s,1,t") == [1]
    assert numbers(source_id="s,2,t") == []
    assert numbers(state="queued") == [3, 2, 1]
    sealed(tx, bundle_seq=1, limit=2)  # both deliveries of the first
    assert numbers(state="sealed") == [1]
    assert numbers(state="sent") == []
    deliveries.mark_sent(tx, [1], NOW, deliveries.ResendPolicy())
    assert numbers(state="sent") == [1]


def test_states_are_told_per_nation(tx: Tx) -> None:
    insert(tx, publication(1))
    assert [(row.nation, row.state) for row in settlement.states(tx, publication(1).publication_id)] == [
        ("XBB", "queued"),
        ("XCC", "queued"),
    ]


def test_a_reference_to_our_own_message_finds_its_release_set(tx: Tx) -> None:
    new = publication(1, mode=Mode.EXERCISE)
    insert(tx, new)
    found = own_messages.reference(tx, new.message_id)
    assert found is not None
    assert (found.digest, found.release_set, found.mode) == (new.digest, new.release_set, Mode.EXERCISE)
    assert own_messages.reference(tx, message_id(2)) is None


def test_control_content_has_no_publication(tx: Tx) -> None:
    content_id = deliveries.add_content(tx, ContentType.CONTROL, b"{}", "sha256:" + "00" * 32)
    deliveries.enqueue(tx, content_id, ["XBB"], mode=Mode.OPERATION, lane=Lane.CONTROL)
    (waiting,) = take_waiting(tx, limit=10).deliveries
    assert (waiting.kind, waiting.publication_id, waiting.message_id) == (None, None, None)
    assert waiting.precedence_rank == 0
