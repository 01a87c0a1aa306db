"""Drills on gateways that run elsewhere: what a target cannot give is refused before anything starts."""

import io
import subprocess
import tarfile
from pathlib import Path

import pytest
from typer.testing import CliRunner

from drills.needs import Need, needs_of
from drills.scenario_file import find_scenario, load_scenario
from entente.cli import build_app
from entente.drill import _Ending
from entente.drill_compose import drill_arguments, passed_on, played_to_its_end, unpacked
from entente.drill_target import Target, require_fit
from entente.terminal import CommandFailed
from schemas.strict_yaml import YamlRefused
from tests.drills.after_action.made import drill as drill_of
from tests.drills.drill_process import SMALL

NATIONS = ("XAA", "XBB", "XCC")


def drill(*arguments: str | Path) -> tuple[int, str]:
    """Exit code and output. Raises CommandFailed."""
    words = ["drill", *(str(each) for each in arguments)]
    result = CliRunner().invoke(build_app("drill"), words, catch_exceptions=False)
    return result.exit_code, result.output


def nowhere(*nations: str, office: str | None = None) -> Target:
    return Target.model_validate(
        {
            "gateways": {nation: {"url": "http://127.0.0.1:1", "key_file": "no"} for nation in nations},
            "realm_office": office,
        }
    )


def test_what_a_target_cannot_give_is_refused_with_the_injects_that_need_it() -> None:
    scenario = load_scenario(SMALL)
    with pytest.raises(CommandFailed) as refused:
        require_fit(scenario, nowhere(*NATIONS), injects=True)
    lines = str(refused.value).splitlines()
    assert lines[1:] == [f"  {Need.CREDENTIALS}: inject 3.1, 5.2", f"  {Need.RECEIVER}: inject 6.1"]
    require_fit(scenario, nowhere(*NATIONS), injects=False)
    with pytest.raises(CommandFailed, match="no gateway of XCC"):
        require_fit(scenario, nowhere("XAA", "XBB"), injects=False)


def test_every_need_of_the_main_scenario_is_found_and_an_office_meets_its_own() -> None:
    scenario = load_scenario(find_scenario("baltic-guard"))
    needs = needs_of(scenario)
    links = needs_of(load_scenario(find_scenario("bad-day")))
    assert {*needs, *links} == set(Need)
    assert links[Need.LINKS] == ("4.1.1", "4.1.4", "6.1.1", "6.1.3", "7.1.1", "7.1.5")
    assert links[Need.CLOCKS] == ("9.1.1", "9.1.5")
    assert "10.1.2" not in links[Need.CREDENTIALS], "whoever asks around needs an address and its own key"
    assert {*needs[Need.PROCESSES]} >= {"5.2.2", "7.4.1", "8.3.3"}, "who reseals must be away meanwhile"
    assert needs[Need.REALM_OFFICE] == ("7.1.2",)
    nations = [planned.nation for planned in scenario.realm.nations]
    with pytest.raises(CommandFailed) as refused:
        require_fit(scenario, nowhere(*nations, office="realm"), injects=True)
    assert "7.1.2" not in str(refused.value)


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("gateways: {XAA: {url: 'ftp://x', key_file: k}}", "line 1, column 18"),
        ("gateways: {}", "line 1, column 1"),
        ("gateways: {XAA: {url: 'http://x'}}", "key_file"),
        ("gateways: {xaa: {url: 'http://x', key_file: k}}", "xaa"),
    ],
    ids=["an address of another kind", "no gateway", "no key", "no nation's code"],
)
def test_a_target_file_that_says_too_little_is_refused(tmp_path: Path, text: str, says: str) -> None:
    file = tmp_path / "target.yaml"
    file.write_text(text)
    with pytest.raises(YamlRefused, match=says):
        drill("run", "ocean-accord", "--target", file)


def test_a_target_keeps_its_own_state(tmp_path: Path) -> None:
    with pytest.raises(CommandFailed, match="--state"):
        drill("run", "ocean-accord", "--target", tmp_path / "t", "--state", tmp_path / "state")


def test_a_check_says_what_a_scenario_needs() -> None:
    code, output = drill("check", SMALL)
    assert code == 0
    assert "nations  XAA XBB XCC" in output
    assert f"needs    {Need.CREDENTIALS}: inject 3.1, 5.2" in output
    assert "plays on any target" in drill("check", "ocean-accord")[1]


