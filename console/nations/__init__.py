"""Nations: partners judged, the worst first. Pure."""
