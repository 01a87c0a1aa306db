"""Record what this version's gateways send and keep, for the version after it: run once at each release.

``python -m tests.previous.make`` writes ``exchange.json``, ``XAA.sqlite3.gz`` and ``wire.json`` anew.
"""

import base64
import gzip
import json
import subprocess
import sys
import tempfile
from datetime import timedelta
from pathlib import Path
from typing import Any

from bus.store.inbox import InboxMessage
from gateways.agreements import own_acts
from gateways.changing.cancel import WantedCancellation, cancel
from gateways.publishing.accepted import Accepted
from gateways.recalling.recalling import WantedRecall, recall
from schemas.agreement import ActKind
from schemas.base import rfc3339
from schemas.cancellation import CancellationReason
from schemas.reasons import ReasonCode
from schemas.recall import RecallReason
from tests.faults.small_world import run
from tests.flows.request_world import ANSWERS, question
from tests.flows.world import acknowledgement, draft
from tests.lanes.lane_world import LaneWorld
from tests.previous.test_wire_rule import PREVIOUS, ROOT, digest_of
from tests.realm_fixtures import AgreementPlan, TestRealm, make_realm

HERE = Path(__file__).parent
NATIONS = ("XAA", "XBB")


class Recording(LaneWorld):
    """A world that keeps what arrives."""

    def __init__(self, directory: Path, realm: TestRealm) -> None:
        super().__init__(directory, realm)
        self.arrived: dict[str, list[dict[str, str]]] = {nation: [] for nation in NATIONS}
        self.published: dict[str, Accepted] = {}

    def hand(self, nation: str) -> None:
        """Everything under way to a nation arrives."""
        for sent in list(self.travelling[nation]):
            sealed = base64.b64encode(sent.sealed).decode()
            self.arrived[nation].append({"at": rfc3339(self.now), "subject": sent.subject, "sealed": sealed})
            self.deliver(nation)

    def both(self) -> None:
        """Until nothing moves."""
        moving = True
        while moving:
            for nation in NATIONS:
                self.relay(nation)
            moving = any(self.travelling.values())
            for nation in NATIONS:
                self.hand(nation)

    def to_bravo(self) -> None:
        """Only XBB hears; what it says waits."""
        for _ in range(4):
            self.relay("XAA")
            self.hand("XBB")
            self.relay("XBB")

    def tick(self, seconds: int = 6) -> None:
        self.pass_time(timedelta(seconds=seconds))

    def write(self, name: str, **options: Any) -> None:
        """XAA publishes to XBB."""
        self.published[name] = self.gateways["XAA"].publish(draft(["XBB"], **options))

    def all_states(self) -> dict[str, dict[str, str]]:
        return {name: self.states("XAA", each) for name, each in self.published.items()}

    def titles(self, nation: str) -> list[str | None]:
        return [
            json.loads(each.content)["header"]["subject"] if each.content else None
            for each in self.gateways[nation].inbox()
        ]


def reference(message: InboxMessage, relation: str) -> dict[str, str]:
    return {
        "message_id": message.message_id,
        "originator": message.originator,
        "digest": message.digest,
        "relation": relation,
    }


def before(world: Recording) -> None:
    """Heads, a gap that is asked for and filled, an agreement suspended and resumed."""
    for _ in range(2):
        world.tick()
        world.look()
        world.both()
    world.publish("XAA", "XBB", subject="lost on its way, sent again")
    world.relay("XAA")
    world.lose_all("XBB")
    world.publish("XAA", "XBB", subject="shows the gap")
    world.both()
    world.tick()
    world.look()
    world.both()
    context = world.gateways["XBB"].context
    (another,) = (d for d, each in context.trust.book.by_digest.items() if each.agreement.id == "another")
    for nation, kind in (("XBB", ActKind.SUSPEND), ("XBB", ActKind.RESUME), ("XAA", ActKind.SUSPEND)):
        world.tick()
        run(own_acts.act(world.gateways[nation].context, another, kind, actor="test"))
        world.both()


