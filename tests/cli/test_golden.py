"""``coursebot golden``: what it prints, writes and refuses."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from coursebot.cli import app
from coursebot.evaluation import golden
from coursebot.evaluation.golden.records import Followup, Source, Status
from tests.conftest import ROOT
from tests.evaluation.golden.conftest import NOTES, make_item

runner = CliRunner()
SHORT = "# Other\n\nNothing of the kind.\n"


def run(*arguments: str) -> Result:
    """Run ``coursebot golden …`` in this process."""
    return runner.invoke(app, ["golden", *arguments])


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return a folder to work in, with the courses ``c`` and ``d`` in ``corpus``."""
    for course, text in (("c", NOTES), ("d", SHORT)):
        (tmp_path / "corpus" / course).mkdir(parents=True)
        (tmp_path / "corpus" / course / "a.md").write_text(text, encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.fixture
def own(folder: Path) -> Path:
    """Return the golden set of the course ``c``: three items, one of them retired."""
    path = folder / "corpus" / "c" / "golden.jsonl"
    later = Followup(question="それで?", unanswerable=True)
    items = [make_item("a", tags=("must",)), make_item("b", followups=(later,))]
    golden.write(path, [*items, make_item("r", status=Status.RETIRED)])
    return path


def test_check_of_a_good_set(own: Path) -> None:
    """Counts, and that all is well."""
    result = run("check")
    assert (result.exit_code, result.stderr) == (0, "")
    lines = [" ".join(line.split()) for line in result.stdout.splitlines()]
    assert lines == [
        "corpus/c/golden.jsonl course c",
        "items 3 (4 questions)",
        "status reviewed 3 · retired 1",
        "lang ja 3",
        "kind duration 2 · unanswerable 1",
        "difficulty medium 3",
        "origin author 3",
        "tag must 1",
        "No problems; every quote stands in the material.",
    ]
    assert run("check", "c").stdout == run("check", "corpus/c").stdout
    assert run("check", "corpus/c/golden.jsonl").stdout == result.stdout


def test_check_of_a_bad_set(own: Path) -> None:
    """Each fault with line and field; exit code 1."""
    with own.open("a", encoding="utf-8") as stream:
        stream.write('{"id": "x[bold]", "lang": "jp\\u001b[2J", "question": "q"}\n')
    result = run("check")
    assert result.exit_code == 1
    rows = [line.split(maxsplit=3) for line in result.stdout.splitlines() if line.startswith("4 ")]
    assert [(row[0], row[1]) for row in rows] == [("4", "x[bold]"), ("4", "x[bold]")]
    assert "lang" in rows[1][2]
    assert "\x1b" not in result.stdout
    assert result.stderr == "Error: 2 problems; correct what is listed and check again.\n"


def stale(own: Path) -> None:
    """Change the material below the set, and move a heading."""
    notes = own.with_name("a.md")
    text = NOTES.replace("3時間有効", "1時間有効")
    notes.write_text(text, encoding="utf-8")
    moved = Source(path="a.md", heading_path=("ACI",), quote="パスワードは不要。")
    items = golden.read(own).items
    golden.write(own, [items[0], make_item("m", sources=(moved,))])


def test_check_of_a_stale_set(own: Path) -> None:
    """What stood there, what stands there now; a warning, and with --strict a failure."""
    stale(own)
    result = run("check")
    assert result.exit_code == 0
    lines = [" ".join(line.split()) for line in result.stdout.splitlines()]
    at = lines.index("line item stale, and the nearest text that stands there now")
    assert lines[at + 1 : at + 4] == [
        "1 a The quote no longer stands in the file. a.md",
        "- 3時間有効",
        "+ このログイン（トークン）は1時間有効。 c/a.md:9",
    ]
    assert lines[-2:] == [
        "line item found, but otherwise than the set says",
        "2 m moved to ACR › ログイン c/a.md:10",
    ]
    warning = "1 source no longer in the material; choose the quotes anew.\n"
    assert result.stderr == f"Warning: {warning}"
    strict = run("check", "--strict")
    assert (strict.exit_code, strict.stderr) == (1, f"Error: {warning}")


def test_check_as_json(own: Path) -> None:
    """Everything, for programs."""
    stale(own)
    (found,) = json.loads(run("check", "--json").stdout)["sets"]
    assert found["stale"] == [
        {
            "line": 1,
            "item": "a",
            "source": 1,
            "path": "a.md",
            "quote": "3時間有効",
            "why": "The quote no longer stands in the file.",
            "nearest": "このログイン（トークン）は1時間有効。",
            "nearest_path": "c/a.md",
            "nearest_lines": [9, 9],
        }
    ]
    assert found["moved"] == [
        {
            "line": 2,
            "item": "m",
            "source": 1,
            "path": "c/a.md",
            "lines": [10, 10],
            "moved": True,
            "match": "verbatim",
            "heading_path": ["ACR", "ログイン"],
        }
    ]
    own.write_text("{}\n", encoding="utf-8")
    result = run("check", "--json")
    assert result.exit_code == 1
    (found,) = json.loads(result.stdout)["sets"]
    assert found["problems"][0] == {
        "line": 1,
        "item": "",
        "field": "question",
        "message": "is missing.",
    }
    assert (found["course"], found["items"], found["questions"]) == ("c", 0, 0)


def test_check_of_a_set_elsewhere(own: Path, folder: Path) -> None:
    """Its paths are relative to the corpus folder, or to the course that is named."""
    path = folder / "x.yaml"
    golden.write(path, [make_item("a")])
    assert run("check", "x.yaml", "--strict").exit_code == 1
    assert run("check", "x.yaml", "--strict", "--course", "c").exit_code == 0
    unknown = run("check", "x.yaml", "--course", "z")
    assert unknown.stderr == "Error: There is no course 'z'. Courses: c, d.\n"


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ((), "Error: No course in corpus has a golden set. Begin one: coursebot golden new "
         "COURSE.\n"),
        (("nothing",), "Error: nothing: neither a golden set (.jsonl, .yaml, .yml) nor a course "
         "in corpus. Such as: coursebot golden check FILE.\n"),
        (("--corpus", "none"), "Error: No course in none has a golden set. Begin one: coursebot "
         "golden new COURSE.\n"),
    ],
)  # fmt: skip
def test_check_without_a_set(folder: Path, arguments: tuple[str, ...], message: str) -> None:
    """It says what to do."""
    result = run("check", *arguments)
    assert (result.exit_code, result.stderr) == (1, message)


