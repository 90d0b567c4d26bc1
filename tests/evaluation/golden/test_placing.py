"""A question's sources ▶ where they stand in the material, and which no longer do."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from coursebot.config import Settings
from coursebot.course import read_corpus
from coursebot.encoder.fake import HashEncoder
from coursebot.evaluation.golden.checking import check
from coursebot.evaluation.golden.courses import course_of, own_sets
from coursebot.evaluation.golden.files import write
from coursebot.evaluation.golden.folding import fold, folded
from coursebot.evaluation.golden.material import Material
from coursebot.evaluation.golden.placing import Match, Placed, Stale, place
from coursebot.evaluation.golden.records import Followup, Source, Status
from coursebot.index import Index, build
from tests.conftest import ROOT
from tests.evaluation.golden.conftest import NOTES, make_item


def one(material: Material, course: str | None = "c", **source: object) -> Placed | Stale:
    """Place one source."""
    fields = {"path": "a.md", **source}
    placed, stale = place(make_item(sources=(Source(**fields),)), material, course)  # type: ignore[arg-type]
    both: list[Placed | Stale] = [*placed, *stale]
    assert len(both) == 1
    return both[0]


def text(found: Placed | Stale, material: Material) -> str:
    """Return what stands at a placed source."""
    assert isinstance(found, Placed)
    return material.files[found.path].source[slice(*found.span)]


def test_a_quote_is_found_character_for_character(material: Material) -> None:
    """With its file, span, lines, section and headings."""
    start = NOTES.index("3時間有効")
    assert one(material, quote="3時間有効", relevance=3) == Placed(
        source=0,
        path="c/a.md",
        span=(start, start + 5),
        lines=(9, 9),
        sections=("c/a.md#ログイン",),
        relevance=3,
        match=Match.VERBATIM,
        moved=False,
        heading_path=("ACR", "ログイン"),
    )


@pytest.mark.parametrize(
    ("heading_path", "line", "moved"),
    [
        ((), 15, False),
        (("ACI",), 19, False),
        (("ACR", "管理者"), 15, False),
        (("管理者",), 15, False),
        (("ACR",), 15, False),  # it stands below it
        (("ＡＣＩ ",), 19, False),
        (("ログイン",), 15, True),
        (("no", "such"), 15, True),
    ],
)
def test_headings_choose_among_several(
    material: Material, heading_path: tuple[str, ...], line: int, moved: bool
) -> None:
    """The place below them, else the first in the file, which is then said to have moved."""
    found = one(material, quote="同じ文。", heading_path=heading_path)
    assert isinstance(found, Placed)
    assert (found.lines, found.moved) == ((line, line), moved)


@pytest.mark.parametrize(
    ("path", "quote", "match", "expected"),
    [
        ("a.md", "この ログイン(トークン)は\n３時間有効", Match.SPACING,
         "このログイン（トークン）は3時間有効"),
        ("sub/b.md", "ガイドは3時間", Match.SPACING, "ｶﾞｲﾄﾞは ３ 時間"),
        ("a.md", "with az acr login. The token is valid", Match.READING,
         "Sign in with `az acr login`. The **token** is valid for 3 hours."),
        ("a.md", "トークン)は3時間有効。パスワードは", Match.READING,
         "このログイン（トークン）は3時間有効。\n- パスワードは不要。"),
    ],
)  # fmt: skip
def test_a_quote_may_be_written_otherwise(
    material: Material, path: str, quote: str, match: Match, expected: str
) -> None:
    """White space, width and Markdown's marks do not hide it; the span is the source's own."""
    found = one(material, path=path, quote=quote)
    assert text(found, material) == expected
    assert isinstance(found, Placed)
    assert found.match is match


def test_without_a_quote_a_section_or_file_is_meant(material: Material) -> None:
    """The section with what lies below it, without white space at its ends."""
    section = one(material, heading_path=("ACR",))
    assert text(section, material).startswith("# ACR\n")
    assert text(section, material).endswith("同じ文。")
    assert isinstance(section, Placed)
    assert section.sections == ("c/a.md#acr", "c/a.md#ログイン", "c/a.md#管理者")
    assert section.lines == (3, 15)
    whole = one(material)
    assert text(whole, material) == NOTES.strip()
    assert isinstance(whole, Placed)
    assert len(whole.sections) == 5


@pytest.mark.parametrize(
    ("source", "why", "nearest", "lines"),
    [
        ({"quote": "このログインは1時間有効。"}, "The quote no longer stands in the file.",
         "このログイン（トークン）は3時間有効。", (9, 9)),
        ({"quote": "3時間有効", "path": "b.md"}, "There is no such file.",
         "このログイン（トークン）は3時間有効。", (9, 9)),
        ({"quote": "計算ガイドは三時間で終わる"}, "The quote no longer stands in the file.",
         "ｶﾞｲﾄﾞは ３ 時間で終わる。", (3, 3)),
        ({"heading_path": ("管理",)}, "There is no such heading in the file.",
         "管理者", (12, 12)),
        ({"quote": "ヴォイニッチ手稿"}, "The quote no longer stands in the file.", "", None),
        ({"quote": "Nothing of the kind"}, "The quote no longer stands in the file.", "", None),
        ({"quote": "x", "path": "../d/a.md"}, "There is no such file.", "", None),
    ],
)  # fmt: skip
def test_a_stale_source_has_its_nearest_text(
    material: Material,
    source: dict[str, object],
    why: str,
    nearest: str,
    lines: tuple[int, int] | None,
) -> None:
    """Of its file, else of its course, never of another; none when nothing is like it."""
    found = one(material, "c", **source)
    assert isinstance(found, Stale)
    assert found.why == why
    assert found.why_ja
    assert nearest in found.nearest
    assert bool(found.nearest) == bool(nearest)
    assert found.nearest_lines == lines
    assert found.item == "a"


def test_paths_are_relative_to_the_course(material: Material) -> None:
    """Or to the corpus folder without one; Windows' and macOS's ways of writing do no harm."""
    for path, course, expected in [
        ("sub/b.md", "c", "c/sub/b.md"),
        ("sub\\b.md", "c", "c/sub/b.md"),
        ("./a.md", "d", "d/a.md"),
        ("c/a.md", "c", "c/a.md"),
        ("c/a.md", None, "c/a.md"),
    ]:
        found = one(material, course, path=path)
        assert isinstance(found, Placed)
        assert found.path == expected
        file = material.files[expected]
        assert material.file(material.relative(file, course), course) is file
    assert isinstance(one(material, None, path="a.md"), Stale)
    assert isinstance(one(material, "d", path="c/a.md"), Stale)


def test_index_and_corpus_say_the_same(corpus: Path, tmp_path: Path) -> None:
    """A run on an index places gold as a check of the files does, the shipped course included."""
    for folder in (corpus, ROOT / "corpus"):
        index = tmp_path / folder.parent.name
        build(folder, index, HashEncoder(), passage_tokens=Settings().passage_tokens)
        ours = Material.from_corpus(read_corpus(folder))
        theirs = Material.from_index(Index.load(index))
        assert list(ours.files) == list(theirs.files)
        for path, file in ours.files.items():
            other = theirs.files[path]
            assert vars(file) == vars(other)
            for statement in file.statements:
                quotes = (statement.text, statement.plain, statement.text[:-1] + "違")
                sources = tuple(Source(path=path, quote=q) for q in quotes if q.strip())
                asked = make_item(sources=sources)
                assert place(asked, ours, None) == place(asked, theirs, None)


def test_every_statement_of_the_shipped_course_is_found() -> None:
    """Verbatim at its own place, and as it reads at a place that holds it."""
    material = Material.from_corpus(read_corpus(ROOT / "corpus"))
    count = 0
    for file in material.files.values():
        headings = {section.id: section.heading_path for section in file.sections}
        seen: set[tuple[str, str]] = set()
        for statement in file.statements:
            here = (statement.section, statement.text)
            source = {"path": file.path, "heading_path": headings[statement.section]}
            found = one(material, None, quote=statement.text, **source)
            assert isinstance(found, Placed)
            assert text(found, material) == statement.text.strip()
            if here not in seen and file.source.count(statement.text) == 1:
                assert found.span == statement.span
                assert found.lines == statement.lines
                assert statement.section in found.sections
                assert not found.moved
                count += 1
            seen.add(here)
            if fold(statement.plain):
                assert isinstance(one(material, None, quote=statement.plain, **source), Placed)
    assert count > 100


@given(st.text())
def test_folding_knows_its_way_back(text: str) -> None:
    """Each folded character comes from a stretch of the text, in order; the two forms agree."""
    made = folded(text)
    assert made.text == fold(text)
    assert len(made.text) == len(made.starts) == len(made.ends)
    assert list(made.starts) == sorted(made.starts)
    assert all(0 <= a < b <= len(text) for a, b in zip(made.starts, made.ends, strict=True))


@given(st.text(), st.text(min_size=1), st.text())
def test_a_stretch_of_a_text_is_found_in_it(before: str, quote: str, after: str) -> None:
    """Folded, wherever it was cut out, unless a mark at its end belongs to what was cut off."""
    wanted = fold(quote)
    if wanted and wanted in fold(before + quote + after):
        span = folded(before + quote + after).find(wanted, (0, len(before + quote + after)))
        assert span is not None
        assert wanted in fold((before + quote + after)[slice(*span)])


def test_check_lists_stale_and_moved_sources(corpus: Path, material: Material) -> None:
    """With the line of the item and the question's number; retired items are left alone."""
    moved = Source(path="a.md", heading_path=("ACI",), quote="3時間有効")
    gone = Source(path="a.md", quote="24時間有効")
    later = Followup(question="それで?", sources=(gone,))
    path = corpus / "c" / "golden.jsonl"
    items = [
        make_item("a", sources=(moved,), tags=("t", "must")),
        make_item("b", followups=(later,)),
        make_item("r", sources=(gone,), status=Status.RETIRED),
    ]
    write(path, items)
    with path.open("a", encoding="utf-8") as stream:
        stream.write("{}\n")
    checked = check(path, material, course_of(path, corpus))
    assert [(one.line, one.row, one.placed.heading_path) for one in checked.moved] == [
        (1, "a", ("ACR", "ログイン"))
    ]
    assert [(one.line, one.row, one.stale.item, one.stale.quote) for one in checked.gone] == [
        (2, "b#2", "b", "24時間有効")
    ]
    assert {problem.line for problem in checked.problems} == {4}
    assert checked.questions == 4
    assert checked.counts["status"] == {"reviewed": 3, "retired": 1}
    assert checked.counts["kind"] == {"duration": 2, "freeform": 1}
    assert checked.counts["tag"] == {"must": 1, "t": 1}


