"""axe-core over a page: the rules of WCAG 2.2 AA and good practice, without a violation.

The engine runs in a world of its own, which the page's security policy does not bind; it comes with npm
and is no part of the console.
"""

import json
from functools import cache
from pathlib import Path
from typing import Any

from playwright.async_api import Page

TOOLS = Path(__file__).resolve().parents[1] / "typescript_client" / "node_modules"
AXE = TOOLS / "axe-core" / "axe.min.js"
RULES = ("wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice")


@cache
def _engine() -> str:
    return AXE.read_text(encoding="utf-8")


async def violations(page: Page, *, without: tuple[str, ...] = ()) -> list[str]:
    """What axe-core finds wrong, a line each; ``without`` names rules that are left out."""
    protocol = await page.context.new_cdp_session(page)
    frame = (await protocol.send("Page.getFrameTree"))["frameTree"]["frame"]["id"]
    world = await protocol.send("Page.createIsolatedWorld", {"frameId": frame, "worldName": "axe"})
    context = {"contextId": world["executionContextId"]}
    await protocol.send("Runtime.evaluate", context | {"expression": f"{_engine()};0"})
    options = {"runOnly": list(RULES), "rules": {name: {"enabled": False} for name in without}}
    answer = await protocol.send(
        "Runtime.evaluate",
        context
        | {
            "expression": f"axe.run(document, {json.dumps(options)}).then((found) => found.violations)",
            "awaitPromise": True,
            "returnByValue": True,
        },
    )
    assert "exceptionDetails" not in answer, answer["exceptionDetails"]
    found: list[dict[str, Any]] = answer["result"]["value"]
    await protocol.detach()
    return [
        f"{each['id']}: {each['help']}: "
        + "; ".join(f"{node['target']} {node.get('failureSummary', '')[:200]}" for node in each["nodes"][:4])
        for each in found
    ]
