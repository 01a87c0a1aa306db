"""`entente publish --cap` and `tail` in a running realm: updates and cancels find what they change."""

import json
import time
from pathlib import Path
from typing import Any

import httpx
import pytest
from typer.testing import CliRunner, Result

from entente.cli import build_app
from entente.terminal import CommandFailed
from tests.cap.alert_xml import alert_xml, distribution_xml, info_xml
from tests.cli.up_process import LOOK_SECONDS, PATIENCE, UpProcess

FIRST = {"identifier": "surge-1", "sent": "2031-03-01T09:00:00+01:00"}
UPDATE = {"identifier": "surge-2", "sent": "2031-03-01T10:00:00+01:00", "msgType": "Update"}
CANCEL = {"identifier": "surge-3", "sent": "2031-03-01T11:00:00+01:00", "msgType": "Cancel"}
OF_FIRST = "warnings@met.example,surge-1,2031-03-01T08:00:00+00:00"
OF_UPDATE = "warnings@met.example,surge-2,2031-03-01T10:00:00+01:00"
OF_NOBODY = "warnings@met.example,surge-0,2031-02-28T21:00:00+01:00"
TERMS = (
    *("--policy", "REALM", "--classification", "OPEN", "--releasable-to", "XBB"),
    *("--as-exercise", "SURGE 31", "--replay-now"),
)
LONG = "Storm surge " + "of the outer coast and of the inner coast " * 4


def invoke(*arguments: str) -> Result:
    result = CliRunner().invoke(build_app(arguments[0]), list(arguments), catch_exceptions=False)
    assert result.exit_code == 0, result.output
    return result


class Publisher:
    """`entente publish --cap` at the gateway of XAA."""

    def __init__(self, up: UpProcess, directory: Path) -> None:
        self._file = directory / "alert.cap"
        self.place = up.gateways["XAA"]

    def publish(self, xml: str, *more: str, key_file: str = "") -> Result:
        self._file.write_text(xml, encoding="utf-8")
        access = ("--gateway", self.place["url"], "--key-file", key_file or self.place["key_file"])
        return invoke("publish", *access, "--cap", str(self._file), *TERMS, *more)

    def ids(self, xml: str) -> list[str]:
        """The messages that the document became."""
        return [answer["message_id"] for answer in json.loads(self.publish(xml, "--json").stdout)]


def test_an_update_and_a_cancel_refer_to_what_was_published_and_the_recipient_sees_it(
    tmp_path: Path, realm_at_work: UpProcess
) -> None:
    up = realm_at_work
    before = _position(up)
    publisher = Publisher(up, tmp_path)
    first = publisher.ids(alert_xml(FIRST, info_xml({"headline": LONG})))
    updated = publisher.publish(alert_xml(UPDATE | {"references": f"{OF_FIRST} {OF_NOBODY}"}), "--json")
    assert "surge-0,2031-02-28T20:00:00+00:00, which was not published here" in updated.stderr
    (update,) = json.loads(updated.stdout)
    assert update["source_id"] == "warnings@met.example,surge-2,2031-03-01T09:00:00+00:00"
    (cancel,) = publisher.ids(alert_xml(CANCEL | {"references": f"{OF_FIRST} {OF_UPDATE}"}))
    published = [*first, update["message_id"], cancel]
    up.wait_for_messages("XBB", published)
    there = _inbox(up, before)
    assert there[first[0]]["references"] == []
    assert _changes(there[update["message_id"]]) == [("updates", "XAA", first[0])]
    # What the alert referred to is one chain by now, and its recipient holds the end of that.
    assert _changes(there[cancel]) == [("cancels", "XAA", update["message_id"])]
    with up.client("XBB") as client:
        digest = client.get(f"/v1/inbox/{update['message_id']}").json()["digest"]
        cancelled = client.get(f"/v1/inbox/{first[0]}").json()
    assert (cancelled["status"], cancelled["current"]) == ("UPDATED", cancel)
    assert there[cancel]["references"][0]["digest"] == digest

    # What is played in an exercise is not what was said in another one.
    elsewhere = publisher.publish(
        alert_xml(UPDATE | {"references": OF_FIRST}), "--as-exercise", "OTHER 31", "--json"
    )
    assert "published in another mode or exercise" in elsewhere.stderr
    published += [answer["message_id"] for answer in json.loads(elsewhere.stdout)]

    # An alert, taken apart, and its cancel in one file: every table says which it belongs to.
    other = {"identifier": "ice-1", "sent": FIRST["sent"]}
    blocks = (info_xml(), info_xml({"event": "Ice", "category": "Transport"}))
    of_other = f"warnings@met.example,ice-1,{FIRST['sent']}"
    shown = publisher.publish(
        distribution_xml(
            alert_xml(other, *blocks),
            alert_xml(CANCEL | {"identifier": "ice-2", "references": of_other}),
        )
    )
    assert "not published" not in shown.stderr
    heads = [line for line in shown.stdout.splitlines() if line.startswith("Alert ")]
    assert heads == [
        "Alert 1 of 2, warnings@met.example,ice-1,2031-03-01T08:00:00+00:00, part 1 of 2",
        "Alert 1 of 2, warnings@met.example,ice-1,2031-03-01T08:00:00+00:00, part 2 of 2",
        "Alert 2 of 2, warnings@met.example,ice-2,2031-03-01T10:00:00+00:00",
    ]
    accepted = [line.split()[-1] for line in shown.stdout.splitlines() if line.startswith("Accepted")]
    published += accepted
    up.wait_for_messages("XBB", published)
    assert [changed[2] for changed in _changes(_inbox(up, before)[accepted[2]])] == accepted[1::-1]

    # Into a pipe an entry is a line, however long.
    place = up.gateways["XBB"]
    access = ("--gateway", place["url"], "--key-file", place["key_file"])
    follow = ("tail", *access, "--after", str(before))
    lines = invoke(*follow, "--count", str(len(published))).stdout.splitlines()
    assert len(lines) == len(published)
    assert LONG.strip() in lines[0]
    documents = invoke(*follow, "--count", "2", "--json").stdout.splitlines()
    assert [json.loads(line)["message_id"] for line in documents] == published[:2]

    _a_key_that_may_not_look(up, publisher, tmp_path)
    _a_key_with_a_rate(up, tmp_path)


