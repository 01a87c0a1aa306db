"""The receiver of docs/webhooks.md takes what a gateway posts, once, and nothing forged."""

import json
import re
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path
from queue import SimpleQueue
from typing import Any

import httpx
import pytest

from gateways.http.api_keys import Scope
from tests.free_ports import free_port
from tests.gateway.hook_receiver import happen
from tests.gateway.running import WAIT, Gateway

PAGE = Path(__file__).resolve().parents[2] / "docs" / "webhooks.md"


class Running:
    """The page's program as a process, and the lines that it prints."""

    def __init__(self, directory: Path) -> None:
        [program] = re.findall(r"```python\n(.*?)```", PAGE.read_text(encoding="utf-8"), re.DOTALL)
        (directory / "receiver.py").write_text(program)
        self.directory = directory
        self.url = f"http://127.0.0.1:{free_port()}/events"
        port = self.url.split(":")[2].partition("/")[0]
        self.process = subprocess.Popen(
            [sys.executable, "receiver.py", port],
            cwd=directory,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
        )
        self.lines: SimpleQueue[str] = SimpleQueue()
        threading.Thread(target=self._read, daemon=True).start()

    def _read(self) -> None:
        assert self.process.stdout is not None
        for line in self.process.stdout:
            self.lines.put(line.strip())


@pytest.fixture
def running(tmp_path: Path) -> Iterator[Running]:
    made = Running(tmp_path)
    yield made
    made.process.kill()
    made.process.wait(WAIT)
    assert made.process.stdout is not None
    made.process.stdout.close()


def test_the_receiver_of_the_page_takes_genuine_events_once(xbb: Gateway, running: Running) -> None:
    key = xbb.new_key([Scope.EVENTS_READ, Scope.TRUST_READ, Scope.WEBHOOKS_WRITE])
    [body] = re.findall(r"-d '(\{\"url\".*?\})'", PAGE.read_text(encoding="utf-8"))
    asked: dict[str, Any] = json.loads(body) | {"url": running.url, "types": ["partner.heard"]}
    made = xbb.post("/v1/webhooks", asked, key).json()
    (running.directory / "secret").write_text(made["secret"] + "\n")
    [first] = happen(xbb)
    # It may not listen yet when the event is posted first: posted again until it prints.
    path = f"/v1/webhooks/{made['webhook_id']}"
    while xbb.get(path, key).json()["position"] < first:
        xbb.post(f"{path}/enable", b"", key)
    assert running.lines.get(timeout=WAIT) == "entente.partner.heard XDD"
    xbb.post(f"{path}/replay", {"after": first - 1}, key)
    happen(xbb)
    assert running.lines.get(timeout=WAIT) == "entente.partner.heard XDD"
    assert running.lines.empty(), "what was replayed is not printed again"
    forged = {"webhook-id": "9-9", "webhook-timestamp": "1", "webhook-signature": "v1,AAAA"}
    with httpx.Client(trust_env=False, timeout=WAIT) as client:
        assert client.post(running.url, headers=forged, content=b"{}").status_code == 401
    xbb.client.delete(path, headers={"Authorization": f"Bearer {key}"})


def test_every_fault_of_the_page_is_one_that_posts_have_and_the_reverse() -> None:
    named = set(re.findall(r"^\| `([A-Z_]+)(?:<code>)?` \|", PAGE.read_text(encoding="utf-8"), re.MULTILINE))
    source = (PAGE.parents[1] / "gateways" / "webhooks" / "posting.py").read_text(encoding="utf-8")
    raised = set(re.findall(r'(?:PostFailed\(f?|fault = )"([A-Z_]+)', source))
    raised |= set(re.findall(r'else "([A-Z_]+)"', source))
    assert named == raised
