"""A build that holds little at a time: files, vectors and scores as they are made."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

import numpy as np
import pytest

from coursebot.encoder.fake import HashEncoder
from coursebot.errors import CorpusError, IndexWriteError
from coursebot.index import Index, Progress, build, dense, embedded, many, postings
from coursebot.index.cutting import Terms
from coursebot.index.dense import Dense
from coursebot.index.kept import Log, Places, keys_of
from coursebot.index.lexical import LEGS, LexicalLeg
from coursebot.types import Encoder, Floats, Language, Suggestion


def version(folder: Path) -> Path:
    """Return the folder of the version that counts."""
    return folder / (folder / "CURRENT").read_text().strip()


def contents(folder: Path) -> dict[str, bytes]:
    """Return the files of the current version, without the time it was built at."""
    return {f.name: f.read_bytes() for f in version(folder).iterdir() if f.name != "manifest.json"}


@pytest.fixture
def long(corpus: Path) -> Path:
    """Return the corpus with a course of forty files more, of which some are the same."""
    (corpus / "long").mkdir()
    for number in range(40):
        lines = [f"# 第{number % 32}回", *(f"文{number % 32}の{n}番目です。" for n in range(20))]
        file = corpus / "long" / f"{number:02}.md"
        file.write_text("\n\n".join(lines) + "\n", encoding="utf-8")
    return corpus


def test_several_processes_give_the_same_bytes(
    long: Path, out: Path, tmp_path: Path, encoder: Encoder
) -> None:
    """What is read and cut in two processes is written in document order."""
    build(long, out, encoder, passage_tokens=128)
    counter = HashEncoder().count_tokens
    build(long, tmp_path / "2", encoder, passage_tokens=128, workers=2, counter=counter)
    assert contents(out) == contents(tmp_path / "2")


def die(texts: Sequence[str]) -> list[int]:
    """Kill the process that counts."""
    os.kill(os.getpid(), signal.SIGKILL)
    return [0 for _ in texts]


def test_a_process_that_is_killed_is_told(corpus: Path, out: Path, encoder: Encoder) -> None:
    """The message names the command that needs less memory."""
    with pytest.raises(IndexWriteError, match="coursebot index --workers 1"):
        build(corpus, out, encoder, passage_tokens=128, workers=2, counter=die)
    assert [entry.name for entry in out.iterdir()] == [".lock"]


def test_small_corpora_are_read_by_one_process() -> None:
    """Several are started where they gain, or where they are asked for."""
    assert many.processes_for(many.WORTH - 1, 0) == 1
    assert many.processes_for(many.WORTH, 0) == os.cpu_count()
    assert many.processes_for(1, 3) == 3


def test_files_are_read_again_where_they_are_large(
    long: Path, out: Path, tmp_path: Path, encoder: Encoder, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A corpus of which nothing is kept between two readings gives the same bytes."""
    build(long, out, encoder, passage_tokens=128)
    defaults = {"keep": 0}
    monkeypatch.setattr("coursebot.course.folder.survey.__kwdefaults__", defaults)
    build(long, tmp_path / "2", encoder, passage_tokens=128)
    assert contents(out) == contents(tmp_path / "2")


