"""What nations say to each other: frozen pydantic models and one strict JSON parser.

This room imports nothing of ours. ``bus`` decides about these values, ``gateways`` carries them.
"""
