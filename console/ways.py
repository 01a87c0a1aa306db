"""How operators of this nation sign in: with passwords, at an identity provider. The gateway says."""

from dataclasses import dataclass

from console.console import Console
from console.gateway import Refused, Unreachable


@dataclass(frozen=True)
class Ways:
    """What to offer. What the gateway does not take is refused there, whatever is offered."""

    passwords: bool = True
    provider: str = ""
    """What people call the identity provider; empty without one."""


async def ways_of(console: Console) -> Ways:
    """The ways of this console's gateway. A page does not fail for want of them."""
    try:
        told = (await console.link.call("GET", "/v1/operators/oidc")).json()
    except (Refused, Unreachable, ValueError):
        return Ways()
    return Ways(bool(told["passwords"]), str((told.get("provider") or {}).get("name", "")))
