"""How it is decided: pure, no await, file, clock or randomness of its own."""
