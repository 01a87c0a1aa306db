"""One console for several nations: only where nothing is live, and each nation by itself."""

from typing import Any

import pytest

from console.settings import ConsoleSettings
from console.several import create_several
from tests.console.realm import PASSWORD, ConsoleRealm
from tests.console.serving import ServedConsole, settings_for
from tests.console.visiting import Visitor

REHEARSAL = frozenset({"EXERCISE", "TEST"})


def _settings(nation: str, **changes: Any) -> ConsoleSettings:
    given: dict[str, Any] = {"nation": nation, "gateway_url": "http://127.0.0.1:1", "modes": REHEARSAL}
    return ConsoleSettings(**given | changes)


REFUSED: list[tuple[str, list[ConsoleSettings], str]] = [
    ("a nation that shows OPERATION", [_settings("XAA"), _settings("XBB", modes={"OPERATION"})], "OPERATION"),
    ("a nation twice", [_settings("XAA"), _settings("XAA")], "each once"),
    ("no nation", [], "each once"),
    ("a path in front", [_settings("XAA", root_path="/x")], "root_path"),
]


@pytest.mark.parametrize(("given", "words"), [row[1:] for row in REFUSED], ids=[row[0] for row in REFUSED])
def test_what_no_console_for_several_nations_is_made_of(given: list[ConsoleSettings], words: str) -> None:
    with pytest.raises(ValueError, match=words):
        create_several(given)


def test_nobody_signs_in_where_an_agreement_covers_operation(realm: ConsoleRealm) -> None:
    given = [settings_for(realm, nation, modes=REHEARSAL) for nation in ("XAA", "XBB")]
    served = ServedConsole(create_several(given), given[0])
    visitor = Visitor(served)
    try:
        first = visitor.get("/")
        assert first.status_code == 200
        assert 'href="/xaa/"' in first.text
        assert 'href="/xbb/"' in first.text
        visitor.get("/xaa/sign-in")
        answer = visitor.post("/xaa/sign-in", {"name": "wanda", "password": PASSWORD, "next": "/"})
        assert answer.status_code == 409
        assert "OPERATION" in answer.text
        assert visitor.get("/xaa/").status_code == 303, "no session began"
    finally:
        visitor.close()
        served.stop()
