"""The command line and the running realm: the only place where all rooms come together."""
