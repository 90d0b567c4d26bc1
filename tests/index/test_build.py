"""Corpus folder ▶ index folder."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

import pytest

from coursebot.course import cut, read_corpus
from coursebot.errors import CorpusError, ModelError
from coursebot.index import Freshness, Index, Progress, build, status
from coursebot.types import Encoder, Floats, Language, Suggestion


class Spy:
    """An encoder that keeps what it was given, under another fingerprint if asked."""

    def __init__(self, inner: Encoder, fingerprint: str = "") -> None:
        self._inner = inner
        self.name = inner.name
        self.fingerprint = fingerprint or inner.fingerprint
        self.dimension = inner.dimension
        self.max_tokens = inner.max_tokens
        self.texts: list[str] = []

    def encode_queries(self, texts: Sequence[str]) -> Floats:
        """Encode."""
        return self._inner.encode_queries(texts)

    def encode_passages(self, texts: Sequence[str]) -> Floats:
        """Encode and remember."""
        self.texts.extend(texts)
        return self._inner.encode_passages(texts)

    def count_tokens(self, texts: Sequence[str]) -> list[int]:
        """Count."""
        return self._inner.count_tokens(texts)


class FirstStatements:
    """A suggester that makes a question of the first statement of each course."""

    def __init__(self, version: str = "1") -> None:
        self.version = version
        self.given: list[Index] = []

    def __call__(self, index: Index, progress: Progress) -> Sequence[Suggestion]:
        """Suggest, and keep the index."""
        self.given.append(index)
        progress.start(len(index.courses), "questions tried")
        progress.advance(len(index.courses))
        progress.done()
        first = {s.course: s for s in reversed(index.statements)}
        return [
            Suggestion(f"{name}?", Language.EN, name, s.section, s.id, 0.9, "heading")
            for name, s in sorted(first.items())
        ]


class Steps:
    """A progress that writes down what it is told."""

    def __init__(self) -> None:
        self.seen: list[str] = []
        self._left = 0

    def start(self, total: int, what: str) -> None:
        """Begin."""
        self.seen.append(what)
        self._left = total

    def advance(self, n: int) -> None:
        """Count."""
        self._left -= n

    def done(self) -> None:
        """Every step must have counted to its total."""
        assert self._left == 0
        self.seen.append("done")


def test_an_index_holds_what_was_read(corpus: Path, out: Path, encoder: Encoder) -> None:
    """Courses, sections, statements, passages and sources come back as they were read."""
    report = build(corpus, out, encoder, passage_tokens=128)
    index, read = Index.load(out), read_corpus(corpus)
    assert tuple(index.courses.values()) == read.courses
    assert index.statements == tuple(s for d in read.documents for s in d.statements)
    assert tuple(index.sections.values()) == tuple(s for d in read.documents for s in d.sections)
    assert index.passages == tuple(
        p for d in read.documents for p in cut(d, encoder.count_tokens, 128)
    )
    assert all(index.source(d.path) == d.source for d in read.documents)
    assert (report.courses, report.files, report.unchanged) == (2, 3, False)
    assert report.statements == len(index.statements)
    assert report.embedded + report.reused == report.statements + report.passages


def test_building_again_without_a_change_does_nothing(
    corpus: Path, out: Path, encoder: Encoder
) -> None:
    """The version before stays, and no text is embedded."""
    build(corpus, out, encoder, passage_tokens=128)
    before, spy = (out / "CURRENT").stat().st_mtime_ns, Spy(encoder)
    report = build(corpus, out, spy, passage_tokens=128)
    assert (report.unchanged, report.embedded, spy.texts) == (True, 0, [])
    assert (out / "CURRENT").stat().st_mtime_ns == before


def test_only_what_changed_is_embedded(corpus: Path, out: Path, encoder: Encoder) -> None:
    """A new sentence costs itself and the passage that it stands in."""
    build(corpus, out, encoder, passage_tokens=128)
    file = corpus / "az" / "2.md"
    file.write_text(file.read_text(encoding="utf-8") + "\n新しい文。\n", encoding="utf-8")
    spy = Spy(encoder)
    report = build(corpus, out, spy, passage_tokens=128)
    assert sorted(spy.texts) == ["AKS\nKubernetesの管理。\n\n新しい文。", "AKS\n新しい文。"]
    assert report.embedded == 2


def test_a_renamed_file_costs_no_embedding(corpus: Path, out: Path, encoder: Encoder) -> None:
    """Vectors are found by what was embedded, not by where it stands."""
    build(corpus, out, encoder, passage_tokens=128)
    (corpus / "az" / "2.md").rename(corpus / "az" / "0.md")
    report = build(corpus, out, encoder, passage_tokens=128)
    assert (report.embedded, report.unchanged) == (0, False)
    assert Index.load(out).passages[0].path == "az/0.md"


def test_vectors_taken_over_are_those_of_their_text(
    corpus: Path, out: Path, encoder: Encoder, tmp_path: Path
) -> None:
    """After a change of order an index built on an old one equals one built from nothing."""
    build(corpus, out, encoder, passage_tokens=128)
    (corpus / "az" / "1.md").rename(corpus / "az" / "9.md")
    build(corpus, out, encoder, passage_tokens=128)
    build(corpus, tmp_path / "fresh", encoder, passage_tokens=128)
    assert contents(out) == contents(tmp_path / "fresh")


def test_identical_texts_are_embedded_once(corpus: Path, out: Path, encoder: Encoder) -> None:
    """The same section in two files is two passages of one vector."""
    (corpus / "net" / "2.md").write_bytes((corpus / "net" / "1.md").read_bytes())
    spy = Spy(encoder)
    build(corpus, out, spy, passage_tokens=128)
    index = Index.load(out)
    assert len(spy.texts) == len(set(spy.texts))
    assert {p.path for p in index.passages} >= {"net/1.md", "net/2.md"}


def test_another_model_or_limit_is_a_new_index(corpus: Path, out: Path, encoder: Encoder) -> None:
    """Nothing of another model is taken over; another limit keeps the statements' vectors."""
    first = build(corpus, out, encoder, passage_tokens=128)
    other = build(corpus, out, Spy(encoder, "other"), passage_tokens=128)
    assert (other.unchanged, other.embedded) == (False, first.embedded)
    assert not build(corpus, out, Spy(encoder, "other"), passage_tokens=64).unchanged


