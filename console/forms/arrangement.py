"""In which order the known statements are asked for, and in which groups. Data: no kind needs an entry.

Keys are the names of a schema's definitions. What stands in no group is asked for in the last one, and what
stands in no order after the rest: nothing of a schema is ever left out.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from console.forms.field import Field, Shape


@dataclass(frozen=True)
class Group:
    """Fields that belong together; ``folded`` ones are closed while they are empty."""

    name: str
    fields: tuple[str, ...]
    folded: bool = False


GROUPS: Mapping[str, tuple[Group, ...]] = {
    "ThreatAlert": (
        Group("what", ("action", "threat_type", "categories", "severity", "urgency", "certainty")),
        Group("words", ("texts",)),
        Group("where", ("areas", "affected_nations")),
        Group("when", ("observed_at", "onset", "expires")),
        Group("advice", ("response_types", "recommended_actions"), folded=True),
        Group("assessment", ("confidence", "grading", "indicators"), folded=True),
        Group("further", ("resources", "event_codes", "parameters", "source_alert"), folded=True),
    ),
    "ExerciseNotice": (
        Group("exercise", ("exercise_id", "designation", "nickname", "exercise_type", "level_of_command",
                           "officer_conducting", "purpose", "live_fire", "safety_contact")),
        Group("participants", ("host_nation", "participating_nations", "observer_nations")),
        Group("when", ("start", "end", "phases")),
        Group("where", ("areas",)),
        Group("forces", ("below_threshold", "forces")),
        Group("notification", ("notification_basis", "no_notice", "commenced_at", "calendar_ref",
                               "change_from_calendar")),
        Group("observers", ("observer_invitation",), folded=True),
        Group("activities", ("special_activities", "reservations", "related_activities", "remarks"),
              folded=True),
    ),
    "InformationRequest": (
        Group("question", ("rfi_id", "title", "requirement_statement", "justification", "background")),
        Group("urgency", ("priority", "ltiov", "answer_requested_by", "etiov")),
        Group("wanted", ("requested_products", "answer_format", "answer_language", "max_classification",
                         "release_needed_to")),
        Group("contact", ("poc",)),
        Group("scope", ("area_of_interest", "time_of_interest", "subject_entities"), folded=True),
        Group("known", ("sources_consulted", "linked_requirement", "caveats_on_use", "revision"),
              folded=True),
    ),
    "InformationResponse": (
        Group("answer", ("rfi_id", "state", "decline_code", "redirect_to", "answer", "outstanding",
                         "further_answer_by", "information_as_of")),
        Group("products", ("products",)),
        Group("assessment", ("grading", "caveats", "responding_office"), folded=True),
    ),
}  # fmt: skip

ORDER: Mapping[str, tuple[str, ...]] = {
    "Area": ("description", "geometry", "circles", "altitude_m", "ceiling_m", "geocodes", "language",
             "translations"),
    "Circle": ("latitude", "longitude", "radius_m"),
    "AlertText": ("language", "event", "headline", "description", "instruction", "audience", "contact", "web",
                  "sender_name"),
    "LocalText": ("language", "text"),
    "NamedValue": ("name", "value"),
    "Phase": ("type", "name", "start", "end", "purpose", "description", "area"),
    "NationForces": ("nation", "troops", "battle_tanks", "armoured_combat_vehicles",
                     "anti_tank_launchers_on_vehicles", "artillery_100mm", "formations", "helicopters", "air",
                     "naval", "points_of_embarkation", "points_of_arrival", "points_of_departure"),
    "TroopStrength": ("ground", "amphibious", "airmobile", "airborne"),
    "Formation": ("designation", "level", "subordinate_to"),
    "HelicopterCount": ("category", "count"),
    "AirParticipation": ("sorties", "missions", "aircraft_categories", "level_of_command"),
    "NavalParticipation": ("ships", "ship_to_shore_gunfire", "other_support", "level_of_command"),
    "SpecialActivity": ("type", "troops", "start", "description", "area"),
    "Reservation": ("system", "reference", "start", "end", "area"),
    "ObserverInvitation": ("invited", "reply_by", "observers_per_nation", "programme_start", "programme_end",
                           "assembly_point", "languages"),
    "PointOfContact": ("role", "contact"),
    "ClassificationCeiling": ("policy", "classification"),
    "Period": ("start", "end"),
    "ProductReference": ("title", "product_type", "product_id", "location", "produced_at", "digest"),
    "SourceGrading": ("reliability", "credibility"),
    "Resource": ("description", "media_type", "uri", "digest", "size_bytes"),
}  # fmt: skip

PARTS = ("DraftHeader", "DraftLabel", "AcknowledgementPolicy")
"""What every draft has, arranged by the page itself."""

TUCKED: Mapping[str, tuple[str, ...]] = {
    "Area": ("altitude_m", "ceiling_m", "geocodes", "language", "translations"),
    "AlertText": ("audience", "contact", "web", "sender_name"),
    "Phase": ("description", "area"),
    "NationForces": ("anti_tank_launchers_on_vehicles", "helicopters", "air", "naval",
                     "points_of_embarkation", "points_of_arrival", "points_of_departure"),
    "SpecialActivity": ("description", "area"),
    "ObserverInvitation": ("programme_start", "programme_end", "assembly_point", "languages"),
    "ProductReference": ("produced_at", "digest"),
    "ExerciseNotice": ("nickname", "officer_conducting", "calendar_ref", "change_from_calendar"),
}  # fmt: skip
"""Fields that are seldom filled in: behind a further step, unless they are."""

FIRST_ROWS: Mapping[str, tuple[str, ...]] = {
    "ThreatAlert": ("texts", "areas"),
    "ExerciseNotice": ("areas", "forces"),
}
"""Lists that a new form begins with one row of."""

ONLY_WITH: Mapping[tuple[str, str], tuple[str, tuple[str, ...]]] = {
    ("DraftHeader", "exercise_id"): ("mode", ("EXERCISE",)),
    ("AcknowledgementPolicy", "by"): ("required", ("yes",)),
    ("ExerciseNotice", "forces"): ("below_threshold", ("",)),
    ("ExerciseNotice", "commenced_at"): ("no_notice", ("yes",)),
    ("InformationResponse", "decline_code"): ("state", ("DECLINED",)),
    ("InformationResponse", "redirect_to"): ("state", ("REDIRECTED",)),
    ("InformationResponse", "answer"): ("state", ("ANSWERED", "PARTIALLY_ANSWERED")),
    ("InformationResponse", "products"): ("state", ("ANSWERED", "PARTIALLY_ANSWERED")),
    ("InformationResponse", "outstanding"): ("state", ("PARTIALLY_ANSWERED",)),
    ("InformationResponse", "further_answer_by"): ("state", ("PARTIALLY_ANSWERED", "ACCEPTED")),
}
"""A field that counts only while another of the same object says one of these; else scripts hide it."""

NEEDED: Mapping[str, tuple[str, ...]] = {
    "DraftHeader": ("exercise_id",),
    "ThreatAlert": ("threat_type", "categories", "severity", "urgency", "certainty"),
}
"""What is needed where it is shown at all, though a schema cannot say so: it depends on another field."""

_LONG = (Shape.PARAGRAPH, Shape.LIST, Shape.OBJECT, Shape.GEOMETRY, Shape.UNION, Shape.JSON)


def known(field: Field) -> bool:
    """Whether the words of this object are ours: its fields need no words of the schema's."""
    return field.type_name in GROUPS or field.type_name in ORDER or field.type_name in PARTS


