"""``python -m tests.house.life_diagrams``: renews the diagrams and tables of docs/lifecycle.md from the code.

Each stands between two markers that name it. With ``--check`` nothing is written, and the exit status is 1
when one is out of date. Diagrams are Mermaid's, which forges draw and people can read as they are.
"""

import re
import sys
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from pathlib import Path

from bus.protocol.deadlines import OPEN_IN, Awaited
from bus.protocol.delivery_states import OWN_MOVES, SHOWN, told_moves
from bus.protocol.recalling import ASKED_LIFE, COPY_LIFE, AskedState, CopyAct, CopyState
from bus.protocol.requests import ENDS, TABLE
from bus.protocol.succession import EFFECTS, Status
from schemas.receipt import ReceiptStatus
from schemas.request_acts import RequestAct, RequestState

PAGE = Path(__file__).resolve().parents[2] / "docs" / "lifecycle.md"
_PLACE = re.compile(r"(?<=<!-- begin generated: )([a-z-]+)( -->\n).*?(?=<!-- end generated -->)", re.DOTALL)

Moves = Mapping[tuple[str, str], str]
"""(state, what happened) -> state."""


def copy_diagram() -> str:
    """A recipient's copy, as its originator's callers see it."""
    moves: dict[tuple[str, str], str] = {}
    for (state, happening), after in OWN_MOVES.items():
        if SHOWN[state] != SHOWN[after]:
            moves[SHOWN[state], happening] = SHOWN[after]
    for (state, status), after in _nearest_told().items():
        moves[SHOWN[state], f"receipt {status.value}"] = after
    return _diagram(moves, begins=("pending_release", "queued"))


def _nearest_told() -> dict[tuple[str, ReceiptStatus], str]:
    """What receipts do, without what only skips a state that a filed copy goes through."""
    told = told_moves()
    return {
        (state, status): after
        for (state, status), after in told.items()
        if not any(
            (state, other) in told and between != "refused" and (between, status) in told
            for other, between in ((each, told.get((state, each), "")) for each in ReceiptStatus)
        )
    }


def copy_table() -> str:
    """What every receipt makes of every state."""
    told = told_moves()
    states = [state for state in SHOWN if any(state == before for before, _ in told)]
    rows = {
        SHOWN[state]: [
            f"`{told[state, status]}`" if (state, status) in told else "" for status in ReceiptStatus
        ]
        for state in states
    }
    return _table(("stands at", *(f"`{status}` is signed" for status in ReceiptStatus)), rows)


def deadline_table() -> str:
    """In which states a deadline is still owed."""
    shown = dict.fromkeys(state for state in SHOWN.values() if state != "pending_release")
    owed = {awaited: {SHOWN[state] for state in OPEN_IN[awaited]} for awaited in Awaited}
    rows = {state: ["owed" if state in owed[awaited] else "" for awaited in Awaited] for state in shown}
    return _table(("stands at", *(awaited.value for awaited in Awaited)), rows)


def status_diagram() -> str:
    """A message in an inbox. Whatever came, in whatever order: nothing leaves RECALLED."""
    moves: dict[tuple[str, str], str] = {}
    for relation, status in EFFECTS.items():
        moves[Status.CURRENT, f"a later message {relation}"] = status
        moves[status, "that message is recalled"] = Status.CURRENT
    for status in Status:
        if status not in (Status.CANCELLED, Status.RECALLED):
            moves[status, "a cancellation"] = Status.CANCELLED
        if status is not Status.RECALLED:
            moves[status, "a recall"] = Status.RECALLED
    return _diagram(
        moves, begins=(Status.CURRENT,), groups={"any": [s for s in Status if s is not Status.RECALLED]}
    )


def request_diagram() -> str:
    """A request between the asker and one asked nation; what changes nothing is left out."""
    moves = {
        (state.value, act.value): after.value for (state, act), after in TABLE.items() if after is not state
    }
    waiting = (RequestState.SUBMITTED, RequestState.ACKNOWLEDGED, RequestState.ACCEPTED)
    groups = {
        "open": [state.value for state in RequestState if state not in ENDS],
        "waiting": [state.value for state in waiting],
    }
    return _diagram(moves, begins=(RequestState.SUBMITTED,), groups=groups)


