"""The board: which column, what is overdue, what stands first."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from console.requests.board import COLUMNS, ENDED, card, columns, due_of, states_of
from schemas.base import rfc3339
from schemas.request_acts import RequestState

NOW = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)


def at(**later: float) -> str:
    return rfc3339(NOW + timedelta(**later))


def request(number: int = 1, **changes: Any) -> dict[str, Any]:
    return {
        "role": "asked",
        "message_id": f"m{number}",
        "originator": "XBB",
        "state": "SUBMITTED",
        "issued_at": at(hours=-number),
        "ltiov": at(days=3),
        "parties": [{"nation": "XAA", "state": "SUBMITTED"}],
    } | changes


def test_every_state_has_one_column() -> None:
    placed = [state for states in (COLUMNS | ENDED).values() for state in states]
    assert sorted(placed) == sorted(state.value for state in RequestState)
    assert sorted(states_of(ended=True)) == sorted(placed)
    assert not set(states_of(ended=False)) & set(ENDED["ended"])


@pytest.mark.parametrize(
    ("changes", "what", "level"),
    [
        pytest.param({}, "ltiov", "quiet", id="far away"),
        pytest.param({"ltiov": at(hours=1)}, "ltiov", "warn", id="soon"),
        pytest.param({"answer_requested_by": at(minutes=-1)}, "answer", "bad", id="the answer is late"),
        pytest.param(
            {"due_at": at(hours=5), "answer_requested_by": at(hours=1)}, "due", "quiet", id="our plan first"
        ),
        pytest.param(
            {"due_at": at(days=9), "ltiov": at(hours=-1)}, "due", "bad", id="a plan beyond its value"
        ),
        pytest.param(
            {"due_at": at(hours=-1), "state": "ANSWERED"}, "due", "quiet", id="answered is not overdue"
        ),
        pytest.param({"due_at": at(hours=-1), "state": "PARTIALLY_ANSWERED"}, "due", "bad", id="partly is"),
    ],
)
def test_what_is_due(changes: dict[str, Any], what: str, level: str) -> None:
    found = due_of(request(**changes), NOW)
    assert (found.what, found.level) == (what, level)


def test_overdue_stands_first_then_what_is_due_first() -> None:
    listed = [
        request(1, due_at=at(hours=9)),
        request(2, due_at=at(hours=-1)),
        request(3, due_at=at(hours=4)),
        request(4, due_at=at(hours=-2)),
    ]
    cards = columns(listed, NOW, ended=False)["submitted"]
    assert [each.request["message_id"] for each in cards] == ["m4", "m2", "m3", "m1"]


def test_what_has_ended_stands_apart_the_newest_first() -> None:
    listed = [request(1, state="CLOSED"), request(2, state="EXPIRED"), request(3)]
    assert "ended" not in columns(listed, NOW, ended=False)
    found = columns(listed, NOW, ended=True)["ended"]
    assert [each.request["message_id"] for each in found] == ["m1", "m2"]


def test_a_card_leads_to_its_message_on_either_side() -> None:
    assert card(request(), NOW).leads_to == "/messages/in/m1"
    ours = card(request(role="asking", publication_id="p1"), NOW)
    assert ours.leads_to == "/messages/out/p1"
    assert [party["nation"] for party in ours.partners] == ["XAA"]
