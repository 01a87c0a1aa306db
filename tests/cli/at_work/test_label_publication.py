"""`entente publish --cap --label-xml`: the label of an alert from a STANAG 4774 document."""

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from entente.cli import build_app
from entente.gateway_client import GatewayRefusedError
from entente.publish import publish
from entente.terminal import CommandFailed
from tests.cap.alert_xml import alert_xml
from tests.cli.up_process import UpProcess
from tests.labels.label_cases import category, xml

TERMS = ("--as-exercise", "SURGE 31", "--replay-now")


def document(*categories: str) -> str:
    """A label under the policy of the realm."""
    return xml(
        *categories,
        policy="<s:PolicyIdentifier>REALM</s:PolicyIdentifier>",
        level="<s:Classification>OPEN</s:Classification>",
    )


def test_an_alert_is_published_under_the_label_of_a_document(
    tmp_path: Path, realm_at_work: UpProcess
) -> None:
    alert, label = tmp_path / "alert.cap", tmp_path / "label.xml"
    alert.write_text(alert_xml(), encoding="utf-8")
    label.write_text(
        document(category("Releasable To", "XBB"), category("Colour", "RED", kind="INFORMATIVE")),
        encoding="utf-8",
    )
    place = realm_at_work.gateways["XAA"]
    given = [
        *("publish", "--gateway", place["url"], "--key-file", place["key_file"], "--json"),
        *("--cap", str(alert), "--label-xml", str(label), *TERMS),
    ]
    result = CliRunner().invoke(build_app("publish"), given, catch_exceptions=False)
    assert result.exit_code == 0, result.output
    [answer] = json.loads(result.stdout)
    assert answer["recipients"] == ["XBB"]
    realm_at_work.wait_for_messages("XBB", [answer["message_id"]])
    assert "INFORMATIVE_IGNORED" in result.stderr

    label.write_text(document(category("Releasable To", "GHOSTS")), encoding="utf-8")
    with pytest.raises(GatewayRefusedError) as refused:
        CliRunner().invoke(build_app("publish"), given, catch_exceptions=False)
    assert refused.value.problem["code"] == "LABEL_XML_VALUE_UNKNOWN"


def test_a_document_is_the_whole_label(tmp_path: Path) -> None:
    key = tmp_path / "api.key"
    key.write_text("ent_0")
    key.chmod(0o600)
    with pytest.raises(CommandFailed, match="the whole label"):
        publish(key_file=key, cap=key, label_xml=key, policy="REALM")
    with pytest.raises(CommandFailed, match="carries its own"):
        publish(draft=key, key_file=key, label_xml=key)
