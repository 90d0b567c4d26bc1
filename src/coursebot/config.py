"""Every setting, in one place: options, environment variables, a TOML file ▶ settings.

An option wins over the environment, and that over the file.
"""

from __future__ import annotations

import os
import re
import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from functools import lru_cache
from pathlib import Path
from typing import Annotated, Any, Literal, Self

from platformdirs import user_cache_path
from pydantic import (
    BeforeValidator,
    Field,
    InstanceOf,
    PrivateAttr,
    SecretStr,
    ValidationError,
)
from pydantic_settings import (
    BaseSettings,
    EnvSettingsSource,
    InitSettingsSource,
    PydanticBaseSettingsSource,
    SettingsConfigDict,
    TomlConfigSettingsSource,
)

from coursebot.errors import SettingsError
from coursebot.places import Address, place_of

PREFIX = "COURSEBOT_"
DEBUG = "COURSEBOT_DEBUG"
"""Read by the command line itself, not a setting of the engine."""
TESTING = "COURSEBOT_TEST_"
"""Begins the variables that only the tests read."""
FILE = Path("coursebot.toml")
"""Read in the working folder, where it is there."""
MASK = "********"
"""Shown in the place of what is secret."""
OPTION, ENVIRONMENT, DEFAULT = "option", "environment", "default"
"""Where a setting may come from, beside the file's path."""

_USER = re.compile(r"(?<=://)[^/@\s]+@")


