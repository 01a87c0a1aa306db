"""Lanes: heads, lost tails, stores that were set back, attacks named."""