def request_table() -> str:
    """Every act in every state."""
    acts = [act for act in RequestAct if act is not RequestAct.EXPIRE] + [RequestAct.EXPIRE]
    rows = {
        state.value: [
            ""
            if (state, act) not in TABLE
            else "stays"
            if TABLE[state, act] is state
            else f"`{TABLE[state, act]}`"
            for act in acts
        ]
        for state in RequestState
    }
    return _table(("state", *(f"`{act}`" for act in acts)), rows)


def recalled_copy_diagram() -> str:
    """A message at its recipient, as message and recall come."""
    words = {CopyAct.MESSAGE: "the message comes", CopyAct.RECALL: "its recall comes"}
    moves = {
        (state.value, words[act]): after.value
        for (state, act), after in COPY_LIFE.items()
        if after is not state
    }
    return _diagram(moves, begins=(CopyState.ABSENT,))


def asked_diagram() -> str:
    """What the originator knows of a nation's copy after a recall."""
    moves = {
        (state.value, f"answers {outcome}"): after.value
        for (state, outcome), after in ASKED_LIFE.items()
        if after is not state
    }
    return _diagram(moves, begins=(AskedState.ASKED,))


GENERATED: Mapping[str, Callable[[], str]] = {
    "copy-diagram": copy_diagram,
    "copy-table": copy_table,
    "deadline-table": deadline_table,
    "status-diagram": status_diagram,
    "recalled-copy-diagram": recalled_copy_diagram,
    "asked-diagram": asked_diagram,
    "request-diagram": request_diagram,
    "request-table": request_table,
}


def _diagram(
    moves: Moves, *, begins: Sequence[str], groups: Mapping[str, Collection[str]] | None = None
) -> str:
    """A state diagram. Where an act leads from every member of a group to one state, one arrow says so."""
    left = dict(moves)
    lines = [f"[*] --> {state}" for state in begins]
    named: list[str] = []
    for group, members in (groups or {}).items():
        for act in dict.fromkeys(act for _, act in moves):
            targets = {left.get((member, act)) for member in members}
            # A member that the act leads to itself, as any state is closed but the closed one.
            if len(targets) == 1 and None not in targets:
                (target,) = targets
                named.append(f"{group} --> {target} : {act}")
                for member in members:
                    del left[member, act]
        if any(line.startswith(f"{group} ") for line in named):
            lines.append(f'state "{_either(members)}" as {group}')
    arrows: dict[tuple[str, str], list[str]] = {}
    for (state, act), after in left.items():
        arrows.setdefault((state, after), []).append(act)
    lines += [f"{state} --> {after} : {', '.join(acts)}" for (state, after), acts in arrows.items()]
    merged: dict[str, list[str]] = {}
    for line in named:
        arrow, _, act = line.partition(" : ")
        merged.setdefault(arrow, []).append(act)
    lines += [f"{arrow} : {', '.join(acts)}" for arrow, acts in merged.items()]
    return "\n".join(["```mermaid", "stateDiagram-v2", *(f"    {line}" for line in lines), "```", ""])


def _either(members: Iterable[str]) -> str:
    *others, last = members
    return f"{', '.join(others)} or {last}"


def _table(head: Sequence[str], rows: Mapping[str, Sequence[str]]) -> str:
    lines = [head, ["---"] * len(head), *([f"`{name}`", *cells] for name, cells in rows.items())]
    return "".join(f"| {' | '.join(line)} |\n" for line in lines)


def renewed(text: str) -> str:
    """The page with everything that is generated as the code has it now. KeyError for an unknown marker."""
    return _PLACE.sub(lambda found: f"{found[1]}{found[2]}{GENERATED[found[1]]()}", text)


def places(text: str) -> list[str]:
    """What the page has places for, in order."""
    return [found[1] for found in _PLACE.finditer(text)]


def main(arguments: Sequence[str]) -> int:
    """Exit status: 0 done or in order, 1 out of date, 2 unknown argument."""
    if list(arguments) not in ([], ["--check"]):
        sys.stderr.write("usage: python -m tests.house.life_diagrams [--check]\n")
        return 2
    text = PAGE.read_text(encoding="utf-8")
    new = renewed(text)
    if arguments:
        return int(new != text)
    PAGE.write_text(new, encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
