"""docs/wire-format.md says what the code does: codes, sizes, offsets, limits."""

import re
from pathlib import Path

import pytest

from bus.protocol import dsse, frame, opening, outbound, seal_header, suites
from schemas import receipt, trust, wire
from schemas.reasons import ReasonCode

ROOT = Path(__file__).resolve().parents[2]
DOCUMENT = (ROOT / "docs" / "wire-format.md").read_text()
CORE = ["opening", "inbound", "release", "trust", "trust_documents", "communities", "classification"]
CORE += ["frame", "dsse", "proof", "merkle", "seal_header", "subjects"]
INTERNAL = {
    ReasonCode.RELEASE_PERMITTED,
    ReasonCode.DISPLAY_ONLY_PERMITTED,
    # To an author only: drafts never travel.
    ReasonCode.ADDRESSEE_NOT_RELEASABLE,
    ReasonCode.NATIONAL_ONLY,
    ReasonCode.NO_RECIPIENT,
    ReasonCode.REPLY_BEYOND_RELEASE,
}


def codes_in(module: str) -> set[ReasonCode]:
    source = (ROOT / "bus" / "protocol" / f"{module}.py").read_text()
    return {ReasonCode[name] for name in re.findall(r"ReasonCode\.([A-Z_]{3,})", source)}


@pytest.mark.parametrize("module", CORE)
def test_every_code_the_core_gives_is_in_the_document(module: str) -> None:
    missing = {code.value for code in codes_in(module) - INTERNAL if f"`{code.value}`" not in DOCUMENT}
    assert not missing


def test_every_code_in_the_document_exists() -> None:
    named = set(re.findall(r"`([A-Z]+(?:_[A-Z]+)+)`", DOCUMENT)) - {"DISPLAY_ONLY"}
    assert named <= {code.value for code in ReasonCode}


def test_header_offsets_add_up() -> None:
    section = DOCUMENT.split("## 8.")[1].split("## 9.")[0]
    rows = re.findall(r"^\| (\d+) \| (\d+) \|", section, re.MULTILINE)
    at = 0
    for offset, length in rows:
        assert int(offset) == at
        at += int(length)
    assert at == seal_header.HEADER_LENGTH
    assert f"length of this header, {at}" in section


def test_sizes_of_suites_are_those_of_the_code() -> None:
    section = DOCUMENT.split("## 4.")[1].split("## 5.")[0]
    for sign in suites.SIGN_SUITES.values():
        (row,) = [line for line in section.splitlines() if line.startswith(f"| `{sign.name}`")]
        for component in sign.components:
            assert component.algorithm in row
            assert str(component.public_length) in row
            assert str(component.signature_length) in row
    for sealing in suites.SEAL_SUITES.values():
        (row,) = [line for line in section.splitlines() if line.startswith(f"| `{sealing.name}`")]
        assert f"| {sealing.suite_id} |" in row
        assert f"| {sealing.enc_length}" in row
        assert f"115 + {sealing.enc_length} + 16" in DOCUMENT


def test_limits_are_those_of_the_code() -> None:
    table = DOCUMENT.split("## 15.")[1]
    kib = 1024
    for text, value in (
        ("sealed bytes | 1 MiB", opening.MAX_SEALED_BYTES / kib / kib),
        ("frame | 512 KiB", frame.MAX_FRAME_BYTES / kib / 512),
        ("64 / 4096", frame.MAX_DELIVERIES / 64 * outbound.MAX_BATCH / 4096),
        ("content | 256 KiB", wire.MAX_CONTENT_BYTES / kib / 256),
        ("16 KiB / 4 KiB", opening.MAX_STATEMENT_BYTES / kib / 16 * opening.MAX_ROOT_BYTES / kib / 4),
        ("512 KiB, 32 signatures", dsse.MAX_ENVELOPE_BYTES / kib / 512 * dsse.MAX_SIGNATURES / 32),
        ("trust document | 256 KiB", trust.MAX_TRUST_DOCUMENT_BYTES / kib / 256),
        ("1000 / 100 / 500", receipt.MAX_RECEIPTS / 1000),
    ):
        assert text in table
        assert value == 1, text


def test_every_member_of_the_statements_is_in_the_document() -> None:
    for model in (wire.Delivery, wire.Root, receipt.Receipts, receipt.Receipt):
        for name in model.model_fields:
            assert re.search(rf"\b{name}\b", DOCUMENT), name
