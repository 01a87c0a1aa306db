"""However many ask, figures are gathered no more than a twentieth of the time."""

import pytest

from gateways.http.kept_figures import REST, KeptFigures


def test_what_took_long_is_kept_for_long_and_what_took_no_time_not_at_all() -> None:
    clock, gathered = [0.0], list[str]()
    kept = KeptFigures[str](lambda: clock[0], lambda: clock[0])

    def look(about: str, takes: float) -> str:
        def gather() -> str:
            clock[0] += takes
            gathered.append(about)
            return f"{about} {len(gathered)}"

        return kept.look(about, gather)

    assert look("slow", 1.0) == "slow 1"
    assert look("slow", 1.0) == "slow 1"
    assert look("other", 0.0) == "other 2", "each by itself"
    assert look("other", 0.0) == "other 3"
    clock[0] = REST + 0.9
    assert look("slow", 1.0) == "slow 1"
    clock[0] = REST + 1.0
    assert look("slow", 1.0) == "slow 4"


def test_what_could_not_be_gathered_is_tried_again() -> None:
    kept = KeptFigures[int]()
    with pytest.raises(ZeroDivisionError):
        kept.look("x", lambda: 1 // 0)
    assert kept.look("x", lambda: 7) == 7
