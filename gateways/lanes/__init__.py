"""Lanes watched from both ends: heads sent and read, stores set back, attacks named."""