def ordered(field: Field) -> tuple[Field, ...]:
    """The members of an object in the order in which they are asked for."""
    wanted = ORDER.get(field.type_name)
    if wanted is not None:
        place = {name: number for number, name in enumerate(wanted)}
        return tuple(sorted(field.members, key=lambda each: place.get(each.name, len(place))))
    # What must be filled in comes first, what is short before what is long.
    return tuple(sorted(field.members, key=lambda each: (not each.required, each.shape in _LONG)))


def grouped(body: Field) -> tuple[tuple[Group, tuple[Field, ...]], ...]:
    """A body's members in groups. One that nobody arranged: its own fields, then every part for itself."""
    groups = GROUPS.get(body.type_name)
    if groups is not None:
        named = {name for group in groups for name in group.fields}
        rest = tuple(each.name for each in body.members if each.name not in named)
        last = Group(groups[-1].name, (*groups[-1].fields, *rest), groups[-1].folded)
        arranged = [(group, _members(body, group.fields)) for group in (*groups[:-1], last)]
        return tuple((group, members) for group, members in arranged if members)
    members = ordered(body)
    plain = tuple(each for each in members if each.shape not in (Shape.OBJECT, Shape.LIST))
    must = tuple(each for each in plain if each.required) or plain
    may = tuple(each for each in plain if each not in must)
    parts = tuple(each for each in members if each not in plain)
    found = [(Group("content", ()), must), (Group("optional", (), folded=True), may)]
    found += [(Group("", (each.name,), folded=not each.required), (each,)) for each in parts]
    return tuple((group, members) for group, members in found if members)


def _members(body: Field, names: Iterable[str]) -> tuple[Field, ...]:
    return tuple(member for name in names if (member := body.member(name)) is not None)
