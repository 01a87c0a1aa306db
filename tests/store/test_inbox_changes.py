"""What stands in the inbox is what the pure rule says of the set of what came, whatever the order."""

import random
import sqlite3
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bus.protocol.succession import Cancelled, Known, Standing, Status, standings
from bus.store import inbox, inbox_changes, withdrawals
from bus.store.columns import instant
from bus.store.inbox_upkeep import Changes
from schemas.header import Relation
from schemas.recall import RecallReason
from schemas.wire import Handling
from tests.protocol.message_chains import START, cancelled, histories, known, message_id, refer, trees
from tests.store.founded import in_memory
from tests.store.overwritten import watched
from tests.store.samples import NATION, REALM, inbox_message

Tx = sqlite3.Connection


@contextmanager
def empty_store() -> Iterator[Tx]:
    connection = in_memory(NATION, REALM)
    with watched(connection):
        yield connection
    connection.close()


def file(tx: Tx, *messages: Known, handling: Handling = Handling.RELEASE) -> Changes:
    new = [
        replace(
            inbox_message(1, serial=number),
            **{
                name: getattr(each, name)
                for name in (
                    "originator",
                    "message_id",
                    "digest",
                    "kind",
                    "mode",
                    "exercise_id",
                    "issued_at",
                )
            },
            handling=handling,
        )
        for number, each in enumerate(messages, 1)
    ]
    return inbox_changes.take_in(tx, tuple(zip(inbox.file(tx, new), messages, strict=True)))


def arrive(tx: Tx, arrivals: Iterable[Known | Cancelled]) -> list[Changes]:
    return [
        file(tx, each) if isinstance(each, Known) else inbox_changes.cancel(tx, each) for each in arrivals
    ]


def standing(tx: Tx) -> dict[tuple[str, str], Standing]:
    found = {}
    gone = (Status.CANCELLED, Status.RECALLED)
    for row in tx.execute("SELECT originator, message_id, status, chain, cancelled_at FROM inbox").fetchall():
        status = Status(row[2])
        alone = (None if status in gone else row[1]), (row[1],)
        current, history = alone if row[3] is None else inbox_changes.chains(tx, [row[3]])[row[3]]
        at = None if row[4] is None else instant(row[4])
        found[row[0], row[1]] = Standing(status, current, history, at)
    return found


anything, any_order = histories(), st.randoms(use_true_random=False)


@given(anything, any_order)
def test_the_inbox_says_what_the_rule_says_in_whatever_order_things_come(
    history: tuple[list[Known], list[Cancelled]], order: random.Random
) -> None:
    messages, words = history
    arrivals: list[Known | Cancelled] = [*messages, *words, *words]
    order.shuffle(arrivals)
    with empty_store() as tx:
        arrive(tx, arrivals)
        assert standing(tx) == standings(messages, words)


@given(anything)
def test_a_whole_bundle_at_once_makes_no_difference(history: tuple[list[Known], list[Cancelled]]) -> None:
    messages, words = history
    with empty_store() as tx:
        arrive(tx, words)
        file(tx, *messages)
        assert standing(tx) == standings(messages, words)


@given(anything, any_order)
def test_every_change_of_status_is_told_and_nothing_else(
    history: tuple[list[Known], list[Cancelled]], order: random.Random
) -> None:
    arrivals: list[Known | Cancelled] = [*history[0], *history[1]]
    order.shuffle(arrivals)
    told: dict[tuple[str, str], Status] = {}
    with empty_store() as tx:
        for each in arrivals:
            before = {name: found.status for name, found in standing(tx).items()}
            (changes,) = arrive(tx, [each])
            after = {name: found.status for name, found in standing(tx).items()}
            told = {(change.originator, change.message_id): change.status for change in changes.changed}
            differ = {
                name: status for name, status in after.items() if before.get(name, Status.CURRENT) != status
            }
            assert told == differ


def recall(tx: Tx, message: Known) -> Changes | None:
    """As a gateway does; None where the message is not there, which is then barred."""
    seq = tx.execute("SELECT inbox_seq FROM inbox WHERE message_id = ?", (message.message_id,)).fetchone()
    if seq is None:
        return None
    withdrawals.withdraw(tx, seq[0], RecallReason.ISSUED_IN_ERROR, START)
    return inbox_changes.recalled(tx, seq[0])


