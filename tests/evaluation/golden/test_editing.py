"""One item ▶ its file, without losing what others write there meanwhile."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest
from filelock import FileLock
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from coursebot.errors import ConflictError, GoldenError
from coursebot.evaluation import golden, replacing
from coursebot.evaluation.golden import editing, files
from coursebot.evaluation.golden.editing import NEW, GoldenFile, ItemConflictError
from coursebot.evaluation.golden.records import GoldenItem
from tests.evaluation.golden.conftest import golden_items, items_with, make_item

SUFFIXES = [".jsonl", ".yaml"]


@pytest.fixture(params=SUFFIXES)
def path(request: pytest.FixtureRequest, tmp_path: Path) -> Path:
    """Return a set of the items a, b and c in each format."""
    made = tmp_path / f"set{request.param}"
    golden.write(made, [make_item(id) for id in "abc"])
    return made


def changed(id: str, note: str) -> GoldenItem:
    """Return one of these items with a note."""
    return make_item(id, note=note)


def test_an_item_is_saved_in_its_place(path: Path) -> None:
    """With the revision it was read with; the new one is good for the next save."""
    file = GoldenFile(path)
    found, _ = file.read()
    revision = file.save(changed("b", "1"), golden.revision(found.items[1]))
    file.save(changed("b", "2"), revision)
    assert [item.note for item in file.read()[0].items] == ["", "2", ""]


def test_new_items_come_last(path: Path) -> None:
    """Whatever else happened; the set's revision serves as well."""
    file = GoldenFile(path)
    _, revision = file.read()
    file.save(make_item("d"), NEW)
    file.save(make_item("e"), revision)
    assert [item.id for item in file.read()[0].items] == list("abcde")


def test_two_editors_of_different_items_both_win(path: Path) -> None:
    """Each has read the set before the other saved."""
    one, other = GoldenFile(path), GoldenFile(path)
    items = one.read()[0].items
    other.save(changed("a", "x"), golden.revision(items[0]))
    one.save(changed("b", "y"), golden.revision(items[1]))
    one.delete("c", golden.revision(items[2]))
    assert list(one.read()[0].items) == [changed("a", "x"), changed("b", "y")]


def test_the_second_editor_of_an_item_is_told(path: Path) -> None:
    """Nothing is overwritten; the error has the item as it is, and how to save after all."""
    file = GoldenFile(path)
    read = golden.revision(file.read()[0].items[0])
    file.save(changed("a", "first"), read)
    before = path.read_bytes()
    with pytest.raises(ConflictError, match="'a'") as raised:
        file.save(changed("a", "second"), read)
    assert isinstance(raised.value, ItemConflictError)
    assert raised.value.current == changed("a", "first")
    with pytest.raises(ItemConflictError):
        file.delete("a", read)
    assert path.read_bytes() == before
    file.save(changed("a", "second"), raised.value.revision)
    assert file.read()[0].items[0].note == "second"


def test_a_deleted_item_does_not_come_back_silently(path: Path) -> None:
    """Its editor is told that it is gone, and may put it back."""
    file = GoldenFile(path)
    read = golden.revision(file.read()[0].items[0])
    file.delete("a", read)
    with pytest.raises(ItemConflictError, match="deleted") as raised:
        file.save(changed("a", "x"), read)
    assert raised.value.current is None
    with pytest.raises(ItemConflictError):
        file.delete("a", read)
    file.save(changed("a", "x"), raised.value.revision)
    assert [item.id for item in file.read()[0].items] == list("bca")


def test_a_new_item_does_not_replace_another(path: Path) -> None:
    """Two who choose the same id are told apart."""
    with pytest.raises(ItemConflictError) as raised:
        GoldenFile(path).save(changed("a", "mine"), NEW)
    assert raised.value.current == make_item("a")


