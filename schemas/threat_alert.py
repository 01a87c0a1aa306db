"""Threat alert: what threatens whom, where, how soon and how surely (domain reference 4, 9).

``category``, ``urgency``, ``severity``, ``certainty`` and ``response_types`` are CAP 1.2's own words, so that
alerts pass between the two without loss.
"""

from datetime import datetime
from enum import StrEnum
from typing import Annotated, Self

from pydantic import AfterValidator, Field, model_validator
from pydantic_core import PydanticCustomError

from schemas.alert_source import SourceAlert, SourceMessageType
from schemas.area import Areas, NamedValue
from schemas.base import LanguageTag, Nation, ParagraphText, ProseText, Statement, TitleText, UtcTime, unique
from schemas.body import Body, Finding, FindingCode, error, needs_reference, warning
from schemas.grading import SourceGrading
from schemas.header import Reference, Relation


class ThreatType(StrEnum):
    """The domain a threat belongs to."""

    CYBER = "cyber"
    AIR_MISSILE = "air_missile"
    MARITIME = "maritime"
    LAND = "land"
    CBRN = "cbrn"
    TERRORISM = "terrorism"
    HYBRID = "hybrid"
    SPACE = "space"
    INFRASTRUCTURE = "infrastructure"
    SECURITY = "security"
    NATURAL_HAZARD = "natural_hazard"
    ENVIRONMENT = "environment"
    FIRE = "fire"
    HEALTH = "health"
    PUBLIC_SAFETY = "public_safety"
    OTHER = "other"


class AlertAction(StrEnum):
    """What this message does: a first alert, news of an earlier one, or its end."""

    ALERT = "ALERT"
    UPDATE = "UPDATE"
    CANCEL = "CANCEL"


class Category(StrEnum):
    """CAP 1.2 ``category``."""

    GEO = "Geo"
    MET = "Met"
    SAFETY = "Safety"
    SECURITY = "Security"
    RESCUE = "Rescue"
    FIRE = "Fire"
    HEALTH = "Health"
    ENV = "Env"
    TRANSPORT = "Transport"
    INFRA = "Infra"
    CBRNE = "CBRNE"
    OTHER = "Other"


class ResponseType(StrEnum):
    """CAP 1.2 ``responseType``."""

    SHELTER = "Shelter"
    EVACUATE = "Evacuate"
    PREPARE = "Prepare"
    EXECUTE = "Execute"
    AVOID = "Avoid"
    MONITOR = "Monitor"
    ASSESS = "Assess"
    ALL_CLEAR = "AllClear"
    NONE = "None"


class Urgency(StrEnum):
    """CAP 1.2 ``urgency``: when responsive action is due."""

    IMMEDIATE = "Immediate"
    EXPECTED = "Expected"
    FUTURE = "Future"
    PAST = "Past"
    UNKNOWN = "Unknown"


class Severity(StrEnum):
    """CAP 1.2 ``severity``: threat to life or property."""

    EXTREME = "Extreme"
    SEVERE = "Severe"
    MODERATE = "Moderate"
    MINOR = "Minor"
    UNKNOWN = "Unknown"


class Certainty(StrEnum):
    """CAP 1.2 ``certainty``: Observed, more likely than not, possible, unlikely, unknown."""

    OBSERVED = "Observed"
    LIKELY = "Likely"
    POSSIBLE = "Possible"
    UNLIKELY = "Unlikely"
    UNKNOWN = "Unknown"


Uri = Annotated[
    str,
    Field(
        min_length=1,
        max_length=2000,
        pattern=r"^[^\s<>\u0000-\u0020\u007f-\u009f\u2028-\u202e\u2066-\u2069]+$",
    ),
]
"""A URI or IRI reference: no white space, no angle brackets. Never fetched by the bus."""


class AlertText(Statement):
    """Everything said in one language. ``event`` is the kind of event in that language's words."""

    language: LanguageTag
    event: TitleText
    headline: ParagraphText | None = None
    description: ProseText | None = None
    instruction: ProseText | None = None
    audience: ParagraphText | None = None
    sender_name: TitleText | None = None
    contact: ParagraphText | None = None
    web: Uri | None = None


def one_per_language(texts: tuple[AlertText, ...]) -> tuple[AlertText, ...]:
    """A validator: two texts in one language would leave open which is meant."""
    unique(tuple(text.language.lower() for text in texts))
    return texts


class Resource(Statement):
    """Additional material, by reference. Its bytes never travel inside an alert."""

    description: ParagraphText
    media_type: Annotated[str, Field(min_length=1, max_length=200, pattern=r"^[!-~]+( [!-~]+)*$")]
    size_bytes: Annotated[int, Field(ge=0, le=2**53 - 1)] | None = None
    uri: Uri | None = None
    digest: Uri | None = None