@pytest.mark.parametrize(
    ("right", "wrong", "says"),
    [
        ("    at: 2\n    as: XBB", "    at: 2\n    As: XBB", r"line \d+, column 5: .*As"),
        ("precedence: IMMEDIATE", "precedence: AT ONCE", r"line 26, column 9: inject 1.1: "),
        ('expires_at: "{now+1h}"', 'expires_at: "{now+1y}"', r"line 19, column 5: inject 1.1: \{now\+1y\}"),
        ("not_after:", "until:", r"line \d+, column \d+: inject 5.1"),
        ("title: Small drill", "title: [Small drill", r"line \d+, column \d+: not YAML"),
    ],
    ids=["a member", "a word of a draft", "a time of a draft", "a proposal", "the file itself"],
)
def test_a_check_says_where_a_scenario_is_wrong(tmp_path: Path, right: str, wrong: str, says: str) -> None:
    text = SMALL.read_text()
    assert right in text
    file = tmp_path / "wrong.yaml"
    file.write_text(text.replace(right, wrong, 1))
    with pytest.raises(CommandFailed, match=says):
        drill("check", file)


def test_a_drill_in_containers_needs_the_compose_file_here(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    with pytest.raises(CommandFailed, match=r"no docker-compose\.yml here"):
        drill("run", "--target", "compose")
    with pytest.raises(CommandFailed, match="go without --target compose"):
        drill("run", "ocean-accord", "--target", "compose", "--keep")
    with pytest.raises(CommandFailed, match="go without --target compose"):
        drill("run", "ocean-accord", "--target", "compose", "--policy", "NATO")


def test_ctrl_c_leaves_compose_the_time_to_end_the_drills_container(monkeypatch: pytest.MonkeyPatch) -> None:
    interrupts, wait = [KeyboardInterrupt()], subprocess.Popen.wait

    def interrupted(process: "subprocess.Popen[bytes]", timeout: float | None = None) -> int:
        if interrupts:
            raise interrupts.pop()
        return wait(process, timeout)

    monkeypatch.setattr(subprocess.Popen, "wait", interrupted)
    assert played_to_its_end(["sh", "-c", "exit 3"]) == 3


def test_what_is_asked_of_a_drill_in_containers_reaches_it() -> None:
    options = passed_on(5.0, 60.0, 7, as_json=True)
    assert options == ["--settle", "5.0", "--speed", "60.0", "--seed", "7", "--json"]
    told = drill_arguments(None, options, "/reports/one", on_terminal=False)
    assert told[:4] == ["run", "--rm", "-T", "drill"]
    assert told[4:] == [
        *("drill", "run", "ocean-accord", "--target", "/partners/target.yaml", "--reports", "/reports/one"),
        *options,
    ]


def test_a_scenario_of_this_machine_is_laid_into_the_container() -> None:
    told = drill_arguments(str(SMALL), [], "/reports/one", on_terminal=True)
    volume = told[told.index("--volume") + 1]
    file, inside, access = volume.split(":")
    assert (Path(file), access) == (SMALL.resolve(), "ro")
    assert told[told.index("run", 1) + 1] == inside
    assert "-T" not in told


def test_reports_from_a_container_are_written_where_they_were_asked_for_and_nowhere_else(
    tmp_path: Path,
) -> None:
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w") as archive:
        for name in ("./drill.html", "../../outside.json"):
            member = tarfile.TarInfo(name)
            member.size = 2
            archive.addfile(member, io.BytesIO(b"{}"))
        link = tarfile.TarInfo("./link")
        link.type, link.linkname = tarfile.SYMTYPE, "/etc/passwd"
        archive.addfile(link)
    into = tmp_path / "reports"
    assert unpacked(packed.getvalue(), into) == [into / "drill.html", into / "outside.json"]
    assert sorted(path.name for path in into.iterdir()) == ["drill.html", "outside.json"]


def test_reports_that_cannot_be_written_are_refused_before_anything_is_played(tmp_path: Path) -> None:
    (tmp_path / "reports").write_text("a file where a directory belongs")
    with pytest.raises(CommandFailed, match=r"reports cannot be written to .*; give another --reports"):
        drill("run", SMALL, "--reports", tmp_path / "reports", "--state", tmp_path / "state")
    assert not list((tmp_path / "state").glob("*realm*"))


def test_a_report_that_cannot_be_written_in_the_end_is_one_sentence_after_what_came_of_it(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "reports").write_text("a disk that is full meanwhile")
    outcome = drill_of()
    with pytest.raises(CommandFailed, match="give another --reports"):
        _Ending(tmp_path / "reports", as_json=True)(outcome)
    assert outcome.title in capsys.readouterr().out