def test_status_says_whether_to_build(corpus: Path, out: Path, encoder: Encoder) -> None:
    """Missing, current, stale and damaged are told apart."""

    def now(tokens: int = 128, fingerprint: str | None = None) -> Freshness:
        return status(corpus, out, fingerprint=fingerprint, passage_tokens=tokens)

    assert now() is Freshness.MISSING
    build(corpus, out, encoder, passage_tokens=128)
    assert now() is now(fingerprint=encoder.fingerprint) is Freshness.CURRENT
    assert now(tokens=64) is now(fingerprint="other") is Freshness.STALE
    (corpus / "az" / "2.md").write_text("# 変更\n", encoding="utf-8")
    assert now() is Freshness.STALE
    next(out.glob("*/passages.json")).write_text("[", encoding="utf-8")
    assert now() is Freshness.DAMAGED


def test_a_new_refusal_makes_a_new_index(corpus: Path, out: Path, encoder: Encoder) -> None:
    """A file that cannot be read is kept with its reason, and noticed."""
    build(corpus, out, encoder, passage_tokens=128)
    (corpus / "az" / "bad.md").write_bytes(b"\xff\xfe\x00\x81")
    report = build(corpus, out, encoder, passage_tokens=128)
    assert (report.refusals, report.unchanged) == (1, False)
    assert [r.path for r in Index.load(out).refusals] == ["az/bad.md"]


def test_progress_counts_to_the_end(corpus: Path, out: Path, encoder: Encoder) -> None:
    """Each step is started, counted to its total and ended."""
    steps = Steps()
    build(corpus, out, encoder, passage_tokens=128, progress=steps)
    assert steps.seen == [
        "files cut into passages",
        "done",
        "texts embedded",
        "done",
        "indexes made",
        "done",
    ]


def test_what_is_suggested_is_part_of_the_version(
    corpus: Path, out: Path, encoder: Encoder
) -> None:
    """The suggester is given the index that is about to be written, and its rows come back."""
    suggest, steps = FirstStatements(), Steps()
    report = build(corpus, out, encoder, passage_tokens=128, suggest=suggest, progress=steps)
    index, (given,) = Index.load(out), suggest.given
    assert [s.question for s in index.suggestions] == ["az?", "net?"]
    assert (report.suggestions, given.suggestions) == (2, ())
    assert (given.statements, given.passages) == (index.statements, index.passages)
    assert steps.seen[-2:] == ["questions tried", "done"]
    vector = encoder.encode_queries(["az acr login"])[0]
    assert (
        given.search_passages(vector, 3)[0].tolist() == index.search_passages(vector, 3)[0].tolist()
    )


