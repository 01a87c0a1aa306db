"""Exports of the traffic: marked, harmless in a spreadsheet, on the record; and saved views."""

import asyncio
import csv
import io
import json
from collections.abc import AsyncIterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import pytest

from bus.store.audit_search import Found
from gateways.http.audit_export import ExportFormat
from gateways.http.long_files import CutOff
from gateways.http.routes import audit_search
from gateways.http.routes.saved_views import MOST
from gateways.http.routes.traffic_export import COLUMNS, TrafficExportFormat, _written, safe_cell
from schemas.operator import Role
from tests.gateway.operator_desk import as_, hire, sign_in
from tests.gateway.running import NO_BROKER, Gateway, World, assert_problem
from tests.gateway.traffic_desk import Who, found, get, publish

EXPORT = "/v1/traffic/export"


@pytest.fixture(scope="module")
def wanda(xaa: Gateway) -> Who:
    """A watch officer."""
    hire(xaa, "wenke", Role.WATCH_OFFICER)
    return as_(sign_in(xaa, "wenke")["access_token"])


def test_the_first_line_says_the_highest_classification_of_the_rows(xaa: Gateway, wanda: Who) -> None:
    publish(xaa, subject="Ferry one late")
    lower = get(xaa, wanda, EXPORT, q="ferry", format="jsonl").text.splitlines()
    assert json.loads(lower[0]) == {"highest": "REALM LIMITED", "rows": 1}
    publish(xaa, subject="Ferry two late", label={"classification": "PROTECTED"})
    higher = get(xaa, wanda, EXPORT, q="ferry", format="jsonl").text.splitlines()
    assert json.loads(higher[0]) == {"highest": "REALM PROTECTED", "rows": 2}
    assert [json.loads(line)["subject"] for line in higher[1:]] == ["Ferry two late", "Ferry one late"]
    table = list(csv.reader(io.StringIO(get(xaa, wanda, EXPORT, q="ferry").text)))
    assert table[0] == ["HIGHEST CLASSIFICATION", "REALM PROTECTED", "ROWS", "2"]
    assert table[1] == list(COLUMNS)
    assert [row[COLUMNS.index("subject")] for row in table[2:]] == ["Ferry two late", "Ferry one late"]
    empty = get(xaa, wanda, EXPORT, q="nothing-like-it", format="jsonl").text
    assert json.loads(empty) == {"highest": "NO ROWS", "rows": 0}


@pytest.mark.parametrize("begin", ["=", "+", "-", "@", "\t=", "\r=", " =", "\uff1d", "\uff20"])
def test_no_cell_is_a_formula(begin: str) -> None:
    assert safe_cell(f"{begin}1+1") == f"'{begin}1+1"


def test_a_hostile_subject_leaves_as_text(xaa: Gateway, wanda: Who) -> None:
    publish(xaa, subject='=HYPERLINK("https://x.invalid","sluice")')
    (row,) = list(csv.reader(io.StringIO(get(xaa, wanda, EXPORT, q="sluice").text)))[2:]
    assert row[COLUMNS.index("subject")] == '\'=HYPERLINK("https://x.invalid","sluice")'


def test_an_export_is_recorded_without_its_words(xaa: Gateway, wanda: Who) -> None:
    publish(xaa, subject="Chimney smoke")
    position = xaa.audit_position()
    assert get(xaa, wanda, EXPORT, q="chimney").status_code == 200
    records = xaa.get("/v1/audit", params={"after": position}).json()["items"]
    (record,) = [each["record"] for each in records if each["record"]["event"] == "traffic.exported"]
    assert (record["count"], record["query_length"], record["highest"]) == (1, 7, "REALM LIMITED")
    assert record["actor"] == "operator:wenke"
    assert "chimney" not in json.dumps(records).lower()


