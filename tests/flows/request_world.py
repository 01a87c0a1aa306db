"""One nation asks two others, with real gateways on a network that the test directs."""

import json
from datetime import timedelta
from pathlib import Path
from typing import Any

from bus.protocol.requests import settle
from bus.store import audit, events, inbox, requests
from bus.store.inbox import InboxMessage
from bus.store.requests import Party
from gateways.publishing.accepted import Accepted
from gateways.publishing.answering import draft_answering
from gateways.requests.closing import Closing, close
from schemas.audit import AuditEvent, AuditRecord
from schemas.base import rfc3339
from schemas.event import EventType
from schemas.header import Kind, Relation
from schemas.request_acts import CloseOutcome
from tests.faults.small_world import SmallGateway, SmallWorld, run
from tests.flows.world import draft
from tests.realm_fixtures import NOW, TestRealm, make_realm

ASKER, OTHERS = "XAA", ("XBB", "XCC")
LTIOV = NOW + timedelta(hours=2)


def question(**changes: Any) -> dict[str, Any]:
    """The body of a request, of value until ``LTIOV``."""
    return {
        "rfi_id": "XAA-RFI-1",
        "title": "Who is in the strait",
        "requirement_statement": "Which vessels lie in the strait?",
        "justification": "It decides whether the patrol stays.",
        "priority": "HIGH",
        "ltiov": rfc3339(LTIOV),
        "requested_products": ["REPORT"],
        "max_classification": {"policy": "NATO", "classification": "NATO RESTRICTED"},
        "poc": {"role": "RFI manager", "contact": "rfi@example.org"},
        **changes,
    }


ANSWERS: dict[str, dict[str, Any]] = {
    "ACCEPTED": {},
    "DECLINED": {"decline_code": "NO_CAPACITY"},
    "REDIRECTED": {"redirect_to": "XCC"},
    "PARTIALLY_ANSWERED": {"answer": "Two.", "outstanding": "The rest."},
    "ANSWERED": {"answer": "Three."},
}


class RequestWorld:
    """XAA asks; XBB and XCC are asked."""

    def __init__(self, directory: Path, realm: TestRealm | None = None) -> None:
        self.world = SmallWorld(directory, realm or make_realm())

    def gateway(self, nation: str) -> SmallGateway:
        return self.world.gateways[nation]

    def tx(self, nation: str) -> Any:
        return self.gateway(nation).store.connection

    def ask(
        self,
        *nations: str,
        header: dict[str, Any] | None = None,
        label: dict[str, Any] | None = None,
        tear_line_to: tuple[str, ...] = (),
        narrowing: bool = False,
        **body: Any,
    ) -> Accepted:
        """Ask, without any relaying."""
        asked = {"kind": "information_request", **(header or {})}
        made = json.loads(
            draft(nations or OTHERS, header=asked, label=label, body=question(**body), subject="Request")
        )
        if tear_line_to:
            wider = made["label"] | {"releasable_to": list(tear_line_to)}
            made["tear_lines"] = [{"label": wider, "subject": "Request", "body": made["body"]}]
        if narrowing:
            made["confirm_narrowing"] = True
        return self.gateway(ASKER).publish(json.dumps(made).encode())

    def asked(self, *nations: str, **body: Any) -> Accepted:
        """Ask, and everybody has it."""
        accepted = self.ask(*nations, **body)
        self.deliver_all()
        return accepted

    def deliver_all(self) -> None:
        """Relay and deliver until nothing travels."""
        busy = True
        while busy:
            busy = False
            for nation in self.world.gateways:
                self.world.relay(nation)
            for nation, waiting in self.world.travelling.items():
                while waiting:
                    busy = True
                    self.world.deliver(nation)

    def message(self, nation: str) -> InboxMessage:
        """The last request that a nation has."""
        found = inbox.list_after(self.tx(nation), kinds=(Kind.INFORMATION_REQUEST,), with_display_only=True)
        return found[-1]

    def response(self, nation: str, state: str, **changes: Any) -> bytes:
        """A response of a nation to the last request that it has."""
        body = {"rfi_id": "XAA-RFI-1", "state": state, **ANSWERS[state]} | changes
        return draft_answering(
            self.message(nation),
            json.dumps(body).encode(),
            kind=Kind.INFORMATION_RESPONSE,
            relation=Relation.REPLIES,
            subject=state,
        )

    def respond(self, nation: str, state: str, **changes: Any) -> Accepted:
        """Raises DraftRefused."""
        return self.gateway(nation).publish(self.response(nation, state, **changes))

    def close(self, outcome: str = "SATISFIED", nation: str | None = None) -> None:
        """Close the last request that was asked. Raises TransitionIllegal."""
        seq = self.tx(ASKER).execute("SELECT max(request_seq) FROM request").fetchone()[0]
        closing = Closing(seq, CloseOutcome(outcome), nation, "operator:anna")
        run(close(self.gateway(ASKER).context, closing))

    # -- looking ---------------------------------------------------------------------------------------

    def party(self, at: str, nation: str) -> Party | None:
        """One asked nation of the last request, as the gateway ``at`` has it."""
        row = (
            self.tx(at)
            .execute("SELECT max(request_seq) FROM request_party WHERE nation = ?", (nation,))
            .fetchone()
        )
        found = () if row[0] is None else requests.parties(self.tx(at), row[0])
        return next((each for each in found if each.nation == nation), None)

    def stands(self, at: str, nation: str) -> str:
        """Where the last request stands with a nation, as the gateway ``at`` sees it, worked out anew."""
        party = self.party(at, nation)
        assert party is not None
        signed = [act.signed for act in requests.acts(self.tx(at), party)]
        found = settle(signed, ltiov=party.ltiov, now=self.world.now)
        return found.state.value if found.outcome is None else f"{found.state.value} {found.outcome.value}"

    def both(self, nation: str) -> str:
        """The same, as both sides see it: they agree, and each has told it."""
        views = {self.stands(at, nation) for at in (ASKER, nation)}
        assert len(views) == 1, views
        for at in (ASKER, nation):
            party = self.party(at, nation)
            assert party is not None
            assert party.state is not None
            told = party.state.value if party.outcome is None else f"{party.state} {party.outcome}"
            assert {told} == views
        return views.pop()

    def told(self, at: str, nation: str) -> list[str]:
        """The states that the feed told of a nation, in order."""
        found = events.look(self.tx(at), limit=10_000).events
        return [
            each.state or ""
            for each in found
            if each.type is EventType.REQUEST_CHANGED and each.nation == (nation if at == ASKER else ASKER)
        ]

    def records(self, at: str, event: AuditEvent) -> list[AuditRecord]:
        stored = audit.list_after(self.tx(at), limit=1000, event=event)
        return [AuditRecord.model_validate_json(entry.record) for entry in stored]
