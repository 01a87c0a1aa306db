"""The transport over NATS JetStream: the only code, with bus/provisioning.py, that imports nats."""

from bus.transport.nats_transport import NatsTransport

__all__ = ["NatsTransport"]
