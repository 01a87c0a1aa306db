"""Whether this console lets anything leave as a file: traffic, the audit log, the calendar."""

from http import HTTPStatus

from starlette.requests import Request

from console.console import console_of
from console.gateway import Refused


def require_export(request: Request) -> None:
    """Raises Refused where the configuration lets nothing leave."""
    if not console_of(request).settings.export:
        raise Refused(HTTPStatus.FORBIDDEN, {"code": "EXPORT_OFF", "title": "", "detail": ""})
