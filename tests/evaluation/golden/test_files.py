"""Golden set's file ▶ items or problems, and back."""

from __future__ import annotations

import json
import os
import stat
import sys
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings

from coursebot.course.golden import read_questions
from coursebot.evaluation import golden
from coursebot.evaluation.golden import files
from coursebot.evaluation.golden.problems import SHOWN
from coursebot.evaluation.golden.records import GoldenItem, Origin, Status
from coursebot.types import Language
from tests.evaluation.golden.conftest import golden_items, make_item

LINE = {"id": "a", "lang": "ja", "question": "q", "unanswerable": True}


def written(path: Path, *lines: object) -> Path:
    """Write values as JSON lines, and texts and bytes as they are."""
    data = b""
    for line in lines:
        data += line if isinstance(line, bytes) else _text(line).encode() + b"\n"
    path.write_bytes(data)
    return path


def _text(line: object) -> str:
    return line if isinstance(line, str) else json.dumps(line, ensure_ascii=False)


def told(path: Path) -> list[str]:
    """Return the problems as people read them."""
    return [str(problem) for problem in golden.problems(path)]


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(golden_items)
def test_what_is_written_is_read(tmp_path: Path, items: list[GoldenItem]) -> None:
    """Load ▶ save ▶ load is identity in each format, and so is the digest."""
    digests = set()
    for suffix in files.SUFFIXES:
        path = tmp_path / f"set{suffix}"
        golden.write(path, items)
        found = golden.read(path)
        assert list(found.items) == items
        digests.add(found.digest)
        again = path.read_bytes()
        golden.write(path, found.items)
        assert path.read_bytes() == again
    assert len(digests) == 1


def test_the_canonical_form(tmp_path: Path) -> None:
    """Fields in the set's order, defaults left out, one item a line or a block."""
    item = make_item("a", "トークンは?", note="x\ny", followups=())
    golden.write(tmp_path / "a.jsonl", [item])
    assert (tmp_path / "a.jsonl").read_text(encoding="utf-8") == (
        '{"id": "a", "lang": "ja", "question": "トークンは?", '
        '"answers": [{"text": "3時間", "kind": "duration"}], '
        '"sources": [{"path": "a.md", "quote": "3時間有効"}], '
        '"note": "x\\ny", "status": "reviewed"}\n'
    )
    golden.write(tmp_path / "a.yaml", [item, make_item("b", "y", note="")])
    assert (tmp_path / "a.yaml").read_text(encoding="utf-8") == (
        "- id: a\n  lang: ja\n  question: トークンは?\n  answers:\n  - text: 3時間\n"
        "    kind: duration\n  sources:\n  - path: a.md\n    quote: 3時間有効\n"
        "  note: |-\n    x\n    y\n  status: reviewed\n"
        "\n- id: b\n  lang: ja\n  question: y\n  answers:\n  - text: 3時間\n"
        "    kind: duration\n  sources:\n  - path: a.md\n    quote: 3時間有効\n"
        "  status: reviewed\n"
    )