def test_check_of_a_missing_file(folder: Path) -> None:
    """It names the command that makes one."""
    result = run("check", "none.jsonl")
    assert result.exit_code == 1
    assert "coursebot golden new none.jsonl" in " ".join(result.stdout.split())


@pytest.mark.parametrize("target", ["c", "d", "corpus/c/golden.jsonl", "x.jsonl", "x.yaml"])
def test_new_begins_with_a_draft(folder: Path, target: str) -> None:
    """A sentence of the course that check finds; nothing is overwritten."""
    result = run("new", target)
    path = Path(target) if "." in target else Path("corpus", target, "golden.jsonl")
    assert (result.exit_code, result.stdout) == (
        *(0, f"{path} begins with one draft. Edit it, then: coursebot golden check {path}\n"),
    )
    (item,) = golden.read(path).items
    assert item.status is Status.DRAFT
    source = SHORT if target == "d" else NOTES
    assert item.sources[0].quote in source
    assert run("check", str(path), "--strict").exit_code == 0
    before = path.read_bytes()
    again = run("new", target)
    assert (again.exit_code, again.stderr) == (
        1,
        f"Error: {path}: is there already, and is left as it is. "
        f"Look through it: coursebot golden check {path}\n",
    )
    assert path.read_bytes() == before


def test_the_comments_of_a_new_yaml_set_are_an_example(folder: Path) -> None:
    """Without their marks they are items without a fault."""
    run("new", "x.yaml")
    text = Path("x.yaml").read_text(encoding="utf-8")
    example = text[text.index("# - id:") : text.index("- id: first-question")]
    Path("y.yaml").write_text(
        "".join(line.removeprefix("# ") for line in example.splitlines(keepends=True)).replace(
            "#\n", "\n"
        ),
        encoding="utf-8",
    )
    assert [item.id for item in golden.read(Path("y.yaml")).items] == ["token-hours", "capital"]


