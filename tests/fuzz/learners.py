"""What learners and their browsers send: questions, cookies, and the answers that a tab kept."""

from __future__ import annotations

import json
import tempfile
from collections.abc import Iterator
from html.parser import HTMLParser
from pathlib import Path
from typing import ClassVar

from pydantic import ValidationError

from coursebot.answer.wording import render_markdown
from coursebot.assistant import Assistant
from coursebot.config import Settings
from coursebot.encoder.fake import HashEncoder
from coursebot.errors import QuestionError
from coursebot.index import LiveIndex, build
from coursebot.people import Person, Role
from coursebot.types import Answer
from coursebot.web import turns
from coursebot.web.signin.sessions import Session, Sessions
from coursebot.web.text import ENGLISH, JAPANESE
from coursebot.web.wire import AnswerRecord, answer_record
from tests.fuzz.choices import Choices
from tests.index.conftest import CONTAINERS, NETWORKS

ASKED = (
    *("az acr loginのトークンは何時間有効？", "how long is the token valid in minutes?"),
    *(
        "Which SKU has 500 GiB, and is Basic larger than 10 GB?",
        "それはなぜ？",
        "what about Premium?",
    ),
    *(
        "仮想ネットワークを作るコマンドは？",
        "Is a virtual network shared?",
        "3時間は何分ですか",
        "¿qué?",
    ),
)


SAFE = ("http://", "https://", "/read/", "/page/icons.svg#")
"""How an address in a turn begins."""


def assistant_in(folder: Path) -> Assistant:
    """Return an assistant on two small courses that are indexed in ``folder``."""
    for name, text in (("az", CONTAINERS), ("net", NETWORKS)):
        (folder / "corpus" / name).mkdir(parents=True)
        (folder / "corpus" / name / "1.md").write_text(text, encoding="utf-8")
    build(folder / "corpus", folder / "index", HashEncoder(), passage_tokens=64)
    chosen = Settings.load(data=folder / "data", corpus=folder / "corpus")
    return Assistant(LiveIndex(folder / "index"), HashEncoder(), chosen)


class Questions:
    """The first byte chooses the course, each line is a question; the last is asked after all."""

    words = (
        *("何", "いつ", "どこ", "いくつ", "なぜ", "とは", "how many ", "what is ", "is it ", "or "),
        *(
            "時間",
            "分",
            "GiB",
            "%",
            "〜",
            "から",
            "まで",
            "1,000",
            "½",
            "十億",
            "ⅷ",
            "-",
            "ではない",
            "not ",
        ),
        *("\u200b", "\u202e", "\u3099", "\ufdfa", "ﾞ", "\n", "・", "「", "`", "az acr "),
    )

    def __init__(self) -> None:
        folder = Path(tempfile.mkdtemp(prefix="questions-"))
        self._assistant = assistant_in(folder)
        self._sections = self._assistant.index.sections

    def seeds(self) -> Iterator[bytes]:
        """Yield questions alone and after another."""
        for number, question in enumerate(ASKED):
            yield bytes([number % 4]) + question.encode()
            yield bytes([number % 4]) + f"{ASKED[0]}\n{question}".encode()

    def __call__(self, data: bytes) -> None:
        """Ask; raises AssertionError unless what is quoted stands where the answer says."""
        choices = Choices(data)
        course = choices.pick((None, "az", "net", "none"))
        *before, question = choices.rest().decode("utf-8", "surrogateescape").split("\n")[-3:]
        try:
            history = self._assistant.turns(before, course=course)
            answer = self._assistant.ask(question, course=course, history=history)
        except QuestionError as error:
            assert error.message
            return
        self._check(answer, course)

    def _check(self, answer: Answer, course: str | None) -> None:
        for citation in answer.citations:
            source = self._assistant.source(citation.path)
            assert source[slice(*citation.span)] == citation.quote
            assert course in (None, citation.course)
        render_markdown(answer).encode()
        record = answer_record(answer, self._sections, course=course)
        for words in (ENGLISH, JAPANESE):
            checked(turns.turn(record, words))
        assert AnswerRecord.model_validate_json(record.model_dump_json()) == record


