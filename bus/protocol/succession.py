"""What takes a message's place: updates, corrections, supersessions, cancellations (design 3). Pure.

``EFFECTS`` is the one table. The originator asks `share_out`: who gets a change, with or without the
reference to what it changes, and who is told only that its message is cancelled. The recipient's rule is
`standings`: what stands as a function of the **set** of messages and cancellations that came, in whatever
order, however often. `bus.store.inbox_changes` keeps the same answer up to date as they come.

A chain is what is held together by changes. It ends in one message, the last issued of those that nothing
changes; that one is current unless it was cancelled. A recalled message that ends its chain leaves it, and
what it changed stands again; one in the middle stays a link. An originator that forgot what it said (a store
set back) may change one message twice: the later one counts, and the other is superseded.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import NamedTuple

from schemas.header import Kind, Mode, Reference, Relation


class Status(StrEnum):
    """What became of a message. A recall takes the content; everything else leaves it readable."""

    CURRENT = "CURRENT"
    UPDATED = "UPDATED"
    CORRECTED = "CORRECTED"
    SUPERSEDED = "SUPERSEDED"
    CANCELLED = "CANCELLED"
    RECALLED = "RECALLED"


EFFECTS: Mapping[Relation, Status] = {
    Relation.UPDATES: Status.UPDATED,
    Relation.CORRECTS: Status.CORRECTED,
    Relation.SUPERSEDES: Status.SUPERSEDED,
    Relation.CANCELS: Status.CANCELLED,
}
"""What a message makes of the one that it refers to; other relations change nothing."""
CHANGES = frozenset(EFFECTS)
ENDS = frozenset({Status.CANCELLED, Status.RECALLED})
"""A message of such a status is nobody's current one, and nothing changes it any more."""


# -- the originator: who gets what of a change ------------------------------------------------------------


class Gets(StrEnum):
    """What a nation gets of a change: the message with a reference to what it holds, the same message without
    one, only a neutral cancellation of what it holds, or nothing."""

    UPDATE = "UPDATE"
    FRESH = "FRESH"
    CANCELLATION = "CANCELLATION"
    NOTHING = "NOTHING"


class Held(NamedTuple):
    """The latest message of a chain that a nation holds: possibly sent to it, and not cancelled for it."""

    message_id: str
    digest: str


@dataclass(frozen=True, slots=True)
class ChainHeld:
    """One chain that a draft changes, and who holds what of it."""

    relation: Relation
    held: Mapping[str, Held]


@dataclass(frozen=True, slots=True)
class Share:
    """What one nation gets; ``held``: what it holds of each chain that the draft changes, in their order."""

    gets: Gets
    held: tuple[Held | None, ...]

    @property
    def refers_to(self) -> tuple[Held | None, ...]:
        """What its message refers to, chain by chain. Nations with the same share one message."""
        return self.held if self.gets is Gets.UPDATE else (None,) * len(self.held)


def share_out(chains: Sequence[ChainHeld], permitted: Collection[str]) -> dict[str, Share]:
    """What every nation gets that may have the change (``permitted``) or holds something of its chains.

    A message that only cancels goes to nobody who holds nothing: there it would tell of what never was there.
    """
    shares: dict[str, Share] = {}
    only_cancels = all(chain.relation is Relation.CANCELS for chain in chains)
    for nation in sorted({*permitted, *(nation for chain in chains for nation in chain.held)}):
        held = tuple(chain.held.get(nation) for chain in chains)
        if nation not in permitted:
            gets = Gets.CANCELLATION
        elif any(held):
            gets = Gets.UPDATE
        else:
            gets = Gets.NOTHING if only_cancels else Gets.FRESH
        shares[nation] = Share(gets, held)
    return shares


def dropped(chains: Sequence[ChainHeld], shares: Mapping[str, Share]) -> tuple[str, ...]:
    """The nations that lose something that goes on without them (A to Z): the author has to confirm that.

    A chain that the draft cancels goes on for nobody.
    """
    return tuple(
        nation
        for nation, share in sorted(shares.items())
        if share.gets is Gets.CANCELLATION
        and any(
            held is not None and chain.relation is not Relation.CANCELS
            for chain, held in zip(chains, share.held, strict=True)
        )
    )


# -- the recipient: what stands ---------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Known:
    """A message of the inbox, as far as it matters here; ``references`` are those of its header."""

    originator: str
    message_id: str
    digest: str
    kind: Kind
    mode: Mode
    exercise_id: str | None
    issued_at: datetime
    references: tuple[Reference, ...] = ()


class Cancelled(NamedTuple):
    """A cancellation that ``originator`` signed."""

    originator: str
    message_id: str
    digest: str
    mode: Mode
    at: datetime


