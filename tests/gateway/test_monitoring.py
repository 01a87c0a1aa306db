"""Prometheus' rules and Grafana's dashboard speak of what a real gateway tells, and of all of it."""

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.gateway.running import Gateway

MONITORING = Path(__file__).resolve().parents[2] / "docs" / "monitoring"
ROOT = MONITORING.parents[1]
KINDS = {
    "gauge": ("",),
    "counter": ("_total",),
    "histogram": ("_bucket", "_count", "_sum"),
}


@pytest.fixture(scope="module")
def told(xaa: Gateway) -> set[str]:
    """Every series that a gateway's /metrics has, or may have once there is something to count."""
    families = re.findall(r"^# TYPE (\S+) (\S+)$", xaa.get("/metrics").text, re.MULTILINE)
    return {name.removesuffix("_total") + end for name, kind in families for end in KINDS.get(kind, ())}


def rules() -> list[dict[str, Any]]:
    groups = yaml.safe_load((MONITORING / "entente-rules.yaml").read_text(encoding="utf-8"))["groups"]
    return [rule for group in groups for rule in group["rules"]]


def panels() -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = json.loads((MONITORING / "entente-dashboard.json").read_bytes())["panels"]
    return found


def _named(expression: str) -> set[str]:
    # A pattern of names is spelt out, so that each of them is looked for.
    spelt = re.sub(
        r"(entente_\w*)\(([\w|]+)\)", lambda m: " ".join(m[1] + end for end in m[2].split("|")), expression
    )
    return set(re.findall(r"entente_[a-z0-9_]+", spelt))


def test_rules_and_dashboard_name_nothing_that_no_gateway_tells(told: set[str]) -> None:
    for rule in rules():
        assert _named(rule["expr"]) <= told, rule["alert"]
    for panel in panels():
        for target in panel.get("targets", ()):
            assert _named(target["expr"]) <= told, panel["title"]


def test_every_alarm_of_a_gateway_has_a_rule_and_every_figure_a_place_on_the_dashboard(
    told: set[str],
) -> None:
    alarms = {name for name in told if name.startswith("entente_alarm_")}
    ruled = {name for rule in rules() for name in _named(rule["expr"])}
    assert len(alarms) > 15
    assert alarms <= ruled
    shown = {name for panel in panels() for each in panel.get("targets", ()) for name in _named(each["expr"])}
    by_rules = {name for name in alarms if name.endswith("_total")}
    summed = {"entente_http_request_seconds_count", "entente_http_request_seconds_sum"}
    rest = {name for name in told - shown - by_rules - summed if not name.endswith("_created")}
    assert rest == NOT_SHOWN


NOT_SHOWN = {
    "entente_agreement_acts_total",
    "entente_audit_suppressed_total",
    "entente_deadlines_missed_total",
    "entente_deliveries_sealed_total",
    "entente_receipts_queued_total",
}
"""Told elsewhere better, or by a neighbour on the dashboard."""


def _headings(page: Path) -> Iterator[str]:
    for title in re.findall(r"^#+ (.*)$", page.read_text(encoding="utf-8"), re.MULTILINE):
        yield re.sub(r"[^\w\- ]", "", title.lower()).replace(" ", "-")


def test_every_rule_says_how_grave_it_is_what_happened_and_what_to_do() -> None:
    for rule in rules():
        assert re.fullmatch(r"Entente[A-Za-z]+", rule["alert"])
        assert rule["labels"]["severity"] in ("critical", "warning", "info"), rule["alert"]
        assert rule["annotations"].keys() == {"summary", "action", "runbook"}, rule["alert"]
        assert rule["annotations"]["summary"].startswith("{{ $labels.nation }}: ")
        page, _, place = rule["annotations"]["runbook"].partition("#")
        assert place in set(_headings(ROOT / page)), rule["alert"]
    names = [rule["alert"] for rule in rules()]
    assert len(names) == len(set(names))


def test_every_panel_has_a_number_a_place_of_its_own_and_shows_the_nation_that_was_chosen() -> None:
    found = panels()
    assert len({panel["id"] for panel in found}) == len(found)
    taken: set[tuple[int, int]] = set()
    for panel in found:
        place = panel["gridPos"]
        assert place["x"] + place["w"] <= 24, panel["title"]
        squares = {(place["x"] + x, place["y"] + y) for x in range(place["w"]) for y in range(place["h"])}
        assert not squares & taken, panel["title"]
        taken |= squares
        assert all('nation=~"$nation"' in each["expr"] for each in panel.get("targets", ())), panel["title"]
        assert panel["type"] == "row" or panel["description"], panel["title"]
