"""Every setting, in one place: environment variables with the prefix ``COURSEBOT_``."""

from __future__ import annotations

import os
from difflib import get_close_matches
from functools import lru_cache
from pathlib import Path
from typing import Self

from platformdirs import user_cache_path
from pydantic import Field, SecretStr, ValidationError
from pydantic_settings import BaseSettings, SettingsConfigDict

from coursebot.errors import SettingsError

PREFIX = "COURSEBOT_"
DEBUG = "COURSEBOT_DEBUG"
"""Read by the command line itself, not a setting of the engine."""


class Settings(BaseSettings):
    """What can be set; each field is ``COURSEBOT_<NAME>`` in the environment."""

    model_config = SettingsConfigDict(
        env_prefix=PREFIX, env_ignore_empty=True, frozen=True, extra="forbid"
    )

    corpus: Path = Path("corpus")
    """Folder that holds one folder a course."""
    index: Path = Path("index")
    """Folder that ``coursebot index`` writes."""
    cache: Path = Field(default_factory=lambda: user_cache_path("coursebot", appauthor=False))
    """Converted models; may be deleted at any time."""
    model: str = Field(default="bundled", min_length=1)
    """``bundled``, ``bundled:base`` (the model that it was trained from), or any name or path that
    sentence-transformers loads."""
    reader: bool = False
    """Read the likeliest statements together with the question, which ranks and judges them better
    and takes a tenth of a second; off: judged by retrieval alone."""
    passage_tokens: int = Field(default=256, ge=32, le=8192)
    """Longest passage, in the model's tokens, prompt and heading path included."""
    threads: int = Field(default=0, ge=0)
    """Threads that encode; 0: as many as the machine has cores."""
    top_k: int = Field(default=10, ge=1, le=100)
    """Passages that an answer carries."""
    question_characters: int = Field(default=2000, ge=1)
    """Longest question that is accepted."""
    answered_above: float = Field(default=0.5, ge=0, le=1)
    """Probability from which an answer is given as one."""
    unsure_above: float = Field(default=0.15, ge=0, le=1)
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
    host: str = "127.0.0.1"
    port: int = Field(default=7860, ge=0, le=65535)
    llm_url: str = ""
    """Base URL of an OpenAI-compatible endpoint; empty: no language model."""
    llm_model: str = ""
    llm_key: SecretStr = SecretStr("")
    llm_timeout: float = Field(default=30.0, gt=0)
    """Seconds until the extractive answer is given instead."""

    @classmethod
    def load(cls, **overrides: object) -> Self:
        """Read the environment; ``overrides`` win. Raises SettingsError naming the bad setting."""
        try:
            return cls(**overrides)  # type: ignore[arg-type]
        except ValidationError as error:
            first = error.errors()[0]
            name = PREFIX + "_".join(str(part) for part in first["loc"]).upper()
            raise SettingsError(
                f"{name}: {first['msg']}.", "Correct or unset it and try again."
            ) from None


def misspelt() -> dict[str, str]:
    """Return the variables with our prefix that set nothing, each with the nearest name or ""."""
    known = {f"{PREFIX}{name.upper()}" for name in Settings.model_fields} | {DEBUG}
    unknown = {name.upper() for name in os.environ if name.upper().startswith(PREFIX)} - known
    return {name: next(iter(get_close_matches(name, known, 1)), "") for name in sorted(unknown)}


@lru_cache(maxsize=1)
def settings() -> Settings:
    """Return the process's settings, read once."""
    return Settings.load()
