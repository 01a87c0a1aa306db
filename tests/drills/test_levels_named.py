"""Whatever names a classification is tried against the policies of its realm before it is played."""

from pathlib import Path

from bus.known.reviewed import known_policies
from drills.scenario_file import ScenarioError, load_scenario

SMALL = Path(__file__).with_name("small.yaml")
ACTORS = Path(__file__).with_name("actors.yaml")
EQUIVALENCE = """  known_policies: [REALM]
  policies:
    - {id: OURS, source: Invented., levels: [{classification: PLAIN, rank: 0}]}
  equivalences:
    - from_policy: REALM
      to_policy: OURS
      source: Invented.
      levels: [{classification: OPENED, equivalent: PLAIN}, {classification: OPEN, equivalent: PLANE}]"""
AGREED = "highest: [{policy: REALM, classification: LIMITED}]"
RELEASED = "label: {policy: REALM, classification: LIMITED, releasable_to: [XBB]}"


def loaded_with(tmp_path: Path, file: Path, *changes: tuple[str, str]) -> str:
    """What is said of a scenario with changes; nothing where it can be played."""
    text = file.read_text(encoding="utf-8")
    for old, new in changes:
        assert old in text
        text = text.replace(old, new, 1)
    changed = tmp_path / "changed.yaml"
    changed.write_text(text, encoding="utf-8")
    try:
        load_scenario(changed, known_policies())
    except ScenarioError as error:
        return str(error).removeprefix(f"{changed}: ")
    return ""


def test_a_level_that_its_policy_lacks_is_found_wherever_it_is_named(tmp_path: Path) -> None:
    said = loaded_with(
        tmp_path,
        SMALL,
        ("  known_policies: [REALM]", EQUIVALENCE),
        ("{nation: XBB, display_name: B}", "{nation: XBB, display_name: B, policy: OURS}"),
        (AGREED, AGREED.replace("LIMITED", "LIMIT")),
        (RELEASED, RELEASED.replace("LIMITED", "limited")),
        ("label: {classification: CLOSED}", "label: {classification: CLOSD}"),
        ("label: {policy: REALM, classification: CLOSED}", "label: {policy: RELM, classification: CLOSED}"),
        ("{policy: REALM, classification: CLOSED}]", "{policy: REALM, classification: SHUT}]"),
        ("must_never: {XCC: NOT_IN", "equivalent: {XBB: PLAN, XCC: PLAIN}, must_never: {XCC: NOT_IN"),
    )
    assert [each.partition(" (at")[0] for each in said.removeprefix("line ").split("; line ")] == [
        "24, column 33: agreement all: policy REALM has no level LIMIT; did you mean LIMITED?",
        "17, column 17: policy REALM has no level OPENED; did you mean OPEN?",
        "17, column 84: policy OURS has no level PLANE; did you mean PLAIN?",
        "38, column 30: inject 1.1: policy REALM has no level limited; did you mean LIMITED?",
        "61, column 15: inject 2.1: policy REALM has no level CLOSD; did you mean CLOSED?",
        "93, column 15: inject 4.1: the realm has no policy RELM; did you mean REALM?",
        "105, column 35: inject 5.1: policy REALM has no level SHUT; it has OPEN, LIMITED, PROTECTED, CLOSED",
        "114, column 52: 1.1: policy OURS has no level PLAN; did you mean PLAIN?",
        "114, column 63: 1.1: the realm gives XCC no policy",
    ]


def test_a_policy_or_category_that_nobody_has_is_found(tmp_path: Path) -> None:
    known = ("known_policies: [REALM]", "known_policies: [REALM, ATLANTIS]")
    assert loaded_with(tmp_path, SMALL, known) == (
        "line 10, column 27: no policy ATLANTIS comes with Entente (at /realm/known_policies/1)"
    )
    agreed = (AGREED, f"{AGREED}\n      categories: [CRYPTO]")
    named = (RELEASED, f"{RELEASED.removesuffix('}')}, restrictive: [CRYPTA]}}")
    assert loaded_with(tmp_path, SMALL, agreed, named) == (
        "line 32, column 91: inject 1.1: no agreement names the category CRYPTA; did you mean CRYPTO?"
        " (at /injects/0/publish/label/restrictive/0)"
    )


def test_what_is_to_come_to_an_unknown_level_may_name_one(tmp_path: Path) -> None:
    attempt = ("label: {classification: CLOSED}", "label: {classification: NOWHERE}")
    assert "policy REALM has no level NOWHERE; it has OPEN, " in loaded_with(tmp_path, SMALL, attempt)
    wanted = ("refused: CLASSIFICATION_TOO_HIGH}", "refused: CLASSIFICATION_UNKNOWN}")
    assert loaded_with(tmp_path, SMALL, attempt, wanted) == ""


def test_bodies_tear_lines_and_actors_answers_name_levels_that_there_are(tmp_path: Path) -> None:
    answer = 'header: {subject: "EXERCISE: answer"}\n'
    said = loaded_with(
        tmp_path,
        ACTORS,
        ("label: {policy: REALM, classification: LIMITED, releasable_to: [XBB, XCC]}\n", TEAR_LINE),
        (
            "max_classification: {policy: REALM, classification: LIMITED}",
            "max_classification: {policy: REALM, classification: LIMTED}",
        ),
        (answer, f"{answer}      label: {{classification: LIMITD}}\n"),
    )
    assert [each.partition(" (at ")[::2] for each in said.removeprefix("line ").split("; line ")] == [
        (
            "38, column 34: inject 1.1: policy REALM has no level OPNE; did you mean OPEN?",
            "/injects/0/publish/tear_lines/0/label/classification)",
        ),
        (
            "86, column 45: inject 2.1: policy REALM has no level LIMTED; did you mean LIMITED?",
            "/injects/2/publish/body/max_classification/classification)",
        ),
        (
            "132, column 15: actor A4 (MARKER-ACTOR desk): policy REALM has no level LIMITD"
            "; did you mean LIMITED?",
            "/actors/3/answer/label/classification)",
        ),
    ]


TEAR_LINE = """label: {policy: REALM, classification: LIMITED, releasable_to: [XBB, XCC]}
      tear_lines:
        - subject: "EXERCISE: less of it"
          label: {policy: REALM, classification: OPNE, releasable_to: [XBB, XCC]}
          body:
            action: ALERT
            threat_type: other
            categories: [Transport]
            urgency: Immediate
            severity: Minor
            certainty: Observed
            texts: [{language: en, event: Ice, headline: Braking action poor}]
            affected_nations: [XBB]
            observed_at: "{now-5m}"
"""
