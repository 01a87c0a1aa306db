"""``read_cap``: the bytes of a document to the alerts in it, each taken with drafts or refused with a reason.

Pure: the time of a replay is an argument. Nothing is fetched, nothing is followed, nothing is verified.
"""

from dataclasses import dataclass
from datetime import datetime

from lxml import etree
from pydantic import TypeAdapter, ValidationError

from schemas.header import ExerciseId, Mode, Precedence
from schemas.interop.cap.alert import AlertReader, CapAlert, CapMessageType, CapStatus
from schemas.interop.cap.assessment import mode_of
from schemas.interop.cap.distribution import EDXL_DE, Distribution, check_agreement, unwrap
from schemas.interop.cap.elements import CAP_1_2
from schemas.interop.cap.mapping import CapDraft, Placement, status_taken, to_drafts
from schemas.interop.cap.outcome import CapRefusal, CapRefused, CapWarning, CapWarningCode, Warnings
from schemas.interop.xml.faults import XmlFault, XmlRefused
from schemas.interop.xml.places import line_of
from schemas.interop.xml.reader import read_xml
from schemas.reasons import ReasonCode

MAX_BYTES = 4 * 1024 * 1024
_CODES = {
    XmlFault.TOO_LARGE: ReasonCode.CAP_TOO_LARGE,
    XmlFault.ENCODING: ReasonCode.CAP_ENCODING,
    XmlFault.MALFORMED: ReasonCode.CAP_XML_MALFORMED,
    XmlFault.DOCTYPE: ReasonCode.CAP_XML_DOCTYPE,
    XmlFault.FORBIDDEN: ReasonCode.CAP_XML_FORBIDDEN,
    XmlFault.TOO_DEEP: ReasonCode.CAP_XML_TOO_DEEP,
    XmlFault.TOO_MANY: ReasonCode.CAP_XML_TOO_MANY,
}
_CAP_NAMESPACES = ("urn:oasis:names:tc:emergency:cap:", "http://www.incident.com/cap/")

_exercise_id: TypeAdapter[str] = TypeAdapter(ExerciseId)


@dataclass(frozen=True)
class CapOptions:
    """The caller's decisions.

    ``as_exercise`` puts every alert of the document into that exercise, the only way in for an Actual one.
    ``replay_at`` (aware) moves each alert in time so that it was sent then: effective, onset and expires move
    by the same amount, and ``source_alert`` keeps the source's own ``sent``. Times in free text, parameters
    and references stay. ``precedence`` overrides the rule in ``assessment.precedence_of``.

    Raises ValueError for an ``as_exercise`` that is no exercise id or a ``replay_at`` without offset.
    """

    as_exercise: str | None = None
    replay_at: datetime | None = None
    precedence: Precedence | None = None

    def __post_init__(self) -> None:
        if self.as_exercise is not None and not _is_exercise_id(self.as_exercise):
            raise ValueError("as_exercise is not an exercise id")
        if self.replay_at is not None and self.replay_at.tzinfo is None:
            raise ValueError("replay_at needs an offset")


@dataclass(frozen=True)
class CapTaken:
    """An alert that is taken, by the source's names for it; ``drafts`` holds at least one draft."""

    sender: str
    identifier: str
    sent: datetime
    drafts: tuple[CapDraft, ...]
    warnings: tuple[CapWarning, ...]


@dataclass(frozen=True)
class CapDocument:
    """Every alert of a document in its order; a document that can't be read is one refusal.

    ``warnings`` are those about the document itself, each alert has its own.
    """

    alerts: tuple[CapTaken | CapRefused, ...]
    warnings: tuple[CapWarning, ...] = ()

    @property
    def drafts(self) -> tuple[CapDraft, ...]:
        """The drafts of all alerts that are taken."""
        return tuple(draft for alert in self.alerts if isinstance(alert, CapTaken) for draft in alert.drafts)

    @property
    def refused(self) -> tuple[CapRefused, ...]:
        """All refusals."""
        return tuple(alert for alert in self.alerts if isinstance(alert, CapRefused))


def read_cap(data: bytes, options: CapOptions | None = None) -> CapDocument:
    """Read a CAP 1.2 alert, or an EDXL-DE 1.0 distribution of such alerts. Never raises over the document."""
    options = options or CapOptions()
    warnings = Warnings()
    try:
        root = _root(data, warnings)
        distribution, found = _alerts(root, warnings)
    except CapRefusal as refusal:
        return CapDocument((refusal.refused,), warnings.all())
    outcomes = tuple(_outcome(element, path, distribution, options) for element, path in found)
    return CapDocument(outcomes, warnings.all())