def test_a_file_that_changes_meanwhile_is_told(
    corpus: Path, out: Path, encoder: Encoder, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An index never holds a text that its digest does not belong to."""
    monkeypatch.setattr("coursebot.course.folder.survey.__kwdefaults__", {"keep": 0})

    class Editing(HashEncoder):
        def count_tokens(self, texts: Sequence[str]) -> list[int]:
            (corpus / "net" / "1.md").write_text("# Others\n\nOther text.\n", encoding="utf-8")
            return super().count_tokens(texts)

    with pytest.raises(CorpusError, match=r"net/1\.md: was changed while it was being indexed"):
        build(corpus, out, Editing(), passage_tokens=128)


class Third:
    """An embedder that gives chunks back in another order, and stops after some of them."""

    def __init__(self, encoder: Encoder, stop: int = 1 << 30) -> None:
        self.encoder = encoder
        self.left = stop
        self.texts: list[str] = []

    def __call__(self, chunks: Iterable[tuple[int, list[str]]]) -> Iterator[tuple[int, Floats]]:
        """Yield the last chunk first."""
        for number, texts in reversed(list(chunks)):
            if self.left == 0:
                raise KeyboardInterrupt
            self.left -= 1
            self.texts.extend(texts)
            yield number, self.encoder.encode_passages(texts)


def test_a_build_goes_on_where_one_was_broken_off(
    long: Path, out: Path, tmp_path: Path, encoder: Encoder
) -> None:
    """What was embedded is taken over, nothing is embedded twice, and the bytes are the same."""
    build(long, tmp_path / "whole", encoder, passage_tokens=128)
    broken, on = Third(encoder, stop=2), Third(encoder)
    with pytest.raises(KeyboardInterrupt):
        build(long, out, encoder, passage_tokens=128, embedder=broken)
    report = build(long, out, encoder, passage_tokens=128, embedder=on)
    assert len(broken.texts) > embedded.CHUNK
    assert not set(broken.texts) & set(on.texts)
    assert report.embedded == len(on.texts) > 0
    assert contents(out) == contents(tmp_path / "whole")
    assert not (out / ".embedded").exists()


KILLED = """
import os, signal, sys
from pathlib import Path
from coursebot.encoder.fake import HashEncoder
from coursebot.index import build

class Killed(HashEncoder):
    calls = 0
    def encode_passages(self, texts):
        self.calls += 1
        if self.calls == 3:
            os.kill(os.getpid(), signal.SIGKILL)
        return super().encode_passages(texts)

build(Path(sys.argv[1]), Path(sys.argv[2]), Killed(), passage_tokens=128)
"""


def test_kill_9_while_embedding_costs_no_vector(
    long: Path, out: Path, tmp_path: Path, encoder: Encoder
) -> None:
    """Two chunks were made when the process was killed; a torn third is written over."""
    command = [sys.executable, "-c", KILLED, str(long), str(out)]
    assert subprocess.run(command, timeout=60, check=False).returncode == -signal.SIGKILL
    with (out / ".embedded").open("ab") as stream:
        stream.write(b"vectors1 torn")
    whole = build(long, tmp_path / "whole", encoder, passage_tokens=128)
    report = build(long, out, encoder, passage_tokens=128)
    assert report.embedded == whole.embedded - 2 * embedded.CHUNK
    assert contents(out) == contents(tmp_path / "whole")


def test_a_log_of_another_dimension_or_of_noise_is_not_read(tmp_path: Path) -> None:
    """Only whole pieces of vectors as long as these are taken over."""
    log = Log(tmp_path / "log", 2)
    log.add([b"a" * 32, b"b" * 31 + b"\0"], np.array([[1, 0], [0, 1]], np.float32))
    log.close()
    assert (len(Log(tmp_path / "log", 2)), len(Log(tmp_path / "log", 3))) == (2, 0)
    data = bytearray((tmp_path / "log").read_bytes())
    data[-1] ^= 1
    (tmp_path / "log").write_bytes(data)
    assert len(Log(tmp_path / "log", 2)) == 0


def test_vectors_are_found_by_key_in_the_first_file_that_has_them(tmp_path: Path) -> None:
    """Keys that end in zeros too; what no file has is named."""
    names = [bytes([n]) * 31 + b"\0" for n in range(1, 5)]
    logs = [Log(tmp_path / name, 2) for name in "ab"]
    logs[0].add(names[1:3], np.array([[1, 2], [3, 4]], np.float32))
    logs[1].add(names[2:4], np.array([[5, 6], [7, 8]], np.float32))
    kept = [log.kept() for log in logs]
    places = Places(keys_of(b"".join(names)), kept)
    assert places.missing.tolist() == [0]
    assert places.read(1, 4, 2).tolist() == [[1, 2], [3, 4], [7, 8]]
    for opened in kept:
        opened.close()
    for log in logs:
        log.close()


@pytest.mark.parametrize("batch", [1, 7, 1 << 20])
def test_scores_are_those_of_bm25s(
    tmp_path: Path, batch: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """To the last digit, and written as the leg itself writes them, however few are counted."""
    monkeypatch.setattr(postings, "BATCH", batch)
    texts = ["資料は三時間有効です。", "", "az acr login az", "資料の資料、login。", "!?"]
    for leg, tokenise in LEGS.items():
        made = postings.Postings(tmp_path, leg)
        for unit, given in (("passages", texts), ("statements", texts[:2])):
            for text in given:
                made.add(unit, Terms.of(tokenise, [text]))
        made.write()
        made.close()
        expected = LexicalLeg.build(tokenise, texts, texts[:2]).dump(leg)
        assert {f.name: f.read_bytes() for f in tmp_path.glob(f"{leg}.*")} == expected


@pytest.mark.parametrize("count", [0, 1, 9])
@pytest.mark.parametrize("limit", [0, 50])
def test_vectors_are_written_as_faiss_writes_them(tmp_path: Path, count: int, limit: int) -> None:
    """Exact and as a graph, a block at a time."""
    vectors = np.random.default_rng(1).standard_normal((count, 8)).astype(np.float32)
    Dense.write(tmp_path / "x", count, 8, lambda first, last: vectors[first:last], limit)
    assert (tmp_path / "x").read_bytes() == Dense.build(vectors, limit).to_bytes()
    assert [file.name for file in tmp_path.iterdir()] == ["x"]
    stored = dense.stored_at((tmp_path / "x").stat().st_size, count, 8)
    data = (tmp_path / "x").read_bytes()
    assert b"".join(data[at : at + 32] for at in stored) == vectors.tobytes()


class Asked:
    """A suggester that keeps the indexes that it is given, and suggests from each course."""

    version = "1"

    def __init__(self) -> None:
        self.given: list[Index] = []

    def __call__(self, index: Index, progress: Progress) -> Sequence[Suggestion]:
        """Suggest the first statement of each course."""
        self.given.append(index)
        first = {s.course: s for s in reversed(index.statements)}
        return [
            Suggestion(f"{name}?", Language.EN, name, first[name].section, first[name].id, 0.9, "x")
            for name in index.courses
        ]


def test_courses_of_a_large_corpus_are_asked_one_by_one(
    long: Path, out: Path, tmp_path: Path, encoder: Encoder, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each is the index of that course alone, and what it suggests is written the same way."""
    together, alone = Asked(), Asked()
    build(long, out, encoder, passage_tokens=128, suggest=together)
    monkeypatch.setattr("coursebot.index.asked.TOGETHER", 10)
    build(long, tmp_path / "2", encoder, passage_tokens=128, suggest=alone)
    assert contents(out) == contents(tmp_path / "2")
    whole = Index.load(out)
    assert [list(index.courses) for index in alone.given] == [[name] for name in whole.courses]
    query = ["第3回", "文3の1番目です。", "az acr login"]
    for index, (name, course) in zip(alone.given, whole.courses.items(), strict=True):
        part = whole.only([name])
        assert index.courses == {name: course}
        assert (index.statements, index.passages) == (part.statements, part.passages)
        assert index.sections == part.sections
        for text, vector in zip(query, encoder.encode_queries(query), strict=True):
            found, cosines = index.search_statements(vector, 5)
            expected, same = part.search_statements(vector, 5)
            assert found.tolist() == expected.tolist()
            assert cosines.tolist() == same.tolist()
            terms = LEGS["word"](text)
            assert (index.bm25("word", terms) > 0).tolist() == (
                part.bm25("word", terms) > 0
            ).tolist()


def test_with_graphs_the_bytes_are_the_same_whatever_runs_beside(
    long: Path, out: Path, tmp_path: Path, encoder: Encoder, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Two graphs at a time, each made by one thread, give what one after the other gives."""
    monkeypatch.setattr(dense, "EXACT_UP_TO", 40)
    build(long, out, encoder, passage_tokens=64, workers=1)
    counter = HashEncoder().count_tokens
    build(long, tmp_path / "2", encoder, passage_tokens=64, workers=2, counter=counter)
    made = Index.load(out).dense["statements"]
    assert isinstance(made, Dense)
    assert not made.exact
    assert contents(out) == contents(tmp_path / "2")
