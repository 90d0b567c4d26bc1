"""A school in one room: an open course and one of a group's, people, and the real server."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import httpx
import pytest
from fastapi import FastAPI

from coursebot.assistant import Assistant
from coursebot.config import Settings
from coursebot.encoder.fake import HashEncoder
from coursebot.feedback import Store
from coursebot.index import LiveIndex, build
from coursebot.people import People, Role
from tests.postgres_server import Server
from tests.web.conftest import application, running

PASSWORD = "four quiet words here"
OPEN = """# Kites

A kite is a tethered craft that is heavier than air.

## Lines

The main line of the kite is 30 metres long.
"""
SECRET = """# Vault

A vault is a room of the bank that is made of steel.

## Door

The combination of the vault is written as quetzalcoatl.
"""
WORD = "quetzalcoatl"
"""Stands in the restricted course alone."""
QUESTION = "What is the combination of the vault?"


@dataclass(frozen=True)
class School:
    """A running server, and what it is made of."""

    address: str
    folder: Path
    settings: Settings
    assistant: Assistant
    store: Store
    application: FastAPI
    cookies: dict[str, httpx.Cookies] = field(default_factory=dict)
    """Of those who signed in once: each password takes a while, on purpose."""

    def browser(self, name: str = "", *, anew: bool = False) -> httpx.Client:
        """Return a browser, signed in by name when there is one; ``anew``: in its own session."""
        cookies = None if anew else self.cookies.get(name)
        if name and cookies is None:
            sent = httpx.post(
                f"{self.address}/sign-in",
                data={"name": name, "password": PASSWORD},
                headers={"Origin": self.address},
                timeout=120,
            )
            assert sent.status_code == 303, sent.text
            cookies = sent.cookies
            if not anew:
                self.cookies[name] = cookies
        made = httpx.Client(
            base_url=self.address,
            headers={"Origin": self.address},
            cookies=cookies,
            timeout=120,
        )
        return made


def furnish(folder: Path, **changes: object) -> tuple[Assistant, Settings]:
    """Make corpus, index and people in a folder; return the assistant that sees everything."""
    for name, groups, text in (("kites", "", OPEN), ("vault", 'groups = ["year-2"]\n', SECRET)):
        course = folder / "corpus" / name
        course.mkdir(parents=True)
        title = f'title = "The {name.title()} Course"\nlanguage = "en"\n{groups}'
        example = QUESTION if groups else "How long is the main line of the kite?"
        described = f'{title}examples = ["{example}"]\n'
        (course / "course.toml").write_text(described, encoding="utf-8")
        (course / f"{name}.md").write_text(text, encoding="utf-8")
    from coursebot.suggestions import Suggester

    chosen = Settings.load(
        **{
            "corpus": folder / "corpus",
            "index": folder / "index",
            "data": folder / "data",
            "runs": folder / "runs",
            "unsure_above": 0.0,
            **changes,
        }
    )
    encoder = HashEncoder()
    build(
        folder / "corpus",
        chosen.index,
        encoder,
        passage_tokens=64,
        suggest=Suggester(encoder, chosen, None),
    )
    people = People(folder / "data" / "people.json")
    people.add("hana", PASSWORD, Role.LEARNER, ["year-2"])
    people.add("taro", PASSWORD, Role.LEARNER, ["year-1"])
    people.add("sato", PASSWORD, Role.INSTRUCTOR, ["year-1"])
    people.add("mori", PASSWORD, Role.ADMIN, [])
    return Assistant(LiveIndex(chosen.index), encoder, chosen), chosen


@contextmanager
def opened(folder: Path, **changes: object) -> Iterator[School]:
    """Serve a school from a folder; index and feedback can be elsewhere."""
    assistant, chosen = furnish(folder, **changes)
    store = Store.open(chosen)
    made = application(assistant, store)
    with running(made) as address:
        yield School(address, folder, chosen, assistant, store, made)
    store.close()


@pytest.fixture(scope="session")
def school_in_folders(tmp_path_factory: pytest.TempPathFactory) -> Iterator[School]:
    """Return the server of a school whose index and feedback are in folders."""
    with opened(tmp_path_factory.mktemp("school")) as school:
        yield school


@pytest.fixture(scope="session")
def school_in_databases(
    postgres: Server, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[School]:
    """Return the server of a school whose index and feedback are in PostgreSQL."""
    places = {"index": postgres.new_database(), "database_url": postgres.new_database()}
    with opened(tmp_path_factory.mktemp("school"), **places) as school:
        yield school


@pytest.fixture
def school(school_in_folders: School) -> School:
    """Return the school's server, the same for all tests."""
    return school_in_folders


@pytest.fixture(params=["", "taro"], ids=["nobody", "another learner"])
def outsider(request: pytest.FixtureRequest, school: School) -> Iterator[httpx.Client]:
    """Return the browser of somebody who may not see the restricted course."""
    with school.browser(request.param) as browser:
        yield browser


@pytest.fixture
def member(school: School) -> Iterator[httpx.Client]:
    """Return the browser of a learner of the group."""
    with school.browser("hana") as browser:
        yield browser
