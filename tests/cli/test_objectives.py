"""A realm's own objectives: from its plan, changed and taken back by a snapshot, kept by the rest."""

from pathlib import Path

import pytest
from typer.testing import CliRunner

from entente.cli import build_app
from entente.objectives import changed_objectives
from entente.realm_files import RealmFiles
from entente.terminal import CommandFailed
from schemas.trust import DeliveryObjectives


def run(*arguments: str) -> str:
    result = CliRunner().invoke(build_app(), list(arguments), catch_exceptions=False)
    assert result.exit_code == 0, result.output
    return result.stdout


PLAN = """
name: Planned
nations: [{nation: XAA, display_name: A}, {nation: XBB, display_name: B}]
"""


def founded(directory: Path, objectives: str = "") -> RealmFiles:
    plan = directory / "plan.yaml"
    plan.write_text(PLAN + objectives, encoding="utf-8")
    run("realm", "init", str(directory / "realm"), "--plan", str(plan))
    return RealmFiles(directory / "realm")


def test_a_plan_lays_them_down_and_other_acts_keep_them(tmp_path: Path) -> None:
    realm = founded(tmp_path, "objectives: {flash_seconds: 300}\n")
    assert realm.trust().snapshot.objectives == DeliveryObjectives(flash_seconds=300)
    run("nation", "revoke", "XBB", "--realm", str(realm.directory))
    run("realm", "snapshot", str(realm.directory))
    assert realm.trust().trust_version == 3
    assert realm.trust().snapshot.objectives == DeliveryObjectives(flash_seconds=300)


def test_a_snapshot_changes_what_it_names_and_takes_back_what_is_usual_again(tmp_path: Path) -> None:
    realm = founded(tmp_path)
    assert realm.trust().snapshot.objectives is None
    assert b"objectives" not in realm.trust().snapshot.encode()
    snapshot = ("realm", "snapshot", str(realm.directory), "--objective")
    run(*snapshot, "FLASH=5m", "--objective", "ROUTINE=1d")
    assert realm.trust().snapshot.objectives == DeliveryObjectives(flash_seconds=300, routine_seconds=86400)
    run(*snapshot, "FLASH=usual")
    assert realm.trust().snapshot.objectives == DeliveryObjectives(routine_seconds=86400)
    run(*snapshot, "ROUTINE=usual")
    assert realm.trust().snapshot.objectives is None


@pytest.mark.parametrize(
    "written",
    [
        "FLASH",
        "FLASH=",
        "FLASH=10",
        "flash=10m",
        "FLASH=-1m",
        "FLASH=10 m",
        "SOON=1m",
        "FLASH=0s",
        "FLASH=31d",
    ],
)
def test_what_is_no_objective_is_refused_and_signs_nothing(written: str) -> None:
    with pytest.raises(CommandFailed, match="objective"):
        changed_objectives(None, [written])