class Settings(BaseSettings):
    """What can be set; each field is ``COURSEBOT_<NAME>`` in the environment, a key in the file."""

    model_config = SettingsConfigDict(
        env_prefix=PREFIX, env_ignore_empty=True, frozen=True, extra="forbid"
    )

    _origins: Mapping[str, str] = PrivateAttr(default_factory=dict)

    config: Path = FILE
    """File of settings; it must be there when another one is named."""
    corpus: Path = Path("corpus")
    """Folder that holds one folder a course."""
    index: Annotated[InstanceOf[Path] | InstanceOf[Address], BeforeValidator(place_of)] = Path(
        "index"
    )
    """Folder that ``coursebot index`` writes, or ``postgresql://…``."""
    cache: Path = Field(default_factory=lambda: user_cache_path("coursebot", appauthor=False))
    """Converted models; may be deleted at any time."""
    model: str = Field(default="bundled", min_length=1)
    """``bundled``, ``bundled:base`` (the model that it was trained from), or any name or path that
    sentence-transformers loads."""
    reader: bool = True
    """Read the likeliest statements together with the question, which ranks and judges them better
    and takes a tenth of a second; off: judged by retrieval alone."""
    passage_tokens: int = Field(default=256, ge=32, le=8192)
    """Longest passage, in the model's tokens, prompt and heading path included."""
    threads: int = Field(default=0, ge=0)
    """Threads that encode; 0: as many as the machine has cores."""
    workers: int = Field(default=0, ge=0)
    """Processes that read and cut courses for an index; 0: as many as the machine has cores, where
    there is enough to read."""
    device: Literal["cpu", "cuda"] = "cpu"
    """What embeds courses: the processor, or the GPU that PyTorch sees. Questions are always
    encoded by the processor."""
    cluster: str = ""
    """``tcp://…`` of a Dask scheduler whose workers embed courses; empty: this machine."""
    top_k: int = Field(default=10, ge=1, le=100)
    """Passages that an answer carries."""
    question_characters: int = Field(default=2000, ge=1)
    """Longest question that is accepted."""
    answered_above: float = Field(default=0.6, ge=0, le=1)
    """Probability from which an answer is given as one."""
    unsure_above: float = Field(default=0.1, ge=0, le=1)
    """Probability from which something close is shown as such."""
    data: Path = Path("data")
    """Folder that feedback is kept in; made when the first is given."""
    database_url: SecretStr = SecretStr("")
    """``postgresql://…``: feedback is kept there; empty: SQLite in ``data``."""
    keep_unanswered: bool = False
    """Keep questions that the material does not answer, unless the learner objects."""
    runs: Path = Path("runs")
    """Folder that ``coursebot eval`` and the workbench keep runs in."""
    instructor_password: SecretStr = SecretStr("")
    """What opens the workbench at ``/instructor``: a hash that ``coursebot password`` makes, or the
    password itself."""
    instructor_header: str = ""
    """Header in which a proxy names the instructor who is logged in there."""
    people: Path = Path("people.json")
    """File of those who may sign in, written by ``coursebot people``; in ``data``, unless it is a
    whole path."""
    person_header: str = ""
    """Header in which a trusted proxy names who signed in there."""
    groups_header: str = ""
    """Header in which it says their groups, with commas or spaces between."""
    instructor_groups: str = ""
    """Groups of a proxy or of OpenID Connect whose members are instructors."""
    admin_groups: str = ""
    """Groups of a proxy or of OpenID Connect whose members are admins."""
    site: str = ""
    """Address that learners know this server by; OpenID Connect leads back to it."""
    openid_issuer: str = ""
    """Address of an OpenID Connect provider, as it writes it itself; empty: none."""
    openid_client: str = ""
    openid_secret: SecretStr = SecretStr("")
    openid_scope: str = "openid profile email"
    openid_groups: str = "groups"
    """The claim that holds somebody's groups."""
    person_rate: int = Field(default=120, ge=0)
    """Questions and searches a minute that one person who signed in may send; 0: no limit."""
    address_rate: int = Field(default=3000, ge=0)
    """The same for one address, which may be that of a whole school."""
    trusted_proxies: str = "127.0.0.1,::1"
    """Addresses or networks, separated by commas, whose headers are believed."""
    metrics_token: SecretStr = SecretStr("")
    """Opens ``/metrics``, and the reasons in ``/readyz``; empty: for this machine alone."""
    places: int = Field(default=0, ge=0, le=1000)
    """Questions that a server works on at once; 0: four for each core, 16 at most."""
    queue_seconds: float = Field(default=5.0, gt=0, le=600)
    """How long a question may have to wait for its turn; whoever would wait longer is told when to
    try again."""
    log_format: Literal["people", "json"] = "people"
    """Of what a server logs."""
    log_level: Literal["debug", "info", "warning", "error"] = "warning"
    """From which importance on a server logs; each request and question is an ``info``."""
    log_questions: bool = False
    """Log the questions themselves, too."""
    traces_url: str = ""
    """Address that traces are sent to, by OpenTelemetry's OTLP over HTTP; empty: nowhere."""
    shutdown_seconds: float = Field(default=20.0, ge=0, le=3600)
    """How long open questions may take when the server is told to stop."""
    host: str = "127.0.0.1"
    port: int = Field(default=7860, ge=0, le=65535)
    llm_url: str = ""
    """Base URL of an OpenAI-compatible endpoint; empty: no language model."""
    llm_model: str = ""
    llm_key: SecretStr = SecretStr("")
    llm_timeout: float = Field(default=30.0, gt=0)
    """Seconds until the extractive answer is given instead."""

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """Return options, environment and file, the winning one first."""
        assert isinstance(init_settings, InitSettingsSource)
        named = init_settings.init_kwargs.get("config") or env_settings().get("config")
        return init_settings, env_settings, _read(settings_cls, Path(named) if named else FILE)

    @classmethod
    def load(cls, **overrides: object) -> Self:
        """Read environment and file; ``overrides`` win.

        Raises SettingsError naming the bad setting and where it is set.
        """
        origins: dict[str, str] = {}
        try:
            _, environment, file = cls.settings_customise_sources(
                cls,
                InitSettingsSource(cls, dict(overrides)),
                EnvSettingsSource(cls),
                *(InitSettingsSource(cls, {}),) * 2,
            )
            assert isinstance(file, TomlConfigSettingsSource)
            origins |= dict.fromkeys(file.toml_data, str(file.toml_file_path))
            origins |= dict.fromkeys(environment(), ENVIRONMENT)
            origins |= dict.fromkeys(overrides, OPTION)
            made = cls(**overrides)  # type: ignore[arg-type]
        except ValidationError as error:
            first = error.errors(include_input=False)[0]
            name = str(first["loc"][0])
            where = origins.get(name, OPTION)
            shown = variable(name) if where in (OPTION, ENVIRONMENT) else f"{name} in {where}"
            raise SettingsError(
                f"{shown}: {first['msg']}.", "Correct or unset it and try again."
            ) from None
        made._origins = origins
        return made

    def listed(self) -> list[Listed]:
        """Return every setting with its value, fit to be shown, and where it comes from."""
        return [
            Listed(
                name=name,
                variable=variable(name),
                value=_shown(value),
                secret=isinstance(value, SecretStr),
                origin=self._origins.get(name, DEFAULT),
            )
            for name, value in self
        ]


