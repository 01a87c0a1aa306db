"""A message's classification also appears as the reader's own policy has it, and what that rests on."""

import pytest

from tests.gateway.drafts import Json, changed, draft
from tests.gateway.inbox_stream import events, stream
from tests.gateway.running import Gateway, last_seq


def nato(classification: str) -> Json:
    """A draft under NATO's policy."""
    return changed(
        changed(draft(), "label", "policy", to="NATO"), "label", "classification", to=classification
    )


@pytest.mark.parametrize(
    ("classification", "own", "rests_on"),
    [
        pytest.param("NATO SECRET", "HEMLIG", "A table for tests", id="a level with an equal"),
        pytest.param(
            "NATO UNCLASSIFIED",
            "BEGRÄNSAT HEMLIG",
            "A table for tests; mapped up, it names no equal level",
            id="a level below everything the own policy has",
        ),
    ],
)
def test_the_own_equivalent_stands_beside_the_native_label(
    xaa: Gateway, xbb: Gateway, classification: str, own: str, rests_on: str
) -> None:
    after = last_seq(xbb)
    xaa.publish(nato(classification))
    [item] = xbb.wait_inbox(after, 1)
    assert item["equivalent"] == {"policy": "SWE", "classification": own, "rests_on": rests_on}
    assert item["message"]["label"]["policy"] == "NATO"
    assert item["message"]["label"]["classification"] == classification
    assert xbb.get(f"/v1/inbox/{item['message_id']}").json()["equivalent"] == item["equivalent"]
    with stream(xbb, params={"after": after}) as lines:
        [(_, shown)] = events(lines, 1)
    assert shown["equivalent"] == item["equivalent"]


def test_what_no_equivalence_reaches_has_none(xaa: Gateway, xbb: Gateway) -> None:
    after = last_seq(xbb)
    xaa.publish(draft())
    [item] = xbb.wait_inbox(after, 1)
    assert item["message"]["label"]["policy"] == "REALM"
    assert "equivalent" not in item


def test_a_nation_that_names_no_policy_of_its_own_reads_the_native_label_only(
    xaa: Gateway, xbb: Gateway
) -> None:
    after = last_seq(xaa)
    body = nato("NATO SECRET")
    body["header"]["action_addressees"] = ["XAA"]
    body["label"]["releasable_to"] = ["XAA"]
    xbb.publish(body)
    [item] = xaa.wait_inbox(after, 1)
    assert "equivalent" not in item
