"""What a gateway answers, as typed objects. Members that a newer gateway adds are kept and do no harm."""

from entente.client.results.accepted import Accepted, ToldByReceipt
from entente.client.results.event import Event, EventPage
from entente.client.results.inbox import InboxEntry, InboxPage
from entente.client.results.life import Cancellation, ReadReport, Recall
from entente.client.results.partner import Partner, PartnerList
from entente.client.results.preview import Preview
from entente.client.results.problem import Problem
from entente.client.results.publication import Publication, PublicationDetail, PublicationPage
from entente.client.results.receipt import ReceiptPage
from entente.client.results.request import InformationRequest, RequestPage
from entente.client.results.webhook import NewWebhook, Webhook, WebhookList

__all__ = [
    "Accepted",
    "Cancellation",
    "Event",
    "EventPage",
    "InboxEntry",
    "InboxPage",
    "InformationRequest",
    "NewWebhook",
    "Partner",
    "PartnerList",
    "Preview",
    "Problem",
    "Publication",
    "PublicationDetail",
    "PublicationPage",
    "ReadReport",
    "Recall",
    "ReceiptPage",
    "RequestPage",
    "ToldByReceipt",
    "Webhook",
    "WebhookList",
]
