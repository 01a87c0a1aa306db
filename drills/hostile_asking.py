"""A nation that asks for what it was not given: by HTTP, with its own key, by ids that it should not know."""

import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from drills.hostile import HostileActError, HostileResult
from drills.partner_system import PartnerSystem
from drills.played import Sent

HIDDEN = frozenset({401, 403, 404})
"""Statuses that tell a stranger nothing."""
IDS = ("publication_id", "message_id")


@dataclass(frozen=True)
class Asked:
    """One question twice: for what there is, and for what there is not. Statuses and codes."""

    path: str
    real: tuple[int, str]
    made_up: tuple[int, str]

    @property
    def tells(self) -> bool:
        """Whether the answer gives anything away, if only that something is there."""
        return self.real[0] not in HIDDEN or self.real != self.made_up


@dataclass(frozen=True)
class Route:
    """A path under which something is read by who may, and what its parameters look like."""

    path: str
    parameters: Mapping[str, Mapping[str, Any]]

    def filled(self, known: Mapping[str, str]) -> str:
        """The path with what is known; the rest is made up."""
        path = self.path
        for name, schema in self.parameters.items():
            path = path.replace(f"{{{name}}}", known.get(name) or _made_up(schema))
        return path


def _made_up(schema: Mapping[str, Any]) -> str:
    """Something of a parameter's form that nobody has."""
    if schema.get("type") == "integer":
        return "1"
    nobodys = uuid.uuid4()
    return nobodys.hex if schema.get("pattern") == "^[0-9a-f]{32}$" else str(nobodys)


def read_routes(document: Mapping[str, Any]) -> tuple[Route, ...]:
    """Every route of an OpenAPI document under which something is read by who may."""
    return tuple(
        Route(
            path,
            {each["name"]: each["schema"] for each in get.get("parameters", ()) if each["in"] == "path"},
        )
        for path, methods in document["paths"].items()
        if (get := methods.get("get")) and get.get("security")
    )


async def ask_around(asker: PartnerSystem, victim: PartnerSystem, sent: Sent) -> tuple[HostileResult, bool]:
    """Ask the victim's gateway everything that can be read, and one's own about the message.

    Whether any answer told anything. HostileActError when there is nothing to ask.
    """
    described = await victim.look("/openapi.json", {})
    routes = read_routes(described.body) if described.accepted else ()
    if not routes:
        raise HostileActError(f"the gateway of {victim.nation} does not say what it answers")
    message_id = sent.message_of(asker.nation).message_id
    there = {
        "nation": victim.nation,
        "publication_id": str(sent.answer["publication_id"]),
        "message_id": message_id,
    }
    # Of the same form, and nobody's.
    nobodys = message_id[:-12] + uuid.uuid4().hex[:12]
    not_there = {**there, "publication_id": str(uuid.uuid4()), "message_id": nobodys}
    own = tuple(route for route in routes if not set(IDS).isdisjoint(route.parameters))
    asked = [
        Asked(
            route.path,
            await gateway.answers(route.filled(there), asker.key),
            await gateway.answers(route.filled(not_there), asker.key),
        )
        for gateway, ways in ((victim, routes), (asker, own))
        for route in ways
    ]
    told = [each for each in asked if each.tells]
    done = f"asked the gateways of {victim.nation} and {asker.nation} {2 * len(asked)} questions"
    if told:
        done += "; told by " + ", ".join(f"{each.path} ({each.real[0]})" for each in told)
    return HostileResult(stopped_by_broker=False, done=done), bool(told)
