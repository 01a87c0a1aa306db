"""Log lines: one JSON object each on standard error, holding ids and codes only.

Where a fault is logged, its type and the place in our code stand in the line; its text and the values in it
do not, since they may be labelled content.
"""

import logging
import sys
from types import TracebackType
from typing import Any

import structlog

_ExcInfo = tuple[type[BaseException], BaseException, TracebackType | None]


def place_of(error: BaseException) -> str:
    """The innermost place of a fault as ``file:line``, without any text of it."""
    place, traceback = "nowhere", error.__traceback__
    while traceback is not None:
        code = traceback.tb_frame.f_code
        place, traceback = f"{code.co_filename.rsplit('/', 1)[-1]}:{traceback.tb_lineno}", traceback.tb_next
    return place


def _fault_without_text(_: Any, __: str, event: dict[str, Any]) -> dict[str, Any]:
    given = event.pop("exc_info", None)
    if given is True:
        given = sys.exc_info()
    error = given[1] if isinstance(given, tuple) else given
    if isinstance(error, BaseException):
        event["fault"], event["place"] = type(error).__name__, place_of(error)
    if event.get("logger") == "asyncio":
        # It writes faults, and what functions were called with, into the line itself.
        event["event"] = str(event["event"]).partition("\n")[0].partition("(")[0].rstrip()
    event.pop("exception", None)
    event.pop("stack_info", None)
    return event


def _no_traceback(record: logging.LogRecord) -> bool:
    """uvicorn writes a failed start's whole traceback as text; ``gateways.http.app`` says what failed."""
    return not str(record.msg).startswith(("Traceback", "Application startup failed"))


def configure(level: str, nation: str) -> None:
    """Send every log line of this process, the libraries' included, through the JSON format.

    For gateways and consoles alike: ``entente`` calls it for the latter, which may not know this room.
    """

    def of_nation(_: Any, __: str, event: dict[str, Any]) -> dict[str, Any]:
        event.setdefault("nation", nation)
        return event

    shared: list[Any] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_log_level,
        structlog.stdlib.add_logger_name,
        structlog.processors.TimeStamper(fmt="iso", utc=True, key="at"),
        of_nation,
        _fault_without_text,
    ]
    structlog.configure(
        processors=[
            structlog.stdlib.filter_by_level,
            *shared,
            structlog.stdlib.ProcessorFormatter.wrap_for_formatter,
        ],
        wrapper_class=structlog.stdlib.BoundLogger,
        logger_factory=structlog.stdlib.LoggerFactory(),
        cache_logger_on_first_use=True,
    )
    handler = logging.StreamHandler()
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=shared,
            processors=[
                structlog.stdlib.ProcessorFormatter.remove_processors_meta,
                structlog.processors.JSONRenderer(),
            ],
        )
    )
    # What cannot be written would be printed, with its values.
    logging.raiseExceptions = False
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(level)
    server = logging.getLogger("uvicorn.error")
    server.setLevel(logging.WARNING)
    server.addFilter(_no_traceback)
    # These tell addresses, with what people search for, headers and parts of forms.
    for name in ("httpx", "httpcore", "python_multipart"):
        logging.getLogger(name).setLevel(logging.WARNING)
    # uvicorn's access log would hold addresses with ids of messages; metrics count requests instead.
    logging.getLogger("uvicorn.access").disabled = True
