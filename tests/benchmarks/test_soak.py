"""What a soak says of itself at its end: whoever runs it by a script hears of a bound that was not kept."""

import pytest

from benchmarks import soak
from benchmarks.steadiness import Finding
from drills.load.figures import LoadFigures


@pytest.mark.parametrize(("lost", "code"), [(0, 0), (1, 2)], ids=["all kept", "one not"])
def test_the_exit_code_says_whether_every_bound_was_kept(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], lost: int, code: int
) -> None:
    figures = LoadFigures.__new__(LoadFigures)
    for name in ("accepted", "delivered", "copies", "retries"):
        object.__setattr__(figures, name, 1)
    for name in ("acceptance_by_third", "delivery_by_third"):
        object.__setattr__(figures, name, ())
    object.__setattr__(figures, "processes", {})

    async def soaked(minutes: float, rate: float, seed: int, *, judge_latency: bool) -> soak.Soaked:
        return soak.Soaked(minutes, rate, figures, (Finding("lost", lost, 0, ""),), judge_latency)

    monkeypatch.setattr(soak, "soak", soaked)
    monkeypatch.setattr("sys.argv", ["soak", "--beside-others"])
    assert soak.main() == code
    assert ("FAILED lost 1" in capsys.readouterr().out) == bool(code)
