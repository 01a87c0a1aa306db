"""What each nation would get of a change, in a preview: also where publishing would refuse the draft."""

from collections.abc import Collection
from functools import partial

from pydantic import Field

from bus.protocol.succession import Gets, Share
from gateways.changing.chains import ChainChanged, chains_of, nations_dropped, shares_of
from gateways.context import GatewayContext
from gateways.publishing.accepted import ShareView, share_view
from gateways.publishing.draft_refused import DraftRefused
from schemas.base import Statement, Uuid
from schemas.header import DraftHeader


class SharePreview(ShareView):
    """What one nation would get of a change, and why."""

    sentence: str


class ChangePreview(Statement):
    """What a draft would change of this nation's own, and what each nation would get of that."""

    changes: tuple[Uuid, ...] = Field(description="The publications that it would change.")
    shares: tuple[SharePreview, ...]
    confirm_narrowing: bool = Field(
        description="Whether nations would be left out, so that the draft has to say confirm_narrowing."
    )


async def chains_to_show(context: GatewayContext, header: DraftHeader) -> tuple[ChainChanged, ...]:
    """What a draft changes, as far as it may: nothing where it names what it may not change."""
    if not header.references:
        return ()
    try:
        return await context.store.read(partial(chains_of, header=header, nation=context.nation))
    except DraftRefused:
        return ()


def change_preview(chains: Collection[ChainChanged], permitted: Collection[str]) -> ChangePreview:
    """As of the nations that may have the draft."""
    shares = shares_of(chains, permitted)
    return ChangePreview(
        changes=tuple(chain.head.publication_id for chain in chains),
        shares=tuple(
            SharePreview(**share_view(nation, share).__dict__, sentence=_sentence(nation, share))
            for nation, share in sorted(shares.items())
        ),
        confirm_narrowing=bool(nations_dropped(chains, shares)),
    )


def _sentence(nation: str, share: Share) -> str:
    match share.gets:
        case Gets.UPDATE:
            return f"{nation} holds what this changes, and is referred to the latest message that it holds."
        case Gets.FRESH:
            return f"{nation} holds nothing of what this changes: to it this is a first message."
        case Gets.CANCELLATION:
            return (
                f"{nation} holds what this changes and is not to have this: it is told that what it holds is "
                "cancelled, and nothing else."
            )
    return f"{nation} holds nothing of what this cancels, so it gets nothing."
