"""The review as a whole: figures, timings, cooperation, faults, the plan; and the page that it becomes."""

import re
from pathlib import Path
from xml.etree import ElementTree

from hypothesis import given
from hypothesis import strategies as st

from drills.after_action.cases import percentile
from drills.after_action.drawing import timeline_svg
from drills.after_action.model import Met
from drills.after_action.reviewing import review
from drills.after_action.wording import span
from drills.alarms import AlarmOutcome
from drills.backfills import BackfillOutcome
from drills.life_outcome import LifeOutcome, LifeStep
from drills.objectives import Measure, Objective
from drills.outcome import DrillOutcome, EventOutcome
from drills.report import render_html, write_report
from tests.drills.after_action.made import act, at, attempt, copy, drill, message, outage, silence

HOSTILE = '<script>alert("1")</script>\u202e&'


def whole() -> DrillOutcome:
    """A drill in which everything happens once, and XCC never says a word."""
    return drill(
        message("1.1.1", 0, copy("XBB", 1, 12, by=60), copy("XCC", 2, by=60)),
        message("1.1.2", 5, copy("XBB", 6, 95, by=60), precedence="IMMEDIATE"),
        message("1.1.3", 6, copy("XAA", 8, by=900), originator="XBB", precedence="PRIORITY"),
        message("2.1.1", 30, copy("XBB", 50)),
        objectives=(
            Objective(id="O1", title="In a minute", measure=Measure.ACKNOWLEDGED, goal_seconds=60),
            Objective(id="O2", title="Answers", measure=Measure.ANSWERED, goal_seconds=60),
        ),
        outages=(outage("2.1.0", 20, 45),),
        attempts=(attempt("4.1.1"),),
    )


def test_the_figures_say_what_matters_first() -> None:
    figures = [(each.value, each.label, each.beside, each.good) for each in review(whole()).figures]
    assert figures == [
        ("0 / 2", "Objectives met", "", False),
        ("12 s", "Median FLASH acknowledgement", "goal 1 min", True),
        ("12 s", "Slowest FLASH acknowledgement, XBB", "goal 1 min", True),
        ("0", "Copies lost", "0 came late", True),
        ("1 of 1", "Attempts blocked", "0 leaked", True),
    ]


def test_what_stands_in_an_inbox_twice_has_not_leaked_and_what_was_not_meant_for_it_has() -> None:
    twice, astray = "XBB holds message m of XAA 2 times", "XCC holds message m of XAA, not meant for it"
    assert review(drill().model_copy(update={"unexpected": (twice, astray)})).leaked == 1


def test_timings_stand_by_nation_from_the_most_urgent_and_count_only_deadlines_that_passed() -> None:
    rows = [
        (each.nation, each.precedence, each.what.value, each.came, each.awaited, each.on_time, each.due)
        for each in review(whole()).timings
    ]
    assert rows == [
        ("XAA", "PRIORITY", "DELIVERED", 1, 1, 1, 1),
        ("XAA", "PRIORITY", "READ", 0, 1, 0, 0),
        ("XAA", "PRIORITY", "ACKNOWLEDGED", 0, 1, 0, 0),
        ("XBB", "FLASH", "DELIVERED", 2, 2, 1, 2),
        ("XBB", "FLASH", "READ", 1, 1, 0, 0),
        ("XBB", "FLASH", "ACKNOWLEDGED", 1, 1, 1, 1),
        ("XBB", "IMMEDIATE", "DELIVERED", 1, 1, 1, 1),
        ("XBB", "IMMEDIATE", "READ", 1, 1, 0, 0),
        ("XBB", "IMMEDIATE", "ACKNOWLEDGED", 1, 1, 0, 1),
        ("XCC", "FLASH", "DELIVERED", 1, 1, 1, 1),
        ("XCC", "FLASH", "READ", 0, 1, 0, 0),
        ("XCC", "FLASH", "ACKNOWLEDGED", 0, 1, 0, 1),
    ]


def test_cooperation_names_who_is_silent_and_what_each_pair_gave_each_other() -> None:
    found = review(whole())
    rows = {each.nation: (each.owed, each.given, each.on_time, each.overdue) for each in found.cooperation}
    assert rows == {"XAA": (1, 0, 0, 0), "XBB": (2, 2, 1, 0), "XCC": (1, 0, 0, 1)}
    assert [each.nation for each in found.cooperation if each.silent] == ["XCC"]
    [pair] = found.reciprocity
    assert (pair.nations, pair.first_gave, pair.first_owed) == (("XAA", "XBB"), 0, 1)
    assert (pair.second_gave, pair.second_owed) == (2, 2)


