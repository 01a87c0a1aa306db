"""Files that take long to send: each part for a caller who is admitted still, by a gateway that goes on."""

from gateways.http.caller import Caller
from gateways.http.runtime import Runtime
from gateways.operators.roles import Right


class CutOff(Exception):
    """The rest of a file is for nobody any more. Its transfer breaks off: no part is taken for all."""


async def require_still(gateway: Runtime, caller: Caller, right: Right) -> None:
    """Before each part of a file. Raises CutOff when the gateway stops or the caller is admitted no more.

    An operator's file does not end with the access token that began it: unlike a stream, it cannot go on
    with the next one.
    """
    if gateway.closing.is_set() or not await gateway.access.still_admits(caller, right, past_token=True):
        raise CutOff
