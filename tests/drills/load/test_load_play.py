"""A load against made-up gateways: it waits for nobody, repeats what was not answered, sees what is wrong."""

import pytest

from drills.load.figures import LoadFigures
from drills.load.mix import parse_mix
from drills.load.play import Elsewhere, LoadPlay
from drills.load.realm import LABEL
from drills.load.sends import Load
from tests.drills.load.made_up_gateways import NATIONS, MadeUpGateways

COUNT = 12


async def played(gateways: MadeUpGateways) -> LoadFigures:
    """Twelve messages, each to both others."""
    load = Load(NATIONS, rate=200, seconds=COUNT / 200, mix=parse_mix("threat_alert=1"), seed=1)
    async with gateways.serving() as accesses:
        play = LoadPlay(load, accesses, LABEL, "LOAD 1", Elsewhere(), lambda _: None, 0.2)
        return await play.play()


async def test_drafts_leave_when_they_are_due_though_none_is_answered() -> None:
    gateways = MadeUpGateways(COUNT)
    figures = await played(gateways)
    assert figures.all_arrived
    assert (figures.offered, figures.accepted, figures.delivered) == (COUNT, COUNT, 2 * COUNT)
    assert figures.acceptance["all"].count == COUNT
    assert figures.delivery["all"].count == 2 * COUNT


@pytest.mark.parametrize("wrong", ["connection", "busy"])
async def test_what_was_not_answered_is_repeated_under_its_key(wrong: str) -> None:
    gateways = MadeUpGateways(1, wrong)
    figures = await played(gateways)
    assert figures.all_arrived
    assert figures.retries == 1
    assert len(gateways.came) == COUNT + 1
    assert len(set(gateways.came)) == COUNT


@pytest.mark.parametrize(
    ("wrong", "says"),
    [
        ("refusal", {"refused": {"NOT_RELEASABLE": 1}}),
        ("loss", {"lost": 1}),
        ("copy", {"duplicates": 1}),
        ("receipt", {"without_receipt": 1}),
    ],
)
async def test_whatever_goes_wrong_shows_in_the_figures(wrong: str, says: dict[str, object]) -> None:
    figures = (await played(MadeUpGateways(1, wrong))).as_json()
    assert not figures["all_arrived"]
    nothing = {"refused": {}, "lost": 0, "duplicates": 0, "without_receipt": 0, "undelivered": {}}
    assert {name: figures[name] for name in nothing} == nothing | says


async def test_a_stream_that_nobody_understands_is_no_loss_of_messages() -> None:
    with pytest.raises(KeyError, match="message"):
        await played(MadeUpGateways(1, "nonsense"))