def test_import_of_a_spreadsheet(own: Path, folder: Path) -> None:
    """All or nothing, unless bad rows are to be passed over."""
    before = own.read_bytes()
    Path("q.csv").write_text("question,answer\n何時間?,3時間\n,x\n", encoding="utf-8")
    refused = run("import", "q.csv", "--into", "c")
    assert refused.exit_code == 1
    assert "question  is missing." in refused.stdout
    assert refused.stderr == (
        "Error: q.csv: 1 problem; nothing was imported. "
        "Correct them, or import the others with --skip-bad.\n"
    )
    assert own.read_bytes() == before
    result = run("import", "q.csv", "--into", "c", "--skip-bad", "--status", "reviewed")
    assert result.stdout.endswith("1 item added to corpus/c/golden.jsonl, 1 problem passed over.\n")
    assert own.read_bytes().startswith(before)
    added = golden.read(own).items[-1]
    assert (added.id, added.status) == ("q-2", Status.REVIEWED)
    twice = run("import", "q.csv", "--into", "c", "--skip-bad")
    assert twice.exit_code == 1
    assert "q-2 is already the id of" in twice.stderr


def test_import_from_excel(own: Path) -> None:
    """Its old encoding is recognised, and read when it is named."""
    Path("q.csv").write_bytes("question,answer\n何時間?,3時間\n".encode("cp932"))
    refused = run("import", "q.csv", "--into", "c")
    assert refused.exit_code == 1
    assert refused.stderr.startswith("Error: q.csv: line 2: not UTF-8. It looks like")
    assert run("import", "q.csv", "--into", "c", "--encoding", "cp932").exit_code == 0


@pytest.mark.parametrize("suffix", ["csv", "jsonl", "yaml"])
def test_export_and_import_are_one_round(own: Path, suffix: str) -> None:
    """The same items come back from each form."""
    result = run("export", "c", f"out.{suffix}")
    assert (result.exit_code, result.stdout) == (0, f"3 items written to out.{suffix}.\n")
    if suffix != "csv":
        assert (
            run("export", "c", "--format", suffix).stdout_bytes
            == Path(f"out.{suffix}").read_bytes()
        )
    assert run("import", f"out.{suffix}", "--into", "back.jsonl").exit_code == 0
    assert golden.read(Path("back.jsonl")).items == golden.read(own).items


def test_import_of_a_golden_set(own: Path) -> None:
    """Those that say no status get the one that is asked for; of two that are the same, one."""
    line = {"id": "x", "lang": "en", "question": "q", "unanswerable": True}
    lines = [line, {**line, "question": "again"}, {**line, "id": "y", "question": "Q?"}]
    lines.append({**line, "id": "z", "question": "z", "status": "retired"})
    text = "".join(json.dumps(one) + "\n" for one in lines)
    Path("x.jsonl").write_text(text + "{\n", encoding="utf-8")
    refused = run("import", "x.jsonl", "--into", "new.yaml", "--status", "reviewed")
    assert refused.exit_code == 1
    assert not Path("new.yaml").exists()
    result = run("import", "x.jsonl", "--into", "new.yaml", "--status", "reviewed", "--skip-bad")
    assert result.stdout.endswith("2 items added to new.yaml, 3 problems passed over.\n")
    assert [(item.id, item.status.value) for item in golden.read(Path("new.yaml")).items] == [
        ("x", "reviewed"),
        ("z", "retired"),
    ]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("import", "none.csv", "--into", "c"), "none.csv: cannot be read (No such file"),
        (("import", "none.jsonl", "--into", "c"), "none.jsonl: 1 problem; nothing was imported"),
        (("import", "none.json", "--as-course", "x"), "none.json: cannot be read (No such file"),
        (("import", "empty.csv", "--into", "c"), "There is nothing to import."),
        (("import", "q.csv", "--into", "no/x.jsonl"), "no/x.jsonl: there is no such folder."),
        (("import", "dev.json", "--as-course", "q.csv/x"), "q.csv/x: cannot be written ("),
        (("new", "no/x.jsonl"), "no/x.jsonl: cannot be written (No such file"),
        (("export", "c", "no/x.csv"), "no/x.csv: cannot be written (No such file"),
        (("export", "none.jsonl"), "none.jsonl: 1 problem: there is no such file; make one with"),
    ],
)
def test_what_cannot_be_read_or_written(
    own: Path, arguments: tuple[str, ...], message: str
) -> None:
    """One line says which file and why."""
    Path("empty.csv").write_text("question\n", encoding="utf-8")
    Path("q.csv").write_text("question,unanswerable\nq,1\n", encoding="utf-8")
    Path("dev.json").write_text('{"data": []}', encoding="utf-8")
    before = own.read_bytes()
    result = run(*arguments)
    assert result.exit_code == 1
    assert result.stderr.startswith(f"Error: {message}")
    assert result.stderr.count("\n") == 1
    assert own.read_bytes() == before


