"""What each role may do: one table, pure. What stands in no row nobody may do."""

from collections.abc import Collection, Mapping
from enum import StrEnum

from gateways.http.api_keys import Scope
from schemas.header import Mode
from schemas.operator import Role


class OperatorRight(StrEnum):
    """What only a person may do: no API key ever has one of these."""

    OWN_ACCOUNT = "operator:own-account"
    RELEASE_CONFIRM = "release:confirm"
    MINIMIZE_SET = "minimize:set"
    TRAFFIC_READ = "traffic:read"


Right = Scope | OperatorRight
"""What a route can ask for."""

_READS: frozenset[Right] = frozenset(
    {
        *(Scope.MESSAGES_READ, Scope.INBOX_READ, Scope.EVENTS_READ, Scope.REQUESTS_READ),
        *(Scope.TRUST_READ, Scope.AGREEMENTS_READ, OperatorRight.TRAFFIC_READ),
    }
)
_TRAFFIC = _READS | {
    Scope.MESSAGES_WRITE,
    Scope.MESSAGES_RECALL,
    Scope.INBOX_ACKNOWLEDGE,
    Scope.REQUESTS_WRITE,
}

ROLE_MAY: Mapping[Role, frozenset[Right]] = {
    Role.WATCH_OFFICER: _TRAFFIC,
    Role.RELEASER: _TRAFFIC
    | {Scope.BACKFILLS_WRITE, OperatorRight.RELEASE_CONFIRM, OperatorRight.MINIMIZE_SET},
    Role.EXERCISE_STAFF: _TRAFFIC,
    Role.SECURITY_OFFICER: _READS
    | {Scope.AUDIT_READ, Scope.TRUST_WRITE, Scope.AGREEMENTS_WRITE, Scope.METRICS_READ}
    | {Scope.MESSAGES_RECALL, Scope.WEBHOOKS_WRITE, OperatorRight.MINIMIZE_SET},
    Role.AUDITOR: _READS | {Scope.AUDIT_READ, Scope.METRICS_READ},
}
"""Role -> what it may do. Everybody has ``OWN_ACCOUNT`` besides."""

SEES_CONTENT = frozenset({Role.WATCH_OFFICER, Role.RELEASER, Role.EXERCISE_STAFF, Role.SECURITY_OFFICER})
"""Roles that are shown messages. The others see metadata, evidence and decisions."""

_EVERY_MODE = frozenset({Role.WATCH_OFFICER, Role.RELEASER, Role.SECURITY_OFFICER, Role.AUDITOR})
_REHEARSAL = frozenset({Mode.EXERCISE, Mode.TEST})


def rights_of(roles: Collection[Role]) -> frozenset[Right]:
    """Everything that the roles together permit."""
    given = [ROLE_MAY[role] for role in roles]
    return frozenset[Right]({OperatorRight.OWN_ACCOUNT}).union(*given)


def sees_content(roles: Collection[Role]) -> bool:
    """Whether subject, body and exact bytes of messages are shown under these roles."""
    return any(role in SEES_CONTENT for role in roles)


def modes_of(roles: Collection[Role]) -> frozenset[Mode] | None:
    """The modes whose traffic is shown and may be sent; None for every mode. Exercise is never live."""
    if any(role in _EVERY_MODE for role in roles):
        return None
    return _REHEARSAL if Role.EXERCISE_STAFF in roles else frozenset()


def conflict(roles: Collection[Role]) -> str | None:
    """Why nobody may have exactly these roles; None when somebody may."""
    if not roles:
        return "an operator needs a role"
    if Role.AUDITOR in roles and len(set(roles)) > 1:
        return "an auditor has no other role: nobody audits what they do themselves"
    return None