@given(
    trees(),
    st.lists(st.builds(cancelled, st.integers(0, 6)), max_size=2),
    st.lists(st.integers(0, 6), max_size=5, unique=True),
    st.randoms(use_true_random=False),
)
def test_forks_and_recalls_stand_as_the_rule_says_in_whatever_order_they_come(
    messages: list[Known], words: list[Cancelled], numbers: list[int], order: random.Random
) -> None:
    recalls = [messages[number] for number in numbers if number < len(messages)]
    arrivals: list[tuple[str, Known | Cancelled]] = [("word", each) for each in messages]
    arrivals += [("word", each) for each in words]
    arrivals += [("recall", each) for each in recalls]
    order.shuffle(arrivals)
    filed: list[Known] = []
    heard: list[Cancelled] = []
    barred: set[str] = set()
    with empty_store() as tx:
        for what, each in arrivals:
            before = standing(tx)
            if isinstance(each, Cancelled):
                heard.append(each)
                changes: Changes | None = inbox_changes.cancel(tx, each)
            elif what == "recall":
                changes = recall(tx, each)
                barred.add(each.message_id)
            elif each.message_id in barred:
                continue
            else:
                filed.append(each)
                changes = file(tx, each)
            found = standing(tx)
            assert found == standings(filed, heard, {("XAA", name) for name in barred})
            told = {} if changes is None else {it.message_id: it.status for it in changes.changed}
            differ = {
                name[1]: now.status
                for name, now in found.items()
                if (before[name].status if name in before else Status.CURRENT) is not now.status
                and now.status is not Status.RECALLED
            }
            assert told == differ
        sizes = tx.execute("SELECT chain, count(*) FROM inbox WHERE chain IS NOT NULL GROUP BY chain")
        kept = dict(tx.execute("SELECT chain, size FROM inbox_chain_size WHERE size > 0").fetchall())
        assert dict(sizes.fetchall()) == kept


@pytest.mark.parametrize("later_first", [False, True], ids=str)
def test_of_two_changes_of_one_message_the_later_counts_whichever_comes_first(
    tx: Tx, later_first: bool
) -> None:
    update, correction = known(2, refer(1)), known(3, refer(1, Relation.CORRECTS))
    arrive(tx, [known(1), *((correction, update) if later_first else (update, correction))])
    assert standing(tx)["XAA", message_id(1)].status is Status.CORRECTED


def test_words_that_count_for_nothing_are_told_once_whichever_side_comes_first() -> None:
    wrong = cancelled(1)._replace(digest="sha256:" + "0" * 64)
    foreign = known(2, refer(1), originator="XBB")
    other_kind = known(3, refer(1), exercise_id="ORCA 26")
    words: list[Known | Cancelled] = [known(1), wrong, foreign, other_kind]
    for arrivals in (words, words[::-1]):
        with empty_store() as tx:
            ignored = [each for change in arrive(tx, arrivals) for each in change.ignored]
            assert [each.message_id for each in ignored] == [message_id(1)] * 3
            assert standing(tx)["XAA", message_id(1)].status is Status.CURRENT


def test_what_a_later_word_superseded_is_current_again_once_that_word_is_changed_by_an_earlier(
    tx: Tx,
) -> None:
    messages = [
        known(1, minutes=0),
        known(2, refer(1), minutes=5),
        known(3, refer(1), minutes=9),
        known(4, refer(3), minutes=2),
    ]
    arrive(tx, messages[:3])
    assert standing(tx)["XAA", message_id(2)].status is Status.SUPERSEDED
    arrive(tx, messages[3:])
    assert standing(tx)["XAA", message_id(2)].status is Status.CURRENT
    assert standing(tx) == standings(messages)


def test_a_system_is_not_told_of_a_message_in_the_chain_that_is_for_people_only(tx: Tx) -> None:
    file(tx, known(1))
    file(tx, known(2, refer(1)), handling=Handling.DISPLAY_ONLY)
    (chain,) = {row[0] for row in tx.execute("SELECT chain FROM inbox")}
    assert inbox_changes.chains(tx, [chain])[chain] == (None, (message_id(1),))
    people = inbox_changes.chains(tx, [chain], with_display_only=True)[chain]
    assert people == (message_id(2), (message_id(1), message_id(2)))


def test_a_chain_shows_its_last_hundred_messages(tx: Tx) -> None:
    for number in range(1, 104):
        file(tx, known(number, *([refer(number - 1)] if number > 1 else [])))
    (chain,) = {row[0] for row in tx.execute("SELECT chain FROM inbox")}
    shown = inbox_changes.chains(tx, [chain])[chain]
    assert shown.current == message_id(103)
    assert shown.history == tuple(message_id(number) for number in range(4, 104))


@pytest.mark.parametrize("relation", [Relation.UPDATES, Relation.CANCELS], ids=str)
def test_an_arrival_costs_no_more_in_a_long_chain_of_forks(tx: Tx, relation: Relation) -> None:
    file(tx, known(0))

    def steps(number: int) -> int:
        seen = 0

        def count() -> int:
            nonlocal seen
            seen += 1
            return 0

        tx.set_progress_handler(count, 1)
        file(tx, known(number, refer(0, relation)))
        tx.set_progress_handler(None, 0)
        return seen

    early = max(steps(number) for number in range(1, 12))
    for number in range(12, 500):
        file(tx, known(number, refer(0, relation)))
    late = max(steps(number) for number in range(500, 510))
    assert late < 2 * early
