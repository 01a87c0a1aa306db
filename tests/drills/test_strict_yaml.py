"""YAML as people write it: one meaning or a refusal that names the line."""

from typing import Any

import pytest

from schemas.base import Statement, UtcTime
from schemas.reasons import ReasonCode
from schemas.strict_yaml import YamlRefused, parse_yaml


class Item(Statement):
    name: str
    count: int = 0


class Sheet(Statement):
    title: str
    at: UtcTime | None = None
    live: bool = False
    ratio: float = 0.0
    items: tuple[Item, ...] = ()


def test_a_document_is_read_with_times_and_texts_as_written() -> None:
    sheet = parse_yaml(
        Sheet,
        b"title: no\nat: 2026-03-02T09:30:00Z\nlive: true\nratio: 0.5\nitems:\n"
        b"  - {name: '12:30', count: 3}\n  - name: 10:30\n",
    )
    assert (sheet.title, sheet.live, sheet.ratio) == ("no", True, 0.5)
    assert sheet.at is not None
    assert [item.name for item in sheet.items] == ["12:30", "10:30"]


@pytest.mark.parametrize(
    ("text", "line", "words"),
    [
        pytest.param("title: a\ntitle: b\n", 2, "stands twice", id="a key stands twice"),
        pytest.param(
            "title: a\nitems:\n  - name: x\n    count: many\n",
            4,
            "a whole number, and is text",
            id="a type is wrong deep inside",
        ),
        pytest.param(
            "title: a\nitems:\n  - count: 1\n",
            3,
            "an entry of items lacks the member name",
            id="a member is missing in the second level",
        ),
        pytest.param(
            "title: a\nextra: 1\n", 2, "has no member extra; it may have title,", id="a member is unknown"
        ),
        pytest.param("title: &x a\n", 1, "anchors", id="an anchor"),
        pytest.param("title: !!python/object:os.system a\n", 1, "tags", id="a tag that would run code"),
        pytest.param("title: a\nat: 2026-03-02\n", 2, "RFC 3339", id="a time without its offset"),
        pytest.param("title: 'a\n", 2, "not YAML", id="a quote that does not end"),
        pytest.param("1: a\n", 1, "key is text", id="a key that is a number"),
        pytest.param("title: a\nlive: yes\n", 2, "must be true or false", id="yes is text, not true"),
        pytest.param("a: 1\n---\nb: 2\n", 2, "not YAML", id="two documents"),
        pytest.param("title: a\ncount: 1.0e999\n", 2, "a number that is too large", id="an endless number"),
        pytest.param("", None, "empty", id="an empty file"),
    ],
)
def test_what_is_wrong_is_refused_with_its_line(text: str, line: int | None, words: str) -> None:
    with pytest.raises(YamlRefused) as refused:
        parse_yaml(Sheet, text.encode())
    found: tuple[Any, ...] = refused.value.faults[0]
    assert found[0] == line
    assert words in str(refused.value)


def test_a_file_that_is_too_large_or_no_utf_8_is_refused() -> None:
    for data in (b"title: " + b"x" * (1024 * 1024), b"title: \xff\n"):
        with pytest.raises(YamlRefused):
            parse_yaml(Sheet, data)


def test_a_deeply_nested_file_is_refused_and_ends_nothing_else() -> None:
    with pytest.raises(YamlRefused):
        parse_yaml(Sheet, b"title: " + b"[" * 20000)


def test_of_many_words_those_are_named_that_look_like_what_was_written() -> None:
    class Coded(Statement):
        codes: tuple[ReasonCode, ...]

    with pytest.raises(YamlRefused) as refused:
        parse_yaml(Coded, b"codes: [NO_AGREEMENT, NO_AGREMENT]\n")
    assert "column 23: NO_AGREMENT is none of the" in str(refused.value)
    assert "did you mean NO_AGREEMENT" in str(refused.value)
    with pytest.raises(YamlRefused, match=r"is none of the words that can stand here \("):
        parse_yaml(Coded, b"codes: [xxxxxxxxxxxxxx]\n")
