"""The plan of a load: drawn from its seed alone, at the rate asked for, in the mix asked for."""

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from drills.load.drafts import LARGEST, DraftMaker
from drills.load.mix import REPLIES, USUAL_MIX, MixError, parse_mix
from drills.load.realm import LABEL, load_realm, nations
from drills.load.sends import Load, Send, sends
from schemas.header import Kind, Precedence
from schemas.message import parse_draft

NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)
LOADS = st.builds(
    Load,
    nations=st.integers(2, 8).map(nations),
    rate=st.floats(0.5, 50),
    seconds=st.floats(0.1, 5),
    mix=st.just(parse_mix(USUAL_MIX)),
    seed=st.integers(0, 2**32),
    to_some=st.booleans(),
)


@given(LOADS)
def test_each_send_is_due_in_its_own_share_of_the_time_and_nobody_writes_to_itself(load: Load) -> None:
    plan = list(sends(load))
    assert len(plan) == load.count
    for number, send in enumerate(plan):
        assert number / load.rate <= send.due <= (number + 1) / load.rate
        assert (send.precedence is None) == (send.kind in REPLIES) == (not send.recipients)
        assert send.originator not in send.recipients
        if send.kind not in REPLIES and not load.to_some:
            assert {send.originator, *send.recipients} == set(load.nations)
    shares = [sum(send.originator == nation for send in plan) for nation in load.nations]
    assert max(shares) - min(shares) <= 1, "nations take turns"


def test_the_same_seed_sends_the_same_another_something_else_and_weights_are_heeded() -> None:
    mix = parse_mix("threat_alert:FLASH=1, threat_alert=3,acknowledgement=4")
    plans = [list(sends(Load(nations(3), 400, 10, mix, seed=seed))) for seed in (1, 2)]
    assert plans[0] == list(sends(Load(nations(3), 400, 10, mix, seed=1))) != plans[1]
    for plan in plans:
        replies = sum(send.kind is Kind.ACKNOWLEDGEMENT for send in plan)
        assert 0.45 < replies / len(plan) < 0.55
        flash = sum(send.precedence is Precedence.FLASH for send in plan)
        assert 0.1 < flash / len(plan) < 0.16


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("", "answers nothing"),
        ("acknowledgement=1", "answers nothing"),
        ("threat_alert=1,information_response=1", "needs both"),
        ("rumour=1", "'rumour' is no kind"),
        ("threat_alert:SOON=1", "'SOON' is no precedence"),
        ("threat_alert=1,acknowledgement:FLASH=1", "precedence of what it answers"),
        ("threat_alert=nan", "no weight"),
        ("threat_alert=-1", "no weight"),
        ("threat_alert=", "no weight"),
    ],
)
def test_a_mix_that_cannot_be_sent_is_refused(text: str, says: str) -> None:
    with pytest.raises(MixError, match=says):
        parse_mix(text)


@pytest.mark.parametrize("size", [1, 1024, 5000, LARGEST])
@pytest.mark.parametrize("kind", [kind for kind in Kind if kind not in REPLIES])
def test_every_draft_is_one_and_has_about_the_size_asked_for(kind: Kind, size: int) -> None:
    maker = DraftMaker("LOAD 1", LABEL, size)
    draft = maker.draft(Send(7, 0.0, "XAA", kind, Precedence.PRIORITY, ("XAB", "XAC")), NOW)
    parse_draft(draft)
    assert b"EXERCISE" in draft
    if size > 1200:
        assert 0.9 * size < len(draft) < 1.1 * size
    request = {
        "originator": "XAB",
        "message_id": "01890a5d-ac96-774b-bcce-b302099a8057",
        "digest": "sha256:" + "0" * 64,
        "message": {"header": {"precedence": "FLASH"}, "body": {"rfi_id": "XAB-RFI-000001"}},
    }
    parse_draft(maker.response(request, NOW))


def test_a_realm_for_a_load_has_invented_nations_and_nothing_live() -> None:
    plan = load_realm(30)
    assert all(planned.nation.startswith("X") for planned in plan.nations)
    assert {mode.value for agreement in plan.agreements for mode in agreement.modes} == {"EXERCISE"}
