"""Which files of a folder become documents of which course, and which are refused and how."""

from __future__ import annotations

import hashlib
import os
from pathlib import Path

import pytest

from coursebot.course import read_corpus
from coursebot.errors import CorpusError
from coursebot.types import Refusal


def write(root: Path, files: dict[str, str | bytes]) -> Path:
    """Write files below a folder and return it."""
    for name, content in files.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content.encode() if isinstance(content, str) else content)
    return root


def test_first_level_folders_are_courses(tmp_path: Path) -> None:
    """Courses lie side by side, files at any depth, in the order of course and path."""
    write(tmp_path, {"b/x.md": "x", "b/deep/er/y.MARKDOWN": "y", "a/z.md": "z", "a/n.txt": "n"})
    corpus = read_corpus(tmp_path)
    assert [course.name for course in corpus.courses] == ["a", "b"]
    assert [(d.course, d.path) for d in corpus.documents] == [
        ("a", "a/z.md"),
        ("b", "b/deep/er/y.MARKDOWN"),
        ("b", "b/x.md"),
    ]


def test_a_course_is_described_by_its_toml(tmp_path: Path) -> None:
    """Title, language, description and link template are read."""
    described = 'title = "T"\nlanguage = "ja"\ndescription = "D"\nlink = "https://x/{path}"\n'
    write(tmp_path, {"a/course.toml": described, "a/x.md": "x"})
    (course,) = read_corpus(tmp_path).courses
    assert (course.name, course.title, course.language) == ("a", "T", "ja")
    assert (course.description, course.link_template) == ("D", "https://x/{path}")


def test_loose_files_make_one_course_more(tmp_path: Path) -> None:
    """Files beside the courses' folders are a course named after the corpus folder."""
    write(tmp_path, {"notes/x.md": "x", "notes/sub/y.md": "y"})
    corpus = read_corpus(tmp_path / "notes")
    assert [course.name for course in corpus.courses] == ["notes", "sub"]
    assert [(d.course, d.path) for d in corpus.documents] == [
        ("notes", "x.md"),
        ("sub", "sub/y.md"),
    ]


def test_a_folder_with_a_course_toml_is_one_course(tmp_path: Path) -> None:
    """Naming the course's own folder as the corpus works."""
    write(tmp_path, {"c/course.toml": 'title = "T"', "c/sub/y.md": "y"})
    corpus = read_corpus(tmp_path / "c")
    assert [(course.name, course.title) for course in corpus.courses] == [("c", "T")]
    assert [(d.course, d.path) for d in corpus.documents] == [("c", "sub/y.md")]


@pytest.mark.parametrize(
    ("described", "message"),
    [
        ("titel = 'x'", "a/course.toml: unknown key 'titel'. Known: title, language, descr"),
        ("title = 3", "a/course.toml: 'title' must be a text in quotes. Correct it."),
        ("title", "a/course.toml: not valid TOML"),
        ("link = 'ftp://x/{path}'", "a/course.toml: 'link' must be an http(s) address"),
        ("link = 'https://x/'", "a/course.toml: 'link' must be an http(s) address"),
        (b"title = '\xff'", "a/course.toml: not UTF-8. Save it as UTF-8."),
        ("title = " + "[" * 3000, "a/course.toml: too deep, or a number too long. Correct it."),
        ("title = " + "9" * 5000, "a/course.toml: too deep, or a number too long. Correct it."),
    ],
)
def test_a_bad_course_toml_is_named(tmp_path: Path, described: str | bytes, message: str) -> None:
    """The error says which key of which file is wrong."""
    write(tmp_path, {"a/course.toml": described, "a/x.md": "x"})
    with pytest.raises(CorpusError) as raised:
        read_corpus(tmp_path)
    assert str(raised.value).startswith(message)


def test_a_course_toml_that_is_no_file_is_refused(tmp_path: Path) -> None:
    """A pipe is not waited for."""
    write(tmp_path, {"a/x.md": "x"})
    os.mkfifo(tmp_path / "a" / "course.toml")
    with pytest.raises(CorpusError, match=r"a/course.toml: not a file of less than 10 MB"):
        read_corpus(tmp_path)


def test_a_linked_course_toml_is_not_followed(tmp_path: Path) -> None:
    """What lies outside the folder is not published as a title either."""
    root = write(tmp_path, {"out.toml": "title = 'secret'", "k/a/x.md": "x"})
    (root / "k/a/course.toml").symlink_to(root / "out.toml")
    with pytest.raises(CorpusError, match=r"a/course.toml: a symbolic link"):
        read_corpus(root / "k")


def test_no_folder_and_no_markdown_are_errors(tmp_path: Path) -> None:
    """The error names the folder and what to put there."""
    with pytest.raises(CorpusError, match="there is no such folder"):
        read_corpus(tmp_path / "none")
    with pytest.raises(CorpusError, match="holds no Markdown file"):
        read_corpus(write(tmp_path, {"a/x.txt": "x", ".git/y.md": "y"}))


