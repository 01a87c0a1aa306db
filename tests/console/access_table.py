"""Who may go where in the console: one row per route. ``test_access.py`` tries every row as everybody.

A route that has no row fails the tests: whoever adds one says here who may.
"""

from dataclasses import dataclass

from tests.console.realm import PEOPLE

EVERYBODY = frozenset(PEOPLE)
SEES_CONTENT = EVERYBODY - {"aude"}
WRITES = frozenset({"wanda", "rolf", "rita", "ed", "chief"})
RELEASES = frozenset({"rolf", "rita", "chief"})
SECURITY = frozenset({"sofia", "chief"})
EVIDENCE = frozenset({"sofia", "chief", "aude"})
EXERCISE = frozenset({"ed"})


@dataclass(frozen=True)
class Row:
    """What is expected of a route.

    ``kind``: page, part (what scripts load), stream, act, or open (needs no session). ``may``: who is let in.
    ``answers``: statuses, beside 2xx and 303, that whoever may gets for the sample address, or for an act
    with an empty form. ``closed``: what whoever may not gets; an act may be refused for its form first.
    """

    kind: str
    may: frozenset[str] = EVERYBODY
    answers: tuple[int, ...] = ()
    closed: tuple[int, ...] = (403,)


def page(may: frozenset[str] = EVERYBODY, *answers: int) -> Row:
    """A page of its own."""
    return Row("page", may, answers)


def part(may: frozenset[str] = EVERYBODY, *answers: int) -> Row:
    """What scripts load."""
    return Row("part", may, answers)


def act(may: frozenset[str] = EVERYBODY, *answers: int, closed: tuple[int, ...] = (403,)) -> Row:
    """Something that changes something."""
    return Row("act", may, answers, closed)


OPEN = Row("open", answers=(400, 401, 404, 422))

ROUTES: dict[str, Row] = {
    "GET /": page(),
    "GET /agreements": page(),
    "GET /agreements/fragment": part(),
    "GET /agreements/propose": page(),
    "POST /agreements/propose": act(SECURITY, 422, closed=(403, 422)),
    "POST /agreements/{digest}/{act}": act(SECURITY, 422),
    "GET /agreements/{name}": page(),
    "GET /agreements/{name}/fragment": part(),
    "GET /audit": page(EVIDENCE),
    "POST /audit/export": act(EVIDENCE),
    "GET /audit/newer/fragment": part(EVIDENCE),
    "GET /audit/{seq}": page(EVIDENCE),
    "GET /compose": page(WRITES),
    "GET /compose/sent/{publication_id}": page(),
    "GET /compose/{kind}": page(WRITES),
    "POST /compose/{kind}": act(WRITES, 422),
    "POST /compose/{kind}/preview": act(WRITES, 422),
    "GET /drills": page(EXERCISE),
    "GET /drills/{run}": page(EXERCISE),
    "GET /drills/{run}/fragment": part(EXERCISE),
    "POST /drills/{run}/control": act(EXERCISE, 422),
    "GET /exercises": page(SEES_CONTENT),
    "GET /exercises/calendar.ics": page(SEES_CONTENT),
    "GET /exercises/fragment": part(SEES_CONTENT),
    "GET /exercises/{key}": page(SEES_CONTENT),
    "GET /exercises/{key}/calendar.ics": page(SEES_CONTENT),
    "GET /held": page(EVIDENCE),
    "GET /map": page(SEES_CONTENT),
    "GET /map/fragment": part(SEES_CONTENT),
    "GET /map/land": part(EVERYBODY, 404),
    "GET /map/outlines": part(SEES_CONTENT),
    "GET /messages/in/{message_id}": page(),
    "POST /messages/in/{message_id}/acknowledge": act(WRITES, 422),
    "GET /messages/in/{message_id}/fragment": part(),
    "GET /messages/in/{message_id}/label.xml": page(EVERYBODY, 409),
    "POST /messages/in/{message_id}/request/{name}": act(WRITES, 404, 422, closed=(403, 404, 422)),
    "GET /messages/out/{publication_id}": page(),
    "POST /messages/out/{publication_id}/cancel": act(WRITES, 409, 422),
    "GET /messages/out/{publication_id}/fragment": part(),
    "GET /messages/out/{publication_id}/label.xml": page(EVERYBODY, 409),
    "POST /messages/out/{publication_id}/recall": act(WRITES | SECURITY, 409, 422, closed=(403, 422)),
    "POST /messages/out/{publication_id}/request/{name}": act(WRITES, 404, 422, closed=(403, 404, 422)),
    "GET /messages/{identifier}": page(),
    "GET /nations": page(),
    "GET /nations/fragment": part(),
    "GET /nations/{code}": page(),
    "GET /nations/{code}/fragment": part(),
    "GET /palette.css": OPEN,
    "GET /releases": page(RELEASES),
    "GET /releases/backfills": page(RELEASES),
    "POST /releases/backfills": act(RELEASES, 422),
    "GET /releases/backfills/{backfill_id}": page(RELEASES, 404),
    "POST /releases/backfills/{backfill_id}": act(RELEASES, 404, 422),
    "POST /releases/{publication_id}": act(RELEASES, 404, 409, 422),
    "GET /requests": page(),
    "GET /requests/fragment": part(),
    "POST /session/active": act(),
    "GET /settings": page(),
    "POST /settings/choices": act(),
    "POST /settings/language": act(),
    "GET /settings/password": page(),
    "POST /settings/password": act(EVERYBODY, 401, 422),
    "GET /sign-in": OPEN,
    "POST /sign-in": OPEN,
    "POST /sign-in/language": OPEN,
    "GET /sign-in/link": OPEN,
    "POST /sign-in/link": OPEN,
    "GET /sign-in/oidc": OPEN,
    "GET /sign-in/oidc/back": OPEN,
    "GET /sign-in/oidc/fresh": page(EVERYBODY, 404),
    "POST /sign-out": act(),
    "POST /traffic/acknowledge/{message_id}": act(WRITES, 422, closed=(403, 422)),
    "GET /traffic/awaiting": part(),
    "GET /traffic/changes": part(EVERYBODY, 422),
    "GET /traffic/counts": part(),
    "GET /traffic/export": part(),
    "GET /traffic/histogram": part(),
    "GET /traffic/rows": part(),
    "GET /traffic/stream": Row("stream"),
    "GET /traffic/views": part(),
    "DELETE /traffic/views/{name}": act(EVERYBODY, 404),
    "PUT /traffic/views/{name}": act(EVERYBODY, 422),
    "GET /wall": page(),
    "GET /wall/fragment": part(),
    "GET /wording/{language}.json": OPEN,
}
