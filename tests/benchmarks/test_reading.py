"""JSQuAD's gold passages, read by a reader that can be foreseen."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import pytest

from benchmarks import data, reading
from coursebot.types import Reading, Section, Statement

RAIN = data.Source(
    "rain",
    "梅雨",
    "梅雨は北海道を除く日本で見られる。5月から7月にかけて来る。雨季の一種である。",
)
ASKED = data.Question(
    "q1", "梅雨はいつ来るか。", "ja", gold=("rain",), answers=("5月から7月", "5月から7月にかけて")
)


@dataclass
class Marking:
    """A reader that likes the lines with a mark, and finds the short answer before another.

    It reads ``at_once`` of the candidates, as the real one has a limit.
    """

    likes: str
    until: str
    at_once: int = 1
    name: str = "marking 1"
    fingerprint: str = "0"
    asked: list[tuple[str, ...]] = field(default_factory=list)

    def read(
        self,
        question: str,
        candidates: Sequence[Statement],
        sections: Mapping[str, Section],
        siblings: Mapping[str, Sequence[Statement]],
    ) -> Mapping[str, Reading]:
        """Return what was read of the first candidates."""
        self.asked.append(tuple(one.plain for one in candidates))
        assert all(one in siblings[one.section] for one in candidates)
        assert all(one.section in sections for one in candidates)
        return {
            one.id: Reading(
                score=float(self.likes in one.plain),
                span=(0, max(one.plain.find(self.until), 0)),
                certainty=1.0,
            )
            for one in candidates[: self.at_once]
        }


def test_a_passage_is_cut_as_a_course_is() -> None:
    """Its title is the heading, which is no answer; each sentence is a line."""
    made = reading.material(RAIN)
    assert [line.plain for line in made.lines] == [
        "梅雨は北海道を除く日本で見られる。",
        "5月から7月にかけて来る。",
        "雨季の一種である。",
    ]
    assert [section.heading_path for section in made.sections.values()] == [("梅雨",)]
    assert made.siblings[made.lines[0].section][0].plain == "梅雨"


def test_every_line_is_read_and_the_likeliest_answers() -> None:
    """The lines that share most with the question first, until none is left."""
    reader = Marking(likes="7月", until="にかけて")
    assert reading.answer(reader, ASKED.text, reading.material(RAIN)) == "5月から7月"
    assert [len(lines) for lines in reader.asked] == [3, 2, 1]
    assert reader.asked[0][0] == "梅雨は北海道を除く日本で見られる。"


def test_a_reader_that_reads_nothing_answers_nothing() -> None:
    """It is not asked for ever."""
    reader = Marking(likes="", until="", at_once=0)
    assert reading.answer(reader, ASKED.text, reading.material(RAIN)) == ""
    assert len(reader.asked) == 1


def test_the_best_wording_counts() -> None:
    """Six characters of six; and of the seven of 5月から7月頃, six: 2 × 6 / 13."""
    (right,) = reading.judge(Marking(likes="7月", until="にかけて"), [RAIN], [ASKED])
    assert (right.given, right.exact, right.f1) == ("5月から7月", 1.0, 1.0)
    shorter = data.Question("q2", ASKED.text, "ja", gold=("rain",), answers=("5月から7月頃", "冬"))
    (near,) = reading.judge(Marking(likes="7月", until="にかけて"), [RAIN], [shorter])
    assert near.exact == 0.0
    assert near.f1 == pytest.approx(12 / 13)


def test_ours_stands_below_the_published_readers() -> None:
    """And is left out when nothing was read."""
    found = [reading.Read(str(n), str(n), "", float(n % 2), 0.5) for n in range(10)]
    lines = reading.table(found, "marking 1").splitlines()
    assert lines[0] == "| JSQuAD with the gold passage, 10 questions | exact match | F1 |"
    assert lines[2] == "| one annotator against the others | .871 | .944 |"
    assert lines[-1].startswith("| marking 1 | .500 [")
    assert lines[-1].endswith("| .500 [.500, .500] |")
    assert len(reading.table([], "").splitlines()) == 2 + len(reading.PUBLISHED)
