"""A CAP alert to threat alert drafts. The label is none of CAP's business and not part of the outcome."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from schemas.alert_source import (
    SourceAlert,
    SourceMessageType,
    SourceReference,
    SourceScope,
    SourceStandard,
    SourceStatus,
)
from schemas.header import Addressees, DraftHeader, Kind, Mode, Precedence, Reference, Relation
from schemas.interop.cap.alert import CapAlert, CapMessageType, CapStatus
from schemas.interop.cap.assessment import CANCEL_PRECEDENCE, precedence_of, threat_type_of
from schemas.interop.cap.grouping import Group, group, merged
from schemas.interop.cap.outcome import CapRefusal, CapWarningCode, Warnings
from schemas.reasons import ReasonCode
from schemas.threat_alert import AlertAction, ThreatAlert

MAX_SUBJECT = 200

_RELATIONS = {
    CapMessageType.ALERT: Relation.RELATES,
    CapMessageType.UPDATE: Relation.UPDATES,
    CapMessageType.CANCEL: Relation.CANCELS,
}


@dataclass(frozen=True)
class CapDraft:
    """Everything a draft needs from the alert; label, addressees and our own references are the caller's.

    ``cap_references`` are the alerts of the source that this one refers to, without itself, and ``relation``
    says how. A caller that has published those turns them into references to its own messages.
    """

    subject: str
    language: str
    mode: Mode
    exercise_id: str | None
    precedence: Precedence
    effective_at: datetime | None
    expires_at: datetime | None
    cap_references: tuple[SourceReference, ...]
    relation: Relation
    body: ThreatAlert

    def header(
        self,
        action_addressees: Addressees = (),
        info_addressees: Addressees = (),
        references: tuple[Reference, ...] = (),
    ) -> DraftHeader:
        """The draft's header.

        Raises pydantic.ValidationError when the caller's part does not follow the schema.
        """
        return DraftHeader(
            kind=Kind.THREAT_ALERT,
            precedence=self.precedence,
            mode=self.mode,
            exercise_id=self.exercise_id,
            effective_at=self.effective_at,
            expires_at=self.expires_at,
            action_addressees=action_addressees,
            info_addressees=info_addressees,
            references=references,
            subject=self.subject,
            language=self.language,
        )


@dataclass(frozen=True)
class Placement:
    """Where the alert goes: mode and exercise, how urgently (None: by rule), moved in time by how much."""

    mode: Mode
    exercise_id: str | None
    precedence: Precedence | None
    shift: timedelta | None
    wrapped_in: str | None


def to_drafts(alert: CapAlert, placement: Placement, warnings: Warnings) -> tuple[CapDraft, ...]:
    """One draft per thing the alert says (see ``grouping``); mostly one.

    Raises CapRefusal (CAP_INFO_MISSING, CAP_REFERENCE_MISSING, CAP_TIME_ORDER, CAP_TIME_INVALID).
    """
    _check_meaning(alert)
    _warn_of_scope(alert, warnings)
    references = tuple(reference for reference in alert.references if not _is_itself(alert, reference))
    if len(references) != len(alert.references):
        warnings.add(
            CapWarningCode.REFERENCE_TO_ITSELF, f"{alert.path}/references", alert.line, "it names itself"
        )
    groups: tuple[Group | None, ...] = group(alert.infos, warnings) or (None,)
    if len(groups) > 1:
        warnings.add(
            CapWarningCode.ALERT_SPLIT,
            alert.path,
            alert.line,
            f"the blocks say {len(groups)} different things, each of which is a draft of its own",
        )
    return tuple(
        _draft(alert, said, _source(alert, placement, part, len(groups)), placement, references, warnings)
        for part, said in enumerate(groups, start=1)
    )


def _check_meaning(alert: CapAlert) -> None:
    if not alert.infos and alert.msg_type is not CapMessageType.CANCEL:
        raise CapRefusal(ReasonCode.CAP_INFO_MISSING, f"{alert.path}/info", alert.line, "no info block")
    if not alert.references and alert.msg_type is not CapMessageType.ALERT:
        raise CapRefusal(
            ReasonCode.CAP_REFERENCE_MISSING, f"{alert.path}/references", alert.line, "references is needed"
        )
    for info in alert.infos:
        starts = max(alert.sent, info.effective or alert.sent)
        if info.expires is not None and info.expires <= starts:
            raise CapRefusal(
                ReasonCode.CAP_TIME_ORDER,
                f"{info.path}/expires",
                info.line,
                "expires is not after sent and effective",
            )


def _warn_of_scope(alert: CapAlert, warnings: Warnings) -> None:
    if alert.scope is not SourceScope.PUBLIC:
        warnings.add(
            CapWarningCode.SCOPE_NOT_PUBLIC,
            f"{alert.path}/scope",
            alert.line,
            "the source does not mean this for the public; see to it that the label says so",
        )
    if alert.addresses and alert.scope is not SourceScope.PRIVATE:
        warnings.add(
            CapWarningCode.ADDRESSES_WITHOUT_PRIVATE,
            f"{alert.path}/addresses",
            alert.line,
            "addresses go with scope Private; they were kept and address nobody here",
        )


def _is_itself(alert: CapAlert, reference: SourceReference) -> bool:
    return (reference.sender, reference.identifier, reference.sent) == (
        alert.sender,
        alert.identifier,
        alert.sent,
    )


def _source(alert: CapAlert, placement: Placement, part: int, parts: int) -> SourceAlert:
    return SourceAlert(
        standard=SourceStandard.CAP_1_2,
        sender=alert.sender,
        identifier=alert.identifier,
        sent=alert.sent,
        status=SourceStatus(alert.status),
        msg_type=SourceMessageType(alert.msg_type),
        scope=alert.scope,
        restriction=alert.restriction,
        addresses=alert.addresses,
        source=alert.source,
        codes=alert.codes,
        note=alert.note,
        incidents=alert.incidents,
        references=alert.references,
        part=part,
        parts=parts,
        wrapped_in=placement.wrapped_in,
        signature_present=alert.signed,
        replayed=placement.shift is not None,
    )


def _draft(
    alert: CapAlert,
    said: Group | None,
    source: SourceAlert,
    placement: Placement,
    references: tuple[SourceReference, ...],
    warnings: Warnings,
) -> CapDraft:
    info = said.first if said else None

    def moved(time: datetime | None) -> datetime | None:
        if time is None or placement.shift is None:
            return time
        try:
            return time + placement.shift
        except OverflowError:
            raise CapRefusal(
                ReasonCode.CAP_TIME_INVALID, alert.path, alert.line, "a replayed time leaves the calendar"
            ) from None

    rule = precedence_of(info.urgency, info.severity) if info else CANCEL_PRECEDENCE
    return CapDraft(
        subject=_subject(alert, said, warnings),
        language=info.text.language if info else "en",
        mode=placement.mode,
        exercise_id=placement.exercise_id,
        precedence=placement.precedence or rule,
        effective_at=moved(info.effective) if info else None,
        expires_at=moved(info.expires) if info else None,
        cap_references=references,
        relation=_RELATIONS[alert.msg_type],
        body=ThreatAlert(
            action=AlertAction(alert.msg_type.upper()),
            threat_type=threat_type_of(info.categories) if info else None,
            categories=info.categories if info else (),
            urgency=info.urgency if info else None,
            severity=info.severity if info else None,
            certainty=info.certainty if info else None,
            response_types=info.response_types if info else (),
            texts=said.texts if said else (),
            areas=said.areas if said else (),
            onset=moved(info.onset) if info else None,
            expires=moved(info.expires) if info else None,
            event_codes=merged([each.event_codes for each in said.infos]) if said else (),
            parameters=merged([each.parameters for each in said.infos]) if said else (),
            resources=merged([each.resources for each in said.infos]) if said else (),
            source_alert=source,
        ),
    )


def _subject(alert: CapAlert, said: Group | None, warnings: Warnings) -> str:
    if said is None:
        subject = f"Cancellation of {alert.references[0].identifier}"
    else:
        subject = said.first.text.headline or said.first.text.event
    if len(subject) <= MAX_SUBJECT:
        return subject
    warnings.add(
        CapWarningCode.SUBJECT_SHORTENED, alert.path, alert.line, "the headline is too long for a subject"
    )
    return subject[: MAX_SUBJECT - 1].rstrip() + "…"


def status_taken(status: CapStatus) -> bool:
    """Draft and System alerts are for the source's own use."""
    return status in (CapStatus.ACTUAL, CapStatus.EXERCISE, CapStatus.TEST)
