"""axe-core over a page: the rules of WCAG 2.2 AA and good practice, without a violation.

The engine runs in a world of its own, which the page's security policy does not bind; it comes with npm
and is no part of the console.
"""

import json
from functools import cache
from pathlib import Path
from typing import Any
from weakref import WeakKeyDictionary

from playwright.async_api import CDPSession, Page

TOOLS = Path(__file__).resolve().parents[1] / "typescript_client" / "node_modules"
AXE = TOOLS / "axe-core" / "axe.min.js"
RULES = ("wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice")
OPTIONS = {
    "runOnly": list(RULES),
    # Violations alone are told of; nothing that is fine is described, and no style sheet is read again.
    "resultTypes": ["violations"],
    "preload": {"assets": ["media"]},
}

COLOURS = "color-contrast"
"""The rule that takes half of the time."""

_worlds: WeakKeyDictionary[Page, tuple[CDPSession, str, int]] = WeakKeyDictionary()
"""The engine in the document that a page shows: the protocol to it, the document, the world."""


@cache
def _engine() -> str:
    return AXE.read_text(encoding="utf-8")


def colours_known(language: str) -> tuple[str, ...]:
    """For tests that run in English and then in another language: colours are judged in English.

    No colour depends on the language (``test_static_files.py``).
    """
    return () if language == "en" else (COLOURS,)


async def violations(page: Page, *, without: tuple[str, ...] = ()) -> list[str]:
    """What axe-core finds wrong, a line each; ``without`` names rules that are left out."""
    protocol, world = await _world(page)
    options = OPTIONS | {"rules": {name: {"enabled": False} for name in without}}
    answer = await protocol.send(
        "Runtime.evaluate",
        {
            "contextId": world,
            "expression": f"axe.run(document, {json.dumps(options)}).then((found) => found.violations)",
            "awaitPromise": True,
            "returnByValue": True,
        },
    )
    assert "exceptionDetails" not in answer, answer["exceptionDetails"]
    found: list[dict[str, Any]] = answer["result"]["value"]
    return [
        f"{each['id']}: {each['help']}: "
        + "; ".join(f"{node['target']} {node.get('failureSummary', '')[:200]}" for node in each["nodes"][:4])
        for each in found
    ]


async def _world(page: Page) -> tuple[CDPSession, int]:
    """The engine's world in the document that a page shows now, made with the first look at it."""
    known = _worlds.get(page)
    protocol = known[0] if known else await page.context.new_cdp_session(page)
    frame = (await protocol.send("Page.getFrameTree"))["frameTree"]["frame"]
    if known and known[1] == frame["loaderId"]:
        return protocol, known[2]
    made = await protocol.send("Page.createIsolatedWorld", {"frameId": frame["id"], "worldName": "axe"})
    world: int = made["executionContextId"]
    await protocol.send("Runtime.evaluate", {"contextId": world, "expression": f"{_engine()};0"})
    _worlds[page] = protocol, frame["loaderId"], world
    return protocol, world