def test_files_that_cannot_be_used_are_refused_and_the_others_read(tmp_path: Path) -> None:
    """Each refusal is one line that says what, where and what to do."""
    files: dict[str, str | bytes] = {
        "c/good.md": "Good.",
        "c/sjis.md": "一行目\n".encode() + "日本語".encode("cp932"),
        "c/binary.md": b"PK\n\x00\x01",
        "c/empty.md": b"",
        "c/blank.md": "\ufeff \n\u3000\n",
        "c/rule.md": "---\n",
    }
    corpus = read_corpus(write(tmp_path, files))
    assert [document.path for document in corpus.documents] == ["c/good.md"]
    assert corpus.refusals == (
        Refusal(
            "c/binary.md",
            "binary, not text: a zero byte in line 2. Save it as UTF-8 text or remove it.",
            2,
        ),
        Refusal("c/blank.md", "empty. Write something into it or remove it."),
        Refusal("c/empty.md", "empty. Write something into it or remove it."),
        Refusal("c/rule.md", "has no text that could be cited. Add some or remove it."),
        Refusal("c/sjis.md", "not UTF-8: byte 0x93 in line 2. Save it as UTF-8.", 2),
    )


def test_a_file_of_fifty_megabytes_is_refused_unread(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its size alone refuses it: not a byte of it is read."""
    write(tmp_path, {"c/good.md": "Good."})
    with (tmp_path / "c/huge.md").open("wb") as file:
        file.truncate(50_000_000)
    read = Path.read_bytes

    def reading(path: Path) -> bytes:
        assert path.name != "huge.md"
        return read(path)

    monkeypatch.setattr(Path, "read_bytes", reading)
    assert read_corpus(tmp_path).refusals == (
        Refusal(
            "c/huge.md", "50 MB; files above 10 MB are not read. Split it into one file a lesson."
        ),
    )


def test_an_unreadable_file_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The system's reason is given."""
    write(tmp_path, {"c/good.md": "Good.", "c/locked.md": "x"})
    read = Path.read_bytes

    def locked(path: Path) -> bytes:
        if path.name == "locked.md":
            raise PermissionError(13, "Permission denied")
        return read(path)

    monkeypatch.setattr(Path, "read_bytes", locked)
    assert read_corpus(tmp_path).refusals == (
        Refusal("c/locked.md", "cannot be read (Permission denied). Check its permissions."),
    )


def test_line_ends_and_byte_order_mark_are_taken_off(tmp_path: Path) -> None:
    """The source has line feeds only; the digest is that of the file as it lies there."""
    data = "\ufeff# A\r\n\r\nText.\rMore.\r\n".encode()
    (document,) = read_corpus(write(tmp_path, {"c/x.md": data})).documents
    assert document.source == "# A\n\nText.\nMore.\n"
    assert document.digest == hashlib.sha256(data).hexdigest()
    for statement in document.statements:
        assert document.source[slice(*statement.span)] == statement.text


def test_links_that_lead_out_or_round_are_refused(tmp_path: Path) -> None:
    """Nothing outside the folder is published, and a cycle ends."""
    root = write(tmp_path, {"k/c/x.md": "x", "outside/secret.md": "s", "k/c/shared/y.md": "y"})
    (root / "k/c/out.md").symlink_to(root / "outside/secret.md")
    (root / "k/c/outdir").symlink_to(root / "outside")
    (root / "k/c/loop").symlink_to(root / "k")
    (root / "k/c/self.md").symlink_to(root / "k/c/self.md")
    (root / "k/d").symlink_to(root / "k/c/shared")
    corpus = read_corpus(root / "k")
    assert [d.path for d in corpus.documents] == ["c/shared/y.md", "c/x.md", "d/y.md"]
    assert [(refusal.path, refusal.reason.split(";")[0]) for refusal in corpus.refusals] == [
        ("c/loop", "a symbolic link to a folder that it stands in (a cycle)"),
        ("c/out.md", "a symbolic link that leads out of the corpus folder"),
        ("c/outdir", "a symbolic link that leads out of the corpus folder"),
        ("c/self.md", "a symbolic link that leads nowhere or to itself"),
    ]


def test_folders_that_link_to_each_other_are_read_once_more_at_most(tmp_path: Path) -> None:
    """Many mutual links do not multiply."""
    names = [f"c{number}" for number in range(8)]
    root = write(tmp_path, {f"{name}/x.md": "x" for name in names})
    for name in names:
        for other in names:
            if name != other:
                (root / name / f"to-{other}").symlink_to(root / other)
    assert len(read_corpus(root).documents) <= 2 * len(names)


def test_a_name_that_is_not_utf8_and_a_pipe_are_refused(tmp_path: Path) -> None:
    """What cannot be named or read to its end does not stop the others."""
    root = write(tmp_path, {"c/x.md": "x"})
    os.mkfifo(root / "c/pipe.md")
    Path(os.fsdecode(os.fsencode(root / "c") + b"/\xff.md")).write_text("y")
    assert [(refusal.path, refusal.reason) for refusal in read_corpus(root).refusals] == [
        ("c/\\udcff.md", "its name is not UTF-8; rename it."),
        ("c/pipe.md", "not a regular file; remove it."),
    ]


def test_the_digest_follows_content_and_description(tmp_path: Path) -> None:
    """Same folder, same digest; another byte or another title, another digest."""
    write(tmp_path, {"c/x.md": "x", "c/course.toml": 'title = "A"'})
    first = read_corpus(tmp_path).digest
    assert read_corpus(tmp_path).digest == first
    write(tmp_path, {"c/course.toml": 'title = "B"'})
    second = read_corpus(tmp_path).digest
    write(tmp_path, {"c/x.md": "x "})
    assert len({first, second, read_corpus(tmp_path).digest}) == 3


def test_only_refused_files_are_an_error(tmp_path: Path) -> None:
    """The error names the first of them and why."""
    with pytest.raises(
        CorpusError, match=r"none of its 1 Markdown files can be used.*c/x.md: empty"
    ):
        read_corpus(write(tmp_path, {"c/x.md": ""}))
