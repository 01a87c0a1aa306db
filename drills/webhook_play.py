"""Webhooks in a drill: registered over HTTP, posted to a receiver of our own, compared with the feed."""

import asyncio
from collections.abc import Mapping, Sequence
from typing import Any

from drills import life_calls
from drills.expectation import Expectation
from drills.life_outcome import WebhookOutcome
from drills.partner_system import PartnerSystem
from drills.played import Hooked
from drills.scenario import Inject
from drills.webhook_receiver import Post, WebhookReceiver
from schemas.event import EventType

_POLL = 0.02


async def hook_up(inject: Inject, partner: PartnerSystem, types: Sequence[EventType]) -> Hooked:
    """Register a webhook that posts to a receiver of our own."""
    receiver = await WebhookReceiver.listening()
    names = tuple(each.value for each in types)
    made = await life_calls.register_webhook(partner, receiver.url, names)
    receiver.secret = made["secret"]
    return Hooked(inject, receiver, made["position"], names)


async def webhook_outcome(
    hooked: Hooked, partner: PartnerSystem, expectation: Expectation, patience: float
) -> WebhookOutcome:
    """What was posted until now, once everything that the feed tells was, or patience ends."""
    until = asyncio.get_running_loop().time() + patience
    while True:
        told = await life_calls.events(partner, hooked.after, *hooked.types)
        posts = tuple(hooked.receiver.posts)
        if len(posts) >= len(told) or asyncio.get_running_loop().time() > until:
            break
        await asyncio.sleep(_POLL)
    hooked.receiver.close()
    remarks = different_posts(posts, told, expectation)
    return WebhookOutcome(
        serial=hooked.inject.serial,
        title=hooked.inject.title,
        nation=hooked.inject.nation,
        posts=tuple(_words(post.event["data"]) for post in posts),
        told=len(told),
        as_expected=not remarks,
        remark="; ".join(remarks),
    )


def different_posts(
    posts: Sequence[Post], told: Sequence[Mapping[str, Any]], expectation: Expectation
) -> list[str]:
    """Sentences on what is wrong with the posts: each event once, in order, signed, of every type. Pure."""
    remarks = []
    numbers = [post.event["data"]["event_seq"] for post in posts]
    if numbers != [event["event_seq"] for event in told]:
        remarks.append(f"the feed tells {len(told)} events, and {len(posts)} were posted or in another order")
    forged = sum(not post.genuine for post in posts)
    if forged:
        remarks.append(f"{forged} posts are not signed by the webhook's secret")
    found = {post.event["data"]["type"] for post in posts}
    missing = [each.value for each in expectation.posted if each.value not in found]
    if missing:
        remarks.append(f"{', '.join(missing)} must be posted, and was not")
    return remarks


def _words(event: Mapping[str, Any]) -> str:
    """A post for the report: what it tells, of whom."""
    said = (event["type"], event.get("nation"), event.get("state"), event.get("reason"))
    return " ".join(str(each) for each in said if each)
