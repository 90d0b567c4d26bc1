"""The steps, in the order of their revisions; each writes its number to ``coursebot_version``."""