def unheard(world: Recording) -> None:
    """Every kind, and what becomes of it; XAA hears nothing of what XBB says to it."""
    notice = json.loads((ROOT / "schemas" / "examples" / "exercise_notice.json").read_bytes())["body"]
    notice |= {"participating_nations": NATIONS, "observer_nations": [], "phases": []}
    notice["forces"] = notice["forces"][:1]
    asking = {"acknowledgement": {"required": True}, "action_addressees": ["XBB"]}
    exercise = {"mode": "EXERCISE", "exercise_id": "COLD FJORD 30"}
    world.tick()
    world.write("flash", subject="Urgent alert", header={"precedence": "IMMEDIATE", **asking})
    world.write("notice", subject="To be recalled", header={"kind": "exercise_notice"}, body=notice)
    world.write("alert", subject="Alert, to be updated")
    world.write("gone", subject="Alert, to be cancelled")
    world.write("request", subject="Request", header={"kind": "information_request"}, body=question())
    world.write("exercise", subject="In an exercise", header=exercise)
    world.to_bravo()
    world.tick()
    bravo = world.gateways["XBB"]
    there = {json.loads(each.content)["header"]["subject"]: each for each in bravo.inbox()}
    bravo.publish(acknowledgement(there["Urgent alert"], at=world.now))
    answering = {"kind": "information_response", "references": [reference(there["Request"], "replies")]}
    answer = {"rfi_id": "XAA-RFI-1", "state": "ANSWERED", **ANSWERS["ANSWERED"]}
    bravo.publish(draft(["XAA"], subject="Answer", header=answering, body=answer))
    bravo.publish(draft(["XAA"], subject="From XBB by itself"))
    world.to_bravo()
    world.tick()
    updating = {"references": [reference(there["Alert, to be updated"], "updates")]}
    world.write("update", subject="Alert, updated", header=updating)
    alfa, ids = world.gateways["XAA"].context, {n: e.publication_id for n, e in world.published.items()}
    run(recall(alfa, WantedRecall(ids["notice"], RecallReason.ISSUED_IN_ERROR, False, "test", _any)))
    run(cancel(alfa, WantedCancellation(ids["gone"], next(iter(CancellationReason)), "test", _any)))
    world.to_bravo()
    world.tick(10)
    world.look()
    world.to_bravo()


def _any(*_: object) -> bool:
    return True


def main(target: Path = HERE) -> int:
    """Write every file."""
    made_by = subprocess.check_output(["git", "rev-parse", "HEAD"], cwd=ROOT, text=True).strip()
    plans = [AgreementPlan(name, parties=NATIONS) for name in ("everything", "another")]
    realm = make_realm(NATIONS, policies=("NATO",), agreements=plans)
    with tempfile.TemporaryDirectory() as directory:
        world = Recording(Path(directory), realm)
        before(world)
        unheard(world)
        store, states, heard = world.copy("XAA"), world.all_states(), len(world.arrived["XAA"])
        kept_at = world.now
        world.hand("XAA")
        keys = {}
        for nation, each in realm.keys.items():
            file = Path(directory) / f"{nation}.keys"
            each.save(file)
            keys[nation] = json.loads(file.read_bytes())
        recorded = {
            "made_by": made_by,
            "realm": realm.id,
            "founded_at": rfc3339(realm.now),
            "kept_at": rfc3339(kept_at),
            "keys": keys,
            "trust": [base64.b64encode(each).decode() for each in realm.envelopes],
            "to_XBB": world.arrived["XBB"],
            "to_XAA": world.arrived["XAA"][heard:],
            "publications": {name: each.publication_id for name, each in world.published.items()},
            "states_before": states,
            "states_after": world.all_states(),
            "inboxes": {nation: world.titles(nation) for nation in NATIONS},
        }
    codes = sorted(code.value for code in ReasonCode)
    shapes = {name: digest_of(name) for name in PREVIOUS["shapes"]}
    wire = {"made_by": made_by, "shapes": shapes, "reason_codes": codes}
    (target / "XAA.sqlite3.gz").write_bytes(gzip.compress(store, 9, mtime=0))
    for name, document in (("exchange", recorded), ("wire", wire)):
        (target / f"{name}.json").write_text(json.dumps(document, indent=1) + "\n", encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main(*map(Path, sys.argv[1:])))