def test_the_plan_has_an_item_for_what_was_missed_not_observed_or_silent() -> None:
    about = [(each.about, each.observation) for each in review(whole()).improvements]
    assert about == [
        ("Objective O1", "1 of 4 met it within 1 min: In a minute"),
        ("Objective O2", "It was not observed: nothing was played that it is measured over."),
        ("Nation XCC", "It gave nothing of 1 that it owed; 1 overdue at the end."),
    ]


def test_every_item_of_the_plan_concludes_from_what_was_observed() -> None:
    concluded = {each.about: each.conclusion for each in review(whole()).improvements}
    assert concluded == {
        "Objective O1": "Unable to be performed.",
        "Objective O2": "This exercise says nothing of it.",
        "Nation XCC": "The machines did their part; people, or what they go by, did not.",
    }
    late = tuple(message(f"1.{n}", 0, copy("XBB", 1, 70 if n else 5, by=60)) for n in range(4))
    goal = Objective(id="O1", title="In a minute", measure=Measure.ACKNOWLEDGED, goal_seconds=60)
    [item, *_] = review(drill(*late, objectives=(goal,))).improvements
    assert item.conclusion == "Unable to be performed. XBB alone missed it."
    others = message("1.5", 0, copy("XCC", 1, 70, by=60))
    [item, *_] = review(drill(*late, others, objectives=(goal,))).improvements
    assert item.conclusion == "Unable to be performed. 3 of 4 are XBB's."


def test_every_objective_links_what_it_was_measured_over_and_both_urgent_colours_have_a_key() -> None:
    goal = Objective(id="O1", title="All came", measure=Measure.NOTHING_LOST)
    page = render_html(drill(message("1.1.1", 0, copy("XBB", 1), copy("XCC", 1)), objectives=(goal,)))
    assert '<small>measured over <a href="#i-1.1.1">1.1.1</a></small>' in page
    assert '<span class="k-flash"></span>FLASH <span class="k-immediate"></span>IMMEDIATE' in page


def test_a_report_never_takes_the_place_of_another(tmp_path: Path) -> None:
    first, second = (write_report(whole(), tmp_path) for _ in range(2))
    assert len({*first, *second}) == 4
    assert [each.stem for each in second] == [f"{first[0].stem}-2"] * 2


def test_nothing_is_to_be_improved_where_nothing_failed() -> None:
    assert review(drill(message("1.1.1", 0, copy("XBB", 1)))).improvements == ()


def test_the_timeline_has_a_lane_each_and_shows_deadlines_and_outages() -> None:
    line = review(whole()).timeline
    assert [lane.nation for lane in line.lanes] == ["XAA", "XBB", "XCC"]
    assert [(bar.serial, bar.met) for bar in line.lanes[1].bars] == [
        ("1.1.1", Met.IN_TIME),
        ("1.1.2", Met.LATE),
    ]
    assert [(bar.serial, bar.met) for bar in line.lanes[2].bars] == [("1.1.1", Met.NEVER)]
    assert [(band.what, band.held_up) for band in line.lanes[1].bands] == [("broker down", 1)]
    assert (line.began, line.ended) == (at(0), at(100))


def test_a_gateway_that_stands_still_is_a_band_of_its_own_nation_to_the_end() -> None:
    outcome = drill(
        message("1.1.1", 10, copy("XBB"), copy("XCC", 11)), outages=(outage("9.1.1", 5, None, "XBB"),)
    )
    lanes = {lane.nation: lane.bands for lane in review(outcome).timeline.lanes}
    assert lanes["XAA"] == lanes["XCC"] == ()
    assert (lanes["XBB"][0].until, lanes["XBB"][0].held_up) == (at(100), 1)
    [recovery] = review(outcome).recoveries
    assert (recovery.still_missing, recovery.recovered_seconds, recovery.lasted_seconds) == (1, None, None)


def test_hostile_words_are_only_words_in_page_and_picture() -> None:
    hostile = message("1.1.1", 0, copy("XBB", 1)).model_copy(update={"title": HOSTILE})
    page = render_html(drill(hostile).model_copy(update={"title": HOSTILE, "summary": HOSTILE}))
    assert "<script" not in page
    svg = timeline_svg(review(drill(hostile)).timeline)
    assert HOSTILE in "".join(ElementTree.fromstring(svg).itertext())


