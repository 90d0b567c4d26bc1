"""Files that are kept: settings, people, runs; each is read, or refused in words."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from pathlib import Path

from coursebot.config import Settings
from coursebot.errors import PeopleError, RunError, SettingsError
from coursebot.evaluation.run.folder import INFO, ROWS, digest_of, list_runs, read_run
from coursebot.people import People
from tests.evaluation.conftest import synthetic_run, write_synthetic
from tests.fuzz.choices import Choices

HASH = "$argon2id$v=19$m=65536,t=3,p=4$c29tZXNhbHRzb21lc2FsdA$" + "A" * 43
PEOPLE = (
    '{"format": 1, "people": [{"name": "hana", "role": "learner", "groups": ["x"], '
    f'"password": "{HASH}"}}]}}'
)


class SettingsFiles:
    """The bytes are a file of settings."""

    words = (
        "top_k = 10\n",
        "corpus = ",
        '"',
        "[[",
        "[a]\n",
        "{",
        "\\u0000",
        "nan",
        "1e999",
        "_",
        "'''",
    )

    def __init__(self) -> None:
        self._file = Path(tempfile.mkdtemp(prefix="settings-")) / "coursebot.toml"

    def seeds(self) -> Iterator[bytes]:
        """Yield a line for each setting."""
        for name, field in Settings.model_fields.items():
            value = field.default
            shown = repr(value).lower() if isinstance(value, bool | int | float) else f'"{value}"'
            yield f"{name} = {shown}\n".encode()
        yield b"top_k = " + b"[" * 3000

    def __call__(self, data: bytes) -> None:
        """Load the settings; raises AssertionError where a failure says nothing."""
        self._file.write_bytes(data)
        try:
            chosen = Settings.load(config=self._file)
        except SettingsError as error:
            assert error.message
        else:
            assert chosen.listed()


class PeopleFiles:
    """The bytes are a file of people."""

    words = ('"name": "', '"groups": [', '"role": "admin"', HASH, '"format": 1', "$m=9,t=1,p=1$")

    def __init__(self) -> None:
        self._file = Path(tempfile.mkdtemp(prefix="people-")) / "people.json"

    def seeds(self) -> Iterator[bytes]:
        """Yield a file of one person, and one that is too deep."""
        yield PEOPLE.encode()
        yield b'{"people": ' + b"[" * 3000

    def __call__(self, data: bytes) -> None:
        """Read the file; raises AssertionError where a failure says nothing, or a hash."""
        self._file.write_bytes(data)
        try:
            people = People(self._file).all()
        except PeopleError as error:
            assert "argon2id" not in str(error)
        else:
            assert all(name == entry.name for name, entry in people.items())


class Runs:
    """The first byte chooses a file of a run, the rest is what is in it."""

    words = ('"format": 1', '"questions": 3', "null", "NaN", "1e999", '"state": "answered"', "\n{}")

    def __init__(self) -> None:
        self._runs = Path(tempfile.mkdtemp(prefix="runs-"))
        self._folder = write_synthetic(synthetic_run(3), self._runs / "a")
        self._files = {name: (self._folder / name).read_bytes() for name in (INFO, ROWS)}

    def seeds(self) -> Iterator[bytes]:
        """Yield a run of three questions."""
        for number, whole in enumerate(self._files.values()):
            yield bytes([number]) + whole
            yield bytes([number]) + b"[" * 3000

    def __call__(self, data: bytes) -> None:
        """Read the run; raises AssertionError where a failure says nothing."""
        choices = Choices(data)
        name = choices.pick((INFO, ROWS))
        (self._folder / name).write_bytes(choices.rest())
        try:
            list_runs(self._runs)
            digest_of(read_run(self._folder).rows)
        except RunError as error:
            assert error.message
        finally:
            (self._folder / name).write_bytes(self._files[name])