def test_the_digest_follows_what_counts() -> None:
    """Retired items do not, order and content do."""
    a, b = make_item("a"), make_item("b")
    retired = make_item("c", status=Status.RETIRED)
    assert golden.digest([a, b]) == golden.digest([a, retired, b])
    digests = {golden.digest(x) for x in ([a], [a, b], [b, a], [make_item("a", note="n")])}
    assert len(digests) == 4


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ({**LINE, "id": "a b"}, "line 1: id: must be one word of letters, digits and _ . : -, "
         'not "a b".'),
        ({**LINE, "id": "x" * 101}, "line 1: id: is longer than 100 characters."),
        ({**LINE, "lang": "jp"}, 'line 1: lang: must be ja or en, not "jp".'),
        ({**LINE, "question": " \n"}, "line 1: question: is empty."),
        ({**LINE, "question": None}, "line 1: question: has no value; give one or leave the "
         "field out."),
        ({**LINE, "question": 3}, "line 1: question: must be text in quotes, not 3."),
        ({**LINE, "unanswerable": "yes"}, "line 1: unanswerable: must be true or false, without "
         'quotes, not "yes".'),
        ({**LINE, "unanswerable": 1}, "line 1: unanswerable: must be true or false, without "
         "quotes, not 1."),
        ({**LINE, "tags": "a"}, 'line 1: tags: must be a list, not "a".'),
        ({**LINE, "tags": ["a", "b c"]}, "line 1: tags[2]: must be one word of letters, digits "
         'and _ . : -, not "b c".'),
        ({**LINE, "sorces": []}, "line 1: sorces: is no field here; did you mean sources?"),
        ({**LINE, "sources": [{"path": "a", "qoute": "x"}]}, "line 1: sources[1].qoute: is no "
         "field here; did you mean quote?"),
        ({**LINE, "sources": [{"path": "a", "zzz": 1}]}, "line 1: sources[1].zzz: is no field "
         "here; there are path, heading_path, quote, relevance."),
        ({**LINE, "sources": [{"path": "a", "relevance": 4}]}, "line 1: sources[1].relevance: "
         "must be 1, 2 or 3, without quotes, not 4."),
        ({**LINE, "sources": [{"path": "a", "relevance": True}]}, "line 1: sources[1].relevance: "
         "must be 1, 2 or 3, without quotes, not true."),
        ({**LINE, "sources": ["a.md"]}, "line 1: sources[1]: must have fields of its own: path, "
         "heading_path, quote, relevance."),
        ({**LINE, "answers": [{"text": "x"}]}, "line 1: an unanswerable question has no answers; "
         "remove them or set unanswerable to false."),
        ({**LINE, "unanswerable": False}, "line 1: needs answers, sources or both; or set "
         "unanswerable to true."),
        ({**LINE, "followups": [{"question": "q"}]}, "line 1: followups[1]: needs answers, "
         "sources or both; or set unanswerable to true."),
        ({"id": "a"}, "line 1: question: is missing."),
        ("3", "line 1: must be an item: fields and their values."),
        ('{"id": "a", "id": "b"}', "line 1: id: is given twice."),
        ('{"id": "a", "answers": [{"text": "x", "text": "y"}]}',
         "line 1: answers[1].text: is given twice."),
        ('{"id": "a" "lang": "ja"}', "line 1: not JSON: expecting ',' delimiter at character 12."),
        ('{"relevance": NaN}', "line 1: NaN is no JSON value; leave it out or write text in "
         "quotes."),
        ('{"relevance": %s}' % ("9" * 5000), "line 1: a number with too many digits."),
        ("[" * 100_000, "line 1: nested too deep to be read."),
        ("[1]", "line 1: each line holds one item, {…}; this one begins a list. Write one item a "
         "line."),
        ('{"id": "a",', "line 1: an item is spread over several lines; write each on one line."),
        (json.dumps({**LINE, "question": "\ud800"}),
         "line 1: question: holds half of a character (a lone "
         "surrogate); write the whole character."),
        ({**LINE, "question": "a\0b"}, "line 1: question: holds a zero character; remove it."),
        (b'{"id": "\x82\xa0"}\n', "line 1: not UTF-8 (byte 0x82); save the file as UTF-8."),
        ('{"id": "x"}'.encode("utf-16"), "line 1: the file is in UTF-16; save it as UTF-8."),
    ],
)  # fmt: skip
def test_a_problem_is_told_in_words(tmp_path: Path, value: object, expected: str) -> None:
    """Line, field and what to do, without pydantic's terms."""
    assert expected in told(written(tmp_path / "a.jsonl", value))


def test_deep_nesting_in_a_field(tmp_path: Path) -> None:
    """What JSON can still read but no item has is named, not recursed into."""
    deep = '{"id": "a", "tags": ' + "[" * 400 + "]" * 400 + "}"
    assert told(written(tmp_path / "a.jsonl", deep)) == [
        "line 1: tags[1][1]: nested too deep to be read."
    ]


def test_every_problem_is_listed(tmp_path: Path) -> None:
    """In the order of the file; good lines between them do not matter."""
    path = written(
        tmp_path / "a.jsonl",
        {**LINE, "id": "a"},
        {**LINE, "id": "b", "question": "Q?", "lang": "x", "note": 1},
        "",
        {**LINE, "id": "a", "question": " ｑ？"},
        "{",
    )
    assert told(path) == [
        'line 2: lang: must be ja or en, not "x".',
        "line 2: note: must be text in quotes, not 1.",
        "line 4: id: a is already the id of line 1.",
        "line 4: question: the same question as in line 1 (a); change or retire one of them.",
        "line 5: an item is spread over several lines; write each on one line.",
    ]
    found = golden.problems(path)[0]
    assert (found.item, found.field, found.where) == ("b", ("lang",), "lang")
    assert found.text(Language.JA) == 'ja、en のいずれかでなければなりません（"x" は不可）。'
    assert found.text(Language.EN) == found.message


def test_many_problems_make_a_bearable_message(tmp_path: Path) -> None:
    """The error lists the first, counts the others, and carries all."""
    path = written(tmp_path / "a.jsonl", *["{"] * (SHOWN + 1001))
    with pytest.raises(golden.InvalidGoldenError) as raised:
        golden.read(path)
    assert len(raised.value.problems) == SHOWN + 1001
    assert raised.value.message.startswith(f"{path}: 1,021 problems:\nline 1: ")
    assert raised.value.message.endswith("\nand 1,001 more.")
    assert f"coursebot golden check {path}" in str(raised.value)


@pytest.mark.parametrize(
    ("changes", "same"),
    [
        ({}, True),
        ({"status": Status.RETIRED}, False),
        ({"origin": Origin.IMPORT}, True),
        ({"followups": (make_item().model_copy(),)}, False),
    ],
)
def test_when_a_question_is_the_same(changes: dict[str, object], same: bool) -> None:
    """Retired items ask nothing, and other follow-ups make another conversation."""
    one = make_item("a", "How  long？")
    other = make_item("b", "ｈow long").model_copy(update=changes)
    assert files.same_question(one, other) is same


