"""Who hands a draft in, and what they may publish. Pure."""

from collections.abc import Collection

from gateways.publishing.draft_refused import DraftRefused
from schemas.header import DraftHeader, Kind, Mode
from schemas.reasons import ReasonCode


def check_allowed(
    header: DraftHeader, kinds: Collection[Kind] | None, modes: Collection[Mode] | None
) -> None:
    """Raises DraftRefused where the author may not publish this kind, or in this mode."""
    if kinds is not None and header.kind not in kinds:
        raise DraftRefused(ReasonCode.SCOPE_MISSING, "/header/kind", "this API key may not publish this kind")
    if modes is not None and header.mode not in modes:
        raise DraftRefused(
            ReasonCode.ROLE_MISSING, "/header/mode", "exercise staff publish in EXERCISE and TEST only"
        )


def by_operator(author: str) -> bool:
    """Whether a person hands it in, ``operator:<name>``; an API key's id has no colon."""
    return ":" in author


def actor_of_author(api_key_id: str) -> str:
    """How audit records name an author."""
    return api_key_id if by_operator(api_key_id) else f"api-key:{api_key_id}"
