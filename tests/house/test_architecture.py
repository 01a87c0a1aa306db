"""Imports point one way, the core is pure, and each foreign system is known to one room only (design 2)."""

import ast
import sys
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]

MAY_IMPORT = {
    "schemas": set(),
    "bus": {"schemas"},
    "gateways": {"schemas", "bus"},
    "console": {"schemas"},
    "drills": {"schemas"},
    "entente": {"schemas", "bus", "gateways", "console", "drills"},
}
"""Which of our rooms a room may import besides itself."""

HOSTILE = "drills/hostile"
"""A drill's hostile actors alone may import ``bus``: a thief of credentials does not use HTTP."""

ROOMS_KNOWING = {
    "nats": ("bus/transport", "bus/provisioning"),
    "sqlite3": ("bus/store/",),
    "fastapi": ("gateways/", "console/"),
    "starlette": ("gateways/", "console/"),
    "uvicorn": ("gateways/", "console/"),
    "jinja2": ("console/pages", "drills/after_action/page"),
    "babel": ("console/",),
    "typer": ("entente/",),
    "lxml": ("schemas/interop/",),
    "nkeys": ("bus/",),
    "argon2": ("gateways/operators/hashing",),
    "cryptography": ("bus/protocol/", "bus/broker_keys"),
    "jwt": ("gateways/oidc/",),
}
"""Where each foreign package may be imported."""

CLIENT = "entente/client/"
CLIENT_MAY_IMPORT = {
    "schemas",
    "entente.client",
    "httpx",
    "pydantic",
    "pydantic_core",
    *sys.stdlib_module_names,
}
"""The client is for partner systems: it needs nothing of a gateway, and little else."""

CLIENT_DOES_IO = {"blocking", "asynchronous", "connection", "credentials"}
"""The client's modules that may use the network, the clock, chance or files; everything else is pure."""

IMPURE = {
    *(
        "asyncio",
        "socket",
        "ssl",
        "subprocess",
        "threading",
        "multiprocessing",
        "select",
        "selectors",
        "signal",
    ),
    *("os", "pathlib", "io", "tempfile", "shutil", "sqlite3", "logging", "structlog"),
    *("time", "random", "secrets", "uuid", "http", "urllib", "httpx", "nats"),
}
IMPURE_FUNCTIONS = {"open", "print", "input"}
IMPURE_METHODS = {"now", "utcnow", "today", "urandom", "read_text", "read_bytes", "write_text", "write_bytes"}

# ``python -m schemas.generate`` writes the JSON Schema files; it is a program, not part of the core.
PROGRAMS = {"schemas/generate.py"}


def _files(room: str) -> list[Path]:
    return sorted((ROOT / room).rglob("*.py"))


@cache
def _imports(path: Path) -> tuple[str, ...]:
    return tuple(_imports_in(path))


def _imports_in(path: Path) -> Iterator[str]:
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}: relative import"
            yield node.module or ""


def _name(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


@pytest.mark.parametrize("room", sorted(MAY_IMPORT))
def test_imports_point_one_way(room: str) -> None:
    wrong = [
        f"{_name(path)} imports {module}"
        for path in _files(room)
        for module in _imports(path)
        if (top := module.split(".")[0]) in MAY_IMPORT
        and top != room
        and top not in MAY_IMPORT[room]
        and not (top == "bus" and _name(path).startswith(HOSTILE))
    ]
    assert not wrong, wrong


@pytest.mark.parametrize("package", sorted(ROOMS_KNOWING))
def test_a_foreign_package_is_known_to_its_room_only(package: str) -> None:
    wrong = [
        _name(path)
        for room in MAY_IMPORT
        for path in _files(room)
        if any(module.split(".")[0] == package for module in _imports(path))
        and not _name(path).startswith(ROOMS_KNOWING[package])
    ]
    assert not wrong, wrong


def test_the_client_needs_nothing_of_a_gateway() -> None:
    wrong = [
        f"{_name(path)} imports {module}"
        for path in _files(CLIENT)
        for module in _imports(path)
        if not any(module == known or module.startswith(f"{known}.") for known in CLIENT_MAY_IMPORT)
    ]
    assert not wrong, wrong


def test_what_the_client_asks_and_understands_is_decided_without_io() -> None:
    pure = [path for path in _files(CLIENT) if path.stem not in CLIENT_DOES_IO]
    assert len(pure) > 10
    wrong = [
        f"{_name(path)} imports {module}"
        for path in pure
        for module in _imports(path)
        if module.split(".")[0] in IMPURE and module not in ("http", "urllib.parse")
    ]
    assert not wrong, wrong


def _core() -> list[Path]:
    return [path for path in _files("schemas") + _files("bus/protocol") if _name(path) not in PROGRAMS]


def test_the_core_is_there() -> None:
    assert len(_core()) > 30


@pytest.mark.parametrize("path", _core(), ids=_name)
def test_the_core_is_pure(path: Path) -> None:
    """No await, file, clock or randomness in schemas and bus/protocol: they are passed in."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    wrong = [f"imports {module}" for module in _imports(path) if module.split(".")[0] in IMPURE]
    for node in ast.walk(tree):
        if isinstance(node, ast.AsyncFunctionDef | ast.Await | ast.AsyncFor | ast.AsyncWith):
            wrong.append(f"line {node.lineno}: asynchronous")
        if (
            isinstance(node, ast.Call)
            and isinstance(node.func, ast.Name)
            and node.func.id in IMPURE_FUNCTIONS
        ):
            wrong.append(f"line {node.lineno}: calls {node.func.id}()")
        if (
            isinstance(node, ast.Call)
            and isinstance(node.func, ast.Attribute)
            and node.func.attr in IMPURE_METHODS
        ):
            wrong.append(f"line {node.lineno}: calls .{node.func.attr}()")
    assert not wrong, wrong


def test_every_room_says_what_it_is_for() -> None:
    missing = [
        _name(path)
        for room in MAY_IMPORT
        for path in _files(room)
        if ast.get_docstring(ast.parse(path.read_text(encoding="utf-8"))) is None
    ]
    assert not missing, missing


def test_sql_is_known_to_the_store_only() -> None:
    statements = ("SELECT ", "INSERT INTO", "UPDATE ", "DELETE FROM")
    wrong = []
    for room in MAY_IMPORT:
        for path in _files(room):
            if _name(path).startswith("bus/store/"):
                continue
            for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
                if (
                    isinstance(node, ast.Constant)
                    and isinstance(node.value, str)
                    and node.value.startswith(statements)
                ):
                    wrong.append(f"{_name(path)}:{node.lineno}")
    assert not wrong, wrong
