"""Labels rendered as markings, and labels in STANAG 4774 XML."""
