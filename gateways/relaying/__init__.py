"""From accepted publication to bundles that the broker holds."""
