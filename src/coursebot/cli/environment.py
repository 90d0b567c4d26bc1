"""Environment and options ▶ settings."""

from __future__ import annotations

from typing import TYPE_CHECKING

from coursebot.cli.failures import say

if TYPE_CHECKING:
    from coursebot.config import Settings


def chosen_settings(**options: object) -> Settings:
    """Return the settings; an option that is not None wins. Misspelt variables are named.

    Raises SettingsError.
    """
    from coursebot.config import Settings, misspelt

    for name, nearest in misspelt().items():
        hint = f"did you mean {nearest}?" if nearest else "coursebot doctor lists them."
        say(f"{name} is no setting of coursebot; {hint}")
    return Settings.load(**{k: value for k, value in options.items() if value is not None})
