"""The traffic as operators search and follow it."""
