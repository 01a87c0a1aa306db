"""`entente realm init`: who gets what, with which modes, and nothing written over."""

import base64
import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from bus.keystore import NationKeys
from bus.offline_keys import load_authority_key
from bus.protocol.trust import TrustStore
from bus.trust_bundle import read_bundle
from entente.cli import build_app
from entente.planned_documents import PlanError
from entente.realm_files import RealmFiles, RealmFilesError
from entente.terminal import CommandFailed
from schemas.strict_yaml import YamlRefused

FLAGS = ["--name", "Two", "--nation", "XAA", "--nation", "XBB"]
AGREED = [*FLAGS, "--mode", "EXERCISE", "--highest", "NATO:NATO RESTRICTED"]


def init(directory: Path, *arguments: str) -> str:
    result = CliRunner().invoke(
        build_app("realm"), ["realm", "init", str(directory), *arguments], catch_exceptions=False
    )
    assert result.exit_code == 0, result.output
    return result.stdout


def test_everything_lies_where_its_holder_finds_it_and_nobody_else_can_read_it(tmp_path: Path) -> None:
    outcome = json.loads(init(tmp_path / "realm", *AGREED, "--json"))
    realm = tmp_path / "realm"
    assert {path.name for path in realm.iterdir()} == {"realm-id", "trust", "nations", "offline"}
    assert (realm / "realm-id").read_text().strip() == outcome["realm"]
    for directory in (realm / "nations", realm / "nations" / "XAA", realm / "offline"):
        assert directory.stat().st_mode & 0o777 == 0o700
    secrets = [*realm.glob("nations/*/keys.json"), *realm.glob("offline/*.json")]
    assert {path.name for path in secrets} == {
        "keys.json",
        "realm-root-1.json",
        "realm-root-2.json",
        "realm-root-3.json",
        "snapshot-key.json",
        "XAA-root.json",
        "XBB-root.json",
    }
    for path in secrets:
        assert path.stat().st_mode & 0o777 == 0o600, path
    assert "OFFLINE" in (realm / "offline" / "README.txt").read_text()


def test_the_bundle_opens_with_the_pinned_id_and_fits_the_keys(tmp_path: Path) -> None:
    init(tmp_path / "realm", *AGREED)
    files = RealmFiles(tmp_path / "realm")
    trust = TrustStore.open(files.realm_id(), read_bundle(files.trust_dir))
    assert sorted(trust.nations) == ["XAA", "XBB"]
    assert trust.agreements["founding"].agreement.parties == ("XAA", "XBB")
    assert [mode.value for mode in trust.agreements["founding"].agreement.modes] == ["EXERCISE"]
    for nation in trust.nations:
        keys = NationKeys.load(files.keys_file(nation))
        assert (keys.nation, keys.realm) == (nation, trust.realm)
        listed = set(trust.nations[nation].keys)
        assert {pair.key.kid for pair in keys.signing} | {pair.key.kid.hex() for pair in keys.seal} == listed
        root = load_authority_key(files.nation_root_file(nation))
        assert root.kid in {seat.root_key.kid for seat in trust.root.nations if seat.nation == nation}


def test_no_public_file_holds_a_secret(tmp_path: Path) -> None:
    init(tmp_path / "realm", *AGREED)
    public = b"".join(path.read_bytes() for path in (tmp_path / "realm" / "trust").iterdir())
    for path in (tmp_path / "realm").glob("**/*.json"):
        if path.parent.name == "trust":
            continue
        stored = json.loads(path.read_text())
        held = [key["private_key"] for key in stored.get("keys", [])] + [stored.get("private_key", "")]
        assert not any(secret and secret.encode() in public for secret in held), path


def test_without_an_agreement_nobody_may_send_anything_and_that_is_said(tmp_path: Path) -> None:
    result = CliRunner().invoke(build_app("realm"), ["realm", "init", str(tmp_path / "realm"), *FLAGS])
    assert "no nation may send anything" in result.stderr
    assert not RealmFiles(tmp_path / "realm").trust().agreements


