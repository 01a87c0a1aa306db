"""Plays of CAP files that fail the drill; `drill run` ends with its failures' exit code (test_drill_run)."""

from pathlib import Path

from tests.drills.cap_realm import Accesses, play, terms
from tests.drills.test_drill_run import CAP


def test_a_directory_without_alerts_is_no_success(tmp_path: Path, accesses: Accesses) -> None:
    outcome = play(tmp_path, accesses)
    (failure,) = outcome.failures
    assert "no CAP file" in failure


def test_files_of_which_none_can_be_taken_are_no_success(tmp_path: Path, accesses: Accesses) -> None:
    (tmp_path / "a.cap").write_text("<alert/>")
    outcome = play(tmp_path, accesses)
    assert outcome.failures == ("nothing of 1 CAP files could be taken",)
    assert outcome.files[0].refused


def test_alerts_that_the_gateway_does_not_take_under_their_label_fail_the_drill(
    tmp_path: Path, accesses: Accesses
) -> None:
    (tmp_path / "a.cap").write_text(CAP.format(name="fire-1", kind="Alert", references=""))
    outcome = play(tmp_path, accesses, terms(policy="LIMITED"))
    assert "CLASSIFICATION_UNKNOWN" in outcome.failures[0]
    assert outcome.messages == ()
