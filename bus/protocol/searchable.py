"""The words of a message that a search finds it by: subject, texts of its body, what it refers to. Pure.

Left out are values that nobody looks for as words: times, digests, numbers. A change of what `words_of` gives
for a message raises `VERSION`, so that stores index anew (`bus.store.traffic_words`).
"""

import json
import re
from collections.abc import Iterator
from typing import Any, NamedTuple

VERSION = 1
MOST_CHARACTERS = 100_000
"""Of one message; the rest of a longer one is not searched."""
_NO_WORDS = re.compile(r"\d{4}-\d\d-\d\dT[\d:.]+Z|sha\d+:[0-9a-f]+")


class Words(NamedTuple):
    """What stands in the three columns of the index."""

    subject: str
    body: str
    references: str


NO_WORDS = Words("", "", "")


def words_of(content: bytes) -> Words:
    """The words of a message's exact bytes; none for what is no message, such as a recalled one's."""
    try:
        message = json.loads(content)
    except (ValueError, RecursionError):
        return NO_WORDS
    header = message.get("header") if isinstance(message, dict) else None
    if not isinstance(header, dict):
        return NO_WORDS
    references = (each["message_id"] for each in header.get("references", ()))
    return Words(
        header.get("subject", ""),
        "\n".join(_texts(message.get("body")))[:MOST_CHARACTERS],
        " ".join(references),
    )


def _texts(value: Any) -> Iterator[str]:
    """Every text in a JSON value that has words, in order."""
    if isinstance(value, str):
        if not _NO_WORDS.fullmatch(value):
            yield value
    elif isinstance(value, list):
        for each in value:
            yield from _texts(each)
    elif isinstance(value, dict):
        for each in value.values():
            yield from _texts(each)
