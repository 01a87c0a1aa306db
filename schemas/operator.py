"""Operators: the people who sign in at their own nation's gateway, and the roles they may have (design 9)."""

from enum import StrEnum
from typing import Annotated

from pydantic import StringConstraints


class Role(StrEnum):
    """What an operator is there for. What each may do stands in ``gateways/operators/roles.py``."""

    WATCH_OFFICER = "watch_officer"
    RELEASER = "releaser"
    EXERCISE_STAFF = "exercise_staff"
    SECURITY_OFFICER = "security_officer"
    AUDITOR = "auditor"


OperatorName = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9._-]{1,63}$")]
"""What an operator signs in as. Lower case, so that two names never differ in case alone."""