class Turns:
    """The bytes are an answer that a browser's tab kept."""

    words = (
        *("<img src=x onerror=y>", "javascript:", "https://a.b", "/read/", "`", "``", "[1]", '\\"'),
        *('"text": "', '"generated": "', '"citations": [', '"state": "unsure"', "\\u0000", "\\n- "),
    )

    def __init__(self) -> None:
        folder = Path(tempfile.mkdtemp(prefix="turns-"))
        assistant = assistant_in(folder)
        answers = [assistant.ask(question) for question in ASKED]
        self._records = [answer_record(a, assistant.index.sections) for a in answers]

    def seeds(self) -> Iterator[bytes]:
        """Yield answers, some of them as a language model words them."""
        for record in self._records:
            yield record.model_dump_json().encode()
            said = {"generated": "- `a` [1]\n1. **b** <b> [2]", "text": "[x](javascript:y)"}
            yield json.dumps(record.model_dump(mode="json") | said, ensure_ascii=False).encode()

    def __call__(self, data: bytes) -> None:
        """Show the answer; raises AssertionError when anything in it becomes markup."""
        try:
            record = AnswerRecord.model_validate_json(data)
        except ValidationError:
            return
        for words in (ENGLISH, JAPANESE):
            checked(turns.turn(record, words))
        assert AnswerRecord.model_validate_json(turns.dump([record])[1:-1]) == record


class Cookies:
    """A cookie as it is, or fields that are signed first."""

    words = ("null", '"admin"', "1e999", "[[", '["', "9" * 20, '"\\ud800"')

    def __init__(self) -> None:
        self._sessions = Sessions(b"k" * 32, Path(tempfile.mkdtemp(prefix="cookies-")))
        learner = Session.of(Person("hana", Role.LEARNER, frozenset({"x"})))
        self._cookie = self._sessions.cookie(learner)

    def seeds(self) -> Iterator[bytes]:
        """Yield a cookie, and fields."""
        yield b"\0" + self._cookie.encode()
        for fields in ('"a", "b", 0, "", "learner", []', '"a", "b", 9, "v", "", []', "[], []"):
            yield b"\1" + f"[{fields}]".encode()

    def __call__(self, data: bytes) -> None:
        """Read the cookie; raises AssertionError when somebody else's is believed."""
        choices = Choices(data)
        if choices.number() % 2:
            try:
                fields = json.loads(choices.rest())
                cookie = str(self._sessions._signer.dumps(fields))
            except (ValueError, RecursionError):
                return
            self._sessions.read(cookie)
            return
        cookie = choices.rest().decode("latin-1")
        assert self._sessions.read(cookie) is None or cookie == self._cookie


class _Checker(HTMLParser):
    """Fails on what a turn must not have, and on bad nesting."""

    VOID: ClassVar = {"br", "input", "path", "circle"}
    BANNED: ClassVar = {"script", "style", "img", "iframe", "object", "base", "link", "meta", "b"}

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Check an opening tag."""
        assert tag not in self.BANNED, tag
        for name, value in attrs:
            assert not name.startswith("on"), name
            if name in ("href", "src", "action"):
                assert value == "#" or (value or "").lower().startswith(SAFE), value
        if tag not in self.VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Check a tag that closes itself."""
        self.handle_starttag(tag, attrs)
        if tag not in self.VOID:
            self.open.pop()

    def handle_endtag(self, tag: str) -> None:
        """Check a closing tag."""
        assert self.open.pop() == tag


def checked(page: str) -> None:
    """Fail unless the HTML of a turn is whole and harmless."""
    checker = _Checker()
    checker.feed(page)
    checker.close()
    assert checker.open == []
