"""Messages and cancellations that two nations might send, for the rules of succession and the inbox."""

from datetime import UTC, datetime, timedelta

from hypothesis import strategies as st

from bus.protocol.succession import Cancelled, Known
from schemas.header import Kind, Mode, Reference, Relation

START = datetime(2026, 11, 22, 9, tzinfo=UTC)


def message_id(number: int) -> str:
    return f"01900000-0000-7000-8000-{number:012x}"


def digest(number: int) -> str:
    return f"sha256:{number:064x}"


def refer(number: int, relation: Relation = Relation.UPDATES, originator: str = "XAA") -> Reference:
    return Reference(
        message_id=message_id(number), originator=originator, digest=digest(number), relation=relation
    )


def known(
    number: int,
    *references: Reference,
    originator: str = "XAA",
    minutes: int | None = None,
    kind: Kind = Kind.THREAT_ALERT,
    mode: Mode = Mode.EXERCISE,
    exercise_id: str | None = "NEMO 26",
) -> Known:
    at = START + timedelta(minutes=number if minutes is None else minutes)
    return Known(
        originator, message_id(number), digest(number), kind, mode, exercise_id, at, tuple(references)
    )


def cancelled(
    number: int, minutes: int = 30, originator: str = "XAA", mode: Mode = Mode.EXERCISE
) -> Cancelled:
    return Cancelled(originator, message_id(number), digest(number), mode, START + timedelta(minutes=minutes))


_NATION = st.sampled_from(("XAA", "XAA", "XBB"))
_NAMED = st.lists(st.tuples(st.integers(0, 8), st.sampled_from(sorted(Relation))), max_size=3)
_KIND = st.sampled_from((Kind.THREAT_ALERT, Kind.THREAT_ALERT, Kind.EXERCISE_NOTICE))
_TO_EIGHT, _MINUTES, _FEW_MINUTES = st.integers(1, 8), st.integers(0, 12), st.integers(0, 9)
_WORDS = st.lists(
    st.builds(
        cancelled,
        st.integers(0, 8),
        st.integers(0, 60),
        st.sampled_from(("XAA", "XBB")),
        st.sampled_from((Mode.EXERCISE, Mode.OPERATION)),
    ),
    max_size=4,
)
_CHANGE = st.sampled_from(
    (Relation.UPDATES, Relation.CORRECTS, Relation.SUPERSEDES, Relation.UPDATES, Relation.CANCELS)
)
_SIZE_OF_TREE = st.integers(2, 7)
_EARLIER = [
    st.lists(st.integers(0, number - 1), max_size=2, unique=True) if number else st.just([])
    for number in range(7)
]


@st.composite
def histories(draw: st.DrawFn) -> tuple[list[Known], list[Cancelled]]:
    """What two nations might send: mostly well, sometimes naming each other's, the wrong, or two at once."""
    messages = []
    for number in range(draw(_TO_EIGHT)):
        references = tuple(
            {
                (earlier, relation): refer(earlier, relation, draw(_NATION))
                for earlier, relation in (draw(_NAMED) if number else ())
                if earlier < number
            }.values()
        )
        messages.append(
            known(
                number,
                *references,
                originator=draw(_NATION),
                minutes=draw(_MINUTES),
                kind=draw(_KIND),
            )
        )
    return messages, draw(_WORDS)


@st.composite
def trees(draw: st.DrawFn) -> list[Known]:
    """One nation's messages, of which each changes one or two earlier ones, or begins anew."""
    messages = []
    for number in range(draw(_SIZE_OF_TREE)):
        references = [refer(earlier, draw(_CHANGE)) for earlier in draw(_EARLIER[number])]
        messages.append(known(number, *references, minutes=draw(_FEW_MINUTES)))
    return messages
