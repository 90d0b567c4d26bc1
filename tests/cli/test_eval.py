"""``coursebot eval`` and ``sweep`` as they are called: tables, exit codes, interruptions."""

from __future__ import annotations

import csv
import io
import json
import os
import random
import shlex
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
import yaml
from typer.testing import CliRunner, Result

from coursebot.cli import app
from coursebot.encoder.fake import HashEncoder
from coursebot.evaluation.golden import write
from coursebot.evaluation.golden.records import MUST, Expected
from coursebot.evaluation.run import list_runs, read_run
from tests.evaluation.run.conftest import IDS, ITEMS, NOTES

ROOT = Path(__file__).parents[2]
COURSEBOT = [sys.executable, "-m", "coursebot"]


@pytest.fixture
def course(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, hash_encoder: HashEncoder) -> Path:
    """Return a working folder with one course, its golden set and its index."""
    (tmp_path / "corpus" / "c").mkdir(parents=True)
    (tmp_path / "corpus" / "c" / "notes.md").write_text(NOTES, encoding="utf-8")
    write(tmp_path / "corpus" / "c" / "golden.jsonl", ITEMS)
    monkeypatch.chdir(tmp_path)
    assert run("index").exit_code == 0
    return tmp_path


def run(*arguments: str) -> Result:
    """Run the command line in this process."""
    return CliRunner().invoke(app, list(arguments))


def test_the_one_golden_set_is_asked(course: Path) -> None:
    """The table has the headline, the failures and the report's path."""
    made = run("eval", "--name", "first")
    assert made.exit_code == 0, made.output
    assert "first: " in made.stdout
    assert "1 stale and not counted" in made.stdout
    assert "abstained_rightly" in made.stdout
    assert "Report: runs/first/report.html" in made.stdout
    assert "<html" in (course / "runs" / "first" / "report.html").read_text(encoding="utf-8")
    info = read_run(course / "runs" / "first").info
    assert (info.golden, info.course) == ("corpus/c/golden.jsonl", "c")


def test_json_is_for_programs(course: Path) -> None:
    """All metrics, with n and interval."""
    record = json.loads(run("eval", "--json", "--tag", "acr").stdout)
    assert record["questions"] == 4
    assert record["metrics"]["right"]["n"] == 3
    assert (course / record["folder"] / "items.jsonl").exists()


def test_a_bad_golden_set_is_2_and_every_problem_named(course: Path) -> None:
    """One problem a line."""
    (course / "bad.jsonl").write_text('{"id": 1}\nnonsense\n', encoding="utf-8")
    made = run("eval", "bad.jsonl")
    assert made.exit_code == 2
    assert "line 2: not JSON" in made.stderr
    assert not (course / "runs").exists()


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--index", "nowhere"], "There is no index in nowhere"),
        (["--gate", "nowhere"], "There is no run 'nowhere'"),
        (["--course", "d"], "no such file"),
        (["--tag", "x"], "has the tag x"),
        (["--weights", "x=1"], "There is no weight 'x'"),
        (["--name", "a/b"], "cannot be the name of a run"),
    ],
)
def test_what_cannot_be_measured_is_2(course: Path, arguments: list[str], said: str) -> None:
    """And says why: 1 is the gate's alone."""
    made = run("eval", *arguments)
    assert (made.exit_code, said in made.stderr) == (2, True), made.output


def test_two_golden_sets_must_be_told_apart(course: Path) -> None:
    """The courses are named."""
    shutil.copytree(course / "corpus" / "c", course / "corpus" / "d")
    made = run("eval")
    assert made.exit_code == 2
    assert "have a golden.jsonl: c, d. Name one: coursebot eval --course NAME." in made.stderr


def test_the_gate_lets_the_same_run_pass(course: Path) -> None:
    """By folder or by name."""
    run("eval", "--out", ".", "--name", "baseline")
    made = run("eval", "--gate", "baseline/")
    assert (made.exit_code, "Gate: passed." in made.stdout) == (0, True), made.output


