"""The audit log searched, shown and exported over HTTP."""

import csv
import hashlib
import hmac
import io
import json
from typing import Any

import pytest

from bus.store import audit
from bus.store.audit_search import by_seq
from gateways.http.audit_export import COLUMNS, ExportFormat, lines_of
from schemas.audit import AuditEvent, AuditOutcome, AuditRecord
from schemas.base import rfc3339
from tests.gateway.drafts import draft
from tests.gateway.running import Gateway, assert_problem
from tests.store.samples import NOW


@pytest.fixture(scope="module")
def publication(xaa: Gateway) -> dict[str, Any]:
    """Something accepted, with its records."""
    accepted: dict[str, Any] = xaa.publish(draft()).json()
    return accepted


def found(gateway: Gateway, **params: Any) -> list[dict[str, Any]]:
    answer = gateway.get("/v1/audit/search", params=params)
    assert answer.status_code == 200, answer.text
    return [item["record"] for item in answer.json()["items"]]


def test_records_of_a_publication_are_found_newest_first(xaa: Gateway, publication: dict[str, Any]) -> None:
    items = xaa.get("/v1/audit/search", params={"about": publication["publication_id"]}).json()["items"]
    seqs = [item["audit_seq"] for item in items]
    assert seqs == sorted(seqs, reverse=True)
    assert {"publication.accepted", "release.permitted"} <= {item["record"]["event"] for item in items}


def test_everything_given_must_hold(xaa: Gateway, publication: dict[str, Any]) -> None:
    [record] = found(xaa, about=publication["message_id"], event="publication.accepted", outcome="success")
    assert found(xaa, about=publication["message_id"], event="publication.accepted", outcome="refused") == []
    at, actor = record["at"], record["actor"]
    assert record in found(xaa, actor=actor, since=at)
    assert record in found(xaa, actor="api-key:", since=at)
    assert record not in found(xaa, actor=actor, until=at)
    assert all(
        each["reason"] == "RELEASE_PERMITTED" for each in found(xaa, reason="RELEASE_PERMITTED", limit=3)
    )


def test_a_page_says_where_to_look_on(xaa: Gateway, publication: dict[str, Any]) -> None:
    first = xaa.get("/v1/audit/search", params={"limit": 2}).json()
    second = xaa.get("/v1/audit/search", params={"limit": 2, "before": first["next"]}).json()
    assert second["items"][0]["audit_seq"] == first["items"][-1]["audit_seq"] - 1
    assert first["looked_back_to"] == first["items"][-1]["record"]["at"]
    whole = xaa.get("/v1/audit/search", params={"event": "gateway.started"}).json()
    assert "next" not in whole


def test_a_record_in_depth_has_its_leaf(xaa: Gateway) -> None:
    shown = xaa.get("/v1/audit/1").json()
    stored = xaa.write(lambda tx: by_seq(tx, 1))
    assert stored is not None
    assert shown["record"] == json.loads(stored.record)
    leaf = hmac.new(bytes.fromhex(shown["salt"]), stored.record, hashlib.sha256).hexdigest()
    assert shown["leaf"] == leaf
    assert_problem(xaa.get("/v1/audit/999999999"), 404, "NOT_FOUND")


@pytest.mark.parametrize("name", ["since", "until"])
def test_a_time_without_an_offset_is_refused(xaa: Gateway, name: str) -> None:
    answer = xaa.get("/v1/audit/search", params={name: "2026-03-02T00:00:00"})
    assert_problem(answer, 422, "PARAMETER_INVALID", f"/query/{name}")


def test_an_export_holds_what_a_search_finds_and_is_recorded_first(
    xaa: Gateway, publication: dict[str, Any]
) -> None:
    about = {"about": publication["publication_id"]}
    items = xaa.get("/v1/audit/search", params=about).json()["items"]
    answer = xaa.get("/v1/audit/export", params=about | {"format": "jsonl"})
    assert [json.loads(line) for line in answer.text.splitlines()] == items
    assert answer.headers["content-disposition"] == 'attachment; filename="audit-XAA.jsonl"'
    sheet = list(csv.DictReader(io.StringIO(xaa.get("/v1/audit/export", params=about).text)))
    assert [row["audit_seq"] for row in sheet] == [str(item["audit_seq"]) for item in items]
    assert [row["leaf"] for row in sheet] == [item["leaf"] for item in items]
    records = found(xaa, event="audit.exported")
    assert [record["count"] for record in records[:2]] == [len(items)] * 2


def test_an_export_ends_where_it_is_told_to(xaa: Gateway, publication: dict[str, Any]) -> None:
    lines = xaa.get("/v1/audit/export", params={"format": "jsonl", "limit": 3, "before": 5}).text.splitlines()
    assert [json.loads(line)["audit_seq"] for line in lines] == [4, 3, 2]


@pytest.mark.parametrize("actor", ["=1+1", "+1", "-1", "@x", "\tx", "\rx"])
def test_no_cell_is_taken_for_a_formula(actor: str) -> None:
    record = AuditRecord(
        at=NOW, nation="XAA", event=AuditEvent.GATEWAY_STARTED, outcome=AuditOutcome.SUCCESS, actor=actor
    )
    stored = audit.StoredRecord(1, b"\0" * 32, record.encode(), record.event, record.at)
    [row] = csv.reader(io.StringIO(lines_of(ExportFormat.CSV, [stored]).decode(), newline=""))
    cells = dict(zip(COLUMNS, row, strict=True))
    assert cells["actor"] == f"'{actor}"
    assert cells["at"] == rfc3339(NOW)
