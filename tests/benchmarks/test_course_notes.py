"""Which courses a question about notes is asked in."""

from __future__ import annotations

import pytest

from benchmarks import course_notes, data


class Listening:
    """An assistant that only notes the course; judging is replaced."""

    def __init__(self) -> None:
        self.courses: list[str | None] = []

    def ask(self, question: str, *, course: str | None) -> str:
        """Note the course."""
        self.courses.append(course)
        return question


@pytest.mark.parametrize(("course_only", "courses"), [(False, [None]), (True, ["cloud"])])
def test_course_only_asks_in_the_gold_file_s_course(
    course_only: bool, courses: list[str | None], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The first folder of the file is the course; otherwise all are searched."""
    monkeypatch.setattr(course_notes, "judge", lambda question, answer: answer)
    assistant = Listening()
    question = data.Question("1", "q", "ja", gold=("cloud/deep/file.md",))
    judged = course_notes.run(assistant, [question], course_only=course_only)  # type: ignore[arg-type]
    assert assistant.courses == courses
    assert list(map(str, judged)) == ["q"]
