"""However much a partner announces, the calendar answers soon and shows everybody's exercises."""

from collections import Counter
from typing import Any

import pytest

from console.calendar import overlap
from console.calendar.book import LISTED_OF_ONE, Book
from console.calendar.conflicts import MOST, MOST_OF_ONE, WORK_OF_ALL, compared
from console.calendar.pages import Month, agenda_of, weeks_of
from console.times import local, zone_of
from tests.console.exercises.notices import ISSUED, entry, exercise, square

HERE = square(20, 57)
BARE: dict[str, Any] = {"phases": [], "special_activities": [], "reservations": [], "areas": [HERE]}


def announced(originator: str, number: int, **changes: Any) -> dict[str, object]:
    header = {"originator": originator, "message_id": f"019b3c00-0000-7000-8000-{number:012x}"}
    name = f"{originator} {number}"
    return entry(header=header, **BARE, exercise_id=name, designation=name, **changes)


FLOOD = [announced("XBB", number) for number in range(600)]
OTHERS = [announced(nation, 1) for nation in ("XCC", "XDD")]


@pytest.fixture(scope="module")
def book() -> Book:
    return Book.read([*FLOOD, *OTHERS], [], now=ISSUED, nation="XAA")


def test_a_flood_of_notices_at_one_time_and_place_gives_few_conflicts_and_says_how_many_are_left_out(
    book: Book,
) -> None:
    assert 0 < len(book.conflicts) <= MOST
    assert max(len(book.of(each)) for each in book.exercises) == MOST_OF_ONE
    assert all(conflict.certain for conflict in book.conflicts)
    assert len(book.conflicts) + book.compared.left_out == 602 * 601 // 2
    one = book.exercises[300]
    assert len(book.of(one)) + book.compared.left_out_of[one.key] == 601


def test_a_flood_hides_neither_others_conflicts_nor_their_exercises(book: Book) -> None:
    met = {frozenset((each.first.originator, each.second.originator)) for each in book.conflicts}
    assert frozenset(("XCC", "XDD")) in met
    assert Counter(each.originator for each in book.listed) == {"XBB": LISTED_OF_ONE, "XCC": 1, "XDD": 1}
    assert book.unlisted == 600 - LISTED_OF_ONE


@pytest.mark.parametrize("zone", ["Europe/Helsinki", "America/New_York", "UTC"])
def test_a_notice_from_one_end_of_the_calendar_to_the_other_is_one_among_others(zone: str) -> None:
    ever = announced("XBB", 9, start="0001-01-01T00:00:00Z", end="9999-12-31T23:59:59.999999Z")
    found = Book.read([ever, *OTHERS], [], now=ISSUED, nation="XAA")
    assert len(found.exercises) == 3
    agenda = agenda_of(found.listed, ISSUED, zone_of(zone))
    assert [each.originator for each in agenda.running] == ["XBB"]
    weeks = weeks_of(Month(2030, 3), found.listed, zone_of(zone), 0)
    assert {bar.exercise.originator for week in weeks for bar in week.bars} == {"XBB", "XCC", "XDD"}
    assert all(local(each.notice.end, zone) for each in found.exercises)


def test_the_steps_that_are_taken_for_a_flood_are_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    taken = 0
    spend = overlap.Work.spend

    def counted(self: overlap.Work, steps: int) -> None:
        nonlocal taken
        taken += min(steps, self.left)
        spend(self, steps)

    monkeypatch.setattr(overlap.Work, "spend", counted)
    apart = [exercise(f"EX {n}", areas=[square(-170 + 1.1 * n, 0)]) for n in range(300)]
    assert compared(apart).conflicts == ()
    assert 0 < taken <= WORK_OF_ALL


def test_what_there_is_no_time_left_to_compare_is_left_out_and_not_called_uncertain() -> None:
    made = [exercise(f"EX {n}", areas=[HERE]) for n in range(8)]
    found = compared(made, of_all=20)
    assert found.left_out > 0
    assert sum(not conflict.certain for conflict in found.conflicts) <= 1
    assert len(found.conflicts) + found.left_out == 8 * 7 // 2


def test_each_exercise_knows_its_own_conflicts_alone(book: Book) -> None:
    for each in (book.exercises[0], book.exercises[-1]):
        for conflict in book.of(each):
            assert each.key in (conflict.first.key, conflict.second.key)
    assert sum(len(book.of(each)) for each in book.exercises) == 2 * len(book.conflicts)
