"""Forms made from JSON Schemas: a kind's schema becomes fields, what is typed becomes a draft. Pure."""
