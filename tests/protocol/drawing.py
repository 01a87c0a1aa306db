"""What hypothesis draws from, made once: making a strategy costs many times what a draw from it does."""

from collections.abc import Sequence
from itertools import permutations
from typing import TypeVar

from hypothesis import strategies as st

T = TypeVar("T")


def some_of(values: Sequence[T], least: int = 0, most: int | None = None) -> st.SearchStrategy[tuple[T, ...]]:
    """Some of these, none of them twice, in any order; each number of them as often as any other."""
    sizes = range(least, (len(values) if most is None else most) + 1)
    return st.one_of([st.sampled_from(tuple(permutations(values, size))) for size in sizes])
