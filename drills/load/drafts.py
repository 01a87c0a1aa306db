"""Drafts of a load, made by generators: plausible, about as large as asked for, and all of one exercise."""

import json
from collections.abc import Callable, Iterator, Mapping
from datetime import datetime, timedelta
from typing import Any

from drills.load.sends import Send
from schemas.agreement import Ceiling
from schemas.base import rfc3339
from schemas.header import Kind

LARGEST = 15_000
"""The most that ``--size`` may ask for: what fits into the prose of every kind."""
_PIECE = 1_900
_SENTENCE = (
    "Two tracks without identification cross the line between the lighthouse and the northern buoy; "
    "the patrol reports fog, a swell of two metres and no answer on the calling channel. "
)
_POLYGON = {
    "type": "Polygon",
    "coordinates": [[[-159.5, 22.0], [-156.0, 22.0], [-156.0, 24.0], [-159.5, 24.0], [-159.5, 22.0]]],
}


class DraftMaker:
    """Makes drafts of one load: exercise, label and size are those of all."""

    def __init__(self, exercise: str, label: Ceiling, size: int) -> None:
        self._exercise = exercise
        self._label = {"policy": label.policy, "classification": label.classification}
        self._size = size

    def draft(self, send: Send, now: datetime) -> bytes:
        """The draft of a send that answers nothing."""
        assert send.precedence is not None
        header: dict[str, Any] = {
            "kind": send.kind.value,
            "precedence": send.precedence.value,
            "mode": "EXERCISE",
            "exercise_id": self._exercise,
            "action_addressees": list(send.recipients),
            "subject": f"EXERCISE: {_SUBJECTS[send.kind]}, serial {send.number:06d}",
        }
        if send.kind is not Kind.INFORMATION_REQUEST:
            header["acknowledgement"] = {"required": True}
        label = {**self._label, "releasable_to": list(send.recipients)}
        return self._filled(header, label, _BODIES[send.kind](send, now, self._label), send.kind)

    def response(self, request: Mapping[str, Any], now: datetime) -> bytes:
        """The answer in full to a request, as it stands in the inbox."""
        message = request["message"]
        header = {
            "kind": Kind.INFORMATION_RESPONSE.value,
            "precedence": message["header"]["precedence"],
            "mode": "EXERCISE",
            "exercise_id": self._exercise,
            "action_addressees": [request["originator"]],
            "references": [
                {
                    "message_id": request["message_id"],
                    "originator": request["originator"],
                    "digest": request["digest"],
                    "relation": "replies",
                }
            ],
            "subject": f"EXERCISE: answer to {message['body']['rfi_id']}",
        }
        label = {**self._label, "releasable_to": [request["originator"]]}
        body = {
            "rfi_id": message["body"]["rfi_id"],
            "state": "ANSWERED",
            "answer": "None of them.",
            "information_as_of": rfc3339(now - timedelta(minutes=5)),
        }
        return self._filled(header, label, body, Kind.INFORMATION_RESPONSE)

    def _filled(
        self, header: dict[str, Any], label: dict[str, Any], body: dict[str, Any], kind: Kind
    ) -> bytes:
        draft = {"header": header, "label": label, "body": body}
        room = self._size - len(_encoded(draft))
        if room > 0:
            _FILLERS[kind](body, room)
        return _encoded(draft)


def acknowledgement(now: datetime) -> bytes:
    """What a person on watch answers to whatever asks for it."""
    return _encoded(
        {
            "level": "UNDERSTOOD",
            "outcome": "NOTED",
            "officer_role": "Watch officer, operations centre",
            "acknowledged_at": rfc3339(now),
        }
    )


def _encoded(value: Any) -> bytes:
    return json.dumps(value, separators=(",", ":")).encode()


