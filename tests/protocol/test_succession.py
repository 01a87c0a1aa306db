"""What takes a message's place: the rules of sharing out a change, and what stands at a recipient."""

import random
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bus.protocol.succession import (
    CHANGES,
    EFFECTS,
    Cancelled,
    ChainHeld,
    Gets,
    Held,
    Known,
    Standing,
    Status,
    dropped,
    share_out,
    standings,
)
from schemas.header import Kind, Mode, Reference, Relation
from tests.protocol.message_chains import START, cancelled, digest, histories, known, message_id, refer, trees

NATIONS = ("XAA", "XBB", "XCC", "XDD", "XEE")


def of(number: int, found: dict[tuple[str, str], Standing], originator: str = "XAA") -> Standing:
    return found[originator, message_id(number)]


# -- the recipient -------------------------------------------------------------------------------------------


def test_every_relation_that_changes_has_an_effect_and_no_other_has() -> None:
    assert {Relation.UPDATES, Relation.CORRECTS, Relation.SUPERSEDES, Relation.CANCELS} == CHANGES
    assert set(Relation) - CHANGES == {Relation.REPLIES, Relation.ACKNOWLEDGES, Relation.RELATES}


@pytest.mark.parametrize("relation", sorted(CHANGES), ids=str)
def test_a_message_that_changes_another_marks_it_and_is_the_one_to_read(relation: Relation) -> None:
    found = standings([known(1), known(2, refer(1, relation))])
    assert of(1, found).status is EFFECTS[relation]
    assert of(2, found).status is Status.CURRENT
    both = (message_id(1), message_id(2))
    assert [of(number, found).history for number in (1, 2)] == [both, both]
    assert [of(number, found).current for number in (1, 2)] == [message_id(2)] * 2


def test_a_chain_names_its_last_message_wherever_one_looks() -> None:
    found = standings([known(1), known(2, refer(1)), known(3, refer(2, Relation.CORRECTS))])
    assert [of(number, found).status for number in (1, 2, 3)] == [
        Status.UPDATED,
        Status.CORRECTED,
        Status.CURRENT,
    ]
    assert {of(number, found).current for number in (1, 2, 3)} == {message_id(3)}


def test_a_reference_to_what_has_not_come_changes_nothing_and_takes_effect_when_it_comes() -> None:
    early = standings([known(2, refer(1))])
    assert of(2, early) == Standing(Status.CURRENT, message_id(2), (message_id(2),), None)
    assert of(1, standings([known(2, refer(1)), known(1)])).status is Status.UPDATED


def test_a_cancelled_message_ends_its_chain_and_keeps_its_history() -> None:
    found = standings([known(1), known(2, refer(1))], [cancelled(2)])
    assert of(2, found).status is Status.CANCELLED
    assert of(1, found).status is Status.UPDATED
    assert of(1, found).current is None
    assert of(2, found).history == (message_id(1), message_id(2))
    assert of(2, found).cancelled_at == START + timedelta(minutes=30)


def test_cancelled_is_cancelled_whatever_else_is_said_of_the_message() -> None:
    found = standings([known(1), known(2, refer(1)), known(3, refer(1, Relation.CANCELS))], [cancelled(1)])
    assert of(1, found).status is Status.CANCELLED
    assert of(1, found).cancelled_at == START + timedelta(minutes=3)


def test_of_two_changes_of_one_message_the_later_issued_counts() -> None:
    first, second = known(2, refer(1), minutes=5), known(3, refer(1, Relation.CORRECTS), minutes=9)
    found = standings([known(1), first, second])
    assert of(1, found).status is Status.CORRECTED
    assert [of(number, found).status for number in (2, 3)] == [Status.SUPERSEDED, Status.CURRENT]
    assert {of(number, found).current for number in (1, 2, 3)} == {message_id(3)}


