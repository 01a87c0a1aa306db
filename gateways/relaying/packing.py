"""How deliveries are put together: which leave in one step, and which share a signed root."""

from collections.abc import Sequence

from bus.protocol.frame import MAX_DELIVERIES
from bus.store.deliveries import Waiting
from schemas.wire import Basis, Handling, Lane

TREE_LEAVES = 256
"""Deliveries under one root at most. Larger trees would save signatures, but cost each delivery, here and at
its recipient, more hashes than that is worth."""

Member = tuple[Waiting, tuple[Basis, ...], Handling]


def whole_bundles(waiting: Sequence[Waiting]) -> list[Waiting]:
    """Without what would leave a normal lane's last bundle part empty, as long as the lane fills one.

    For a step that leaves more behind: what is left out stays first in its lane and leaves with the next.
    """
    counts: dict[str, int] = {}
    for row in waiting:
        if row.lane is Lane.NORMAL:
            place = row.recipient + row.mode
            counts[place] = counts.get(place, 0) + 1
    room = {place: n - n % MAX_DELIVERIES or n for place, n in counts.items()}
    kept = []
    for row in waiting:
        if row.lane is Lane.NORMAL:
            place = row.recipient + row.mode
            if not room[place]:
                continue
            room[place] -= 1
        kept.append(row)
    return kept


def trees(members: Sequence[Member]) -> Sequence[Sequence[Member]]:
    """The members of each tree: whole bundles, every lane's first before any lane's second."""
    if len(members) <= TREE_LEAVES:
        return [members]
    lanes: dict[tuple[str, Lane], list[Member]] = {}
    for member in members:
        lanes.setdefault((member[0].recipient, member[0].lane), []).append(member)
    found: list[list[Member]] = [[]]
    for start in range(0, max(map(len, lanes.values())), MAX_DELIVERIES):
        for lane in lanes.values():
            bundle = lane[start : start + MAX_DELIVERIES]
            if len(found[-1]) + len(bundle) > TREE_LEAVES:
                found.append([])
            found[-1] += bundle
    return found


def variants_apart(tree: Sequence[Member]) -> Sequence[Sequence[Member]]:
    """One tree's members as the trees that are signed, in the order in which their bundles leave.

    Two variants of one publication never share a tree. Counted from the widest: nearly everything, and the
    widest version of every publication, stays together; each fuller one goes to the tree of its own distance.
    So who gets the widest finds its deliveries bundled just as if there were no fuller version. A lane
    in which a fuller version is followed by something less full begins another round: its order must hold.
    """
    if not any(row.wider for row, _, _ in tree):
        return [tree]
    reached: dict[tuple[str, Lane], tuple[int, int]] = {}
    parts: dict[tuple[int, int], list[Member]] = {}
    for member in tree:
        row = member[0]
        turn, before = reached.get((row.recipient, row.lane), (0, 0))
        place = (turn + (row.wider < before), row.wider)
        reached[row.recipient, row.lane] = place
        parts.setdefault(place, []).append(member)
    return [parts[place] for place in sorted(parts)]