def test_saving_twice_is_no_conflict(path: Path) -> None:
    """A request that is sent again finds its own work and is content."""
    file = GoldenFile(path)
    read = golden.revision(file.read()[0].items[0])
    first = file.save(changed("a", "x"), read)
    assert file.save(changed("a", "x"), read) == first


def test_the_sets_revision_holds_until_anything_changes(path: Path) -> None:
    """Retired items and their order included."""
    file = GoldenFile(path)
    _, before = file.read()
    assert file.read()[1] == before
    file.save(changed("a", "x"), before)
    with pytest.raises(ItemConflictError):
        file.save(changed("b", "x"), before)


def test_an_item_can_be_renamed(path: Path) -> None:
    """In its place; not to an id that is taken."""
    file = GoldenFile(path)
    items = file.read()[0].items
    file.save(make_item("z"), golden.revision(items[1]), replaces="b")
    assert [item.id for item in file.read()[0].items] == list("azc")
    with pytest.raises(GoldenError, match="There is an item 'c' already"):
        file.save(make_item("c", "other"), golden.revision(make_item("z")), replaces="z")


def test_a_question_is_not_asked_twice(path: Path) -> None:
    """An item that would make the set invalid is refused."""
    before = path.read_bytes()
    with pytest.raises(GoldenError, match="'a' asks the same question"):
        GoldenFile(path).save(make_item("d", make_item("a").question), NEW)
    assert path.read_bytes() == before


def test_extend_takes_all_or_none(path: Path) -> None:
    """The message names what is there already."""
    file = GoldenFile(path)
    file.extend([make_item("d"), make_item("e")])
    before = path.read_bytes()
    with pytest.raises(GoldenError, match="a is already the id of"):
        file.extend([make_item("f"), make_item("a", "new")])
    assert path.read_bytes() == before
    assert [item.id for item in file.read()[0].items] == list("abcde")


@pytest.mark.parametrize("suffix", SUFFIXES)
def test_extend_makes_the_file(tmp_path: Path, suffix: str) -> None:
    """When there is none; a single save does not."""
    file = GoldenFile(tmp_path / f"new{suffix}")
    with pytest.raises(golden.InvalidGoldenError, match="no such file"):
        file.save(make_item("a"), NEW)
    file.extend([make_item("a")])
    assert file.read()[0].items == (make_item("a"),)


def test_a_file_with_problems_is_not_saved_to(path: Path) -> None:
    """Its faulty lines are somebody's work; they are named and kept."""
    with path.open("a", encoding="utf-8") as stream:
        stream.write('{"id": "half"\n' if path.suffix == ".jsonl" else "- id: half\n")
    before = path.read_bytes()
    file = GoldenFile(path)
    for save in (
        lambda: file.save(make_item("d"), NEW),
        lambda: file.delete("a", golden.revision(make_item("a"))),
        lambda: file.extend([make_item("d")]),
    ):
        with pytest.raises(golden.InvalidGoldenError) as raised:
            save()
        assert raised.value.problems
    assert path.read_bytes() == before


def test_other_lines_stay_byte_for_byte(tmp_path: Path) -> None:
    """However they are written, with line ends, spaces and mark; JSON lines."""
    path = tmp_path / "a.jsonl"
    odd = b'\xef\xbb\xbf{ "id":"a", "lang":"ja","question":"\\u3042", "unanswerable":true }\r\n\r\n'
    rest = b'{"lang":"en","id":"z","question":"z","unanswerable":true,"tags":[]}'
    middle = files.text_of([make_item("b")], ".jsonl").encode().replace(b"\n", b"\r\n")
    path.write_bytes(odd + middle + rest)
    file = GoldenFile(path)
    new = changed("b", "x")
    file.save(new, golden.revision(make_item("b")))
    line = files.text_of([new], ".jsonl").encode().replace(b"\n", b"\r\n")
    assert path.read_bytes() == odd + line + rest
    file.delete("b", golden.revision(new))
    assert path.read_bytes() == odd + rest
    file.save(make_item("c"), NEW)
    assert (
        path.read_bytes() == odd + rest + b"\n" + files.text_of([make_item("c")], ".jsonl").encode()
    )


