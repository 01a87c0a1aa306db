"""Whatever may be otherwise in the life of a message than it must be is found and said."""

import json
from typing import Any

import pytest

from drills.expectation import Expectation
from drills.judging_life import different
from drills.seen import Seen
from drills.webhook_play import different_posts
from drills.webhook_receiver import Post


def expected(**members: Any) -> Expectation:
    return Expectation.model_validate_json(json.dumps({"inject": "1.1", **members}))


@pytest.mark.parametrize(
    ("wanted", "seen", "said"),
    [
        pytest.param(
            {"standing": {"XAA": {"1.1": "UPDATED", "1.2": "CURRENT"}}},
            {"standing": {"XAA": {"1.1": "UPDATED"}}},
            ["XAA must have 1.1 UPDATED, 1.2 CURRENT, but has 1.1 UPDATED"],
            id="an update has not come",
        ),
        pytest.param(
            {"standing": {"XAA": {"1.1": "CURRENT"}}},
            {"standing": {"XAA": {"1.1": "CURRENT"}, "XBB": {"1.1": "CURRENT"}}},
            ["XBB must have nothing, but has 1.1 CURRENT"],
            id="a nation has it that was not named",
        ),
        pytest.param(
            {"standing": {"XAA": {"1.1": "RECALLED"}}},
            {"standing": {"XAA": {"1.1": "RECALLED with its content"}}},
            ["XAA must have 1.1 RECALLED, but has 1.1 RECALLED with its content"],
            id="a recalled text is still there",
        ),
        pytest.param(
            {"progress": {"XAA": "read"}},
            {"progress": {"XAA": "delivered"}},
            ["XAA's copy must be read, but is delivered"],
            id="reading was not told",
        ),
        pytest.param(
            {"overdue": {"XAA": "acknowledgement"}},
            {},
            [
                "XAA must be overdue with acknowledgement, but is overdue with nothing",
                "that XAA is overdue must be told once, but was 0 times",
            ],
            id="nobody noticed that a deadline passed",
        ),
        pytest.param(
            {"overdue": {"XAA": "acknowledgement"}},
            {"overdue": {"XAA": "acknowledgement"}, "told": {"XAA": 2}},
            ["that XAA is overdue must be told once, but was 2 times"],
            id="it was told twice",
        ),
        pytest.param(
            {"overdue": {}},
            {"overdue": {"XAA": "delivery"}, "told": {"XAA": 1}},
            ["XAA must be overdue with nothing, but is overdue with delivery"],
            id="it is overdue still",
        ),
        pytest.param(
            {"confirmed": {"XAA": "WITHDRAWN"}, "unanswered": ["XBB"]},
            {"answered": {"XAA": None, "XBB": "WITHDRAWN"}},
            [
                "XAA must have answered the recall with WITHDRAWN, but answered with no answer yet",
                "XBB must have answered the recall with no answer yet, but answered with WITHDRAWN",
            ],
            id="another nation confirmed",
        ),
        pytest.param(
            {"confirmed": {"XAA": "WITHDRAWN"}},
            {"answered": {"XAA": "WITHDRAWN", "XBB": None}},
            ["XBB must have answered the recall with nothing, but answered with no answer yet"],
            id="a nation was asked that never had it",
        ),
        pytest.param(
            {"confirmed": {"XAA": "WITHDRAWN"}, "had_read": ["XAA"]},
            {"answered": {"XAA": "WITHDRAWN"}},
            ["XAA must have said that it was read there"],
            id="reading before the recall was not told",
        ),
        pytest.param(
            {"confirmed": {"XAA": "WITHDRAWN"}},
            {"answered": {"XAA": "WITHDRAWN"}, "had_read": frozenset({"XAA"})},
            ["XAA must not have said that it was read there"],
            id="reading was told of where nobody read",
        ),
        pytest.param(
            {"requests": {"XAA": "CLOSED"}},
            {"requests": {"XAA": "CLOSED, and ANSWERED at XAA"}},
            ["XAA must stand at CLOSED, but stands at CLOSED, and ANSWERED at XAA"],
            id="asker and asked differ",
        ),
        pytest.param(
            {"requests": {"XAA": "CANCELLED"}, "no_effect": True},
            {"requests": {"XAA": "CANCELLED"}, "ineffective": False},
            ["what came too late must be shown as without effect on both sides"],
            id="an answer that came too late counts somewhere",
        ),
    ],
)
def test_what_is_otherwise_is_said(wanted: dict[str, Any], seen: dict[str, Any], said: list[str]) -> None:
    assert different(expected(**wanted), Seen(**seen)) == said


def test_what_is_as_it_must_be_is_not_remarked_upon() -> None:
    wanted = expected(
        standing={"XAA": {"1.1": "RECALLED"}},
        progress={"XAA": "acknowledged"},
        overdue={},
        confirmed={"XAA": "WITHDRAWN"},
        had_read=["XAA"],
        unanswered=["XBB"],
        requests={"XAA": "ANSWERED"},
    )
    seen = Seen(
        standing={"XAA": {"1.1": "RECALLED"}},
        progress={"XAA": "acknowledged", "XBB": "delivered"},
        told={"XAA": 1},
        answered={"XAA": "WITHDRAWN", "XBB": None},
        had_read=frozenset({"XAA"}),
        requests={"XAA": "ANSWERED"},
    )
    assert different(wanted, seen) == []


def post(number: int, *, genuine: bool = True) -> Post:
    return Post({"data": {"event_seq": number, "type": "message.changed"}}, genuine)


@pytest.mark.parametrize(
    ("posts", "said"),
    [
        pytest.param([post(1), post(2)], "", id="each once, in order"),
        pytest.param([post(1)], "2 events, and 1 were posted", id="one is missing"),
        pytest.param([post(2), post(1)], "or in another order", id="in another order"),
        pytest.param([post(1), post(1), post(2)], "2 events, and 3 were posted", id="one comes twice"),
        pytest.param([post(1), post(2, genuine=False)], "1 posts are not signed", id="one is forged"),
    ],
)
def test_posts_that_are_not_the_feed_are_found(posts: list[Post], said: str) -> None:
    told = [{"event_seq": 1}, {"event_seq": 2}]
    remarks = different_posts(posts, told, expected(posted=["message.changed"]))
    assert bool(remarks) == bool(said)
    assert all(said in remark for remark in remarks)
