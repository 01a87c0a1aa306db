"""The examples of docs/client.md run as they stand, in order, in one program."""

import json
import re
import subprocess
import sys
from pathlib import Path

from tests.gateway.running import Gateway, last_seq

PAGE = Path(__file__).resolve().parents[2] / "docs" / "client.md"
NATIONS = {"EST": "XAA", "FIN": "XBB", "SWE": "XCC"}
"""The page's nations, and who plays them here."""


def test_the_examples_of_the_page_run(xaa: Gateway, xbb: Gateway, tmp_path: Path) -> None:
    program = "\n".join(re.findall(r"^```python\n(.*?)^```", PAGE.read_text(encoding="utf-8"), re.M | re.S))
    keys = tmp_path / ".entente" / "api-keys"
    keys.mkdir(parents=True)
    ports = {}
    for nation, gateway in (("XAA", xaa), ("XBB", xbb)):
        ports[nation] = int(gateway.url.rsplit(":", 1)[1])
        (keys / f"{nation}.key").touch(mode=0o600)
        (keys / f"{nation}.key").write_text(gateway.key)
    (keys.parent / "ports.json").write_text(json.dumps(ports))
    for page, here in NATIONS.items():
        program = program.replace(f'"{page}"', f'"{here}"').replace(f"'{page}'", f"'{here}'")
        program = program.replace(f"/{page}.key", f"/{here}.key")
    # An inbox that other tests filled is followed from its end, not printed.
    program = program.replace("follow_inbox(after=0)", f"follow_inbox(after={last_seq(xbb)})", 1)
    done = subprocess.run(
        [sys.executable, "-c", program], cwd=tmp_path, capture_output=True, text=True, timeout=120
    )
    assert done.returncode == 0, done.stderr
    assert "ADDRESSEE_NOT_RELEASABLE /header/action_addressees 422" in done.stdout
    assert "XBB True" in done.stdout
