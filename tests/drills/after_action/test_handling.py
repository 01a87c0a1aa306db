"""A report bears the highest marking of what it shows, and says to whom the whole of it may go."""

import re
from typing import Any

from drills.after_action.comparing import compare
from drills.after_action.handled import handled
from drills.after_action.page import comparison_page
from drills.after_action.reviewing import review
from drills.handling import Bounds, Handling, Highest, bounds, draft_bounds, together
from drills.outcome import DrillOutcome
from drills.report import render_html
from tests.drills.after_action.made import copy, drill, message

LEVELS = {"REALM": ("OPEN", "LIMITED", "CLOSED"), "NATO": ("NATO UNCLASSIFIED", "NATO RESTRICTED")}


def label(classification: str, *released: str, policy: str = "REALM", **more: Any) -> Bounds:
    return Bounds(policy=policy, classification=classification, released=released, **more)


def marked(*labels: Bounds, **more: Any) -> DrillOutcome:
    messages = [
        message(f"1.1.{number}", number, copy("XBB", number + 1)).model_copy(update={"bounds": each})
        for number, each in enumerate(labels, 1)
    ]
    return drill(*messages, levels=LEVELS, **more)


def bands(page: str) -> list[str]:
    found = re.findall(r'<p class="marking">.*', page)
    return [" | ".join(re.findall(r">([^<]*[^< ])<", each)) for each in found]


def test_highest_of_each_policy_intersection_of_nations_union_of_what_restricts() -> None:
    found = together(
        [
            label("LIMITED", "XAA", "XBB", "XCC"),
            label("OPEN", "XAA", "XBB", restrictive=("SIGMA",)),
            label("NATO UNCLASSIFIED", "XAA", "XBB", policy="NATO", originator_controlled=True),
        ],
        LEVELS,
    )
    assert found == Handling(
        highest=(
            Highest(policy="NATO", classification="NATO UNCLASSIFIED"),
            Highest(policy="REALM", classification="LIMITED"),
        ),
        restrictive=("SIGMA",),
        originator_controlled=True,
        nations=("XAA", "XBB"),
    )


def test_what_a_policy_does_not_have_counts_highest_and_hides_nothing() -> None:
    found = together([label("LIMITED", "XAA"), label("OPEN", "XAA"), label("ODD", "XAA")], LEVELS)
    assert [each.classification for each in found.highest] == ["ODD", "LIMITED"]


def test_of_nothing_nobody_may_have_the_whole() -> None:
    assert together([], LEVELS) == Handling()


def test_the_originator_may_have_its_own_and_a_community_in_a_draft_is_nobody() -> None:
    signed = {
        "policy": "REALM",
        "classification": "LIMITED",
        "releasable_to": ["NORDIC"],
        "release_set": ["XBB"],
    }
    assert bounds(signed, "XAA", signed["release_set"]).released == ("XAA", "XBB")
    draft = draft_bounds(signed | {"releasable_to": ["NORDIC", "XCC"]}, "XAA", LEVELS)
    assert (draft.classification, draft.released) == ("LIMITED", ("XAA", "XCC"))
    assert draft_bounds(signed | {"classification": "ODD"}, "XAA", LEVELS).classification == ""


def test_both_bands_and_the_margins_of_every_sheet_say_it() -> None:
    page = render_html(marked(label("LIMITED", "XAA", "XBB"), label("OPEN", "XAA", "XBB", "XCC")))
    assert bands(page) == ["EXERCISE REALM LIMITED | REL TO XAA, XBB | MADE 26"] * 2
    assert page.count('content: "EXERCISE REALM LIMITED \\2013  REL TO XAA, XBB \\2013  MADE 26"') == 2
    assert "for exercise control and its evaluators. As a whole it may go to XAA, XBB alone." in page


def test_without_a_nation_that_may_have_all_of_it_the_report_is_for_exercise_control() -> None:
    page = render_html(marked(label("LIMITED", "XAA", "XBB"), label("OPEN", "XCC")))
    assert bands(page) == ["EXERCISE REALM LIMITED | EXERCISE CONTROL ONLY | MADE 26"] * 2
    assert "No nation may have the whole of it." in page


def test_a_draft_that_was_refused_counts_too() -> None:
    page = render_html(marked(label("OPEN", "XAA", "XBB"), drafts=(label("CLOSED", "XAA"),)))
    assert bands(page)[0] == "EXERCISE REALM CLOSED | REL TO XAA | MADE 26"


def test_a_report_of_an_earlier_version_is_for_exercise_control() -> None:
    page = render_html(drill(message("1.1.1", 0, copy("XBB", 1))))
    assert bands(page)[0] == "EXERCISE NATO UNCLASSIFIED | EXERCISE CONTROL ONLY | MADE 26"


def test_a_comparison_bears_what_both_reports_allow_and_names_both_exercises() -> None:
    first = marked(label("LIMITED", "XAA", "XBB"))
    second = marked(label("OPEN", "XAA", "XCC")).model_copy(update={"exercise_id": "OTHER 27"})
    found = compare(review(first), review(second))
    assert bands(comparison_page(found)) == ["EXERCISE REALM LIMITED | REL TO XAA | MADE 26 / OTHER 27"] * 2
    assert found.model_dump(mode="json")["handling"]["nations"] == ["XAA"]
    reordered = second.model_copy(update={"levels": {"REALM": ("CLOSED", "LIMITED", "OPEN")}})
    assert "REALM LIMITED; REALM OPEN" in bands(comparison_page(compare(review(first), review(reordered))))[0]


def test_the_json_carries_it_and_reads_back() -> None:
    outcome = handled(marked(label("LIMITED", "XAA", "XBB"), drafts=(label("OPEN", "XAA"),)))
    read = DrillOutcome.model_validate_json(outcome.model_dump_json())
    assert read == outcome
    assert read.handling is not None
    assert read.handling.nations == ("XAA",)


def test_words_of_a_label_or_an_exercise_end_no_style_and_no_band() -> None:
    bad = '"; } </style><script>x'
    page = render_html(
        marked(label(bad, "XAA", policy=bad)).model_copy(update={"exercise_id": bad, "levels": {}})
    )
    assert "<script" not in page
    assert page.count("</style>") == 1
    assert '"; }' not in page
