"""docs/lifecycle.md says what the code does: its diagrams are the code's tables, and no state is left out."""

import re

import pytest

from bus.protocol.delivery_states import SHOWN
from bus.protocol.lane_health import LaneAlarm
from bus.protocol.recalling import CopyState
from bus.protocol.requests import TABLE
from bus.protocol.succession import EFFECTS, Gets, Status
from schemas.event import EventType
from schemas.recall import RecallOutcome, RecallReason
from schemas.receipt import ReceiptStatus
from schemas.request_acts import CloseOutcome, RequestAct, RequestState
from tests.house.life_diagrams import GENERATED, PAGE, main, places, renewed

TEXT = PAGE.read_text(encoding="utf-8")
WRITTEN = re.sub(r"<!-- begin generated: .*?<!-- end generated -->", "", TEXT, flags=re.DOTALL)
"""What people wrote: a word that only stands in a diagram is not explained."""

WORDS = sorted(
    {
        *SHOWN.values(),
        *ReceiptStatus,
        *Status,
        *EFFECTS,
        *Gets,
        *RequestState,
        *RequestAct,
        *CloseOutcome,
        *RecallOutcome,
        *RecallReason,
        *LaneAlarm,
        *EventType,
    }
    - {Gets.NOTHING}
)


def test_what_is_generated_is_up_to_date() -> None:
    assert renewed(TEXT) == TEXT, "run python -m tests.house.life_diagrams"
    assert main(["--check"]) == 0


def test_every_diagram_has_one_place_on_the_page() -> None:
    assert sorted(places(TEXT)) == sorted(GENERATED)


def test_a_page_that_is_out_of_date_is_found_out() -> None:
    line = "delivered --> read : receipt read"
    assert TEXT.count(line) == 1
    changed = TEXT.replace(line, "delivered --> actioned : receipt read")
    assert changed != TEXT
    assert renewed(changed) == TEXT


@pytest.mark.parametrize("word", WORDS)
def test_every_state_act_status_and_event_is_explained_in_words(word: str) -> None:
    assert f"`{word}`" in WRITTEN


@pytest.mark.parametrize("state", list(CopyState), ids=str)
def test_every_state_of_a_recalled_copy_has_a_row(state: CopyState) -> None:
    assert f"\n| {state} |" in WRITTEN


def test_the_diagrams_show_every_move_of_a_request() -> None:
    """The table is whole: reading its cells gives the code's table back."""
    head, _, *lines = GENERATED["request-table"]().splitlines()
    acts = [cell.strip(" `") for cell in head.split("|")[2:-1]]
    read: dict[tuple[str, str], str] = {}
    for line in lines:
        state, *cells = (cell.strip(" `") for cell in line.split("|")[1:-1])
        read |= {
            (state, act): state if cell == "stays" else cell
            for act, cell in zip(acts, cells, strict=True)
            if cell
        }
    assert read == {(state.value, act.value): after.value for (state, act), after in TABLE.items()}
