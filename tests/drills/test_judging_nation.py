"""Every way in which a message may be at a nation otherwise than it must is found and said."""

import json
from datetime import UTC, datetime
from typing import Any

import pytest

from drills.expectation import Expectation
from drills.judging_nation import nation_outcome

PERMITTED = {"code": "RELEASE_PERMITTED", "permit": True, "explanation": "", "version": 1}
DISPLAYED = PERMITTED | {"code": "DISPLAY_ONLY_PERMITTED"}
DENIED = {"code": "NOT_ADDRESSED", "permit": False, "explanation": ""}
SEEN = {"marking": "OPEN", "equivalent": {"classification": "LOW"}}
DELIVERED, WITHHELD = {"state": "delivered"}, {"state": "withheld", "reason": "AGREEMENT_LEFT"}


def remark(expected: dict[str, Any], marking: str | None = None, **found: Any) -> str:
    """What is said of nation XBB."""
    expectation = Expectation.model_validate_json(json.dumps({"inject": "1.1", **expected}))
    rows = {"decision": None, "state": None, "entry": None, "latency": None, **found}
    accepted_at = datetime(2026, 5, 4, 12, tzinfo=UTC)
    outcome = nation_outcome(expectation, "XBB", marking=marking, accepted_at=accepted_at, **rows)
    assert outcome.as_expected == (outcome.remark == "")
    return outcome.remark


HAS_IT: dict[str, Any] = {"decision": PERMITTED, "state": DELIVERED, "entry": SEEN, "latency": 0.1}


@pytest.mark.parametrize(
    ("expected", "found"),
    [
        pytest.param({"must_have": ("XBB",)}, HAS_IT, id="it has it"),
        pytest.param(
            {"display_only": ("XBB",)},
            {"decision": DISPLAYED, "state": DELIVERED},
            id="its people may look at it",
        ),
        pytest.param(
            {"withheld": {"XBB": "AGREEMENT_LEFT"}},
            {"decision": PERMITTED, "state": WITHHELD},
            id="it was withheld",
        ),
        pytest.param({"must_never": {"XBB": "NOT_ADDRESSED"}}, {"decision": DENIED}, id="it was denied"),
        pytest.param({"others": "NOT_IN_RELEASE_SET"}, {}, id="nobody decided on it"),
    ],
)
def test_what_is_as_it_must_be_is_not_remarked_upon(expected: dict[str, Any], found: dict[str, Any]) -> None:
    assert remark(expected, **found) == ""


@pytest.mark.parametrize(
    ("expected", "found", "said"),
    [
        pytest.param(
            {"must_have": ("XBB",)},
            {"decision": PERMITTED, "state": WITHHELD},
            "must have it, but it is withheld (AGREEMENT_LEFT)",
            id="withheld, and it was to have it",
        ),
        pytest.param(
            {"must_have": ("XBB",)},
            {"decision": PERMITTED, "state": DELIVERED},
            "must have it, but it is delivered",
            id="receipted, and its own system never saw it",
        ),
        pytest.param(
            {"display_only": ("XBB",)},
            HAS_IT | {"decision": DISPLAYED},
            "must have it for display only, and its own system saw it",
            id="a system saw what is for people",
        ),
        pytest.param(
            {"display_only": ("XBB",)},
            {"decision": PERMITTED, "state": DELIVERED},
            "must have it for display, but it is delivered",
            id="released, and it was to look only",
        ),
        pytest.param(
            {"withheld": {"XBB": "AGREEMENT_SUSPENDED"}},
            {"decision": PERMITTED, "state": WITHHELD},
            "must be withheld for AGREEMENT_SUSPENDED, but is withheld AGREEMENT_LEFT",
            id="withheld for another reason",
        ),
        pytest.param(
            {"withheld": {"XBB": "AGREEMENT_LEFT"}},
            HAS_IT,
            "must be withheld for AGREEMENT_LEFT, but is delivered",
            id="sent, and it was to be withheld",
        ),
        pytest.param(
            {"others": "NOT_IN_RELEASE_SET"},
            HAS_IT,
            "must never have it, and got it; "
            "must be denied for NOT_IN_RELEASE_SET, but was for RELEASE_PERMITTED",
            id="sent, and it was never to have it",
        ),
        pytest.param(
            {"must_have": ("XBB",), "versions": {"XBB": 0}},
            HAS_IT,
            "must get version 0, but gets 1",
            id="another version",
        ),
        pytest.param(
            {"must_have": ("XBB",), "equivalent": {"XBB": "HIGH"}},
            HAS_IT,
            "must read HIGH, but reads LOW",
            id="another level in its own policy",
        ),
        pytest.param(
            {"must_have": ("XBB",), "states": {"XBB": "acknowledged"}},
            HAS_IT,
            "must be acknowledged, but is delivered",
            id="another state",
        ),
    ],
)
def test_what_is_otherwise_is_said(expected: dict[str, Any], found: dict[str, Any], said: str) -> None:
    assert remark(expected, **found) == said


def test_another_marking_than_must_be_seen_is_said() -> None:
    expected = {"must_have": ("XBB",)}
    assert remark(expected, "OPEN", **HAS_IT) == ""
    assert remark(expected, "CLOSED", **HAS_IT) == "must see the marking CLOSED, but sees OPEN"
