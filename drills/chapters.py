"""Messages of an outcome by chapter, with the nations that take part in it."""

from collections.abc import Iterator
from dataclasses import dataclass

from drills.outcome import DrillOutcome, MessageOutcome

DULL = "NOT_IN_RELEASE_SET"
"""A nation with nothing but this in a chapter is named once, not message by message."""


@dataclass(frozen=True)
class ChapterMessages:
    """One chapter's messages. ``nations`` take part, ``left_out`` none of them is released to."""

    title: str
    messages: tuple[MessageOutcome, ...]
    nations: tuple[str, ...]
    left_out: tuple[str, ...]

    @property
    def note(self) -> str:
        """A sentence on the nations left out; empty when there are none."""
        if not self.left_out:
            return ""
        return f"Released to {', '.join(self.left_out)}: nothing in this chapter."


def chapters(outcome: DrillOutcome) -> Iterator[ChapterMessages]:
    """The chapters that have messages, in order; one without a title for messages of no chapter."""
    titles = {chapter.event: f"{chapter.event}: {chapter.title}" for chapter in outcome.chapters}
    by_title: dict[str, list[MessageOutcome]] = {}
    for message in outcome.messages:
        by_title.setdefault(titles.get(message.serial.partition(".")[0], ""), []).append(message)
    for title, messages in by_title.items():
        active = {message.originator for message in messages} | {
            each.nation
            for message in messages
            for each in message.nations
            if each.code != DULL or each.state or not each.as_expected
        }
        yield ChapterMessages(
            title,
            tuple(messages),
            tuple(nation for nation in outcome.nations if nation in active),
            tuple(nation for nation in outcome.nations if nation not in active),
        )