NOT_COUNTED = {
    "a change by another nation": known(2, refer(1), originator="XBB"),
    "another digest": known(
        2, Reference(message_id=message_id(1), originator="XAA", digest=digest(9), relation=Relation.UPDATES)
    ),
    "another mode": known(2, refer(1), mode=Mode.TEST, exercise_id=None),
    "another exercise": known(2, refer(1), exercise_id="ORCA 26"),
    "another kind": known(2, refer(1), kind=Kind.EXERCISE_NOTICE),
    "a relation that changes nothing": known(2, refer(1, Relation.RELATES)),
    "a message of the same id by another nation": known(2, refer(1, originator="XBB")),
}


@pytest.mark.parametrize("change", NOT_COUNTED.values(), ids=NOT_COUNTED)
def test_nothing_is_changed_by(change: Known) -> None:
    found = standings([known(1), change])
    assert of(1, found) == Standing(Status.CURRENT, message_id(1), (message_id(1),), None)


@pytest.mark.parametrize(
    "word",
    [
        cancelled(1, originator="XBB"),
        cancelled(1, mode=Mode.OPERATION),
        cancelled(1)._replace(digest=digest(9)),
    ],
    ids=["another nation's", "another mode's", "another digest's"],
)
def test_a_message_is_not_cancelled_by_a_cancellation_of(word: Cancelled) -> None:
    assert of(1, standings([known(1)], [word])).status is Status.CURRENT


@given(histories(), st.randoms(use_true_random=False))
def test_what_stands_does_not_depend_on_order_or_repetition(
    history: tuple[list[Known], list[Cancelled]], order: random.Random
) -> None:
    messages, words = history
    expected = standings(messages, words)
    again = [*messages, *messages], [*words, *words]
    for part in again:
        order.shuffle(part)
    assert standings(*again) == expected


@given(histories())
def test_a_chain_has_at_most_one_current_message_and_everything_in_it_names_that(
    history: tuple[list[Known], list[Cancelled]],
) -> None:
    found = standings(*history)
    chains: dict[tuple[str, tuple[str, ...]], list[tuple[str, Standing]]] = {}
    for (originator, name), standing in found.items():
        assert name in standing.history
        chains.setdefault((originator, standing.history), []).append((name, standing))
    for members in chains.values():
        current = [name for name, standing in members if standing.status is Status.CURRENT]
        assert len(current) <= 1
        assert {standing.current for _, standing in members} == {current[0] if current else None}


@given(histories())
def test_another_nation_changes_nothing_of_ones_own(history: tuple[list[Known], list[Cancelled]]) -> None:
    messages, words = history
    own = [each for each in messages if each.originator == "XAA"]
    alone = standings(own, [word for word in words if word.originator == "XAA"])
    together = standings(messages, words)
    assert alone == {name: standing for name, standing in together.items() if name[0] == "XAA"}


# -- recalls -------------------------------------------------------------------------------------------------


def name(number: int) -> tuple[str, str]:
    return ("XAA", message_id(number))


def test_what_a_recalled_message_changed_stands_again() -> None:
    messages = [known(1), known(2, refer(1)), known(3, refer(2))]
    found = standings(messages, recalled={name(3)})
    history = (message_id(1), message_id(2))
    assert of(2, found) == Standing(Status.CURRENT, message_id(2), history, None)
    assert of(1, found) == Standing(Status.UPDATED, message_id(2), history, None)
    assert of(3, found) == Standing(Status.RECALLED, None, (message_id(3),), None)
    found = standings(messages, recalled={name(2), name(3)})
    assert of(1, found) == Standing(Status.CURRENT, message_id(1), (message_id(1),), None)


def test_a_recalled_message_in_the_middle_of_a_chain_holds_it_together() -> None:
    found = standings([known(1), known(2, refer(1)), known(3, refer(2))], recalled={name(2)})
    assert [of(number, found).status for number in (1, 2, 3)] == [
        Status.UPDATED,
        Status.RECALLED,
        Status.CURRENT,
    ]
    assert {of(number, found).current for number in (1, 2, 3)} == {message_id(3)}