@pytest.mark.parametrize("closes", [True, False], ids=["the gateway stops", "the caller is admitted no more"])
async def test_a_file_whose_rest_is_for_nobody_any_more_breaks_off(closes: bool) -> None:
    """An answer that ends in good order would be taken for the whole file."""
    closing = asyncio.Event()
    if closes:
        closing.set()
    asked: list[bool] = []

    async def still_admits(*_: object, past_token: bool) -> bool:
        asked.append(past_token)
        return closes

    async def pages() -> AsyncIterator[Found]:
        yield Found((), None)

    gateway = cast(Any, SimpleNamespace(closing=closing, access=SimpleNamespace(still_admits=still_admits)))
    nobody = cast(Any, None)
    for file in (
        _written(gateway, nobody, [1], TrafficExportFormat.JSONL, "REALM LIMITED"),
        audit_search._written(gateway, nobody, ExportFormat.CSV, pages()),
    ):
        assert b"\n" in await anext(file), "the head"
        with pytest.raises(CutOff):
            await anext(file)
    assert asked == [True, True] * (not closes), "a token of ten minutes does not end a file"


def test_the_setting_switches_exports_off(world: World, tmp_path: Path) -> None:
    with world.gateway("XDD", tmp_path.name, nats_url=NO_BROKER, traffic_export=False) as gateway:
        hire(gateway, "wanda", Role.WATCH_OFFICER)
        who = as_(sign_in(gateway, "wanda")["access_token"])
        assert_problem(get(gateway, who, EXPORT), 403, "EXPORT_SWITCHED_OFF")
        assert found(gateway, who) == []


def put(gateway: Gateway, who: Who, name: str, query: str) -> int:
    return gateway.client.put(f"/v1/views/{name}", json={"query": query}, headers=who).status_code


def views(gateway: Gateway, who: Who) -> dict[str, str]:
    items = get(gateway, who, "/v1/views").json()["items"]
    return {item["name"]: item["query"] for item in items}


def test_saved_views_are_ones_own_and_bounded(xaa: Gateway, wanda: Who) -> None:
    hire(xaa, "wilma", Role.WATCH_OFFICER)
    wilma = as_(sign_in(xaa, "wilma")["access_token"])
    assert put(xaa, wanda, "Night watch", "prec:flash") == 200
    assert put(xaa, wanda, "Night watch", "prec:flash,immediate") == 200
    assert views(xaa, wanda) == {"Night watch": "prec:flash,immediate"}
    assert views(xaa, wilma) == {}
    for dots in ("%2e", "%2e%2e", "%2e%2e%2e"):
        assert put(xaa, wilma, dots, "") == 422, "a step in an address"
    assert put(xaa, wilma, "v1.2..", "") == 200
    assert_problem(xaa.client.delete("/v1/views/Night watch", headers=wilma), 404, "NOT_FOUND")
    for number in range(MOST - 1):
        assert put(xaa, wanda, f"view {number}", "") == 200
    refused = xaa.client.put("/v1/views/one-more", json={"query": ""}, headers=wanda)
    assert_problem(refused, 409, "VIEWS_TOO_MANY")
    assert put(xaa, wanda, "Night watch", "dir:in") == 200, "one that is there may change"
    assert xaa.client.delete("/v1/views/Night watch", headers=wanda).json()["query"] == "dir:in"
    assert len(views(xaa, wanda)) == MOST - 1


def test_a_view_searches_for_what_is_understood(xaa: Gateway, wanda: Who) -> None:
    answer = xaa.client.put("/v1/views/x", json={"query": "from:nowhere"}, headers=wanda)
    assert_problem(answer, 422, "SEARCH_NOT_UNDERSTOOD", "/query")
    assert xaa.client.put("/v1/views/" + "x" * 61, json={"query": ""}, headers=wanda).status_code == 422


def test_views_go_with_their_operator(xaa: Gateway) -> None:
    hire(xaa, "wulf", Role.WATCH_OFFICER)
    assert put(xaa, as_(sign_in(xaa, "wulf")["access_token"]), "mine", "") == 200
    left = xaa.write(
        lambda tx: [
            tx.execute(
                "DELETE FROM operator_token WHERE session_id IN (SELECT session_id FROM"
                " operator_session WHERE operator = 'wulf')"
            ),
            tx.execute("DELETE FROM operator_session WHERE operator = 'wulf'"),
            tx.execute("DELETE FROM operator WHERE name = 'wulf'"),
            tx.execute("SELECT count(*) FROM saved_view WHERE operator = 'wulf'").fetchone()[0],
        ][-1]
    )
    assert left == 0
