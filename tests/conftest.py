"""What the tests of several rooms share: a deterministic encoder, sample answers, real indexes."""

from __future__ import annotations

import os
import shutil
import socket
import tempfile
from collections.abc import Callable, Iterator, Sequence
from copy import copy
from pathlib import Path
from types import SimpleNamespace
from typing import TYPE_CHECKING

import hypothesis
import pytest
from filelock import FileLock

from coursebot.config import Settings
from coursebot.conversation import clean
from coursebot.encoder.fake import HashEncoder
from coursebot.errors import QuestionError, UnknownCourseError
from coursebot.types import (
    Answer,
    Citation,
    Course,
    Hit,
    Language,
    Leg,
    Passage,
    RelatedLink,
    ShortAnswer,
    State,
    Turn,
)

if TYPE_CHECKING:
    from playwright.sync_api import Browser

    from coursebot.assistant import Assistant
    from tests.postgres_server import Server

ROOT = Path(__file__).parent.parent
CHROMIUM = "/usr/bin/chromium"
ARGUMENTS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
]


# A busy machine is slow, not wrong.
hypothesis.settings.register_profile("coursebot", deadline=None)
hypothesis.settings.load_profile("coursebot")


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Put the files that take longest first, so that none is left to one process at the end."""
    ranks: dict[Path, int] = {}
    for item in items:
        browser, model = (any(item.iter_markers(name)) for name in ("browser", "model"))
        if browser and config.pluginmanager.hasplugin("pytest_cov"):
            # Tracing slows the servers that pages are loaded from by a quarter; what they run is
            # covered by the tests that need no browser.
            item.add_marker("no_cover")
        rank = (1 if model else 0) if browser else (2 if model else 3)
        ranks[item.path] = min(rank, ranks.get(item.path, rank))
    items.sort(key=lambda item: ranks[item.path])


@pytest.fixture
def hash_encoder(monkeypatch: pytest.MonkeyPatch) -> HashEncoder:
    """Put the deterministic encoder in the place of every model that would be loaded."""
    encoder = HashEncoder()
    monkeypatch.setattr("coursebot.encoder.load", lambda *_model, **_options: encoder)
    monkeypatch.setattr("coursebot.reader.load", lambda **_options: None)
    return encoder


@pytest.fixture(scope="session")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder that all processes of one test run see."""
    own = tmp_path_factory.getbasetemp()
    return own.parent if "PYTEST_XDIST_WORKER" in os.environ else own


@pytest.fixture(scope="session")
def cache(shared: Path) -> Path:
    """Return the folder of converted models: one a run, or the one that COURSEBOT_CACHE names."""
    named = os.environ.get("COURSEBOT_CACHE")
    return Path(named) if named else shared / "cache"


@pytest.fixture(scope="session")
def real_index(shared: Path, cache: Path) -> Path:
    """Return the folder of the shipped course's index, made with the bundled model."""
    folder = shared / "real" / "index"
    with FileLock(shared / "real.lock"):
        if not folder.exists():
            _build_real(folder, cache)
    return folder


def _build_real(folder: Path, cache: Path) -> None:
    from coursebot import encoder, index
    from coursebot.assistant import reader_for
    from coursebot.suggestions import Suggester

    chosen = Settings.load(cache=cache, reader=False)
    model = encoder.load(chosen.model, cache=cache, threads=chosen.threads)
    index.build(
        ROOT / "corpus",
        folder,
        model,
        passage_tokens=chosen.passage_tokens,
        suggest=Suggester(model, chosen, reader_for(model, chosen)),
    )


@pytest.fixture(scope="session")
def open_real(real_index: Path, cache: Path) -> Callable[..., Assistant]:
    """Return a function that opens the shipped course with some settings.

    All that it opens share one index and one model: to load them takes seconds.
    """
    from coursebot.answer.generate import Generator
    from coursebot.assistant import Assistant

    first = Assistant.open(real_index, settings=Settings.load(cache=cache, reader=False))

    def opened(**changes: object) -> Assistant:
        other = copy(first)
        other._settings = Settings.load(cache=cache, **changes)
        other._generator = Generator.from_settings(other._settings)
        return other

    return opened


@pytest.fixture
def make_answer() -> Callable[..., Answer]:
    """Return a function that makes the well-known answer, with some fields changed."""

    def make(**changes: object) -> Answer:
        quote = "このログイン（トークン）は3時間有効。"
        passage = Passage(
            id="c/a.md:10-40",
            section="c/a.md#login",
            course="c",
            path="c/a.md",
            lines=(3, 4),
            span=(10, 40),
            text=f"- az acr login\n- {quote}",
            statements=("c/a.md:25-40",),
        )
        legs = {
            "dense": Leg(1, 0.91),
            "statement": Leg(2, 0.93),
            "bigram": Leg(0, 0.0),
            "word": Leg(1, 4.5),
        }
        fields: dict[str, object] = {
            "question": "how long is an az acr login token valid?",
            "language": Language.EN,
            "state": State.ANSWERED,
            "confidence": 0.93,
            "text": f"3時間 · 3 hours\n\n[1] {quote}",
            "short_answer": ShortAnswer("3時間", ("3時間",), "duration", 1, "3 hours"),
            "statements": (),
            "citations": (
                Citation(
                    number=1,
                    statement="c/a.md:25-40",
                    course="c",
                    path="c/a.md",
                    heading_path=("ACR", "ログイン"),
                    lines=(4, 4),
                    span=(25, 40),
                    quote=quote,
                    url="https://example.org/a.md#%E3%83%AD",
                ),
            ),
            "related": (RelatedLink("az acr login", "https://example.org/login"),),
            "passages": (Hit(passage, 0.8123456789, legs),),
            "timings_ms": {"total": 4.56789},
        }
        return Answer(**{**fields, **changes})  # type: ignore[arg-type]

    return make


