"""Who a label's categories mean, as our ``releasable_to``; never anybody whom they do not mean.

NATO policy: the members of ``Context``, reduced to ``Only`` where it stands, united with ``Releasable To``
(domain.md 1.1). Other policies: ``Releasable To`` alone, and without it nobody.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass

from pydantic import TypeAdapter, ValidationError

from schemas.base import CommunityName, Nation
from schemas.interop.stanag4774.categories import Values
from schemas.interop.stanag4774.elements import Node
from schemas.interop.stanag4774.outcome import LabelWarning, LabelWarningCode
from schemas.nato_policy import CONTEXT, CONTEXTS, ONLY, POLICY, RELEASABLE, RELEASABLE_TO, fold, name_of
from schemas.reasons import ReasonCode as C

Members = Mapping[str, Collection[str]]
"""Community -> its members at the time that counts."""

_nation: TypeAdapter[str] = TypeAdapter(Nation)
_community: TypeAdapter[str] = TypeAdapter(CommunityName)


def ordered(names: Collection[str]) -> tuple[str, ...]:
    """Nations A to Z, then communities A to Z: the order in which audiences are written and read."""
    return tuple(sorted(names, key=lambda name: (len(name) > 3, name)))


def is_nation(name: str) -> bool:
    """Whether the code may stand for a nation."""
    return _is(_nation, name)


def is_name(name: str, members: Members) -> bool:
    """Whether the name is a nation, or a community whose members are known."""
    return is_nation(name) or (name in members and _is(_community, name))


def _is(adapter: TypeAdapter[str], name: str) -> bool:
    try:
        adapter.validate_python(name, strict=True)
    except ValidationError:
        return False
    return True


def known_name(node: Node, value: str, members: Members, policy: str) -> str:
    """The nation or community that a value means.

    Raises LabelXmlRefused LABEL_XML_VALUE_UNKNOWN.
    """
    name = name_of(value) if policy == POLICY else value
    if not is_name(name, members):
        raise node.refuse(C.LABEL_XML_VALUE_UNKNOWN, "neither a nation nor a community of this realm")
    return name


@dataclass(frozen=True)
class Reading:
    """Membership when the document was created and now, and the warnings of the reading.

    A context is time-scoped (domain.md 1.1): the text means the members of then, while a community in a draft
    will mean those of now.
    """

    then: Members
    now: Members
    warnings: list[LabelWarning]

    def meant(self, node: Node, name: str, within: Collection[str] | None = None) -> set[str]:
        """The name, or where it now means more than the text those nations of it that both mean.

        ``within``: whom alone the text means. Raises LabelXmlRefused for a name that means nobody.
        """
        inside = None if within is None else set(within)
        if len(name) == 3:
            if inside is not None and name not in inside:
                raise node.refuse(C.LABEL_XML_ONLY_OUTSIDE_CONTEXT, "not a member of the context")
            return {name}
        by_text = set(self.then.get(name, ()))
        if inside is not None:
            by_text &= inside
        by_draft = set(self.now[name])
        if by_draft <= by_text:
            return {name}
        if not by_draft & by_text:
            outside = C.LABEL_XML_VALUE_UNKNOWN if inside is None else C.LABEL_XML_ONLY_OUTSIDE_CONTEXT
            raise node.refuse(outside, "none of its members is meant")
        self.warnings.append(
            LabelWarning(
                LabelWarningCode.GROUP_NARROWED,
                node.path,
                node.line,
                "replaced by those members that the text means: of the context, and when it was created",
            )
        )
        return by_draft & by_text


def read_audience(found: Mapping[str, Values], policy: str, place: Node, reading: Reading) -> tuple[str, ...]:
    """``releasable_to`` of these categories. ``place`` is where a missing one is missed.

    Raises LabelXmlRefused (LABEL_XML_CONTEXT_INVALID, LABEL_XML_RELEASABLE_INVALID,
    LABEL_XML_ONLY_OUTSIDE_CONTEXT, LABEL_XML_VALUE_UNKNOWN).
    """
    released = found.get(RELEASABLE_TO)
    if policy == POLICY:
        return _nato_audience(found, place, reading)
    if released is None:
        reading.warnings.append(
            LabelWarning(
                LabelWarningCode.RELEASE_LIST_ABSENT,
                place.path,
                place.line,
                "no audience is named: released to nobody",
            )
        )
        return ()
    audience: set[str] = set()
    for node, value in released.values:
        audience |= reading.meant(node, known_name(node, value, reading.now, policy))
    return ordered(audience)


def _nato_audience(found: Mapping[str, Values], place: Node, reading: Reading) -> tuple[str, ...]:
    if CONTEXT not in found:
        raise place.refuse(C.LABEL_XML_CONTEXT_INVALID, "the NATO policy requires the category Context")
    at, context, releasable = _context(found[CONTEXT], reading.now)
    audience: set[str] = set()
    if ONLY in found:
        for node, value in found[ONLY].values:
            name = known_name(node, value, reading.now, POLICY)
            audience |= reading.meant(node, name, within=reading.then.get(context, ()))
    else:
        audience = reading.meant(at, context)
    released = found.get(RELEASABLE_TO)
    if releasable is not (released is not None):
        misplaced = released.node if released is not None else found[CONTEXT].node
        raise misplaced.refuse(C.LABEL_XML_RELEASABLE_INVALID, "Releasable stands exactly with Releasable To")
    if released is not None:
        audience |= _added(released, context, reading)
    return ordered(audience)


def _context(given: Values, members: Members) -> tuple[Node, str, bool]:
    contexts = [(node, value) for node, value in given.values if fold(value) != fold(RELEASABLE)]
    if len(contexts) != 1:
        raise given.node.refuse(C.LABEL_XML_CONTEXT_INVALID, "exactly one context is expected")
    [(node, value)] = contexts
    if fold(value) not in CONTEXTS:
        raise node.refuse(C.LABEL_XML_CONTEXT_INVALID, "not a context of the NATO policy that is known here")
    return node, known_name(node, value, members, POLICY), len(given.values) > 1


def _added(given: Values, context: str, reading: Reading) -> set[str]:
    """Whom Releasable To adds. The context it repeats adds nobody, for Only may have reduced it."""
    names = {known_name(node, value, reading.now, POLICY): node for node, value in given.values}
    if context not in names or len(names) == 1:
        raise given.node.refuse(
            C.LABEL_XML_RELEASABLE_INVALID, "Releasable To repeats the context, then adds to it"
        )
    added: set[str] = set()
    for name, node in names.items():
        if name != context:
            added |= reading.meant(node, name)
    return added
