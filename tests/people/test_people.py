"""The file of people, and who may see what."""

from __future__ import annotations

import errno
import json
import stat
import threading
from pathlib import Path

import pytest

from coursebot.errors import PeopleError
from coursebot.people import EVERYONE, NOBODY, People, Person, Role
from coursebot.types import Course

WORDS = "four quiet words here"


def course(*groups: str) -> Course:
    """Return a course of some groups."""
    return Course("c", "C", "en", groups=groups)


@pytest.mark.parametrize(
    ("person", "groups", "seen"),
    [
        (NOBODY, (), True),
        (NOBODY, (EVERYONE,), False),
        (NOBODY, ("a",), False),
        (Person("x"), (EVERYONE,), True),
        (Person("x"), ("a",), False),
        (Person("x", groups=frozenset({"b"})), ("a", "b"), True),
        (Person("x", Role.INSTRUCTOR), ("a",), False),
        (Person("x", Role.ADMIN), ("a",), True),
        (Person("", groups=frozenset({"a"})), ("a",), False),
    ],
)
def test_who_sees_a_course(person: Person, groups: tuple[str, ...], seen: bool) -> None:
    """Open to all; else by group, and only to somebody."""
    assert person.sees(course(*groups)) is seen


def test_people_are_kept(tmp_path: Path) -> None:
    """With hashes alone, for the file's owner alone; another process sees it at once."""
    file = tmp_path / "data" / "people.json"
    writing, reading = People(file), People(file)
    assert reading.all() == {}
    writing.add("Hana", WORDS, Role.LEARNER, ["b", "a", "a"])
    found = reading.check("hana", WORDS)
    assert found is not None
    assert found.person == Person("hana", Role.LEARNER, frozenset({"a", "b"}))
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert stat.S_IMODE(file.parent.stat().st_mode) == 0o700
    assert "quiet" not in file.read_text(encoding="utf-8")
    writing.change("hana", role=Role.ADMIN, groups=[])
    changed = reading.get("hana")
    assert changed is not None
    assert (changed.role, changed.groups, changed.version) == ("admin", (), found.version)
    writing.change("hana", password="another four words")
    assert reading.check("hana", WORDS) is None
    writing.remove("hana")
    assert reading.check("hana", "another four words") is None


@pytest.mark.parametrize("name", ["", "a b", "a" * 65, "a/b", "<b>", "a\nb"])
def test_a_name_is_plain(tmp_path: Path, name: str) -> None:
    """It is written into pages, lists and files."""
    with pytest.raises(PeopleError, match="letters, digits"):
        People(tmp_path / "p.json").add(name, WORDS, Role.LEARNER, [])


def test_nobody_twice_and_nobody_unknown(tmp_path: Path) -> None:
    """Each refusal names the command that helps."""
    people = People(tmp_path / "p.json")
    people.add("hana", WORDS, Role.LEARNER, [])
    with pytest.raises(PeopleError, match=r"There is a hana already\. .*people change"):
        people.add("HANA", WORDS, Role.LEARNER, [])
    with pytest.raises(PeopleError, match=r"nobody called 'taro'\. .*people list"):
        people.remove("taro")


@pytest.mark.parametrize(
    "text",
    [
        "{",
        '{"format": 2, "people": []}',
        '{"format": 1, "people": [{"name": "a", "password": "plain words"}]}',
        '{"format": 1, "people": [{"name": "a", "role": "root", "password": ""}]}',
    ],
)
def test_a_damaged_file_lets_nobody_in(tmp_path: Path, text: str) -> None:
    """Neither those of before, and what it holds is not told: it may be a hash."""
    file = tmp_path / "p.json"
    people = People(file)
    people.add("hana", WORDS, Role.LEARNER, [])
    assert people.get("hana")
    file.write_text(text, encoding="utf-8")
    for _ in range(2):
        with pytest.raises(PeopleError, match="damaged") as told:
            people.get("hana")
        assert "plain words" not in str(told.value)


def test_many_who_write_lose_nothing(tmp_path: Path) -> None:
    """Each waits for the others."""
    file = tmp_path / "p.json"
    names = [f"n{n}" for n in range(4)]
    threads = [
        threading.Thread(target=lambda n=n: People(file).add(n, WORDS, Role.LEARNER, []))
        for n in names
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(one["name"] for one in json.loads(file.read_text())["people"]) == names


def test_a_full_disk_leaves_the_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Everybody may still sign in, and the refusal says why."""
    file = tmp_path / "p.json"
    people = People(file)
    people.add("hana", WORDS, Role.LEARNER, ["a"])
    kept = file.read_bytes()

    def full(_descriptor: int) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr("os.fsync", full)
    with pytest.raises(PeopleError, match="No space left on device"):
        people.change("hana", groups=["b"])
    assert file.read_bytes() == kept
    assert [one.name for one in tmp_path.iterdir() if "lock" not in one.name] == ["p.json"]