@dataclass(frozen=True, slots=True)
class Standing:
    """Where a message stands. ``current``: the id of the message to read instead, or of itself; None when its
    chain has ended. ``history``: the ids of its chain, as they were issued; its own alone where nothing
    changed it. ``cancelled_at``: the earliest time that its originator signed.
    """

    status: Status
    current: str | None
    history: tuple[str, ...]
    cancelled_at: datetime | None


def counts(reference: Reference, changer: Known, target: Known) -> bool:
    """Whether ``changer`` really changes ``target``: only the originator's own, by its very digest, and of
    the same kind, mode and exercise."""
    return (
        reference.relation in CHANGES
        and (reference.originator, reference.message_id, reference.digest)
        == (target.originator, target.message_id, target.digest)
        and changer.originator == target.originator
        and changer.kind is target.kind
        and changer.mode is target.mode
        and changer.exercise_id == target.exercise_id
    )


def place(message: Known) -> tuple[datetime, str]:
    """Where a message stands in its chain: by the time of its issue, then by its id."""
    return (message.issued_at, message.message_id)


Name = tuple[str, str]
"""Originator and message id."""


def standings(
    messages: Iterable[Known], cancellations: Iterable[Cancelled] = (), recalled: Collection[Name] = ()
) -> dict[Name, Standing]:
    """Where every message stands, as a function of the set of what came.

    ``recalled``: those of the messages that were recalled. One that nothing cancels and nothing changes is
    void: it changes nothing, as if it had never come, and stands alone. Any other stays a link of its chain.
    """
    known = {_name(each): each for each in messages}
    words: dict[Name, datetime] = {}
    for word in cancellations:
        named = known.get((word.originator, word.message_id))
        if named is not None and (named.digest, named.mode) == (word.digest, word.mode):
            words[_name(named)] = min(words.get(_name(named), word.at), word.at)
    changers = _changers(known)
    void = _void({name for name in known if name in recalled and name not in words}, changers)
    changers = {
        name: [each for each in found if _name(each[0]) not in void] for name, found in changers.items()
    }
    times = dict(words)
    chain = {name: name for name in known}
    for name, found in changers.items():
        for changer, relation in found:
            _join(chain, name, _name(changer))
            if relation is Relation.CANCELS:
                times[name] = min(times.get(name, changer.issued_at), changer.issued_at)
    members: dict[Name, list[Known]] = {}
    for name, message in known.items():
        members.setdefault(_root(chain, name), []).append(message)
    made: dict[Name, Standing] = {}
    for each in members.values():
        each.sort(key=place)
        history = tuple(message.message_id for message in each)
        last = max((message for message in each if not changers[_name(message)]), key=place, default=None)
        ended = last is None or _name(last) in times or _name(last) in recalled
        current = None if ended or last is None else last.message_id
        for message in each:
            name = _name(message)
            status = _status(changers[name], message is last, name in times)
            if name in recalled:
                status = Status.RECALLED
            made[name] = Standing(status, current, history, times.get(name))
    return made


def _name(message: Known) -> Name:
    return (message.originator, message.message_id)


Changers = dict[Name, list[tuple[Known, Relation]]]
"""What changes each message, and how."""


def _changers(known: Mapping[Name, Known]) -> Changers:
    found: Changers = {name: [] for name in known}
    for changer in known.values():
        for reference in changer.references:
            name = (reference.originator, reference.message_id)
            target = known.get(name)
            if target is not None and counts(reference, changer, target):
                found[name].append((changer, reference.relation))
    return found


def _void(recalled: Collection[Name], changers: Changers) -> frozenset[Name]:
    """Of the recalled messages those that only void ones change; void is then what only these change."""
    void: frozenset[Name] = frozenset()
    while True:
        found = frozenset(
            name for name in recalled if all(_name(changer) in void for changer, _ in changers[name])
        )
        if found == void:
            return void
        void = found


def _status(changers: Sequence[tuple[Known, Relation]], is_last: bool, cancelled: bool) -> Status:
    if cancelled:
        return Status.CANCELLED
    if changers:
        return EFFECTS[max(changers, key=_later)[1]]
    return Status.CURRENT if is_last else Status.SUPERSEDED


def _later(change: tuple[Known, Relation]) -> tuple[tuple[datetime, str], str]:
    """Of two changes by one message (both relations named) the order is that of their words."""
    return place(change[0]), change[1].value


def _root(chain: dict[Name, Name], name: Name) -> Name:
    while chain[name] != name:
        chain[name] = name = chain[chain[name]]
    return name


def _join(chain: dict[Name, Name], one: Name, other: Name) -> None:
    chain[_root(chain, one)] = _root(chain, other)