def test_another_suggester_is_a_new_version(corpus: Path, out: Path, encoder: Encoder) -> None:
    """It is asked again, and no text is embedded; the same one is not asked."""

    def again(suggest: FirstStatements | None) -> tuple[bool, int, int]:
        report = build(corpus, out, encoder, passage_tokens=128, suggest=suggest)
        return report.unchanged, report.embedded, report.suggestions

    def now(suggester: str) -> Freshness:
        return status(corpus, out, passage_tokens=128, suggester=suggester)

    build(corpus, out, encoder, passage_tokens=128)
    assert (now(""), now("1")) == (Freshness.CURRENT, Freshness.STALE)
    assert again(FirstStatements("1")) == (False, 0, 2)
    assert (now("1"), now("2"), now("")) == (
        Freshness.CURRENT,
        Freshness.STALE,
        Freshness.STALE,
    )
    same = FirstStatements("1")
    assert (again(same), same.given) == ((True, 0, 2), [])
    assert again(FirstStatements("2")) == (False, 0, 2)
    assert again(None) == (False, 0, 0)


def test_a_suggester_that_fails_leaves_the_index(corpus: Path, out: Path, encoder: Encoder) -> None:
    """What was there before still loads."""

    class Failing(FirstStatements):
        def __call__(self, index: Index, progress: Progress) -> Sequence[Suggestion]:
            raise KeyboardInterrupt

    build(corpus, out, encoder, passage_tokens=128, suggest=FirstStatements())
    with pytest.raises(KeyboardInterrupt):
        build(corpus, out, encoder, passage_tokens=128, suggest=Failing("2"))
    assert len(Index.load(out).suggestions) == 2


def test_no_corpus_leaves_the_index(corpus: Path, out: Path, encoder: Encoder) -> None:
    """A wrong corpus folder is refused, and the old index still loads."""
    build(corpus, out, encoder, passage_tokens=128)
    with pytest.raises(CorpusError):
        build(corpus / "nothing", out, encoder, passage_tokens=128)
    assert len(Index.load(out).courses) == 2


def test_a_model_that_gives_nan_is_refused(corpus: Path, out: Path, encoder: Encoder) -> None:
    """Vectors that are no numbers never reach an index."""

    class Broken(Spy):
        def encode_passages(self, texts: Sequence[str]) -> Floats:
            return super().encode_passages(texts) * float("nan")

    with pytest.raises(ModelError, match="gave no usable vectors"):
        build(corpus, out, Broken(encoder), passage_tokens=128)
    assert [entry.name for entry in out.iterdir()] == [".lock"]


def contents(folder: Path) -> dict[str, bytes]:
    """Return the files of the current version, without the time it was built at."""
    version = folder / (folder / "CURRENT").read_text().strip()
    return {f.name: f.read_bytes() for f in version.iterdir() if f.name != "manifest.json"}


def test_the_hash_seed_changes_nothing(corpus: Path, tmp_path: Path) -> None:
    """Two builds under two PYTHONHASHSEEDs give the same bytes, the manifest's included."""
    script = (
        "import sys; from pathlib import Path\n"
        "from coursebot.encoder.fake import HashEncoder\n"
        "from coursebot.index import build\n"
        "build(Path(sys.argv[1]), Path(sys.argv[2]), HashEncoder(), passage_tokens=128)\n"
    )
    made = []
    for seed in ("1", "2"):
        folder = tmp_path / seed
        environment = {**os.environ, "PYTHONHASHSEED": seed, "SOURCE_DATE_EPOCH": "1700000000"}
        command = [sys.executable, "-c", script, str(corpus), str(folder)]
        subprocess.run(command, env=environment, check=True, timeout=60)
        made.append({f.relative_to(folder): f.read_bytes() for f in folder.glob("0*/*")})
    assert made[0] == made[1]
    assert b"2023-11-14T22:13:20+00:00" in made[0][Path("00001/manifest.json")]
