"""What must hold of all stores at any time, and once nothing is lost any more: held against the chronicle."""

import json
import sqlite3
from collections import Counter, defaultdict
from collections.abc import Collection, Mapping

from bus.store import lanes
from bus.store.inbox import InboxMessage
from schemas.recall import RecallOutcome
from tests.lifecycle.life_world import Chain, Chronicle, Version
from tests.lifecycle.looks import alerts, asked_to_withdraw, states, status

SIGNED = ("delivered", "read", "acknowledged", "actioned")
"""States that only a recipient's signed word makes."""

Stores = Mapping[str, sqlite3.Connection]
"""By nation."""


def note_filed(told: Chronicle, nation: str, tx: sqlite3.Connection) -> None:
    for entry in alerts(tx):
        told.of(nation, told.titles[entry.message_id]).filed = True


def nobody_has_what_was_not_for_it(told: Chronicle, stores: Stores) -> None:
    audience = {version.title: version.audience for _, version in told.versions()}
    for nation, tx in stores.items():
        highest: dict[tuple[str, object, object, int], int] = defaultdict(int)
        for entry in alerts(tx):
            title = told.titles[entry.message_id]
            assert nation in audience[title]
            assert not entry.content or json.loads(entry.content)["header"]["subject"] == title
            assert bool(entry.content) == (entry.recalled_at is None)
            lane = (entry.originator, entry.mode, entry.lane, entry.epoch)
            assert entry.late or entry.serial > highest[lane], f"{nation}: {lane} out of order"
            highest[lane] = max(highest[lane], entry.serial)


def no_state_runs_ahead_of_what_the_recipient_signed(told: Chronicle, stores: Stores) -> None:
    for _, version in told.versions():
        if version.forgotten:
            continue
        for nation, state in states(stores[version.originator], version).items():
            people = told.of(nation, version.title)
            if state in SIGNED:
                assert people.filed, f"{version.title} is {state} for {nation}, which never filed it"
            if state in SIGNED[1:]:
                assert state in people.acts, f"{version.title} is {state} for {nation}: nobody did that"


def everything_settled(told: Chronicle, stores: Stores, lost: Collection[tuple[str, str]] = ()) -> None:
    """Everything is there exactly once, both ends say the same, and no lane lacks anything.

    ``lost``: between whom control contents were lost. Where a copy was sent and then taken back, nothing is
    sent that its recipient would receipt a second time.
    """
    for nation, tx in stores.items():
        entries = alerts(tx)
        times = Counter(told.titles[entry.message_id] for entry in entries)
        assert all(each == 1 for each in times.values()), f"{nation} has some twice: {times}"
        here = {told.titles[entry.message_id]: entry for entry in entries}
        for chain, version in told.versions():
            if nation in version.audience:
                _arrived(chain, version, nation, here.get(version.title))
        for chain in told.chains:
            if not chain.torn:
                _one_is_current(chain, nation, tx, here)
        assert not lanes.count_missing(tx), f"{nation} still lacks something"
    for _, version in told.versions():
        if not version.forgotten:
            found = states(stores[version.originator], version)
            for nation in version.audience:
                if (nation, version.originator) in lost and found[nation] == "withheld":
                    continue
                _known_alike(told, stores[version.originator], version, nation, found[nation])


def _arrived(chain: Chain, version: Version, nation: str, entry: InboxMessage | None) -> None:
    if version.recalled and not version.forgotten:
        assert entry is None or not entry.content, f"{version.title} is still in {nation}"
        return
    if version.forgotten:
        return
    # Else something took its place, and a copy that had not left was taken back.
    needed = version is chain.last and not chain.ended and not chain.torn
    assert entry is not None or not needed, f"{version.title} never reached {nation}"
    assert entry is None or entry.content


def _one_is_current(chain: Chain, nation: str, tx: sqlite3.Connection, here: dict[str, InboxMessage]) -> None:
    """The last version for those it is for; nothing for all others, whatever they hold of it."""
    current = [
        version.title
        for version in chain.versions
        if version.title in here and status(tx, here[version.title]) == "CURRENT"
    ]
    wanted = chain.current_for(nation)
    assert current in ([[]] if not wanted else [[each] for each in wanted]) or (
        chain.last.recalled and not current
    ), f"{current} of {chain} in {nation}"


def _known_alike(told: Chronicle, tx: sqlite3.Connection, version: Version, nation: str, state: str) -> None:
    people = told.of(nation, version.title)
    went_back = not told.set_back.isdisjoint((nation, version.originator))
    if not version.recalled:
        if state == "withheld":
            assert not people.filed or went_back, f"{version.title} was taken back and is in {nation}"
            return
        assert state in people.acts | {"delivered"}, f"{version.title} is {state} for {nation}"
        least = max((people.acts - people.unsure) | {"delivered"}, key=SIGNED.index)
        assert SIGNED.index(state) >= SIGNED.index(least), f"{version.title}, {nation}: {state}, not {least}"
        return
    asked = asked_to_withdraw(tx, version)
    if nation not in asked:
        assert state == "withheld", f"{version.title} may have left for {nation}, which was not asked"
        assert not people.filed or went_back
        return
    answer = asked[nation].confirmation
    assert answer is not None, f"{nation} never confirmed the recall of {version.title}"
    if went_back:
        return
    assert (answer.outcome is RecallOutcome.WITHDRAWN) == people.filed
    if people.filed and not people.unsure:
        assert answer.already_read == bool(people.acts)