def test_spelling_makes_a_question_of_its_own_in_a_cluster() -> None:
    """Whether full-width forms are understood can be asked for; the same twice cannot."""
    one = make_item("a", "ACIとは", cluster="aci")
    assert not files.same_question(one, make_item("b", "ＡＣＩとは", cluster="aci"))
    assert files.same_question(one, make_item("b", "ACIとは", cluster="aci"))
    assert files.same_question(one, make_item("b", "ＡＣＩとは", cluster="other"))


def test_imported_sets_may_repeat_themselves(tmp_path: Path) -> None:
    """JSQuAD asks the same question about two texts, and about one text twice."""
    items = [make_item(id, "同じ", origin=Origin.IMPORT) for id in "ab"]
    golden.write(tmp_path / "a.jsonl", items)
    assert told(tmp_path / "a.jsonl") == []


@pytest.mark.parametrize("suffix", [".jsonl", ".yaml"])
@pytest.mark.parametrize("mark", [b"", b"\xef\xbb\xbf"])
@pytest.mark.parametrize("end", [b"\n", b"\r\n"])
def test_marks_and_line_ends_do_no_harm(
    tmp_path: Path, suffix: str, mark: bytes, end: bytes
) -> None:
    """A byte order mark and Windows line ends change nothing, nor do blank lines."""
    path = tmp_path / f"a{suffix}"
    items = (make_item("a", note="x\ny"), make_item("b"))
    golden.write(path, items)
    path.write_bytes(mark + path.read_bytes().replace(b"\n", end + end * (suffix == ".jsonl")))
    assert golden.read(path).items == items


@pytest.mark.parametrize("suffix", [".jsonl", ".yaml"])
def test_an_empty_file_is_an_empty_set(tmp_path: Path, suffix: str) -> None:
    """Nothing in it is wrong."""
    (tmp_path / f"a{suffix}").write_bytes(b"\n")
    assert golden.read(tmp_path / f"a{suffix}").items == ()


def test_files_that_cannot_be_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each is named with what to do."""
    (tmp_path / "f.jsonl").mkdir()
    (tmp_path / "link.jsonl").symlink_to(written(tmp_path / "a.jsonl", LINE))
    missing = tmp_path / "none.jsonl"
    assert told(missing) == [
        f"there is no such file; make one with: coursebot golden new {missing}"
    ]
    assert told(tmp_path / "f.jsonl") == ["not a regular file; give the path of a golden set."]
    assert told(tmp_path / "link.jsonl") == [
        "a symbolic link; give the file itself, or copy it here."
    ]
    assert told(tmp_path / "a.txt") == ["a golden set's name ends in .jsonl, .yaml or .yml."]
    monkeypatch.setattr(files, "LARGEST", 10)
    assert told(tmp_path / "a.jsonl") == [
        "0 MB; 0 MB are read at most. Split it into several sets."
    ]

    def refuse(_path: Path) -> bytes:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(files, "LARGEST", 10_000)
    monkeypatch.setattr(Path, "read_bytes", refuse)
    assert told(tmp_path / "a.jsonl") == [
        "cannot be read (Permission denied); check its permissions."
    ]


@pytest.mark.skipif(os.name == "nt", reason="modes are POSIX's")
def test_writing_keeps_the_mode(tmp_path: Path) -> None:
    """A new file is made as the umask says; an old one keeps what it has, and nothing is left."""
    path = tmp_path / "a.jsonl"
    golden.write(path, [make_item()])
    other = tmp_path / "plain"
    other.touch()
    assert stat.S_IMODE(path.stat().st_mode) == stat.S_IMODE(other.stat().st_mode)
    path.chmod(0o640)
    golden.write(path, [])
    assert stat.S_IMODE(path.stat().st_mode) == 0o640
    assert path.read_bytes() == b""
    assert sorted(entry.name for entry in tmp_path.iterdir()) == ["a.jsonl", "plain"]


def test_writing_that_fails_leaves_the_old(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The file is as before, nothing lies beside it, and the message says why."""
    path = tmp_path / "a.jsonl"
    golden.write(path, [make_item()])
    before = path.read_bytes()

    def full(_descriptor: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(golden.InvalidGoldenError.__base__, match="No space left on device"):  # type: ignore[arg-type]
        golden.write(path, [])
    assert path.read_bytes() == before
    assert list(tmp_path.iterdir()) == [path]


def test_the_course_room_agrees_on_what_is_reviewed(tmp_path: Path) -> None:
    """Questions that it suggests to learners are the reviewed, answerable ones."""
    items = [
        make_item("a", " 期間は? "),
        make_item("b", status=Status.DRAFT),
        make_item("c", status=Status.RETIRED),
        make_item("d", answers=(), unanswerable=True),
        make_item("e", "\u2028q"),
    ]
    golden.write(tmp_path / "golden.jsonl", items)
    questions, refusal = read_questions(tmp_path, "golden.jsonl", sys.maxsize)
    assert refusal is None
    assert questions == tuple(
        item.question.strip()
        for item in golden.read(tmp_path / "golden.jsonl").items
        if item.status is Status.REVIEWED and not item.unanswerable
    )
