"""The bands at a report's head and foot, on every sheet of paper, and who it is for. Pure."""

from collections.abc import Sequence
from html import escape

from drills.handling import Handling, marking
from schemas.markings.text import category_names, codes, plain

CONTROL_ONLY = "EXERCISE CONTROL ONLY"


def band_words(handling: Handling, exercises: Sequence[str]) -> tuple[str, str, str]:
    """What a band says: exercise and highest of each policy, to whom the whole may go, which exercises."""
    highest = "; ".join(
        plain(marking(each.policy, each.classification), also=":") for each in handling.highest
    )
    caveats = [category_names(handling.restrictive)] if handling.restrictive else []
    caveats += ["ORIGINATOR CONTROLLED"] if handling.originator_controlled else []
    marked = "//".join(part for part in (highest, *caveats) if part)
    to = f"REL TO {codes(handling.nations)}" if handling.nations else CONTROL_ONLY
    return f"EXERCISE {marked}".strip(), to, " / ".join(plain(each, also=":()") for each in exercises)


def band(handling: Handling, exercises: Sequence[str]) -> str:
    """The band, as HTML."""
    marked, to, named = (escape(words) for words in band_words(handling, exercises))
    return f'<p class="marking"><b>{marked}</b> <span>{to}</span> <span>{named}</span></p>'


def sheet_style(handling: Handling, exercises: Sequence[str]) -> str:
    """Style for the margins of every printed sheet: the band, and at the foot the page's number."""
    words = _css_text(" \N{EN DASH} ".join(part for part in band_words(handling, exercises) if part))
    # The first sheet begins with the band of the page itself.
    return (
        f"@page {{ @top-center {{ content: {words} }} @bottom-center {{ content: {words} }} "
        '@bottom-right { content: counter(page) " / " counter(pages); white-space: nowrap } }\n'
        "@page :first { @top-center { content: none } }\n"
    )


def who_for(handling: Handling) -> str:
    """A sentence on what the report holds, and for whom it is."""
    to = (
        f"As a whole it may go to {codes(handling.nations)} alone."
        if handling.nations
        else "No nation may have the whole of it."
    )
    return (
        "This holds every nation's titles and decisions together. "
        "It is for exercise control and its evaluators. "
        f"{to} Before a part is handed on, look at the marking of each message in it."
    )


def _css_text(text: str) -> str:
    """A CSS string: whatever could end it, or the style sheet, is written as a number."""
    kept = (c if c.isascii() and (c.isalnum() or c in " .,:;-") else f"\\{ord(c):x} " for c in text)
    return f'"{"".join(kept)}"'