def test_recalling_what_was_cancelled_brings_nothing_back() -> None:
    found = standings([known(1), known(2, refer(1))], [cancelled(2)], recalled={name(2)})
    assert of(1, found).status is Status.UPDATED
    assert of(1, found).current is None


def test_a_recalled_message_that_cancelled_another_cancels_it_no_more() -> None:
    found = standings([known(1), known(2, refer(1, Relation.CANCELS))], recalled={name(2)})
    assert of(1, found) == Standing(Status.CURRENT, message_id(1), (message_id(1),), None)


@given(trees(), st.frozensets(st.integers(0, 6)))
def test_what_ends_its_chain_and_is_recalled_might_never_have_come(
    messages: list[Known], numbers: frozenset[int]
) -> None:
    recalled = {name(number) for number in numbers}
    found = standings(messages, recalled=recalled)
    void = {each for each in recalled if each in found and len(found[each].history) == 1}
    without = [each for each in messages if (each.originator, each.message_id) not in void]
    assert standings(without, recalled=recalled) == {
        each: standing for each, standing in found.items() if each not in void
    }
    assert all(found[each].current not in {it for _, it in recalled} for each in found)


# -- the originator ------------------------------------------------------------------------------------------

held_by = st.dictionaries(st.sampled_from(NATIONS), st.integers(0, 3)).map(
    lambda found: {nation: Held(message_id(number), digest(number)) for nation, number in found.items()}
)
chains_held = st.lists(
    st.builds(ChainHeld, st.sampled_from(sorted(CHANGES)), held_by), min_size=1, max_size=2
)


@given(chains_held, st.frozensets(st.sampled_from(NATIONS)))
def test_everybody_gets_what_fits_what_it_holds_and_may_have(
    chains: list[ChainHeld], permitted: frozenset[str]
) -> None:
    shares = share_out(chains, permitted)
    holders = {nation for chain in chains for nation in chain.held}
    assert shares.keys() == holders | permitted
    for nation, share in shares.items():
        assert share.held == tuple(chain.held.get(nation) for chain in chains)
        assert (share.gets is Gets.CANCELLATION) == (nation not in permitted)
        assert (share.gets is Gets.UPDATE) == (nation in permitted and nation in holders)
        if share.gets is not Gets.UPDATE:
            assert not any(share.refers_to), "what it does not hold, or may not follow, is not referred to"
        if share.gets is Gets.NOTHING:
            assert all(chain.relation is Relation.CANCELS for chain in chains)


@given(chains_held, st.frozensets(st.sampled_from(NATIONS)))
def test_nobody_is_dropped_unsaid_and_nobody_is_called_dropped_who_loses_nothing(
    chains: list[ChainHeld], permitted: frozenset[str]
) -> None:
    lost = dropped(chains, share_out(chains, permitted))
    goes_on = {nation for chain in chains if chain.relation is not Relation.CANCELS for nation in chain.held}
    assert lost == tuple(sorted(goes_on - permitted))


def test_a_first_message_for_a_nation_that_holds_nothing() -> None:
    chain = ChainHeld(Relation.UPDATES, {"XAA": Held(message_id(1), digest(1))})
    shares = share_out([chain], {"XAA", "XBB"})
    assert [shares[nation].gets for nation in ("XAA", "XBB")] == [Gets.UPDATE, Gets.FRESH]


def test_a_message_that_only_cancels_tells_nobody_who_holds_nothing() -> None:
    chain = ChainHeld(Relation.CANCELS, {"XAA": Held(message_id(1), digest(1))})
    shares = share_out([chain], {"XBB"})
    assert [shares[nation].gets for nation in ("XAA", "XBB")] == [Gets.CANCELLATION, Gets.NOTHING]
    assert not dropped([chain], shares)
