"""The decision table of a publication, in columns of its row: it is written once and read whole.

``decisions`` is a JSON array of {nation, addressed, permit, code, explanation} in the order of nations, which
is also what the author is answered, and of {version, by_version} beside where there are tear lines;
``decision_basis`` is a JSON object of {id, digest} arrays by permitted
nation.
"""

import json
from collections.abc import Iterable
from typing import Any, NamedTuple

from pydantic_core import to_json

from bus.store.columns import basis_of, basis_text, reason_of
from schemas.reasons import ReasonCode
from schemas.wire import Basis


class Decision(NamedTuple):
    """The release decision for one nation as of acceptance; ``addressed`` is action, info or none."""

    nation: str
    addressed: str
    permit: bool
    code: ReasonCode
    explanation: str
    basis: tuple[Basis, ...]
    version: int | None = None
    """Of a publication with tear lines: the version that it gets."""
    by_version: tuple[ReasonCode, ...] = ()
    """The same: the decision's code for each version."""


class DecisionTable(NamedTuple):
    """The columns ``decisions``, ``decision_basis`` and ``trust_version`` of a publication."""

    rows: bytes
    basis: str
    trust_version: int


def encode_table(decisions: Iterable[Decision], trust_version: int) -> DecisionTable:
    """The columns of decisions, sorted by nation, that this version of the trust store led to."""
    rows: list[dict[str, Any]] = []
    bases: list[str] = []
    for nation, addressed, permit, code, explanation, basis, version, by_version in decisions:
        row = {
            "nation": nation,
            "addressed": addressed,
            "permit": permit,
            # Plain text: the encoder asks every enumeration member for its value, and slowly.
            "code": str(code),
            "explanation": explanation,
        }
        if version is not None:
            row["version"] = version
        if by_version:
            row["by_version"] = list(map(str, by_version))
        rows.append(row)
        if basis:
            bases.append(f'"{nation}":{basis_text(basis)}')
    return DecisionTable(to_json(rows), "{" + ",".join(bases) + "}", trust_version)


def read_table(rows: str, basis: str) -> tuple[Decision, ...]:
    """The decisions of the two columns."""
    bases: dict[str, list[dict[str, str]]] = json.loads(basis)
    return tuple(
        Decision(
            row["nation"],
            row["addressed"],
            row["permit"],
            reason_of(row["code"]),
            row["explanation"],
            basis_of(json.dumps(bases.get(row["nation"], []), separators=(",", ":"))),
            row.get("version"),
            tuple(map(reason_of, row.get("by_version", ()))),
        )
        for row in json.loads(rows)
    )
