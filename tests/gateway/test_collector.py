"""The garbage collector around a gateway's imports."""

import gc

import pytest

from gateways.collector import imports_set_aside


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
