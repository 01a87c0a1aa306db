"""Statements on the wire: Delivery and Root (design 4). Lanes, handling, content types."""

from enum import StrEnum
from typing import Annotated, Literal

from pydantic import Field

from schemas.base import Digest, FirstVersion, HexId, Identifier, Nation, Statement, UtcTime, Uuid7
from schemas.header import Mode, Precedence

WIRE_VERSION = 1
ROOT_PAYLOAD_TYPE = "application/vnd.entente.root.v1+json"
MAX_CONTENT_BYTES = 256 * 1024


class Lane(StrEnum):
    """The three lanes of one originator to one recipient in one mode; order holds within a lane only."""

    URGENT = "urgent"
    NORMAL = "normal"
    CONTROL = "control"


def lane_of(precedence: Precedence) -> Lane:
    """FLASH and IMMEDIATE travel in the urgent lane, the rest in the normal one."""
    return Lane.URGENT if precedence.rank <= 1 else Lane.NORMAL


class ContentType(StrEnum):
    """What the content bytes of a delivery are."""

    MESSAGE = "message.v1"
    RECEIPTS = "receipts.v1"
    CONTROL = "control.v1"
    LANE_HEAD = "lane-head.v1"


class Handling(StrEnum):
    """How the recipient may handle its copy: as its own policy says, or only by showing it to people."""

    RELEASE = "RELEASE"
    DISPLAY_ONLY = "DISPLAY_ONLY"


class Basis(Statement):
    """A trust document on which a release rests, by id and by digest of its exact bytes."""

    id: Identifier
    digest: Digest


class Delivery(Statement):
    """The statement about one content for one recipient; a leaf of the signed batch tree."""

    v: FirstVersion
    realm: Digest
    originator: Nation
    recipient: Nation
    delivery_id: HexId
    mode: Mode
    lane: Lane
    lane_epoch: Annotated[int, Field(ge=1, le=2**31)]
    serial: Annotated[int, Field(ge=1, le=2**53 - 1)]
    content_type: Annotated[str, Field(max_length=64, pattern=r"^[a-z][a-z0-9-]*\.v[0-9]+$")]
    content_digest: Digest
    message_id: Uuid7 | None = None
    handling: Handling
    basis: Annotated[tuple[Basis, ...], Field(max_length=16)]
    trust_version: Annotated[int, Field(ge=1, le=2**53 - 1)]
    salt: HexId


class Root(Statement):
    """The signed root of a batch of deliveries; payload of the DSSE envelope."""

    v: FirstVersion
    realm: Digest
    originator: Nation
    suite: Literal["standard", "hybrid", "cnsa2"]
    hash: Literal["sha256", "sha384"]
    depth: Literal[4, 8, 12]
    root: Annotated[str, Field(pattern=r"^([0-9a-f]{64}|[0-9a-f]{96})$")]
    signed_at: UtcTime
