"""Transport, store and the pure protocol beneath them."""
