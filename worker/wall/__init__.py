"""Does the wall hold? The cases of abuse, each with a probe of its own, run against the user's own engine."""
