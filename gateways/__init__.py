"""A nation's gateway: its HTTP API, and the flows that publish, send, receive and answer."""
