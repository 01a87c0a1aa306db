"""The garbage collector around a gateway's imports."""

import gc
from collections.abc import Iterator

import pytest

from gateways.collector import imports_set_aside


@pytest.fixture(autouse=True)
def _aside_again() -> Iterator[None]:
    """What the tests set aside, which is every test that was collected, is set aside afterwards, too."""
    yield
    gc.freeze()


def test_nothing_is_collected_during_imports_and_everything_afterwards() -> None:
    before = gc.get_freeze_count()
    with imports_set_aside():
        assert not gc.isenabled()
    assert gc.isenabled()
    assert gc.get_freeze_count() > before
    gc.unfreeze()


def test_an_import_that_fails_leaves_the_collector_at_work() -> None:
    with pytest.raises(ImportError), imports_set_aside():
        raise ImportError
    assert gc.isenabled()
    gc.unfreeze()
