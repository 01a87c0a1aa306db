"""The first minute with `entente up`: a link for each nation's console, and a realm that moves."""

import json
import re
import signal
import time
from pathlib import Path
from typing import Any

import httpx

from console.journals import read_catalogue, read_runs
from drills.living_drill import LivingDrill
from entente.default_plan import default_plan
from schemas.drill_journal import Played
from tests.cli.up_process import LOOK_SECONDS, PATIENCE, UpProcess

READY = ("gateway of ", "console of ")
"""What the command itself tells whoever started it."""
SEARCHED = "KANARIENVOGEL"
TOKEN = re.compile(r'name="csrf" value="([^"]+)"')


class _Browser:
    """Somebody with a browser, at one nation's console; keeps cookies as a browser does on this machine."""

    def __init__(self, desk: dict[str, Any]) -> None:
        self.base = desk["url"]
        self.secret = desk["sign_in_link"].partition("#")[2]
        self.cookies: dict[str, str] = {}
        self._client = httpx.Client(trust_env=False, timeout=PATIENCE)

    def ask(self, method: str, path: str, **options: Any) -> httpx.Response:
        headers = {"Cookie": "; ".join(f"{name}={value}" for name, value in self.cookies.items())}
        answer = self._client.request(method, self.base + path, headers=headers, **options)
        for line in answer.headers.get_list("set-cookie"):
            name, _, rest = line.partition("=")
            self.cookies[name] = rest.partition(";")[0]
        return answer

    def use_link(self) -> httpx.Response:
        form = self.ask("GET", "sign-in/link")
        token = TOKEN.search(form.text)
        assert token is not None
        assert self.secret not in form.text
        return self.ask("POST", "sign-in/link", data={"csrf": token[1], "link": self.secret})

    def close(self) -> None:
        self._client.close()


def test_a_newcomer_signs_in_by_a_link_at_each_nation_and_sees_a_realm_at_work(tmp_path: Path) -> None:
    nations = [each.nation for each in default_plan().nations]
    state = tmp_path / "state"
    with UpProcess(state, plan=None, nations=nations, options=()) as up:
        assert set(up.consoles) == set(nations)
        assert set(up.pids()) == {"broker", "console", *nations}
        for desk in up.consoles.values():
            assert Path(desk["password_file"]).stat().st_mode & 0o777 == 0o600
        est, fin = _Browser(up.consoles["EST"]), _Browser(up.consoles["FIN"])
        assert est.ask("GET", "drills").status_code == 303, "nothing is shown to who is not signed in"
        assert est.use_link().headers["location"] == "/est/"
        assert est.use_link().status_code == 401, "a link serves once"
        assert fin.use_link().headers["location"] == "/fin/"
        fin.cookies |= est.cookies
        assert "FIN watch" in fin.ask("GET", "settings").text, "two nations side by side in one browser"
        est_only = {name: value for name, value in est.cookies.items() if name.endswith("-est")}
        fin.cookies = est_only
        assert fin.ask("GET", "settings").status_code == 303, "one nation's session opens no other's console"
        assert est.ask("GET", "", params={"q": SEARCHED}).status_code == 200
        _wait_for_lines(state / "drills", 6)
        [run] = read_runs(state / "drills")
        assert run.counts[Played.REFUSED] == 0, [line for line in run.lines if line.became is Played.REFUSED]
        assert {drill.name for drill in read_catalogue(state / "drills")} >= {"baltic-life", "baltic-guard"}
        assert run.lines[-1].title in est.ask("GET", f"drills/{run.start.run}").text
        up.process.send_signal(signal.SIGINT)
        assert up.process.wait(PATIENCE) == 0
        est.close()
        fin.close()
    [run] = read_runs(state / "drills")
    assert run.end is not None
    _logs_are_lines_of_json_without_content(state, [line.title for line in run.lines])


def _logs_are_lines_of_json_without_content(state: Path, titles: list[str]) -> None:
    logs = [state / "console.log", *(state / "gateways").glob("*/gateway.log")]
    for log in logs:
        first, *lines = log.read_text(encoding="utf-8").splitlines()
        told = [json.loads(line) for line in (first, *lines) if not line.startswith(READY)]
        assert all({"at", "level", "logger", "nation", "event"} <= line.keys() for line in told), log
        for said in (*titles, SEARCHED, "Bearer", "sign-in/link#"):
            assert said not in log.read_text(encoding="utf-8"), log
    assert '"event": "console.listening"' in logs[0].read_text(encoding="utf-8")


def _wait_for_lines(folder: Path, count: int) -> None:
    deadline = time.monotonic() + PATIENCE
    while not (runs := read_runs(folder)) or len(runs[0].lines) < count:
        assert time.monotonic() < deadline, f"{LivingDrill.__name__} wrote too little"
        time.sleep(LOOK_SECONDS)
