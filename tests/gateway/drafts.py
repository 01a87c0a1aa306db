"""Drafts for the HTTP tests: the repository's examples, addressed within the test realm, not yet expired."""

import copy
import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import schemas
from schemas.base import rfc3339
from schemas.strict_json import json_pointer

_EXAMPLES = Path(schemas.__file__).parent / "examples"
CANARY = "KANARIENVOGEL-7391"
"""Stands in subject and texts of every draft, so that it can be looked for where it must not be."""

Json = dict[str, Any]


def soon(**delta: float) -> str:
    """A time from now on, as RFC 3339."""
    return rfc3339(datetime.now(UTC) + timedelta(**delta))


def draft(kind: str = "threat_alert", **header: Any) -> Json:
    """A draft of XAA to XBB that is accepted as it is; ``header`` overrides members of its header."""
    made: Json = json.loads((_EXAMPLES / f"{kind}.json").read_bytes())
    made["header"] |= {
        "expires_at": soon(hours=6),
        "acknowledgement": {"required": False},
        "action_addressees": ["XBB"],
        "subject": f"{CANARY} {kind}",
    }
    for name in ("info_addressees", "effective_at", "references"):
        made["header"].pop(name, None)
    made["header"] |= header
    made["label"] = {"policy": "REALM", "classification": "LIMITED", "releasable_to": ["XBB", "XCC"]}
    return made


def changed(base: Json, *path: str | int, to: Any) -> Json:
    """A copy of ``base`` with one value replaced, or added; ``...`` removes it."""
    made = copy.deepcopy(base)
    place: Any = made
    for part in path[:-1]:
        place = place[part]
    if to is ...:
        del place[path[-1]]
    else:
        place[path[-1]] = to
    return made


def pointer(*path: str | int) -> str:
    """The JSON pointer to a value of a draft."""
    return json_pointer(path)


def encoded(value: Any) -> bytes:
    """A draft as request body."""
    return json.dumps(value, ensure_ascii=False).encode()
