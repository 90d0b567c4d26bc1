"""The corpora of growing size, and what is said of them."""

from __future__ import annotations

import json
import xml.etree.ElementTree as ET
from pathlib import Path

import pytest

from benchmarks import growth, plot
from coursebot.course import read_corpus
from coursebot.encoder.fake import HashEncoder
from coursebot.index import Index, build


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Return data sets with a few sentences."""
    for name, file in (("jaquad-train", "train"), ("jsquad-valid", "valid")):
        (tmp_path / name).mkdir()
        text = "".join(f"{name}の{n}番目の文は、これくらいの長さがあります。" for n in range(40))
        row = {"id": name, "title": "題", "text": f"短い。{text}終わらない文はここで切れて"}
        file_ = tmp_path / name / f"{file}.passages.jsonl"
        file_.write_text(json.dumps(row) + "\n", encoding="utf-8")
    return tmp_path


def test_no_two_texts_are_the_same(folder: Path, tmp_path: Path) -> None:
    """Each passage is one, with a heading and two sentences, and each text is embedded."""
    known = growth.sentences(folder)
    assert len(known) == 80
    growth.write(tmp_path / "corpus", known, 220)
    corpus = read_corpus(tmp_path / "corpus")
    assert len(corpus.documents) == -(-220 // growth.OF_A_FILE)
    report = build(tmp_path / "corpus", tmp_path / "out", HashEncoder(), passage_tokens=512)
    assert (report.passages, report.statements) == (220, 660)
    assert (report.embedded, report.reused) == (880, 0)
    texts = [passage.text for passage in Index.load(tmp_path / "out").passages]
    assert len(set(texts)) == 220


def test_growth_is_the_slope_of_the_logarithms() -> None:
    """Linear is 1, whatever the factor."""
    assert growth.exponent([1, 3, 10], [7, 21, 70]) == pytest.approx(1)
    assert growth.exponent([1, 3, 10], [2, 18, 200]) == pytest.approx(2)


def made(passages: int, seconds: float) -> growth.Build:
    """Return what a build may have taken."""
    stages = {"texts embedded": seconds / 2, "courses asked": seconds / 4}
    return growth.Build(
        passages,
        3 * passages,
        2,
        5,
        seconds,
        stages,
        seconds,
        9.0,
        4.0,
        2**20,
        "c0ffee",
        "a machine",
    )


def test_the_table_names_stages_growth_and_machine() -> None:
    """Questions of small and of large corpora stand in one column."""
    text = growth.markdown([made(1000, 8.0), made(10_000, 80.0)])
    assert "| 10,000 | 40,000 | 2 | 80 s | 40 s | 20 s | 20 s | 80 MiB | 5 MiB | 1 MiB |" in text
    assert "time n^1.00, time without questions n^1.00, memory n^1.00, disk n^0.00" in text
    assert text.count("At commit c0ffee: a machine") == 1


def test_the_plot_is_drawn() -> None:
    """A panel for each thing that was measured, beside linear growth from its first point."""
    root = ET.fromstring(growth.drawn([made(1000, 8.0), made(10_000, 160.0)]))
    space = {"s": "http://www.w3.org/2000/svg"}
    panels = root.findall("s:g", space)
    assert [panel.findtext("s:text", None, space) for panel in panels] == [
        "time, minutes",
        "memory, GiB",
        "disk, GiB",
    ]
    measured, linear = (
        [tuple(map(float, point.split(","))) for point in line.attrib["points"].split()]
        for line in panels[0].findall("s:polyline", space)
    )
    assert measured[0] == linear[0]
    assert measured[1][0] == linear[1][0]
    assert measured[1][1] < linear[1][1]  # twenty times the time is drawn above ten times
    assert all(0 < x < plot.WIDTH and 0 < y < plot.HEIGHT for x, y in (*measured, *linear))


def test_the_memory_of_a_process_is_seen() -> None:
    """The peak of this one is some MiB, and not less than it is now."""
    watched = growth._Peak()
    assert watched.stop() >= growth._anonymous() * 0.5 > 1