def _root(data: bytes, warnings: Warnings) -> etree._Element:
    try:
        read = read_xml(data, MAX_BYTES)
    except XmlRefused as refused:
        raise CapRefusal(_CODES[refused.fault], "/", refused.line, refused.explanation) from None
    for line in read.instructions:
        ignored = CapWarningCode.PROCESSING_INSTRUCTION_IGNORED
        warnings.add(ignored, "/", line, "a processing instruction was ignored")
    return read.root


def _alerts(
    root: etree._Element, warnings: Warnings
) -> tuple[Distribution | None, tuple[tuple[etree._Element, str], ...]]:
    if etree.QName(root).namespace == EDXL_DE and etree.QName(root).localname == "EDXLDistribution":
        distribution = unwrap(root, warnings)
        return distribution, distribution.contents
    return None, ((root, "/alert"),)


def _outcome(
    element: etree._Element, path: str, distribution: Distribution | None, options: CapOptions
) -> CapTaken | CapRefused:
    warnings = Warnings()
    try:
        _check_root(element, path)
        alert = AlertReader(warnings).read(element, path)
        if distribution is not None:
            check_agreement(distribution, alert)
        drafts = to_drafts(alert, _placement(alert, distribution, options, warnings), warnings)
    except CapRefusal as refusal:
        return refusal.refused
    except ValidationError as error:
        first = error.errors(include_url=False, include_context=False, include_input=False)[0]
        return CapRefused(ReasonCode.CAP_DRAFT_INVALID, path, line_of(element), first["msg"])
    return CapTaken(alert.sender, alert.identifier, alert.sent, drafts, warnings.all())


def _check_root(element: etree._Element, path: str) -> None:
    name = etree.QName(element)
    if name.namespace == CAP_1_2 and name.localname == "alert":
        return
    line = line_of(element)
    if name.localname == "alert" and (name.namespace or "").startswith(_CAP_NAMESPACES):
        raise CapRefusal(ReasonCode.CAP_WRONG_VERSION, path, line, "the namespace is not that of CAP 1.2")
    raise CapRefusal(ReasonCode.CAP_NOT_AN_ALERT, path, line, "the element is not a CAP 1.2 alert")


def _is_exercise_id(text: str) -> bool:
    try:
        _exercise_id.validate_python(text, strict=True)
    except ValidationError:
        return False
    return True


def _placement(
    alert: CapAlert, distribution: Distribution | None, options: CapOptions, warnings: Warnings
) -> Placement:
    if not status_taken(alert.status):
        raise CapRefusal(
            ReasonCode.CAP_STATUS_NOT_TAKEN, f"{alert.path}/status", alert.line, "status Draft or System"
        )
    if alert.msg_type in (CapMessageType.ACK, CapMessageType.ERROR):
        raise CapRefusal(
            ReasonCode.CAP_MSGTYPE_NOT_TAKEN, f"{alert.path}/msgType", alert.line, "msgType Ack or Error"
        )
    named = alert.note if alert.note is not None and _is_exercise_id(alert.note) else None
    placed = mode_of(alert.status, named, options.as_exercise)
    if placed is None:
        raise CapRefusal(
            ReasonCode.CAP_EXERCISE_ID_MISSING,
            f"{alert.path}/note",
            alert.line,
            "an Exercise alert names its exercise in note, or the caller does",
        )
    mode, exercise_id = placed
    if mode is Mode.EXERCISE and alert.status is CapStatus.EXERCISE and named not in (None, exercise_id):
        warnings.add(
            CapWarningCode.EXERCISE_ID_DIFFERS,
            f"{alert.path}/note",
            alert.line,
            "the alert names another exercise than the one it is put into",
        )
    shift = options.replay_at - alert.sent if options.replay_at is not None else None
    if shift is not None:
        warnings.add(
            CapWarningCode.REPLAYED, f"{alert.path}/sent", alert.line, "all times were moved for a replay"
        )
    wrapped_in = "EDXL-DE-1.0" if distribution is not None else None
    return Placement(mode, exercise_id, options.precedence, shift, wrapped_in)
