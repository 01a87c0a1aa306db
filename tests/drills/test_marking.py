"""A classification is shown with its policy, once."""

import pytest

from drills.handling import marking


@pytest.mark.parametrize(
    ("policy", "classification", "shown"),
    [
        pytest.param("NATO", "NATO RESTRICTED", "NATO RESTRICTED", id="the native words name the policy"),
        pytest.param("NATO", "COSMIC TOP SECRET", "NATO COSMIC TOP SECRET", id="they do not"),
        pytest.param("REALM", "LIMITED", "REALM LIMITED", id="a policy of the realm"),
        pytest.param("EU", "EURO SECRET", "EU EURO SECRET", id="they begin with the same letters only"),
        pytest.param("", "OPEN", "OPEN", id="no policy in a refused draft"),
        pytest.param("NATO", "", "NATO", id="no classification in a refused draft"),
    ],
)
def test_the_policy_is_named_once(policy: str, classification: str, shown: str) -> None:
    assert marking(policy, classification) == shown