def test_comments_of_a_yaml_file_stay(tmp_path: Path) -> None:
    """Those between the items and the way in which the others are written."""
    path = tmp_path / "a.yaml"
    text = (
        "# Head\n\n"
        "  - {id: a, lang: ja, question: q1, unanswerable: true} # flow\n"
        "  # before b\n"
        "  - id: b\n"
        "    lang: ja\n"
        "    question: |\n"
        "      q2\n"
        "\n"
        "    unanswerable: true\n"
        "\n"
        "  # before c\n"
        "  -   lang: en   # spaced\n"
        "      id: c\n"
        "      question: 'q3'\n"
        "      unanswerable: true\n"
        "# foot\n"
    )
    path.write_text(text, encoding="utf-8")
    file = GoldenFile(path)
    b = file.read()[0].items[1]
    new = make_item("b", "q2", note="x\n\ny", answers=(), sources=(), unanswerable=True)
    file.save(new, golden.revision(b))
    block = (
        "  - id: b\n    lang: ja\n    question: q2\n    unanswerable: true\n"
        "    note: |-\n      x\n\n      y\n    status: reviewed\n"
    )
    old = text[text.index("  - id: b") : text.index("\n  # before c")]
    assert path.read_text(encoding="utf-8") == text.replace(old, block)
    file.delete("b", golden.revision(new))
    assert path.read_text(encoding="utf-8") == text.replace(old, "")
    file.save(make_item("d"), NEW)
    assert path.read_text(encoding="utf-8").startswith(text.replace(old, ""))
    assert [item.id for item in file.read()[0].items] == list("acd")


@pytest.mark.parametrize(
    "text",
    [
        "[{id: a, lang: ja, question: q, unanswerable: true}, {id: b, lang: ja, question: r, "
        "unanswerable: true}]\n",
        "-\n  id: a\n  lang: ja\n  question: q\n  unanswerable: true\n- {id: b, lang: ja, "
        "question: r, unanswerable: true}",
        "---\r\n- id: a\r\n  lang: ja\r\n  question: q\r\n  unanswerable: true\r\n\r\n"
        "- unanswerable: true\r\n  id: b\r\n  lang: ja\r\n  question: >-\r\n    r\r\n",
    ],
)
def test_yaml_of_every_layout_is_edited(tmp_path: Path, text: str) -> None:
    """Flow lists, dashes on lines of their own, Windows' line ends, no line end at the end."""
    path = tmp_path / "a[1].yaml"
    path.write_bytes(text.encode())
    file = GoldenFile(path)
    a, b = file.read()[0].items
    new = changed("a", "x")
    revision = file.save(new, golden.revision(a))
    assert file.read()[0].items == (new, b)
    file.save(make_item("c"), NEW)
    assert file.read()[0].items == (new, b, make_item("c"))
    file.delete("b", golden.revision(b))
    file.delete("a", revision)
    file.delete("c", golden.revision(make_item("c")))
    assert file.read()[0].items == ()
    file.save(new, NEW)
    assert file.read()[0].items == (new,)


def test_an_item_that_was_never_checked_is_not_written(path: Path) -> None:
    """Pydantic's copies may hold anything; the file stays as it is."""
    before = path.read_bytes()
    for note in ("\ud800", "\0"):
        with pytest.raises(GoldenError, match="holds what cannot be written"):
            GoldenFile(path).save(make_item("d").model_copy(update={"note": note}), NEW)
    assert path.read_bytes() == before


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(golden_items, items_with(st.just("new")), st.data(), st.sampled_from(SUFFIXES))
def test_saving_is_what_it_says(
    tmp_path: Path, items: list[GoldenItem], item: GoldenItem, data: st.DataObject, suffix: str
) -> None:
    """Whatever items hold: replaced, added and deleted, the file reads as the list would be."""
    items = [one for one in items if one.id != "new"]
    path = tmp_path / f"set{suffix}"
    golden.write(path, items)
    file = GoldenFile(path)
    wanted = list(items)
    if items:
        at = data.draw(st.integers(0, len(items) - 1))
        new = item.model_copy(update={"id": items[at].id})
        file.save(new, golden.revision(items[at]))
        wanted[at] = new
        assert list(file.read()[0].items) == wanted
        file.delete(new.id, golden.revision(new))
        del wanted[at]
    file.save(item, NEW)
    assert list(file.read()[0].items) == [*wanted, item]


