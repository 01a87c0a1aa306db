"""Filling in a form in the browser: rows and nations as a person adds them, the other fields all at once."""

import json
from typing import Any

from playwright.async_api import Page

from console.forms.geometry import show_geometry
from console.forms.moments import read_moment, show_moment

LEVEL = {"policy", "classification"}

SMALL: dict[str, Any] = {
    "header": {"precedence": "FLASH", "mode": "OPERATION", "subject": "Unidentified balloon"},
    "label": {"policy": "NATO", "classification": "NATO SECRET", "releasable_to": ["XBB"]},
    "body": {
        "threat_type": "air_missile",
        "categories": ["Security"],
        "severity": "Severe",
        "urgency": "Immediate",
        "certainty": "Observed",
        "texts": [{"event": "A balloon over the strait"}],
        "affected_nations": ["XAA"],
    },
}
"""The least that an alert says."""

SET = """fields => {
  for (const [name, value] of fields) {
    const found = [...document.getElementsByName(name)];
    if (found.length === 0) throw new Error(`no field ${name}`);
    for (const field of found) {
      if (field.type === "radio" || field.type === "checkbox") {
        if (field.value !== value || field.checked) continue;
        field.checked = true;
      } else {
        if (field.type !== "hidden") field.value = value;
        if (field.tagName === "SELECT" && field.value !== value) throw new Error(`${name} has no ${value}`);
      }
      field.dispatchEvent(new Event("input", { bubbles: true }));
      field.dispatchEvent(new Event("change", { bubbles: true }));
    }
  }
}"""


async def fill(page: Page, draft: dict[str, Any]) -> None:
    """Fill in a whole draft; what the form holds already is left where the draft says nothing."""
    await page.wait_for_selector(".picker")
    plain: list[tuple[str, str]] = []
    for name in ("header", "label", "body"):
        await _value(page, f"/{name}", draft.get(name, {}), plain)
    await page.evaluate(SET, plain)
    for place, version in enumerate(draft.get("tear_lines", ())):
        await add_row(page, "/tear_lines", place)
        plain = []
        await _value(page, f"/tear_lines/{place}", version, plain)
        await page.evaluate(SET, plain)


async def add_row(page: Page, pointer: str, place: int) -> None:
    """Press Add until the list has a row at this place."""
    row = page.locator(f'[name="{pointer}#row"]').nth(place)
    if await row.count() == 0:
        await page.locator(f'button[value="add:{pointer}"]').evaluate("button => button.click()")
        await row.wait_for(state="attached")


async def choose(page: Page, pointer: str, *codes: str) -> None:
    """Pick nations and communities by their codes, with the keyboard."""
    box = page.locator(f'[name="{pointer}"] + .picker > input')
    await box.evaluate(
        "field => { for (let at = field.closest('details'); at; at = at.parentElement.closest('details'))"
        " at.open = true; }"
    )
    for code in codes:
        await box.fill(code)
        await box.press("Enter")


async def ready(page: Page) -> None:
    """Wait until the preview says that the draft would be accepted."""
    await page.wait_for_selector("#preview .verdict-ok")


async def _value(page: Page, pointer: str, value: Any, plain: list[tuple[str, str]]) -> None:
    if isinstance(value, dict) and "coordinates" in value:
        shape, text = show_geometry(value)
        plain += [(f"{pointer}#shape", shape), (pointer, text)]
    elif isinstance(value, dict):
        if set(value) >= LEVEL:
            pair = json.dumps([value["policy"], value["classification"]], separators=(",", ":"))
            plain.append((f"{pointer}#level", pair))
        for key, each in value.items():
            if key not in (LEVEL if set(value) >= LEVEL else ()) and each not in ([], None):
                await _value(page, f"{pointer}/{key}", each, plain)
    elif isinstance(value, list):
        await _list(page, pointer, value, plain)
    elif isinstance(value, bool):
        plain.append((pointer, "yes" if value else "no"))
    else:
        plain.append((pointer, show_moment(value) if read_moment(str(value)) else str(value)))


async def _list(page: Page, pointer: str, value: list[Any], plain: list[tuple[str, str]]) -> None:
    if await page.locator(f'[data-list="{pointer}"]').count():
        for place, each in enumerate(value):
            await add_row(page, pointer, place)
            await _value(page, f"{pointer}/{place}", each, plain)
    elif await page.locator(f'[name="{pointer}"] + .picker').count():
        await choose(page, pointer, *value)
    elif await page.locator(f'textarea[name="{pointer}"]').count():
        plain.append((pointer, "\n".join(value)))
    else:
        plain += [(pointer, each) for each in value]
