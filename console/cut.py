"""Whose messages a page shows only the newest of."""

from typing import NamedTuple

from console.wording import Wording


class Cut(NamedTuple):
    """A nation of whose messages only the newest are there. ``at_least`` so many it has."""

    nation: str
    at_least: int


def cut_words(wording: Wording, cut: tuple[Cut, ...]) -> str:
    """The nations as a list in a sentence; empty where nothing is cut."""
    return wording.listed(wording.t("parts.at_least_of", nation=each.nation, n=each.at_least) for each in cut)
