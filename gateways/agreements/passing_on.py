"""Who is told of what: the realm's documents go to every nation, agreements and acts to their parties."""

from collections.abc import Collection
from datetime import datetime

from bus.protocol.trust import TrustStore
from bus.store.writer import Transaction
from gateways.context import GatewayContext
from gateways.relaying.control_out import queue_trust_update


def pass_on_everything(
    context: GatewayContext,
    tx: Transaction,
    trust: TrustStore,
    partner: str,
    now: datetime,
    *,
    realm_too: bool,
) -> None:
    """Queue for one partner every agreement and act that concerns it; ``realm_too``: the realm's as well.

    Raises ValueError when a single document is too large to be passed on.
    """
    papers = set(trust.book.envelopes)
    concerned: set[bytes] = set()
    for trusted in trust.book.by_digest.values():
        if partner in trusted.parties and context.nation in trusted.parties:
            concerned.update(act.signed.encoded for acts in trusted.acts.values() for act in acts)
            concerned.update(() if trusted.encoded is None else (trusted.encoded,))
    news = [each for each in trust.envelopes if each not in papers] if realm_too else []
    news += [each for each in trust.book.envelopes if each in concerned]
    if news:
        queue_trust_update(context, tx, (partner,), news, now)


def pass_on(
    context: GatewayContext, tx: Transaction, trust: TrustStore, known: Collection[bytes], now: datetime
) -> None:
    """Queue for each partner what ``trust`` holds beyond ``known`` and concerns it.

    Papers that nobody can place, as those on agreements not seen yet, are passed on to nobody. Raises
    ValueError when a single document is too large to be passed on.
    """
    papers = set(trust.book.envelopes)
    for_all = [each for each in trust.envelopes if each not in known and each not in papers]
    for_parties: dict[bytes, frozenset[str]] = {}
    for trusted in trust.book.by_digest.values():
        concerned = [act.signed.encoded for acts in trusted.acts.values() for act in acts]
        if trusted.encoded is not None:
            concerned.append(trusted.encoded)
        for_parties |= {each: trusted.parties for each in concerned if each not in known}
    by_news: dict[tuple[bytes, ...], list[str]] = {}
    for nation in sorted(trust.nations):
        mine = [each for each in trust.book.envelopes if nation in for_parties.get(each, ())]
        if nation != context.nation and (news := (*for_all, *mine)):
            by_news.setdefault(news, []).append(nation)
    for news, partners in by_news.items():
        queue_trust_update(context, tx, partners, news, now)