def test_the_page_needs_nothing_from_elsewhere_and_its_links_lead_somewhere() -> None:
    step = LifeStep(
        serial="1.1.4", title="Read", nation="XBB", about="1.1.1", shown={}, as_expected=False, remark="no"
    )
    everything = Objective(id="O3", title="All", measure=Measure.EXPECTATIONS)
    page = render_html(
        whole().model_copy(
            update={
                "objectives": (everything,),
                "actors": (act("1.1.1-A1", "silent", remark="no"),),
                "lives": (LifeOutcome(begins="1.1.1", title="A", originator="XAA", steps=(step, step)),),
                "alarms": (
                    AlarmOutcome(
                        serial="5.1", title="A", nation="XAA", told=(), as_expected=False, remark="no"
                    ),
                ),
                "events": (EventOutcome(serial="2.1.0", title="A", nation="XAA", what="broker away"),),
                "backfills": (
                    BackfillOutcome(
                        serial="6.1",
                        title="A",
                        nation="XAA",
                        community="NORDIC",
                        to="XBB",
                        rows=(),
                        as_expected=False,
                    ),
                ),
            }
        )
    )
    assert {"i-1.1.4", "i-1.1.1-A1", "i-5.1", "i-6.1"} <= set(re.findall(r'href="#([^"]+)"', page))
    assert not re.findall(r"""(?:src|href)=["'](?!#)""", page)
    assert "url(" not in page
    assert "@import" not in page
    assert set(re.findall(r'href="#([^"]+)"', page)) <= set(re.findall(r'id="([^"]+)"', page))
    ids = re.findall(r'id="([^"]+)"', page)
    assert len(ids) == len(set(ids))


@given(st.lists(st.floats(0, 1e6), min_size=1, max_size=40), st.integers(1, 100))
def test_a_percentile_is_one_of_the_values_that_so_many_do_not_exceed(
    values: list[float], share: int
) -> None:
    found = percentile(values, share)
    assert found in values
    assert 100 * sum(value <= found for value in values) >= share * len(values)


def test_lengths_of_time_read_as_people_say_them() -> None:
    said = [span(each) for each in (0, 0.3401, 0.9996, 11.44, 59.96, 60, 618, 3600, 7260, None)]
    assert said == [
        *("0 ms", "340 ms", "1 s", "11.4 s", "1 min", "1 min", "10 min 18 s", "1 h", "2 h 1 min"),
        "never",
    ]


def test_who_is_silent_by_script_is_told_so_and_not_blamed() -> None:
    played = whole().model_copy(update={"actors": (silence("1.1.1", "XCC"), silence("1.1.2", "XBB"))})
    found = {each.nation: each for each in review(played).cooperation}
    assert (found["XCC"].silent, found["XCC"].by_script, found["XCC"].silent_by_script) == (True, 1, True)
    assert found["XBB"].by_script == 0, "it acknowledged, whatever the script says"
    assert not review(whole()).cooperation[-1].silent_by_script
    missed = {(each.nation, each.by_script) for each in review(played).objectives[0].missed}
    assert missed == {("XCC", True), ("XBB", False), ("XAA", False)}
    plan = {each.about: each for each in review(played).improvements}
    assert plan["Nation XCC"].observation.endswith("silent by script.")
    assert "1.1.1 at XCC (silent by script)" in plan["Objective O1"].discussion
    assert {each.about for each in review(whole()).improvements} == set(plan)
    page = render_html(played)
    assert page.count("silent by script") >= 4
    assert '<span class="bad">silent</span>' not in page


def test_the_page_shows_what_actors_did_and_the_pace_of_the_play() -> None:
    acts = (
        act("1.1.1-A2", "FLOOD", code="SCHEMA_INVALID"),
        act("1.1.1-A3", "acknowledge", remark=HOSTILE),
    )
    told = {"actors": acts, "speed": 60.0, "seed": 7, "fingerprint": "sha256:" + "ab" * 32}
    page = render_html(whole().model_copy(update=told))
    assert "exercise time 60 times as fast, to T+1:30, seed 7, fingerprint abababababab" in page
    for words in ("What actors did", "flood: stopped by SCHEMA_INVALID", "1.1.1-A3: &lt;script&gt;"):
        assert words in page
    assert "<script>" not in page
    assert "What actors did" not in render_html(whole())