class Confidence(StrEnum):
    """The originator's confidence in its own assessment."""

    LOW = "LOW"
    MODERATE = "MODERATE"
    HIGH = "HIGH"


Texts = Annotated[tuple[AlertText, ...], Field(max_length=40), AfterValidator(one_per_language)]
Values = Annotated[tuple[NamedValue, ...], Field(max_length=500)]


class ThreatAlert(Body):
    """``observed_at`` is when the threat was seen, ``onset`` when it is expected, ``expires`` when this
    information stops being of use. A CANCEL may say nothing but what it cancels; everything else needs a
    category, urgency, severity, certainty and words in at least one language. An alert of our own names areas
    or affected nations; one mapped from another standard carries ``source_alert`` and may lack both.
    """

    action: AlertAction
    threat_type: ThreatType | None = None
    categories: Annotated[tuple[Category, ...], Field(max_length=12), AfterValidator(unique)] = ()
    urgency: Urgency | None = None
    severity: Severity | None = None
    certainty: Certainty | None = None
    response_types: Annotated[tuple[ResponseType, ...], Field(max_length=9), AfterValidator(unique)] = ()
    texts: Texts = ()
    areas: Areas = ()
    affected_nations: Annotated[tuple[Nation, ...], Field(max_length=100), AfterValidator(unique)] = ()
    observed_at: UtcTime | None = None
    onset: UtcTime | None = None
    expires: UtcTime | None = None
    grading: SourceGrading | None = None
    confidence: Confidence | None = None
    recommended_actions: Annotated[tuple[ParagraphText, ...], Field(max_length=50)] = ()
    indicators: Values = ()
    event_codes: Values = ()
    parameters: Values = ()
    resources: Annotated[tuple[Resource, ...], Field(max_length=50)] = ()
    source_alert: SourceAlert | None = None

    @model_validator(mode="after")
    def _complete(self) -> Self:
        if self.action is AlertAction.CANCEL and not self.texts:
            return self
        if not self.categories:
            raise PydanticCustomError("alert_category", "at least one category is needed")
        if None in (self.threat_type, self.urgency, self.severity, self.certainty):
            raise PydanticCustomError(
                "alert_assessment", "threat_type, urgency, severity and certainty are needed"
            )
        if not self.texts:
            raise PydanticCustomError("alert_texts", "words in at least one language are needed")
        if self.source_alert is None and not self.areas and not self.affected_nations:
            raise PydanticCustomError("alert_where", "areas or affected_nations are needed")
        return self

    @model_validator(mode="after")
    def _times(self) -> Self:
        if self.expires is not None and self.observed_at is not None and self.expires <= self.observed_at:
            raise PydanticCustomError("time_order", "expires is not after observed_at")
        own = self.source_alert is None
        if own and self.expires is not None and self.onset is not None and self.expires <= self.onset:
            raise PydanticCustomError("time_order", "expires is not after onset")
        return self

    @model_validator(mode="after")
    def _source(self) -> Self:
        source = self.source_alert
        if source is None:
            return self
        if source.msg_type.value.upper() != self.action.value:
            raise PydanticCustomError("alert_source", "action is not what source_alert's msg_type says")
        if source.msg_type is not SourceMessageType.ALERT and not source.references:
            raise PydanticCustomError("alert_source", "an update or cancellation names what it refers to")
        return self

    def as_first(self) -> Self:
        """For who had no earlier one an update is a first alert; what CAP says of itself stays as it is."""
        if self.action is not AlertAction.UPDATE or self.source_alert is not None:
            return self
        return self.model_copy(update={"action": AlertAction.ALERT})

    def findings(self, issued_at: datetime, references: tuple[Reference, ...] = ()) -> tuple[Finding, ...]:
        """Observed in the past; an update or cancellation of ours refers to the message it changes."""
        found: tuple[Finding, ...] = ()
        if self.source_alert is None and self.action is AlertAction.UPDATE:
            found += needs_reference(
                references,
                (Relation.UPDATES, Relation.SUPERSEDES, Relation.CORRECTS),
                "an update refers to exactly one alert that it updates",
            )
        if self.source_alert is None and self.action is AlertAction.CANCEL:
            found += needs_reference(
                references, (Relation.CANCELS,), "a cancellation refers to exactly one alert that it cancels"
            )
        if self.observed_at is not None and self.observed_at > issued_at:
            found += (
                error(
                    FindingCode.TIME_INVALID, "/body/observed_at", "observed_at lies after the time of issue"
                ),
            )
        if self.expires is not None and self.onset is not None and self.onset > self.expires:
            found += (
                warning(
                    FindingCode.ONSET_AFTER_EXPIRY,
                    "/body/onset",
                    "the onset lies after this information expires; the source is expected to renew it",
                ),
            )
        return found
