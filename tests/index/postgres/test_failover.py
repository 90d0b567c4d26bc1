"""A primary with a hot standby, and what becomes of questions when servers die."""

from __future__ import annotations

import shutil
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

import pytest

from coursebot.assistant import Assistant
from coursebot.config import Settings
from coursebot.encoder.fake import HashEncoder
from coursebot.errors import IndexError_, IndexUnreachableError, IndexWriteError
from coursebot.index import LiveIndex, build
from coursebot.index.postgres import connections
from coursebot.places import Place, place_of
from tests.conftest import ROOT
from tests.postgres_server import PASSWORD, Server

ASKED = 200
QUESTIONS = tuple(
    f"{subject} {what}"
    for subject in ("token", "トークン", "az acr login", "firewall", "ACR", "Azure AD", "VM", "鍵")
    for what in ("?", "はどこ？", "how long", "料金", "管理")
)


@dataclass
class Pair:
    """Two servers that hold the same index."""

    primary: Server
    standby: Server
    address: Place
    folder: Path

    def has_caught_up(self) -> bool:
        """Whether the standby has replayed all that the primary wrote."""
        ((written,),) = self.primary.execute("SELECT pg_current_wal_lsn()::text")
        ((there,),) = self.standby.execute(f"SELECT pg_last_wal_replay_lsn() >= '{written}'")
        return bool(there)


@pytest.fixture(scope="module")
def pair(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Pair]:
    """Start a primary and its standby, and build the shipped course on them and in a folder."""
    folder = Path(tempfile.mkdtemp(prefix="coursebot-pair-"))
    with ExitStack() as at_the_end:
        at_the_end.callback(shutil.rmtree, folder, ignore_errors=True)
        primary = Server(folder)
        at_the_end.callback(primary.kill)
        primary.start()
        standby = primary.standby()
        at_the_end.callback(standby.kill)
        standby.start()
        both = primary.address().replace(
            f":{primary.port}/", f":{primary.port},127.0.0.1:{standby.port}/"
        )
        made = Pair(primary, standby, place_of(both), tmp_path_factory.mktemp("pair") / "index")
        for place in (made.folder, made.address):
            build(ROOT / "corpus", place, HashEncoder(), passage_tokens=128)
        while not made.has_caught_up():
            time.sleep(0.05)
        yield made


def opened(place: Place) -> Assistant:
    """Return an assistant on an index."""
    return Assistant(LiveIndex(place), HashEncoder(), Settings.load())


def test_the_primary_dies_while_200_ask(
    pair: Pair, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """No answer is wrong, what failed says so in one line, and the standby answers from then on.

    What needs a primary is refused in one line; when the standby is gone too, questions are, and
    when it is back they are answered.
    """
    right = {question: opened(pair.folder).ask(question) for question in QUESTIONS}
    assistant = opened(pair.address)
    answered, failed, wrong = list[str](), list[Exception](), list[str]()
    half = threading.Event()

    def ask(number: int) -> None:
        question = QUESTIONS[number % len(QUESTIONS)]
        if number >= ASKED // 4:
            half.wait()
        try:
            answer = assistant.ask(question)
        except Exception as error:
            failed.append(error)
            return
        wanted = right[question]
        same = (answer.text, answer.citations, answer.confidence, answer.passages) == (
            wanted.text,
            wanted.citations,
            wanted.confidence,
            wanted.passages,
        )
        (answered if same else wrong).append(question)

    threads = [threading.Thread(target=ask, args=(number,)) for number in range(ASKED)]
    for thread in threads:
        thread.start()
    while len(answered) < ASKED // 8:
        time.sleep(0.001)
    half.set()
    pair.primary.kill()
    for thread in threads:
        thread.join()
    assert wrong == []
    assert len(answered) + len(failed) == ASKED
    assert len(answered) > ASKED // 2
    for error in failed:
        told(error)
    for question in QUESTIONS[:5]:
        assert assistant.ask(question).text == right[question].text

    (tmp_path / "corpus" / "c").mkdir(parents=True)
    (tmp_path / "corpus" / "c" / "a.md").write_text("# New\n\nText.\n", encoding="utf-8")
    with pytest.raises(IndexWriteError, match="only a standby answers") as refused:
        build(tmp_path / "corpus", pair.address, HashEncoder(), passage_tokens=128)
    told(refused.value)

    monkeypatch.setattr(connections, "PATIENCE_SECONDS", 0.5)
    pair.standby.stop()
    with pytest.raises(IndexUnreachableError) as gone:
        assistant.ask("token")
    told(gone.value)
    pair.standby.start()
    monkeypatch.setattr(connections, "PATIENCE_SECONDS", 60)
    assert assistant.ask(QUESTIONS[0]).text == right[QUESTIONS[0]].text


def told(error: Exception) -> None:
    """See that an error is one of the index's, on one line, with what to do and no password."""
    assert isinstance(error, IndexError_)
    assert error.hint
    text = str(error)
    assert "\n" not in text
    assert PASSWORD not in text
    assert "correct" not in text
