"""The ground of every result."""

from typing import Any

from pydantic import AwareDatetime, BaseModel, ConfigDict

Json = dict[str, Any]
"""A JSON object as it came, such as a message's header, label and body."""

Time = AwareDatetime
"""An instant with its offset."""


class Result(BaseModel):
    """Something that a gateway answered.

    Codes, kinds and states are plain text and unknown members are kept, so that a newer gateway, which may
    say more, does not break an older client.
    """

    model_config = ConfigDict(frozen=True, extra="allow")
