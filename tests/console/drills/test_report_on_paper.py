"""A drill's report fits on a sheet of paper, whatever the number of nations and the length of words."""

import pytest
from playwright.async_api import Browser

from drills.handling import Bounds
from drills.objectives import Measure, Objective
from drills.outcome import AgreementOutcome, CodeCount, DrillOutcome
from drills.report import render_html
from tests.drills.after_action.made import attempt, copy, drill, message, outage

pytestmark = pytest.mark.asyncio(loop_scope="session")

NATIONS = tuple(f"X{letter}{letter}" for letter in "ABCDEFGHIJ")
ACROSS_A4 = 718
"""CSS pixels between margins of 10 mm, upright: the narrowest sheet that people print on."""
BEYOND = """() => {
  const width = document.documentElement.clientWidth;
  const outside = [...document.querySelectorAll("body *")].filter((each) => {
    const place = each.getBoundingClientRect();
    return place.right > width + 0.5 || place.left < -0.5;
  });
  return [document.documentElement.scrollWidth <= width, outside.map((each) => each.outerHTML.slice(0, 90))];
}"""


def wide() -> DrillOutcome:
    """A column for each of ten nations, long codes and long words in every table."""
    others = [copy(nation, 1, by=60) for nation in NATIONS[1:]]
    marked = Bounds(
        policy="REALM", classification="PROTECTED" * 7, released=NATIONS, restrictive=("SIGMA" * 12,)
    )
    long = message("100.100.100-A1-A1", 0, *others).model_copy(
        update={"title": "Warning " + "x" * 150, "bounds": marked, "marking": "REALM: LIMITED//" + "Y" * 90}
    )
    code = CodeCount(
        code="REFERENCE_NOT_ORIGINATOR", permit=False, explanation="y" * 90, count=9, injects=("1.1.1",) * 60
    )
    step = AgreementOutcome(
        serial="1.2.1",
        title="z" * 120,
        nation="XAA",
        step="propose",
        id="a" * 64,
        version=1,
        digest="",
        states=dict.fromkeys(NATIONS, "awaiting_signatures"),
        as_expected=False,
        remark="w" * 100,
    )
    return drill(
        long,
        message("1.1.2", 5, copy("XBB", 6, 95, by=60), precedence="IMMEDIATE"),
        objectives=tuple(
            Objective(
                id=f"OBJECTIVE-{measure.value[:6]}", title="t" * 100, measure=measure, goal_seconds=goal
            )
            for measure, goal in ((Measure.ACKNOWLEDGED, 60), (Measure.EXPECTATIONS, None))
        ),
        outages=(outage("2.1.0", 20, 45),),
        attempts=(attempt("4.1.1").model_copy(update={"stopped_by": "CLASSIFICATION_UNMAPPED"}),),
        agreements=(step,),
        decisions_by_code=(code,),
    ).model_copy(update={"nations": NATIONS})


async def test_nothing_of_a_report_lies_beyond_the_edge_of_a_sheet(browser: Browser) -> None:
    page = await browser.new_page(viewport={"width": ACROSS_A4, "height": 1000})
    try:
        await page.emulate_media(media="print")
        await page.set_content(render_html(wide()))
        assert await page.evaluate(BEYOND) == [True, []]
    finally:
        await page.close()
