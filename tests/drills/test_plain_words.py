"""Whoever writes a scenario is told what is wrong in plain words: which member, and what was meant."""

import copy
import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from drills.draft_tried import HandedInRefused, tried_draft, try_proposal
from drills.scenario import Scenario
from schemas.base import Statement
from schemas.geojson import Geometry
from schemas.plain_words import LONGEST_EXCERPT, in_plain_words
from schemas.strict_json import JsonRefused, validate_model

SMALL: dict[str, Any] = yaml.load(
    Path(__file__).with_name("small.yaml").read_text(encoding="utf-8"), Loader=yaml.BaseLoader
)
FOREIGN = re.compile(
    r"input|extra_|field required|should (be|have|match)|valid (string|integer|array|dict)|validat|tuple",
    re.IGNORECASE,
)
"""Words of the library that judges shapes, which nobody who writes a scenario knows."""
LONG = "wrong" * 60
WRONG: tuple[Any, ...] = (None, "", LONG, 7, 1.5, True, [], [LONG], {}, {LONG: 1})


def told(change: Any) -> dict[str, str]:
    """What is said of the small scenario with a change, by pointer."""
    scenario = copy.deepcopy(SMALL)
    for inject in scenario["injects"]:
        inject["at"] = int(inject["at"])
        if "publish" in inject:
            inject["publish"].pop("confirm_narrowing", None)
    change(scenario)
    with pytest.raises(JsonRefused) as refused:
        validate_model(Scenario, json.dumps(scenario).encode())
    return dict(in_plain_words(Scenario, scenario, refused.value.faults))


def places(value: Any, path: tuple[str | int, ...] = ()) -> Iterator[tuple[str | int, ...]]:
    """Every place in a document; of lists the first entry."""
    if path:
        yield path
    inner = (
        value.items() if isinstance(value, dict) else enumerate(value[:1]) if isinstance(value, list) else ()
    )
    for step, each in inner:
        yield from places(each, (*path, step))


def test_no_wrong_value_anywhere_brings_words_of_a_library_or_comes_back_whole() -> None:
    said: set[str] = set()
    for path in places({name: SMALL[name] for name in ("title", "realm", "injects", "expectations")}):
        scenario = copy.deepcopy(SMALL)
        outer: Any = scenario
        for step in path[:-1]:
            outer = outer[step]
        for wrong in WRONG:
            outer[path[-1]] = wrong
            try:
                validate_model(Scenario, json.dumps(scenario).encode())
            except JsonRefused as refused:
                said |= {sentence for _, sentence in in_plain_words(Scenario, scenario, refused.faults)}
    assert len(said) > 200
    assert not [sentence for sentence in said if FOREIGN.search(sentence)]
    assert not [sentence for sentence in said if LONG[: LONGEST_EXCERPT + 1] in sentence]


@pytest.mark.parametrize(
    ("at", "wrong", "pointer", "sentence"),
    [
        pytest.param(
            ("injects", 0, "titel"),
            "x",
            "/injects/0/titel",
            "an entry of injects has no member titel; did you mean title?",
            id="a member is misspelt",
        ),
        pytest.param(
            ("realm", "agreements", 0, "Parties"),
            [],
            "/realm/agreements/0/Parties",
            "an entry of agreements has no member Parties; did you mean parties?",
            id="a member in capitals",
        ),
        pytest.param(
            ("injects", 1, "acknowledge", "xyz"),
            "x",
            "/injects/1/acknowledge/xyz",
            "acknowledge has no member xyz; it may have inject, level, outcome, officer_role, remarks",
            id="a member that looks like none",
        ),
        pytest.param(("seed",), -1, "/seed", "seed must be 0 or more", id="a number that is out of range"),
        pytest.param(
            ("injects", 0, "at"),
            [],
            "/injects/0/at",
            "at must be a whole number or text, and is a list",
            id="neither of two forms",
        ),
        pytest.param(
            ("injects", 1, "acknowledge", "level"),
            "actioned",
            "/injects/1/acknowledge/level",
            "actioned is none of the words that can stand here (READ, UNDERSTOOD, ACTIONED)"
            "; did you mean ACTIONED?",
            id="a word in small letters",
        ),
        pytest.param(
            ("injects", 0, "as"),
            "Alvia",
            "/injects/0/as",
            "as must be a nation's code of three capital letters",
            id="a name in place of a code",
        ),
        pytest.param(
            ("injects", 0, "at"),
            "4 min",
            "/injects/0/at",
            "at is not a number of minutes, nor 90s, 12m, 1h30m or the like, up to a year",
            id="a time that is none",
        ),
        pytest.param(("title",), "", "/title", "title is empty", id="nothing where a text must be"),
    ],
)
def test_a_mistake_is_told_in_a_sentence(
    at: tuple[str | int, ...], wrong: Any, pointer: str, sentence: str
) -> None:
    def change(scenario: Any) -> None:
        for step in at[:-1]:
            scenario = scenario[step]
        scenario[at[-1]] = wrong

    assert told(change)[pointer] == sentence


def test_a_misspelt_member_is_not_told_of_as_missing_too() -> None:
    def misspell(scenario: Any) -> None:
        scenario["injects"][0]["titel"] = scenario["injects"][0].pop("title")

    assert set(told(misspell)) == {"/injects/0/titel"}
    assert told(lambda scenario: scenario["injects"][0].pop("title")) == {
        "/injects/0/title": "an entry of injects lacks the member title"
    }


def test_the_form_of_a_place_is_told_by_its_type() -> None:
    class Place(Statement):
        geometry: Geometry

    for given, says in (
        ({"type": "Pint"}, "Pint is none of the words that can stand here (Point, Polygon, MultiPolygon)"),
        ({"kind": "Point"}, "geometry lacks the member type"),
        ({"type": "Point"}, "geometry lacks the member coordinates"),
    ):
        with pytest.raises(JsonRefused) as refused:
            validate_model(Place, json.dumps({"geometry": given}).encode())
        [(pointer, sentence)] = in_plain_words(Place, {"geometry": given}, refused.value.faults)
        assert pointer.startswith("/geometry")
        assert sentence.startswith(says)


@pytest.mark.parametrize(
    ("draft", "says"),
    [
        ({"header": {"kind": "threat_alerts"}}, "did you mean threat_alert? (at /header/kind)"),
        ({"header": {"kind": 3}}, "kind is one of"),
        ({"header": {"kind": "threat_alert"}, "labels": {}}, "has no member labels; did you mean label?"),
        ({"header": {"kind": "threat_alert"}}, "header lacks the member precedence (at /header/precedence)"),
    ],
    ids=["a kind is misspelt", "a kind that is no text", "a part is misspelt", "half a draft"],
)
def test_a_draft_that_is_none_is_told_of_as_the_scenario_itself(draft: Any, says: str) -> None:
    with pytest.raises(HandedInRefused, match=re.escape(says)) as refused:
        tried_draft(json.dumps(draft).encode())
    assert not FOREIGN.search(str(refused.value))


def test_a_proposal_that_is_none_is_told_of_so_too() -> None:
    with pytest.raises(HandedInRefused, match="did you mean parties"):
        try_proposal(b'{"id": "a", "partys": ["XAA", "XBB"]}')
