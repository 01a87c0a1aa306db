"""How long messages may take, as it is written at the command line: ``FLASH=10m``."""

import re

from entente.terminal import CommandFailed
from schemas.header import Precedence
from schemas.trust import DeliveryObjectives

USUAL = "usual"
_WRITTEN = re.compile(r"([0-9]{1,7})([smhd])", re.ASCII)
_SECONDS = {"s": 1, "m": 60, "h": 3600, "d": 24 * 3600}


def changed_objectives(before: DeliveryObjectives | None, written: list[str]) -> DeliveryObjectives:
    """What holds after ``PRECEDENCE=TIME``, once or more; ``usual`` takes a realm's own word back.

    Raises CommandFailed.
    """
    stated = {} if before is None else before.model_dump(exclude_none=True)
    for entry in written:
        precedence, _, time = entry.partition("=")
        found = _WRITTEN.fullmatch(time)
        if precedence not in Precedence.__members__ or (found is None and time != USUAL):
            raise CommandFailed(f"--objective is PRECEDENCE=TIME, such as FLASH=10m, not {entry}")
        name = f"{precedence.lower()}_seconds"
        stated.pop(name, None)
        if found is not None:
            stated[name] = int(found[1]) * _SECONDS[found[2]]
    try:
        return DeliveryObjectives(**stated)
    except ValueError:
        raise CommandFailed("an objective lies between 30 seconds and 30 days") from None
