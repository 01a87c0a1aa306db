"""Agreements as people read, propose and end them. Pure."""
