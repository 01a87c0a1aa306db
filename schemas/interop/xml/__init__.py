"""Reading other people's XML: decoded, hardened and bounded, before anybody asks what it means."""
