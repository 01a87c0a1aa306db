"""Models are built when they are first needed: each can be, also when several threads need it at once."""

import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from importlib import import_module
from pkgutil import walk_packages

import pytest

import entente
import gateways
import schemas
from schemas.base import Statement

THREADS = 8


def every_model(of: type[Statement] = Statement) -> Iterator[type[Statement]]:
    for model in of.__subclasses__():
        yield model
        yield from every_model(model)


def test_every_model_of_the_product_can_be_built() -> None:
    for package in (schemas, gateways, entente):
        for module in walk_packages(package.__path__, f"{package.__name__}."):
            if not module.name.endswith("__main__"):
                import_module(module.name)
    found = [model for model in every_model() if not model.__module__.startswith("tests.")]
    assert len(found) > 100
    for model in found:
        model.model_rebuild()
        assert model.__pydantic_complete__, model


@pytest.mark.parametrize("number", range(20))
def test_a_model_that_several_threads_need_at_once_is_as_strict_for_each(number: int) -> None:
    class Part(Statement):
        number: int

    class Whole(Statement):
        parts: tuple[Part, ...]
        extra: str = ""

    assert not Whole.__pydantic_complete__
    together = threading.Barrier(THREADS)

    def read(_: int) -> Whole:
        together.wait()
        return Whole.model_validate_json(b'{"parts":[{"number":1}],"extra":"x"}')

    with ThreadPoolExecutor(THREADS) as pool:
        assert set(pool.map(read, range(THREADS))) == {Whole(parts=(Part(number=1),), extra="x")}
