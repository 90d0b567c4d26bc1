"""A run in the background serves who ordered it, and nobody else."""

from __future__ import annotations

import json
import threading
from pathlib import Path
from typing import Any

import pytest

from coursebot.errors import RunError
from coursebot.evaluation.run import Run
from coursebot.people import NOBODY, Person, Role
from coursebot.web import visiting
from coursebot.web.instructor.jobs import Jobs, Order


class Whole:
    """An assistant that is weighed as it is."""

    def weighted(self, _weights: object) -> Whole:
        """Return itself."""
        return self


@pytest.mark.parametrize("person", [Person("sato", Role.INSTRUCTOR, frozenset({"a"})), NOBODY])
def test_a_run_sees_what_its_instructor_sees(tmp_path: Path, person: Person) -> None:
    """Also where another person's request comes meanwhile."""
    golden = tmp_path / "golden.jsonl"
    item = {"id": "g", "question": "Why?", "lang": "en", "status": "draft", "unanswerable": True}
    golden.write_text(json.dumps(item) + "\n", encoding="utf-8")
    served, done = [], threading.Event()

    def evaluate(*_given: object, **_named: object) -> Run:
        served.append(visiting.current())
        done.set()
        raise RunError("enough")

    whole: Any = Whole()
    jobs = Jobs(whole, tmp_path / "runs", evaluate=evaluate)
    with visiting.serving(person):
        jobs.start(Order(golden))
    with visiting.serving(Person("mori", Role.ADMIN)):
        assert done.wait(60)
        jobs.close()
    assert served == [person]
