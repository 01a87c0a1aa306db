"""From draft to accepted publication."""
