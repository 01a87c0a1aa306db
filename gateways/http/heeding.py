"""Nothing that a request asks for is ignored in silence: what its address does not heed is refused.

Said once for every route: query parameters that it does not name or takes once only, and an Idempotency-Key
where a repeated request would be done twice.
"""

from typing import Any, get_args, get_origin

from fastapi import Request
from fastapi.routing import APIRoute

from gateways.http.problems import MAX_POINTER, ApiRefused, Fault
from schemas.reasons import ReasonCode as C
from schemas.strict_json import json_pointer

SAME_WHEN_REPEATED = frozenset(
    {
        *("recall_message", "cancel_message", "close_request", "cancel_request"),
        *("preview_release", "read_label", "report_read", "enable_webhook", "bring_documents"),
    }
)
"""Routes by name: doing it again changes nothing, so that an Idempotency-Key is kept without being stored."""


async def refuse_unheeded(request: Request) -> None:
    """A dependency of every route. Raises ApiRefused PARAMETER_INVALID, IDEMPOTENCY_KEY_NOT_HEEDED."""
    route = request.scope.get("route")
    if not isinstance(route, APIRoute):
        return
    if request.scope["query_string"]:
        _check_query(request, route)
    if request.method == "POST" and "idempotency-key" in request.headers and not heeds_key(route):
        raise ApiRefused(C.IDEMPOTENCY_KEY_NOT_HEEDED)


def heeds_key(route: APIRoute) -> bool:
    """Whether a repeated request with the same Idempotency-Key is not done twice at this route."""
    return route.name in SAME_WHEN_REPEATED or "Idempotency-Key" in _described(route, "header")


def _check_query(request: Request, route: APIRoute) -> None:
    known = {field.alias: _several(field.field_info.annotation) for field in route.dependant.query_params}
    known |= dict.fromkeys(_described(route, "query"), False)
    faults = []
    for name in dict.fromkeys(request.query_params):
        if name not in known:
            faults.append(_fault(None, "A parameter that this address does not have."))
        elif not known[name] and len(request.query_params.getlist(name)) > 1:
            faults.append(_fault(name, "A parameter that is given once only."))
    if faults:
        named = ", ".join(sorted(known)) or "none"
        raise ApiRefused(
            C.PARAMETER_INVALID,
            f"{faults[0].detail} Parameters of this address: {named}.",
            pointer=faults[0].pointer,
            faults=tuple(faults),
        )


def _fault(name: str | None, detail: str) -> Fault:
    # A name that is not ours is not quoted.
    pointer = json_pointer(("query",) if name is None else ("query", name))
    return Fault(code=C.PARAMETER_INVALID, pointer=pointer[:MAX_POINTER], detail=detail)


def _several(annotation: Any) -> bool:
    """Whether a parameter may be repeated: ``list[X]``, with or without None."""
    return any(get_origin(each) is list for each in (annotation, *get_args(annotation)))


def _described(route: APIRoute, where: str) -> set[str]:
    """Parameters that the route reads itself."""
    given = (route.openapi_extra or {}).get("parameters", ())
    return {each["name"] for each in given if each["in"] == where}
