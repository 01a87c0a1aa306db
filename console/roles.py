"""Which roles have a right: for the sentence on a closed door alone. The gateway's own table decides."""

from starlette.requests import Request

from console.console import console_of
from console.gateway import Refused
from console.rail import ROOMS, Entry, entries
from console.seating import Seat
from schemas.operator import Role

_EVERYBODY = tuple(Role)
_TRAFFIC = (Role.WATCH_OFFICER, Role.RELEASER, Role.EXERCISE_STAFF)

ROLES_WITH: dict[str, tuple[Role, ...]] = {
    "messages:write": _TRAFFIC,
    "inbox:acknowledge": _TRAFFIC,
    "requests:write": _TRAFFIC,
    "messages:recall": (*_TRAFFIC, Role.SECURITY_OFFICER),
    "release:confirm": (Role.RELEASER,),
    "backfills:write": (Role.RELEASER,),
    "minimize:set": (Role.RELEASER, Role.SECURITY_OFFICER),
    "trust:write": (Role.SECURITY_OFFICER,),
    "agreements:write": (Role.SECURITY_OFFICER,),
    "webhooks:write": (Role.SECURITY_OFFICER,),
    "audit:read": (Role.SECURITY_OFFICER, Role.AUDITOR),
    "metrics:read": (Role.SECURITY_OFFICER, Role.AUDITOR),
    "content": (*_TRAFFIC, Role.SECURITY_OFFICER),
}


def who_may(request: Request, no: Refused) -> tuple[Role, ...]:
    """The roles that a refused address is open to, as far as its room tells."""
    if no.status != 403:
        return ()
    scope = str(no.problem.get("scope") or "")
    if scope in ROLES_WITH:
        return ROLES_WITH[scope]
    local = "/" + request.url.path.removeprefix(console_of(request).root).strip("/").partition("/")[0]
    rights = next((entry.rights for entry in ROOMS if entry.path == local and entry.path != "/"), ())
    return roles_with(*rights)


def absent_rooms(seat: Seat) -> tuple[tuple[Entry, tuple[Role, ...]], ...]:
    """The rooms that a seat is not shown, and for whom they are."""
    shown = entries(seat)
    return tuple((entry, _roles_of(entry)) for entry in ROOMS if entry not in shown)


def _roles_of(entry: Entry) -> tuple[Role, ...]:
    if entry.roles:
        return tuple(Role(role) for role in entry.roles)
    return ROLES_WITH["content"] if entry.content else roles_with(*entry.rights)


def roles_with(*rights: str) -> tuple[Role, ...]:
    """Roles with any of these rights; nobody in particular for a right that everybody has."""
    return tuple(role for role in _EVERYBODY if any(role in ROLES_WITH.get(right, ()) for right in rights))
