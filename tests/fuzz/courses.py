"""Course folders: any Markdown, ``course.toml`` and golden set is read or refused in words."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path

from coursebot.course import cut, read_corpus, render
from coursebot.course.embedding import passage_text, statement_text
from coursebot.encoder.fake import HashEncoder
from coursebot.errors import CorpusError
from coursebot.types import Corpus, Document
from tests.course.test_render import checked
from tests.fuzz.choices import Choices

ROOT = Path(__file__).parents[2]
NAMES = ("notes.md", "course.toml", "golden.jsonl")
OTHERS = {"notes.md": b"# A\n\nOne. Two.\n"}
"""What stands beside the file that is tried."""
LIMIT = 64
"""Tokens of a passage."""


class Courses:
    """The first byte chooses the file, the rest is what is in it."""

    words = (
        *("# ", "\n\n", "\n- ", "\n1. ", "> ", "| a | b |\n|---|---|\n", "```\n", "    ", "■ "),
        *("**", "_", "`", "[", "](", ")", "![", "<!--", "-->", "<b>", "&amp;", "&#0;", "\\"),
        *("https://", "<https://", "javascript:", "[a]: /b\n", "---\n", "\t", "\u3000", "。"),
        *("「", "」", "（", "）", "\u202e", "\u2028", "\ufeff", "<script>", "<img src=x alt="),
        *('title = "', "groups = [", "[[", '"""', "\\u", "link = ", "examples = ["),
        *('{"question": "', '"status": "reviewed"', '"cluster": ', '"unanswerable": true', "e999"),
    )

    def __init__(self) -> None:
        self._folder = Path(tempfile.mkdtemp(prefix="courses-"))
        self._encoder = HashEncoder()

    def seeds(self) -> Iterator[bytes]:
        """Yield files of the repository."""
        for path in sorted((ROOT / "tests/course/fixtures").glob("*.md")):
            for part in path.read_bytes().split(b"\n---\n"):
                yield b"\0" + part[:2000]
        for path in sorted((ROOT / "corpus").glob("*/*/*.md"))[:20]:
            yield b"\0" + path.read_bytes()[:4000]
        for path in sorted((ROOT / "corpus").glob("*/course.toml")):
            yield b"\1" + path.read_bytes()
        yield b'\1title = "A"\ngroups = ["a"]\nlink = "https://a.b/{path}"\nexamples = ["a?"]\n'
        yield b"\1title = " + b"[" * 3000
        yield b"\1title = " + b"9" * 5000
        for path in sorted((ROOT / "corpus").glob("*/golden.jsonl")):
            yield b"\2" + b"\n".join(path.read_bytes().split(b"\n")[:5])

    def __call__(self, data: bytes) -> None:
        """Read the corpus; raises AssertionError where something is not as it should be."""
        choices = Choices(data)
        name = choices.pick(NAMES)
        course = self._folder / "kites"
        shutil.rmtree(course, ignore_errors=True)
        course.mkdir()
        for path, held in (OTHERS | {name: choices.rest()}).items():
            (course / path).write_bytes(held)
        try:
            corpus = read_corpus(self._folder)
        except CorpusError as error:
            assert error.message
            return
        self._check(corpus)

    def _check(self, corpus: Corpus) -> None:
        for refusal in corpus.refusals:
            assert refusal.reason
        for question in corpus.courses[0].questions:
            question.encode()
        for document in corpus.documents:
            check(document, self._encoder)


def check(document: Document, encoder: HashEncoder) -> None:
    """Fail unless statements and passages are slices of the file, and its page is safe."""
    source = document.source
    for statement in document.statements:
        assert source[slice(*statement.span)] == statement.text
        assert statement.text.strip()
        assert statement.plain
    assert all(one.span[1] <= other.span[0] for one, other in pairwise(document.statements))
    sections = {section.id: section for section in document.sections}
    assert len(sections) == len(document.sections)
    known = {statement.id for statement in document.statements}
    assert len(known) == len(document.statements)
    assert all(s.parent in known | {""} for s in document.statements)
    passages = cut(document, encoder.count_tokens, LIMIT)
    assert [s for p in passages for s in p.statements] == [s.id for s in document.statements]
    for passage in passages:
        assert source[slice(*passage.span)] == passage.text
        passage_text(sections[passage.section], passage).encode()
    for statement in document.statements:
        statement_text(sections[statement.section], statement).encode()
    marks = [(s.span, n) for n, s in enumerate(document.statements[:20], 1)]
    page = checked(render.html(source, marks=marks))
    assert len(set(page.ids)) == len(page.ids)
    assert set(page.marked) <= {str(n) for _, n in marks}
