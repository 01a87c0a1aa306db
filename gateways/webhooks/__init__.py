"""Webhooks: events posted to partner systems that cannot hold a stream, signed, in order, at least once."""