def test_the_gate_stops_a_must_item_that_fails_now(
    course: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """With exit code 1, saying which and why."""
    write(
        course / "corpus" / "c" / "golden.jsonl",
        [item.model_copy(update={"tags": (MUST,)}) for item in ITEMS if not item.followups],
    )
    with monkeypatch.context() as bold:  # whatever is found is given as an answer
        bold.setenv("COURSEBOT_ANSWERED_ABOVE", "0")
        bold.setenv("COURSEBOT_UNSURE_ABOVE", "0")
        run("eval", "--name", "baseline")
    rows = read_run(course / "runs" / "baseline").rows
    watched = [row.id for row in rows if row.verdict and row.verdict.values.get("right")]
    assert watched
    monkeypatch.setenv("COURSEBOT_ANSWERED_ABOVE", "1")
    monkeypatch.setenv("COURSEBOT_UNSURE_ABOVE", "1")
    made = run("eval", "--gate", "baseline")
    assert made.exit_code == 1, made.output
    for id in watched:
        assert f"must pass  {id}" in made.stdout
    assert "Error: the gate is shut: items that must pass fail now" in made.stderr


def test_a_baseline_of_another_golden_set_is_2_before_anything_is_asked(course: Path) -> None:
    """The command that makes a new one is named."""
    run("eval", "--name", "baseline")
    other = ITEMS[1].model_copy(update={"answers": (Expected(text="four"),)})
    write(course / "corpus" / "c" / "golden.jsonl", [ITEMS[0], other])
    made = run("eval", "--gate", "baseline")
    assert made.exit_code == 2
    assert "another golden set" in made.stderr
    assert [found.info.name for found in list_runs(course / "runs")] == ["baseline"]


def test_a_sweep_is_one_table(course: Path) -> None:
    """A row a combination; for programs as JSON and CSV, from the same runs."""
    wanted = ["sweep", "--passage-tokens", "64", "--weights", "default;dense=0"]
    made = run(*wanted)
    assert made.exit_code == 0, made.output
    assert "bundled-64-default" in made.stdout
    record = json.loads(run(*wanted, "--json").stdout)
    assert [one["weights"] for one in record["combinations"]] == ["default", "dense=0"]
    rows = list(csv.DictReader(io.StringIO(run(*wanted, "--csv").stdout)))
    for row, one in zip(rows, record["combinations"], strict=True):
        assert float(row["right"]) == one["metrics"]["right"]
    assert len(list_runs(course / record["folder"])) == 2


def test_ctrl_c_keeps_what_is_done_and_says_what_goes_on(
    course: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The command that it names finishes the run."""
    from coursebot.evaluation.run.writer import Writer

    append = Writer.append

    def stop(writer: Writer, *row: object) -> None:
        if len(writer.rows) == 5:
            raise KeyboardInterrupt
        append(writer, *row)  # type: ignore[arg-type]

    with monkeypatch.context() as patched:
        patched.setattr(Writer, "append", stop)
        made = run("eval", "--weights", "lexical=2")
    assert made.exit_code == 130
    assert f"Stopped: 5 of {len(IDS)} questions are kept in runs/c-" in made.stderr
    command = made.stderr.partition("Go on with: ")[2].strip()
    again = run(*shlex.split(command)[1:])
    assert "Going on with runs/c-" in again.stderr
    assert again.exit_code == 0
    assert len(list_runs(course / "runs")) == 1


def test_a_run_that_was_stopped_while_its_report_was_written_goes_on(course: Path) -> None:
    """The same command writes the report; afterwards the name is taken."""
    assert run("eval", "--name", "x").exit_code == 0
    digest = read_run(course / "runs" / "x").info.digest
    (course / "runs" / "x" / "report.html").unlink()
    refused = run("eval", "--name", "x", "--tag", "acr")
    assert refused.exit_code == 2
    assert "There is a run called x already" in refused.stderr
    again = run("eval", "--name", "x")
    assert again.exit_code == 0, again.stderr
    assert (course / "runs" / "x" / "report.html").exists()
    assert read_run(course / "runs" / "x").info.digest == digest
    assert run("eval", "--name", "x").exit_code == 2


def test_tables_that_nobody_reads_do_not_say_that_the_gate_is_shut(course: Path) -> None:
    """A closed pipe ends with the code of other filters, never with 1."""
    reading, writing = os.pipe()
    os.close(reading)
    with os.fdopen(writing, "w") as closed:
        code = subprocess.run(
            [*COURSEBOT, "golden", "check"], stdout=closed, stderr=subprocess.PIPE, check=False
        ).returncode
    assert code == 141


@pytest.mark.model
@pytest.mark.timeout(300)
def test_a_run_that_is_killed_ends_as_an_unbroken_one(
    real_index: Path, cache: Path, tmp_path: Path
) -> None:
    """Killed with -9 after some rows, three times; nothing finished is asked again."""
    # Without git, so that a commit during the test is no other code.
    environment = {
        **os.environ,
        "COURSEBOT_CACHE": str(cache),
        "COURSEBOT_INDEX": str(real_index),
        "PATH": "",
    }

    def command(out: str) -> list[str]:
        return [*COURSEBOT, "eval", "--out", str(tmp_path / out)]

    subprocess.run(command("whole"), cwd=ROOT, env=environment, check=True, capture_output=True)
    (whole,) = list_runs(tmp_path / "whole")
    chance = random.Random(20261128)
    kept = 0
    for _ in range(3):
        aim = kept + chance.randint(5, whole.info.questions // 5)
        with subprocess.Popen(
            command("killed"),
            cwd=ROOT,
            env=environment,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        ) as process:
            while rows_in(tmp_path / "killed") < aim and process.poll() is None:
                time.sleep(0.001)
            process.send_signal(signal.SIGKILL)
        kept = rows_in(tmp_path / "killed")
        assert aim <= kept < whole.info.questions
    done = subprocess.run(
        command("killed"), cwd=ROOT, env=environment, check=True, capture_output=True, text=True
    )
    assert f"Questions: {whole.info.questions:,}, {kept:,} of them done before" in done.stderr
    (ended,) = list_runs(tmp_path / "killed")
    assert ended.info.digest == whole.info.digest


def rows_in(runs: Path) -> int:
    """Return how many whole rows the one run holds."""
    return sum(file.read_bytes().count(b"\n") for file in runs.glob("*/items.jsonl"))


@pytest.mark.model
@pytest.mark.timeout(300)
def test_the_workflow_of_the_docs_does_what_it_says(course_folder: Path, cache: Path) -> None:
    """Its commands are run as they stand, in a repository as it is drawn there."""
    text = (ROOT / "docs" / "gate.md").read_text(encoding="utf-8")
    workflow = yaml.safe_load(text.partition("```yaml\n")[2].partition("```")[0])
    steps = workflow["jobs"]["gate"]["steps"]
    commands = [step["run"] for step in steps if "run" in step]
    assert commands[0] == "pip install -r requirements.txt"
    repository = course_folder.parent
    # Three runs of a part of the golden set: what is tested is the way, not the course.
    golden = course_folder / "az-500" / "golden.jsonl"
    golden.write_text("".join(golden.read_text(encoding="utf-8").splitlines(True)[:60]), "utf-8")
    environment = {
        **os.environ,
        "COURSEBOT_CACHE": str(cache),
        "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}",
    }

    def shell(line: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            ["bash", "-ec", line],
            cwd=repository,
            env=environment,
            capture_output=True,
            text=True,
            check=False,
        )

    baseline = text.partition("## The baseline")[2].partition("```sh\n")[2].partition("```")[0]
    for line in [*baseline.splitlines()[:2], *commands[1:]]:
        made = shell(line)
        assert made.returncode == 0, line + made.stdout + made.stderr
    uploaded = next(step["with"]["path"] for step in steps if "upload" in step.get("uses", ""))
    assert (repository / uploaded).exists()
    again = shell(f"COURSEBOT_ANSWERED_ABOVE=1 COURSEBOT_UNSURE_ABOVE=1 {commands[-1]}2")
    assert again.returncode == 2
    shutil.rmtree(repository / "runs")
    worse = shell(f"COURSEBOT_ANSWERED_ABOVE=1 COURSEBOT_UNSURE_ABOVE=1 {commands[-1]}")
    assert worse.returncode == 1, worse.stdout + worse.stderr
