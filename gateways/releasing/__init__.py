"""What waits for a second person, who may confirm it, and what becomes of it otherwise."""