class ScriptedAssistant:
    """An assistant on the real interface that knows one answer and refuses as the real one does."""

    def __init__(self, make: Callable[..., Answer], data: Path) -> None:
        self._make = make
        self.courses = {"c": Course("c", "The Course", "ja")}
        self.index = SimpleNamespace(
            sections={},
            courses=self.courses,
            statements=(),
            suggestions=(),
            manifest=SimpleNamespace(digest="0" * 64),
            version="00001",
            hidden=0,
        )
        self.settings = Settings(data=data)
        self.asked: list[tuple[str, str | None, int]] = []

    def ask(
        self,
        question: str,
        *,
        course: str | None = None,
        history: Sequence[Turn] = (),
        top_k: int | None = None,
    ) -> Answer:
        """Answer questions about tokens; the material holds nothing else."""
        self.asked.append((question, course, len(history)))
        if course is not None and course not in self.courses:
            raise UnknownCourseError(f"There is no course {course!r}.", "Courses: c.")
        text = clean(question, 2000)
        if "token" in text:
            return self._make(question=text)
        return self._make(
            question=text,
            state=State.NOT_COVERED,
            confidence=0.04,
            text="The material does not say.",
            short_answer=None,
            citations=(),
            related=(),
        )

    def stream(
        self, question: str, *, course: str | None = None, history: Sequence[Turn] = ()
    ) -> Iterator[str | Answer]:
        """Yield the answer."""
        yield self.ask(question, course=course, history=history)

    def seen(self, sees: Callable[[Course], bool]) -> ScriptedAssistant:
        """Return itself: its course is open."""
        assert all(sees(course) for course in self.courses.values())
        return self

    def pinned(self) -> ScriptedAssistant:
        """Return itself: its index never changes."""
        return self

    def turns(self, questions: Sequence[str], *, course: str | None = None) -> tuple[Turn, ...]:
        """Answer each question, not counting them as asked."""
        return tuple(Turn(question, self._make(question=question)) for question in questions)

    def search(
        self, query: str, *, course: str | None = None, top_k: int | None = None
    ) -> tuple[Hit, ...]:
        """Return the passages of the answer."""
        return self.ask(query, course=course).passages

    def source(self, path: str) -> str:
        """Return the one file's text."""
        if path != "c/a.md":
            raise QuestionError(f"There is no section {path!r} in the index.")
        return "# ACR\n\n- az acr login\n- このログイン（トークン）は3時間有効。\n"


@pytest.fixture
def scripted(
    make_answer: Callable[..., Answer], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> ScriptedAssistant:
    """Return the scripted assistant, which is also what every index opens as."""
    from coursebot.assistant import Assistant

    made = ScriptedAssistant(make_answer, tmp_path / "data")
    monkeypatch.setattr(Assistant, "open", lambda *_places, **_options: made)
    return made


@pytest.fixture
def free_port() -> int:
    """Return a port that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@pytest.fixture(scope="session")
def chromium() -> str:
    """Return Chromium's path; without it the test is passed over, but never in CI."""
    if not Path(CHROMIUM).exists():
        if os.environ.get("CI") == "true":
            pytest.fail(f"There is no {CHROMIUM}; in CI the browser tests must run.")
        pytest.skip(f"Chromium is not installed at {CHROMIUM}.")
    return CHROMIUM


@pytest.fixture(autouse=True)
def _settings_of_the_environment(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Keep the settings of whoever runs the tests out of them."""
    for name in list(os.environ):
        if name.startswith("COURSEBOT_") and name != "COURSEBOT_CACHE":
            monkeypatch.delenv(name)
    # Tests about something else need not wait for it; those about it switch it on.
    monkeypatch.setenv("COURSEBOT_READER", "0")
    from coursebot.config import settings

    settings.cache_clear()
    yield
    settings.cache_clear()


@pytest.fixture
def course_folder(tmp_path: Path) -> Path:
    """Return a corpus folder that holds a copy of the shipped course."""
    folder = tmp_path / "corpus"
    shutil.copytree(ROOT / "corpus" / "az-500", folder / "az-500")
    return folder


@pytest.fixture(scope="session")
def browser(chromium: str) -> Iterator[Browser]:
    """Return a running Chromium."""
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        started = playwright.chromium.launch(executable_path=chromium, args=ARGUMENTS)
        yield started
        started.close()


@pytest.fixture(scope="session")
def postgres() -> Iterator[Server]:
    """Start one PostgreSQL server for the whole run."""
    from tests.postgres_server import Server

    # Not pytest's own folder, which only this user may enter.
    folder = Path(tempfile.mkdtemp(prefix="coursebot-postgres-"))
    try:
        server = Server(folder)
        server.start()
        try:
            yield server
        finally:
            server.stop()
    finally:
        shutil.rmtree(folder)
