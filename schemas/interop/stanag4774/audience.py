"""Who a label's categories mean, as our ``releasable_to``; never anybody whom they do not mean.

NATO policy: the members of ``Context``, reduced to ``Only`` where it stands, united with ``Releasable To``
(domain.md 1.1). Other policies: ``Releasable To`` alone, and without it nobody.
"""

from collections.abc import Collection, Mapping

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


def read_audience(
    found: Mapping[str, Values], policy: str, place: Node, members: Members, warnings: list[LabelWarning]
) -> tuple[str, ...]:
    """``releasable_to`` of these categories. ``place`` is where a missing one is missed.

    Raises LabelXmlRefused (LABEL_XML_CONTEXT_INVALID, LABEL_XML_RELEASABLE_INVALID,
    LABEL_XML_ONLY_OUTSIDE_CONTEXT, LABEL_XML_VALUE_UNKNOWN).
    """
    released = found.get(RELEASABLE_TO)
    if policy == POLICY:
        return _nato_audience(found, place, members, warnings)
    if released is None:
        warnings.append(
            LabelWarning(
                LabelWarningCode.RELEASE_LIST_ABSENT,
                place.path,
                place.line,
                "no audience is named: released to nobody",
            )
        )
        return ()
    return ordered({known_name(node, value, members, policy) for node, value in released.values})


def _nato_audience(
    found: Mapping[str, Values], place: Node, members: Members, warnings: list[LabelWarning]
) -> tuple[str, ...]:
    if CONTEXT not in found:
        raise place.refuse(C.LABEL_XML_CONTEXT_INVALID, "the NATO policy requires the category Context")
    context, releasable = _context(found[CONTEXT], members)
    audience = {context}
    if ONLY in found:
        audience = _only(found[ONLY], members[context], members, warnings)
    released = found.get(RELEASABLE_TO)
    if releasable is not (released is not None):
        at = released.node if released is not None else found[CONTEXT].node
        raise at.refuse(C.LABEL_XML_RELEASABLE_INVALID, "Releasable stands exactly with Releasable To")
    if released is not None:
        names = {known_name(node, value, members, POLICY) for node, value in released.values}
        if context not in names or names == {context}:
            raise released.node.refuse(
                C.LABEL_XML_RELEASABLE_INVALID, "Releasable To repeats the context, then adds to it"
            )
        # The repeated context adds nobody: Only has reduced it (set semantics, domain.md 1.1).
        audience |= names - {context}
    return ordered(audience)


def _context(given: Values, members: Members) -> tuple[str, bool]:
    contexts = [(node, value) for node, value in given.values if fold(value) != fold(RELEASABLE)]
    if len(contexts) != 1:
        raise given.node.refuse(C.LABEL_XML_CONTEXT_INVALID, "exactly one context is expected")
    [(node, value)] = contexts
    if fold(value) not in CONTEXTS:
        raise node.refuse(C.LABEL_XML_CONTEXT_INVALID, "not a context of the NATO policy that is known here")
    name = known_name(node, value, members, POLICY)
    return name, len(given.values) > 1


def _only(given: Values, inside: Collection[str], members: Members, warnings: list[LabelWarning]) -> set[str]:
    """The named part of the context. A group that reaches beyond it is replaced by those of it inside."""
    audience: set[str] = set()
    for node, value in given.values:
        name = known_name(node, value, members, POLICY)
        meant = set(members[name]) if len(name) > 3 else {name}
        if meant <= set(inside):
            audience.add(name)
            continue
        if len(name) == 3 or not meant & set(inside):
            raise node.refuse(C.LABEL_XML_ONLY_OUTSIDE_CONTEXT, "not a member of the context")
        warnings.append(
            LabelWarning(
                LabelWarningCode.GROUP_NARROWED,
                node.path,
                node.line,
                "replaced by those of its members that belong to the context",
            )
        )
        audience |= meant & set(inside)
    return audience
