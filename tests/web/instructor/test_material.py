"""The material that golden sources are placed in, as several instructors need it by turns."""

from __future__ import annotations

import gc
from pathlib import Path

import pytest

from coursebot.evaluation.golden import Material
from coursebot.feedback import Store
from coursebot.web.instructor import shell
from coursebot.web.instructor.shell import Desk
from tests.api_server import open_assistant


def test_it_is_read_once_for_each_index(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Who sees other courses does not push it out; with its index it is forgotten."""
    read: list[object] = []
    real = Material.from_index

    def counted(index: object) -> Material:
        read.append(type(index).__name__)
        return real(index)  # type: ignore[arg-type]

    monkeypatch.setattr(Material, "from_index", counted)
    assistants = [open_assistant(tmp_path / name) for name in ("one", "other")]
    desks = [Desk(one, Store.open(one.settings)) for one in assistants]
    first = [desk.material for desk in desks]
    assert [desk.material for desk in desks] == first
    assert first[0] is not first[1]
    assert len(read) == 2
    held = len(shell._MATERIALS)
    del assistants, desks, first
    gc.collect()
    assert len(shell._MATERIALS) == held - 2
