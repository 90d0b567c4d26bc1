"""Options, environment and file ▶ settings."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextvars import ContextVar
from pathlib import Path
from typing import TYPE_CHECKING

import typer

if TYPE_CHECKING:
    from coursebot.config import Settings

_GIVEN: ContextVar[Mapping[str, object] | None] = ContextVar("given", default=None)
"""What ``--config`` and ``--set`` say, which stand before the command."""


def give(config: Path | None, pairs: Sequence[str]) -> None:
    """Note the options that stand before the command; raises SettingsError or BadParameter."""
    given: dict[str, object] = {} if config is None else {"config": config}
    if pairs:
        given |= dict(_pair(text) for text in pairs)
    _GIVEN.set(given)


def chosen_settings(*, lenient: bool = False, **options: object) -> Settings:
    """Return the settings; an option that is not None wins, then ``--set``.

    Raises SettingsError, also for a misspelt variable, unless ``lenient``.
    """
    from coursebot.config import Settings, refuse_misspelt

    if not lenient:
        refuse_misspelt()
    own = {name: value for name, value in options.items() if value is not None}
    return Settings.load(**{**(_GIVEN.get() or {}), **own})


def _pair(text: str) -> tuple[str, str]:
    from coursebot.config import PREFIX, Settings, nearest, unknown_setting

    name, equals, value = text.partition("=")
    name = name.strip().lower().removeprefix(PREFIX.lower())
    if not equals:
        raise typer.BadParameter("write NAME=VALUE.", param_hint="--set")
    field = Settings.model_fields.get(name)
    if field is None:
        raise unknown_setting(name, nearest(name, Settings.model_fields))
    if name == "config":
        raise typer.BadParameter("use --config.", param_hint="--set")
    if "SecretStr" in str(field.annotation):
        # Everybody on the machine can read a command line.
        raise typer.BadParameter(
            f"{name} is secret: set it in the environment or in a file.", param_hint="--set"
        )
    return name, value