def test_a_directory_with_anything_in_it_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "note.txt").write_text("mine")
    with pytest.raises(RealmFilesError, match="not empty"):
        init(tmp_path, *AGREED)
    assert [path.name for path in tmp_path.iterdir()] == ["note.txt"]
    init(tmp_path / "realm", *AGREED)
    before = {path: path.read_bytes() for path in (tmp_path / "realm").rglob("*") if path.is_file()}
    with pytest.raises(RealmFilesError, match="not empty"):
        init(tmp_path / "realm", *AGREED)
    assert before == {path: path.read_bytes() for path in (tmp_path / "realm").rglob("*") if path.is_file()}


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        pytest.param(["--name", "Two"], "at least one --nation", id="no nation"),
        pytest.param([*FLAGS, "--mode", "TEST"], "go together", id="a mode without a classification"),
        pytest.param(
            [*FLAGS, "--highest", "NATO:NATO SECRET"], "go together", id="a classification without a mode"
        ),
        pytest.param(["--name", "Two", "--nation", "ZZZ"], "alpha-3", id="a nation that does not exist"),
        pytest.param([*FLAGS, "--nation", "XAA"], "twice", id="a nation given twice"),
        pytest.param(
            [*FLAGS, "--mode", "TEST", "--highest", "MOON:DARK"],
            "does not hold",
            id="a policy that is unknown",
        ),
        pytest.param(
            ["--name", "One", "--nation", "XAA", "--mode", "TEST", "--highest", "NATO:NATO SECRET"],
            "two nations",
            id="an agreement of one nation with itself",
        ),
    ],
)
def test_what_makes_no_realm_is_refused_and_nothing_is_written(
    tmp_path: Path, arguments: list[str], words: str
) -> None:
    with pytest.raises(CommandFailed, match=words):
        init(tmp_path / "realm", *arguments)
    assert not (tmp_path / "realm").exists()


def test_a_level_that_the_policy_does_not_have_is_refused(tmp_path: Path) -> None:
    with pytest.raises(PlanError, match="has no level"):
        init(tmp_path / "realm", *FLAGS, "--mode", "TEST", "--highest", "NATO:VERY SECRET")
    assert not (tmp_path / "realm").exists()


def test_a_plan_brings_communities_policies_and_equivalences_of_its_own(tmp_path: Path) -> None:
    plan = tmp_path / "plan.yaml"
    plan.write_text(
        """
name: Planned realm
nations:
  - {nation: XAA, display_name: A, sign_suite: cnsa2, seal_suite: seal-2}
  - {nation: XBB, display_name: B}
  - {nation: XCC, display_name: C, sign_suite: hybrid}
communities: [{id: PAIR, title: Two of them, members: [XAA, XBB]}]
known_policies: [NATO]
policies:
  - id: HOME
    source: laid down at home
    levels: [{classification: PLAIN, rank: 0}, {classification: QUIET, rank: 1}]
equivalences:
  - from_policy: HOME
    to_policy: NATO
    source: letter of the fourth of May
    levels: [{classification: QUIET, equivalent: NATO RESTRICTED}]
agreements:
  - id: pair
    title: Of the pair
    parties: [PAIR]
    kinds: [threat_alert]
    modes: [TEST]
    highest: [{policy: NATO, classification: NATO RESTRICTED}]
root_keys: 2
threshold: 2
""",
        encoding="utf-8",
    )
    init(tmp_path / "realm", "--plan", str(plan))
    trust = RealmFiles(tmp_path / "realm").trust()
    assert trust.agreements["pair"].agreement.parties == ("XAA", "XBB")
    assert trust.ranks["HOME"] == {"PLAIN": 0, "QUIET": 1}
    assert trust.equivalences[0].levels[0].equivalent == "NATO RESTRICTED"
    assert {key.suite.value for key in trust.nations["XAA"].record.keys} == {"cnsa2", "seal-2"}
    assert trust.root.threshold == 2


def test_a_plan_with_a_mistake_names_its_line(tmp_path: Path) -> None:
    plan = tmp_path / "plan.yaml"
    plan.write_text(
        "name: P\nnations:\n  - {nation: XAA, display_name: A}\n  - {nation: QQQ, display_name: B}\n"
    )
    with pytest.raises(YamlRefused, match="line 4"):
        init(tmp_path / "realm", "--plan", str(plan))


def test_modes_are_shown_as_they_are_written_everywhere_else() -> None:
    shown = CliRunner().invoke(build_app("realm"), ["realm", "init", "--help"]).stdout
    assert "EXERCISE" in shown
    assert "exercise" not in shown


def test_a_realm_whose_documents_an_earlier_version_wrote_is_refused_in_plain_words(tmp_path: Path) -> None:
    init(tmp_path / "realm", *AGREED)
    files = RealmFiles(tmp_path / "realm")
    for path in files.trust_dir.iterdir():
        envelope = json.loads(path.read_text())
        document = json.loads(base64.b64decode(envelope["payload"]))
        if document["type"] == "classification_policy":
            del document["source"]  # as if it had not been asked for yet
            envelope["payload"] = base64.b64encode(json.dumps(document).encode()).decode()
            path.write_text(json.dumps(envelope))
    with pytest.raises(RealmFilesError, match="found the realm anew"):
        files.trust()