def test_the_course_of_a_set(corpus: Path, tmp_path: Path) -> None:
    """That whose folder it lies in, at any depth; none elsewhere."""
    (corpus / "sets").mkdir()
    assert course_of(corpus / "c" / "golden.jsonl", corpus) == "c"
    assert course_of(corpus / "c" / "sub" / "more.yaml", corpus) == "c"
    assert course_of(corpus / "sets" / "a.jsonl", corpus) is None
    assert course_of(corpus / "a.jsonl", corpus) is None
    assert course_of(tmp_path / "a.jsonl", corpus) is None
    (corpus / "course.toml").touch()
    assert course_of(corpus / "c" / "golden.jsonl", corpus) == "corpus"


def test_the_sets_of_all_courses(corpus: Path) -> None:
    """Each course's golden.jsonl, in order of the courses."""
    for course in ("d", "c"):
        (corpus / course / "golden.jsonl").touch()
    (corpus / "c" / "other.jsonl").touch()
    assert list(own_sets(corpus)) == [corpus / "c/golden.jsonl", corpus / "d/golden.jsonl"]


def test_thousands_of_sources_are_placed(tmp_path: Path) -> None:
    """1,000 files and 4,000 items; what is stale has a nearest text, however many there are."""
    (tmp_path / "c").mkdir()
    for n in range(1000):
        lines = "".join(f"文{n}の{k}番目は{n * 7 + k}時間です。\n\n" for k in range(4))
        (tmp_path / "c" / f"{n}.md").write_text(f"# 見出し{n}\n\n{lines}", encoding="utf-8")
    material = Material.from_corpus(read_corpus(tmp_path))
    items = [
        make_item(f"{n}", sources=(Source(path=f"{n % 1000}.md", quote=f"文{n % 1000}の1番目"),))
        for n in range(4000)
    ]
    for item in items:
        assert not place(item, material, "c")[1]
    for item in items:
        gone = replace_quote(item.sources[0], "文999の9番目は消えた")
        (stale,) = place(item.model_copy(update={"sources": (gone,)}), material, "c")[1]
        assert stale.nearest


def replace_quote(source: Source, quote: str) -> Source:
    """Return the source with another quote."""
    return source.model_copy(update={"quote": quote})
