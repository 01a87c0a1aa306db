"""In which order the known kinds are told: what counts at a glance, then sections. No kind needs an entry.

A kind without one is told in the order its message has. A member that stands in no section comes last:
nothing of a message is ever left out.
"""

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Layout:
    """One kind's order. ``facts`` are shown first and large; ``spoken`` holds one text per language."""

    facts: tuple[str, ...]
    sections: tuple[tuple[str, tuple[str, ...]], ...]
    spoken: str | None = None


LAYOUTS: Mapping[str, Layout] = {
    "threat_alert": Layout(
        facts=("action", "threat_type", "severity", "urgency", "certainty", "confidence"),
        spoken="texts",
        sections=(
            ("what_to_do", ("response_types", "recommended_actions")),
            ("where", ("areas", "affected_nations")),
            ("when", ("observed_at", "onset", "expires")),
            ("assessment", ("categories", "grading", "indicators", "event_codes", "parameters")),
            ("material", ("resources",)),
            ("source", ("source_alert",)),
        ),
    ),
    "exercise_notice": Layout(
        facts=("exercise_type", "host_nation", "start", "end", "live_fire"),
        sections=(
            ("exercise", ("designation", "nickname", "exercise_id", "purpose", "level_of_command")),
            ("participants", ("officer_conducting", "participating_nations", "observer_nations")),
            ("where", ("areas", "reservations")),
            ("phases", ("phases", "special_activities")),
            ("forces", ("forces", "below_threshold")),
            ("safety", ("safety_contact",)),
            (
                "notification",
                (
                    *("notification_basis", "no_notice", "commenced_at"),
                    *("calendar_ref", "change_from_calendar", "related_activities"),
                ),
            ),
            ("observers", ("observer_invitation",)),
            ("remarks", ("remarks",)),
        ),
    ),
    "information_request": Layout(
        facts=("priority", "answer_requested_by", "ltiov", "requested_products"),
        sections=(
            ("question", ("title", "requirement_statement", "background", "justification")),
            ("scope", ("area_of_interest", "time_of_interest", "subject_entities", "etiov")),
            ("wanted", ("answer_format", "answer_language", "max_classification", "release_needed_to")),
            ("known", ("sources_consulted", "linked_requirement", "caveats_on_use")),
            ("contact", ("poc", "rfi_id", "revision")),
        ),
    ),
    "information_response": Layout(
        facts=("state", "decline_code", "redirect_to", "further_answer_by", "information_as_of"),
        sections=(
            ("answer", ("answer", "outstanding", "caveats")),
            ("material", ("products",)),
            ("assessment", ("grading",)),
            ("contact", ("responding_office", "rfi_id")),
        ),
    ),
    "acknowledgement": Layout(
        facts=("level", "outcome", "acknowledged_at"),
        sections=(("statement", ("officer_role", "remarks")),),
    ),
}
