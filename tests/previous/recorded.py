"""An exchange between two gateways of the previous version, recorded, and gateways of this version in it.

``exchange.json`` was written by the code of the commit that it names, with the flows and stores of two real
gateways and a network in memory: realm, keys, and every bundle that XAA sent to XBB and XBB to XAA, by the
clock of that day. Among them: every kind of message, an update, a recall, a cancellation, a gap asked for and
filled, receipts, lane heads, an agreement suspended and resumed. ``XAA.sqlite3.gz`` is XAA's store as it was
when it had heard nothing yet of what XBB says from ``to_XAA`` on. A release replaces all of it by its own.
"""

import base64
import gzip
import json
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, cast

from bus.keystore import NationKeys
from bus.protocol.trust import TrustStore
from tests.faults.small_world import Sent, SmallGateway, SmallWorld

HERE = Path(__file__).parent
RECORDED: dict[str, Any] = json.loads((HERE / "exchange.json").read_bytes())


@dataclass
class RecordedRealm:
    id: str
    keys: dict[str, NationKeys]


class RecordedWorld:
    """What a gateway of this version needs to take the place of one in the recording."""

    def __init__(self, directory: Path) -> None:
        self.directory = directory
        keys = {}
        for nation, stored in RECORDED["keys"].items():
            file = directory / f"{nation}.keys"
            file.touch(mode=0o600)
            file.write_text(json.dumps(stored))
            keys[nation] = NationKeys.load(file)
        self.realm = RecordedRealm(RECORDED["realm"], keys)
        self.now = datetime.fromisoformat(RECORDED["founded_at"])
        envelopes = [base64.b64decode(text) for text in RECORDED["trust"]]
        self.trust = TrustStore.open(self.realm.id, envelopes)

    def gateway(self, nation: str) -> SmallGateway:
        """A gateway of this version, without a past."""
        return SmallGateway(cast(SmallWorld, self), nation)

    def upgraded(self) -> SmallGateway:
        """XAA's gateway of this version on the store of the previous one."""
        (self.directory / "XAA.db").write_bytes(gzip.decompress((HERE / "XAA.sqlite3.gz").read_bytes()))
        self.now = datetime.fromisoformat(RECORDED["kept_at"])
        return self.gateway("XAA")

    def replay(self, gateway: SmallGateway) -> None:
        """Bring the gateway what one of the previous version sent to it, each thing when it came."""
        for each in RECORDED[f"to_{gateway.nation}"]:
            self.now = max(self.now, datetime.fromisoformat(each["at"]))
            gateway.receive(Sent(each["subject"], base64.b64decode(each["sealed"]), self.trust))


def subjects(gateway: SmallGateway) -> list[str | None]:
    """The titles of an inbox in order of filing; None for what was withdrawn."""
    return [
        json.loads(entry.content)["header"]["subject"] if entry.content else None for entry in gateway.inbox()
    ]


def states(gateway: SmallGateway) -> dict[str, dict[str, str]]:
    """State per nation of every publication that the recording names."""
    found: dict[str, dict[str, str]] = {}
    for name, publication_id in RECORDED["publications"].items():
        rows = gateway.store.connection.execute(
            "SELECT recipient, state FROM delivery JOIN publication USING (publication_seq)"
            " WHERE publication_id = ?",
            (publication_id,),
        )
        found[name] = dict(rows.fetchall())
    return found
