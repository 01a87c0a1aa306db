"""Log lines of gateways and consoles: one JSON object each, with ids and codes, without values."""

import asyncio
import io
import json
import logging
from collections.abc import Iterator

import httpx
import pytest
import structlog

from gateways import logs

SECRET = "KANARIENVOGEL"


LIBRARIES = ("httpx", "httpcore", "python_multipart", "uvicorn.error", "uvicorn.access")


@pytest.fixture
def lines() -> Iterator[io.StringIO]:
    """What a process logs that is configured as ours are; put back afterwards."""
    root, kept, raising = logging.getLogger(), structlog.get_config(), logging.raiseExceptions
    handlers, level = root.handlers[:], root.level
    libraries = [(each, each.level, each.disabled) for each in map(logging.getLogger, LIBRARIES)]
    logs.configure("DEBUG", "XAA")
    written = io.StringIO()
    [handler] = root.handlers
    assert isinstance(handler, logging.StreamHandler)
    handler.setStream(written)
    yield written
    root.handlers[:] = handlers
    root.setLevel(level)
    for each, its_level, disabled in libraries:
        each.setLevel(its_level)
        each.disabled = disabled
    logging.raiseExceptions = raising
    structlog.configure(**kept)


def _fail() -> None:
    raise ValueError(SECRET)


def test_a_fault_is_told_by_its_kind_and_place_whoever_logs_it(lines: io.StringIO) -> None:
    try:
        _fail()
    except ValueError:
        structlog.get_logger("ours").exception("ours.fault", code=7)
        logging.getLogger("uvicorn.error").exception("Exception in ASGI application\n")
    assert SECRET not in lines.getvalue()
    ours, theirs = (json.loads(line) for line in lines.getvalue().splitlines())
    assert (ours["event"], ours["code"], ours["nation"]) == ("ours.fault", 7, "XAA")
    for line in (ours, theirs):
        assert (line["fault"], line["place"].partition(":")[0]) == ("ValueError", "test_logs.py")


async def test_a_task_that_nobody_waited_for_is_told_without_what_it_failed_with(lines: io.StringIO) -> None:
    async def failing() -> None:
        _fail()

    loop = asyncio.get_running_loop()
    loop.call_exception_handler({"message": "never retrieved", "exception": ValueError(SECRET),
                                 "future": asyncio.ensure_future(failing())})  # fmt: skip
    logging.getLogger("asyncio").error("Exception in callback %s\nhandle: %s", f"send({SECRET})", SECRET)
    await asyncio.gather(*(task for task in asyncio.all_tasks() if task is not asyncio.current_task()),
                         return_exceptions=True)  # fmt: skip
    told = [json.loads(line) for line in lines.getvalue().splitlines()]
    assert [line["event"] for line in told if line["level"] == "error"] == [
        "never retrieved",
        "Exception in callback send",
    ]
    assert SECRET not in lines.getvalue()


def test_where_requests_go_and_what_they_ask_for_is_not_told(lines: io.StringIO) -> None:
    answering = httpx.MockTransport(lambda request: httpx.Response(200))
    with httpx.Client(transport=answering) as client:
        client.get("http://gateway/v1/traffic", params={"q": SECRET})
    assert SECRET not in lines.getvalue()


def test_a_line_that_cannot_be_written_is_not_printed_elsewhere(
    lines: io.StringIO, capsys: pytest.CaptureFixture[str]
) -> None:
    logging.getLogger("theirs").error("%d", SECRET)
    assert SECRET not in lines.getvalue() + "".join(capsys.readouterr())