def test_many_threads_save_at_once(path: Path) -> None:
    """Every item arrives, none twice."""
    threads = [
        threading.Thread(target=GoldenFile(path).save, args=(make_item(f"t{n}"), NEW))
        for n in range(12)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    ids = [item.id for item in golden.read(path).items]
    assert sorted(ids) == sorted([*"abc", *(f"t{n}" for n in range(12))])


SAVER = """
import sys, time
from pathlib import Path
from coursebot.evaluation.golden import GoldenFile, revision
from coursebot.evaluation.golden.records import GoldenItem
from coursebot.types import Language

file, who = GoldenFile(Path(sys.argv[1])), sys.argv[2]
number = 0
while True:
    number += 1
    id = f"{who}{number}"
    item = GoldenItem(id=id, lang=Language.JA, question=id, unanswerable=True)
    file.save(item, "new")
    print(id, flush=True)
    time.sleep(0.01)  # or the other one may wait for its turn until it gives up
"""


def saver(path: Path, who: str) -> subprocess.Popen[str]:
    """Start a process that saves new items until it is killed, and names each when it is saved."""
    return subprocess.Popen(
        [sys.executable, "-c", SAVER, str(path), who], stdout=subprocess.PIPE, text=True
    )


@pytest.mark.skipif(os.name == "nt", reason="SIGKILL is POSIX's")
def test_killed_saves_lose_nothing(tmp_path: Path) -> None:
    """Two processes save to one file and are killed at any moment, again and again."""
    path = tmp_path / "a.jsonl"
    golden.write(path, [make_item("first", note="x" * 50_000)])
    saved: set[str] = {"first"}
    for turn in range(3):
        started = [saver(path, f"{turn}{who}") for who in "ab"]
        for process in started:
            assert process.stdout is not None
            first = process.stdout.readline().strip()
            assert first
            saved.add(first)
        time.sleep(0.05 + 0.07 * turn)
        for process in started:
            process.send_signal(signal.SIGKILL)
            said = process.communicate()[0].splitlines()
            saved.update(said)
        found = {item.id for item in golden.read(path).items}
        assert saved <= found
        # Killed between the save and its word of it, a process has saved one more.
        assert len(found - saved) <= 2
        saved = found
    assert len(saved) > 6
    GoldenFile(path).save(make_item("last"), NEW)
    left = {entry.name for entry in tmp_path.iterdir()} - {".a.jsonl.lock"}
    assert left == {"a.jsonl"}


def test_a_save_that_waits_too_long_says_so(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Somebody holds the lock."""
    monkeypatch.setattr(editing, "_SECONDS", 0.05)
    with (
        FileLock(path.with_name(f".{path.name}.lock")),
        pytest.raises(GoldenError, match=r"another save has not ended"),
    ):
        GoldenFile(path).save(make_item("d"), NEW)


def test_a_folder_that_cannot_be_written(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The message says which and why; the set is as it was."""

    def refuse(*_arguments: object, **_options: object) -> int:
        raise PermissionError(13, "Permission denied")

    before = path.read_bytes()
    monkeypatch.setattr(replacing, "_replace", refuse)
    with pytest.raises(GoldenError, match=r"cannot be written \(Permission denied\)"):
        GoldenFile(path).save(make_item("d"), NEW)
    assert path.read_bytes() == before