def _a_key_that_may_not_look(up: UpProcess, publisher: Publisher, directory: Path) -> None:
    writer = _new_key(up, directory / "writer.key", "--scope", "messages:write")
    assert _ask_with(up, writer, "/v1/messages").json()["code"] == "SCOPE_MISSING"
    publisher.publish(alert_xml(FIRST), "--preview", key_file=writer)
    with pytest.raises(CommandFailed, match="messages:read"):
        publisher.publish(alert_xml(UPDATE | {"references": OF_FIRST}), key_file=writer)


def _a_key_with_a_rate(up: UpProcess, directory: Path) -> None:
    file = _new_key(up, directory / "slow.key", "--scope", "trust:read", "--rate", "0.1", "--burst", "1")
    assert _ask_with(up, file, "/v1/partners").status_code == 200
    assert _ask_with(up, file, "/v1/partners").json()["code"] == "RATE_LIMITED"


def _ask_with(up: UpProcess, file: str, path: str) -> httpx.Response:
    """The answer to a key that was just made: a running gateway knows it within seconds."""
    headers = {"Authorization": f"Bearer {Path(file).read_text().strip()}"}
    deadline = time.monotonic() + PATIENCE
    with up.client("XAA") as client:
        while (answer := client.get(path, headers=headers)).status_code == 401:
            assert time.monotonic() < deadline
            time.sleep(LOOK_SECONDS)
    return answer


def _new_key(up: UpProcess, file: Path, *options: str) -> str:
    store = ("--state-dir", str(up.state / "gateways" / "XAA"))
    keys = ("--keys-file", str(up.state / "realm" / "nations" / "XAA" / "keys.json"))
    invoke("key", "add", file.stem, *store, *keys, *options, "--key-file", str(file))
    return str(file)


def _inbox(up: UpProcess, after: int) -> dict[str, dict[str, Any]]:
    """Headers of what came to the recipient after a position, by message."""
    with up.client("XBB") as client:
        items = client.get(f"/v1/inbox?after={after}&limit=100").json()["items"]
    return {entry["message_id"]: {"references": [], **entry["message"]["header"]} for entry in items}


def _position(up: UpProcess) -> int:
    """Where the recipient's inbox ends."""
    with up.client("XBB") as client:
        return int(client.get("/v1/inbox?limit=500").json()["next"])


def _changes(header: dict[str, Any]) -> list[tuple[str, str, str]]:
    return [(each["relation"], each["originator"], each["message_id"]) for each in header["references"]]


@pytest.mark.parametrize("command", ["publish", "tail"])
def test_both_commands_ask_for_the_key_file_in_the_same_words(command: str, tmp_path: Path) -> None:
    arguments = [command, str(tmp_path / "draft.json")] if command == "publish" else [command]
    with pytest.raises(CommandFailed, match="give the file with the API key: --key-file FILE"):
        invoke(*arguments)