@dataclass(frozen=True, slots=True)
class Listed:
    """One setting, as it may be shown to anybody who may see the settings."""

    name: str
    """In the file."""
    variable: str
    """In the environment."""
    value: str | int | float | bool
    """A secret that is set is masked, as are user and password of an address."""
    secret: bool
    origin: str
    """``option``, ``environment``, ``default`` or the path of the file."""


def variable(name: str) -> str:
    """Return a setting's name in the environment."""
    return f"{PREFIX}{name.upper()}"


def misspelt() -> dict[str, str]:
    """Return the variables with our prefix that set nothing, each with the nearest name or ""."""
    known = {variable(name) for name in Settings.model_fields} | {DEBUG}
    unknown = {
        name.upper()
        for name in os.environ
        if name.upper().startswith(PREFIX) and not name.upper().startswith(TESTING)
    }
    return {name: nearest(name, known) for name in sorted(unknown - known)}


def refuse_misspelt() -> None:
    """Raise SettingsError when a variable with our prefix sets nothing."""
    for name, near in misspelt().items():
        raise unknown_setting(name, near)


def unknown_setting(name: str, near: str, where: str = "") -> SettingsError:
    """Return the error for a setting that there is none of."""
    hint = f"Did you mean {near}?" if near else "coursebot config show lists all settings."
    return SettingsError(f"{name}{where} is no setting of coursebot.", hint)


def nearest(name: str, known: Iterable[str]) -> str:
    """Return the known name that one was meant to be; empty when none is near."""
    return next(iter(get_close_matches(name, sorted(known), 1)), "")


@lru_cache(maxsize=1)
def settings() -> Settings:
    """Return the process's settings, read once. Raises SettingsError."""
    refuse_misspelt()
    return Settings.load()


def _read(of: type[BaseSettings], path: Path) -> TomlConfigSettingsSource:
    """Return the source of a file's settings; raises SettingsError."""
    if path != FILE and not path.is_file():
        raise SettingsError(f"There is no file of settings {path}.", "See --config.")
    try:
        source = TomlConfigSettingsSource(of, path)
    except tomllib.TOMLDecodeError as error:
        # Only the place: the line may hold a password.
        at = re.search(r"at (?:line \d+, column \d+|end of document)", str(error))
        raise SettingsError(
            f"{path} is not TOML ({at.group() if at else 'it cannot be read'}).",
            'A line of it reads name = "value", or name = 7.',
        ) from None
    except (OSError, ValueError, RecursionError) as error:
        why = (error.strerror if isinstance(error, OSError) else None) or (
            "it is not UTF-8"
            if isinstance(error, UnicodeDecodeError)
            else "it is too deep, or a number in it too long"
        )
        raise SettingsError(f"{path} cannot be read: {why}.", "See --config.") from None
    known = Settings.model_fields.keys() - {"config"}
    for name in source.toml_data:
        if name == "config":
            raise SettingsError(f"config in {path} names another file.", "Use --config.")
        if name not in known:
            raise unknown_setting(name, nearest(name.lower(), known), f" in {path}")
    return source


def _shown(value: Any) -> str | int | float | bool:  # noqa: ANN401 — any field's
    if isinstance(value, SecretStr):
        return MASK if value.get_secret_value() else ""
    if isinstance(value, bool | int | float):
        return value
    return _USER.sub(f"{MASK}@", str(value))