def test_squad_becomes_a_course_and_goes_out_again(folder: Path) -> None:
    """One command makes the course, the next its golden set in SQuAD's form again."""
    context = "The Normans gave their name to Normandy."
    asked = {"id": "q1", "question": "Who?", "answers": [{"text": "The Normans"}]}
    data = {"data": [{"title": "N", "paragraphs": [{"context": context, "qas": [asked]}]}]}
    Path("dev.json").write_text(json.dumps(data), encoding="utf-8")
    result = run("import", "dev.json", "--as-course", "corpus/squad", "--status", "reviewed")
    assert (result.exit_code, result.stdout, result.stderr) == (
        0,
        "1 item added to corpus/squad/golden.jsonl.\n",
        "corpus/squad is a course of 1 file.\n",
    )
    assert run("check", "squad", "--strict").exit_code == 0
    out = run("export", "squad", "--format", "squad")
    assert json.loads(out.stdout)["data"][0]["paragraphs"][0]["qas"][0]["id"] == "q1"
    assert run("import", "dev.json", "--into", "other.jsonl").exit_code == 0
    assert golden.read(Path("other.jsonl")).items[0].sources[0].path == "squad/n/001.md"


def test_export_says_what_it_leaves_out(own: Path) -> None:
    """SQuAD has no follow-ups."""
    result = run("export", "c", "out.json")
    assert result.stdout == "2 items written to out.json.\n"
    assert result.stderr == "b is left out: it has follow-ups.\n"


@pytest.mark.parametrize(
    "arguments",
    [
        ("import", "x.csv"),
        ("import", "x.csv", "--into", "c", "--as-course", "y"),
        ("import", "x.csv", "--as-course", "y"),
        ("import", "x.txt", "--into", "c"),
        ("export", "c", "out.txt"),
        ("export", "c", "corpus/c/golden.jsonl"),
    ],
)
def test_wrong_usage(own: Path, arguments: tuple[str, ...]) -> None:
    """What contradicts itself is exit code 2, and nothing is written."""
    before = own.read_bytes()
    assert run(*arguments).exit_code == 2
    assert own.read_bytes() == before


def test_a_bad_set_is_not_exported(own: Path) -> None:
    """Its problems are in the message."""
    own.write_text("{\n", encoding="utf-8")
    result = run("export", "c")
    assert result.exit_code == 1
    assert result.stderr.startswith("Error: corpus/c/golden.jsonl: 1 problem: line 1: ")


def test_the_example_of_the_manual_is_a_good_item(folder: Path) -> None:
    """It reads without a fault, and stands in the shipped course."""
    text = (ROOT / "docs" / "golden.md").read_text(encoding="utf-8")
    example = text.split("```yaml\n", 1)[1].split("```", 1)[0]
    Path("x.yaml").write_text(example, encoding="utf-8")
    corpus = str(ROOT / "corpus")
    result = run("check", "x.yaml", "--strict", "--corpus", corpus, "--course", "az-500")
    assert (result.exit_code, result.stderr) == (0, "")
