"""The bundle on disk: what is written is what is read, one file per document version."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bus.protocol.errors import TrustError
from bus.protocol.trust import TrustStore
from bus.trust_bundle import TrustBundleError, _file_part, read_bundle, write_bundle
from tests.realm_fixtures import AgreementPlan, make_realm


def test_a_written_bundle_opens_as_the_same_realm(tmp_path: Path) -> None:
    realm = make_realm(communities={"NORDIC": ("XAA", "XBB")})
    write_bundle(tmp_path / "trust", realm.envelopes)
    assert set(read_bundle(tmp_path / "trust")) == set(realm.envelopes)
    assert TrustStore.open(realm.id, read_bundle(tmp_path / "trust")).trust_version == 1


def test_later_versions_lie_beside_earlier_ones_and_win(tmp_path: Path) -> None:
    realm = make_realm()
    write_bundle(tmp_path, realm.envelopes)
    after = realm.rotate("XAA")
    write_bundle(tmp_path, after.envelopes)
    assert (tmp_path / "nation-XAA-v1.dsse.json").exists()
    assert (tmp_path / "nation-XAA-v2.dsse.json").exists()
    assert TrustStore.open(realm.id, read_bundle(tmp_path)).trust_version == 2


def test_no_two_documents_go_to_the_same_file(tmp_path: Path) -> None:
    ids = ["a/b", "a:b", "a_b", "a.b", "a-b", "a-b-v1", "A-b", "a" * 128, ":".join("a" * 64)]
    realm = make_realm(agreements=tuple(AgreementPlan(id=name) for name in ids))
    write_bundle(tmp_path, realm.envelopes)
    assert set(read_bundle(tmp_path)) == set(realm.envelopes)


@given(st.text(st.characters(exclude_categories=["Cs"]), max_size=200), st.text("/:_-%=", max_size=3))
def test_a_file_name_holds_no_separator_and_is_never_too_long(one: str, other: str) -> None:
    name = _file_part(one)
    assert len(name.encode()) <= 160
    assert "/" not in name
    assert (_file_part(one + other) == name) == (other == "")


def test_an_empty_or_missing_directory_is_refused(tmp_path: Path) -> None:
    for directory in (tmp_path, tmp_path / "none"):
        with pytest.raises(TrustBundleError, match="no trust documents"):
            read_bundle(directory)


def test_what_is_no_trust_document_is_not_written(tmp_path: Path) -> None:
    with pytest.raises(TrustError, match="TRUST_MALFORMED"):
        write_bundle(tmp_path, [b"{}"])


def test_an_oversized_file_is_refused(tmp_path: Path) -> None:
    (tmp_path / "huge.dsse.json").write_bytes(b" " * (512 * 1024 + 1))
    with pytest.raises(TrustBundleError, match="too large"):
        read_bundle(tmp_path)
