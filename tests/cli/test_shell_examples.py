"""The shell examples of the pages run as they stand, in order, against the realm that `entente up` founds."""

import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

import httpx
import pytest

from entente.default_plan import default_plan
from tests.cli.up_process import PATIENCE, UpProcess
from tests.free_ports import free_port

DOCS = Path(__file__).resolve().parents[2] / "docs"
BOX = re.compile(r"^```sh\n(.*?)^```$", re.MULTILINE | re.DOTALL)
KEPT = """PUBLICATION=$(python3 -c "import json; print(json.load(open('updated.json'))['publication_id'])")"""

PRELUDE = """
set -eu
curl() { command curl -w '%{stderr}asked %{http_code} %{method} %{url_effective}\\n' --max-time 60 "$@"; }
"""
"""Every answer's status is told beside what the page's commands print."""

UNTIL_IT_CAME = """
until command curl -sS -H @FIN.auth "$FIN/v1/inbox?after=0" | grep -q message_id; do :; done
"""
"""People read on while a message travels."""


def page(name: str) -> str:
    return (DOCS / name).read_text(encoding="utf-8")


def boxes(name: str) -> list[str]:
    """The page's shell examples, its streams followed for a second."""
    found = BOX.findall(page(name))
    return [re.sub(r"--max-time \d+", "--max-time 1", box) for box in found]


@dataclass
class Ran:
    """What one run of a page's examples did."""

    status: int
    errors: str
    answers: list[tuple[str, str, str]] = field(default_factory=list)
    """(status, method, path) of every request, in order."""

    @property
    def refused(self) -> list[tuple[str, str, str]]:
        return [answer for answer in self.answers if not answer[0].startswith("2")]


@pytest.fixture(scope="module")
def directory(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """The directory that holds `.entente` of a running realm."""
    place = tmp_path_factory.mktemp("examples")
    nations = [each.nation for each in default_plan().nations]
    opened = {
        "ENTENTE_GATEWAY_WEBHOOK_NETWORKS": "127.0.0.0/8",
        "ENTENTE_GATEWAY_WEBHOOK_PLAIN_HTTP": "true",
    }
    with UpProcess(place / ".entente", plan=None, nations=nations, **opened):
        yield place


def run(directory: Path, parts: Iterable[str]) -> Ran:
    """One shell runs all the parts, and stops at the first command that fails."""
    done = subprocess.run(
        ["bash", "-c", "\n".join([PRELUDE, *parts])],
        cwd=directory,
        env={**os.environ, "no_proxy": "*"},
        capture_output=True,
        text=True,
        timeout=2 * PATIENCE,
        check=False,
    )
    told = re.findall(r"^asked (\d{3}) ([A-Z]+) http://[^/]+([^?\s]*)", done.stderr, re.MULTILINE)
    return Ran(done.returncode, done.stderr, told)


def sign_in(directory: Path) -> None:
    """An operator of EST, and their access token in `anna.auth`, as the pages for people say."""
    state = directory / ".entente"
    password = "seven herons cross the ford"
    place = [
        "--state-dir",
        str(state / "gateways" / "EST"),
        "--keys-file",
        str(state / "realm" / "nations" / "EST" / "keys.json"),
    ]
    adding = [sys.executable, "-m", "entente", "operator", "add", "anna", "--role", "watch_officer"]
    subprocess.run([*adding, "--password-file", "-", *place], input=f"{password}\n", text=True, check=True)
    port = json.loads((state / "ports.json").read_text())["EST"]
    session = httpx.post(
        f"http://127.0.0.1:{port}/v1/operators/sign-in",
        json={"name": "anna", "password": password},
        trust_env=False,
        timeout=PATIENCE,
    ).json()
    (directory / "anna.auth").write_text(f"Authorization: Bearer {session['access_token']}\n")


@pytest.mark.skipif(shutil.which("curl") is None, reason="the pages' examples call curl")
def test_the_examples_of_the_pages_run_as_they_stand(directory: Path) -> None:
    api = boxes("api.md")
    published = next(place for place, box in enumerate(api) if "/v1/messages\n" in box) + 1
    ran = run(directory, [*api[:published], UNTIL_IT_CAME, *api[published:]])
    assert ran.refused == [("422", "POST", "/v1/messages")], "what the page shows a refusal of"
    assert ran.status == 0, ran.errors

    # The rest of the pages go on where that one ends.
    [register, look] = boxes("webhooks.md")
    [program] = re.findall(r"```python\n(.*?)```", page("webhooks.md"), re.DOTALL)
    (directory / "receiver.py").write_text(program)
    port = str(free_port())
    register = register.replace("8099", port)
    receiver = f"{sys.executable} receiver.py {port} > received & trap 'kill $!' EXIT"
    # What had been posted before anybody listened comes again with the replay.
    came = "until grep -q entente.message.received received; do :; done"
    label = f"{KEPT}; curl -sS -H @EST.auth $EST/v1/messages/$PUBLICATION/label.xml -o label.xml"
    sign_in(directory)
    pages = [*boxes("labels.md"), *boxes("search.md")]
    ran = run(directory, [*api[:2], receiver, register, look, came, label, *pages])
    assert ran.refused == []
    assert ran.status == 0, ran.errors


def test_no_page_has_shell_that_nothing_runs() -> None:
    having = {each.name for each in DOCS.rglob("*.md") if BOX.search(each.read_text(encoding="utf-8"))}
    assert having == {"api.md", "labels.md", "search.md", "webhooks.md"}