def _prose(room: int) -> str:
    return (_SENTENCE * (room // len(_SENTENCE) + 1))[:room].strip() or "Fog."


def _pieces(room: int) -> Iterator[str]:
    """Prose in pieces that fit a paragraph each, no two alike."""
    for number in range(1, room // _PIECE + 2):
        yield f"{number}. {_prose(min(_PIECE, room - (number - 1) * _PIECE))}"


_SUBJECTS = {
    Kind.THREAT_ALERT: "unidentified tracks off the northern light",
    Kind.EXERCISE_NOTICE: "notice of a patrol exercise in the northern box",
    Kind.INFORMATION_REQUEST: "request for tracks off the northern light",
}


def _alert(send: Send, now: datetime, label: dict[str, str]) -> dict[str, Any]:
    return {
        "action": "ALERT",
        "threat_type": "maritime",
        "categories": ["Security", "Transport"],
        "urgency": "Expected",
        "severity": "Moderate",
        "certainty": "Likely",
        "response_types": ["Monitor"],
        "texts": [{"language": "en", "event": "Unidentified tracks", "description": "Two tracks."}],
        "areas": [{"description": "Northern box", "geometry": _POLYGON}],
        "affected_nations": list(send.recipients),
    }


def _notice(send: Send, now: datetime, label: dict[str, str]) -> dict[str, Any]:
    start = now + timedelta(days=60)
    return {
        "exercise_id": f"BOX {send.number:06d}",
        "designation": f"Exercise BOX {send.number:06d}",
        "exercise_type": "LIVEX",
        "purpose": "Patrols by day and night in the northern box; no live fire.",
        "level_of_command": "Task group",
        "host_nation": send.originator,
        "participating_nations": [send.originator],
        "start": rfc3339(start),
        "end": rfc3339(start + timedelta(days=5)),
        "areas": [{"description": "Northern box", "geometry": _POLYGON}],
        "below_threshold": True,
        "live_fire": False,
        "notification_basis": "VOLUNTARY",
        "safety_contact": "Watch officer, northern light",
    }


def _request(send: Send, now: datetime, label: dict[str, str]) -> dict[str, Any]:
    return {
        "rfi_id": f"{send.originator}-RFI-{send.number:06d}",
        "title": "Tracks off the northern light",
        "requirement_statement": "Which vessels crossed the line between the light and the buoy last night?",
        "justification": "It decides whether the patrol stays with them.",
        "requested_products": ["TRACK_DATA"],
        "priority": "MEDIUM",
        "ltiov": rfc3339(now + timedelta(days=2)),
        "max_classification": label,
        "poc": {"role": "RFI manager", "contact": "rfi@maritime.example"},
    }


_BODIES: Mapping[Kind, Callable[[Send, datetime, dict[str, str]], dict[str, Any]]] = {
    Kind.THREAT_ALERT: _alert,
    Kind.EXERCISE_NOTICE: _notice,
    Kind.INFORMATION_REQUEST: _request,
}


def _fill_alert(body: dict[str, Any], room: int) -> None:
    body["texts"][0]["description"] = _prose(room + len("Two tracks."))


def _fill_notice(body: dict[str, Any], room: int) -> None:
    overhead = len('{"type":"ACTIVE","name":"Part 1","start":"","end":"","purpose":""},') + 48
    body["phases"] = [
        {
            "type": "ACTIVE",
            "name": f"Part {text.partition('.')[0]}",
            "start": body["start"],
            "end": body["end"],
            "purpose": text[: max(1, len(text) - overhead)],
        }
        for text in _pieces(room)
    ]


def _fill_request(body: dict[str, Any], room: int) -> None:
    body["caveats_on_use"] = list(_pieces(max(1, room - len(',"caveats_on_use":[]'))))


def _fill_response(body: dict[str, Any], room: int) -> None:
    body["answer"] = _prose(room + len("None of them."))


_FILLERS: Mapping[Kind, Callable[[dict[str, Any], int], None]] = {
    Kind.THREAT_ALERT: _fill_alert,
    Kind.EXERCISE_NOTICE: _fill_notice,
    Kind.INFORMATION_REQUEST: _fill_request,
    Kind.INFORMATION_RESPONSE: _fill_response,
}
