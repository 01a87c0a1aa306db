"""What a message may refer to, and how much of that it may change."""

import json

import pytest
from pydantic import ValidationError

from bus.protocol.succession import CHANGES
from schemas.header import CHANGING, MAX_CHANGES, DraftHeader, Relation


def header(*relations: str) -> DraftHeader:
    references = [
        {
            "message_id": f"01890000-0000-7000-8000-{number:012}",
            "originator": "XAA",
            "digest": f"sha256:{number:064}",
            "relation": relation,
        }
        for number, relation in enumerate(relations)
    ]
    return DraftHeader.model_validate_json(
        json.dumps(
            {
                "kind": "threat_alert",
                "precedence": "ROUTINE",
                "mode": "TEST",
                "subject": "a",
                "references": references,
            }
        )
    )


@pytest.mark.parametrize("relation", sorted(CHANGING))
def test_one_message_changes_only_so_many_others(relation: str) -> None:
    assert len(header(*[relation] * MAX_CHANGES, *["relates"] * 40).references) == 50
    mixed = [relation] * MAX_CHANGES + ["relates", "updates"]
    with pytest.raises(ValidationError) as caught:
        header(*mixed)
    (error,) = caught.value.errors()
    assert (error["type"], error["loc"]) == ("changes_too_many", ("references",))


def test_what_changes_a_message_is_said_once() -> None:
    assert CHANGING == CHANGES
    assert set(Relation) - CHANGING == {Relation.REPLIES, Relation.ACKNOWLEDGES, Relation.RELATES}
