"""The after-action review of a drill: computed from its outcome, drawn, compared."""
