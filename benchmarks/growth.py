"""Corpora of growing size ▶ how time, memory and disk of a build grow: table and plot in README.md.

Each build is a process of its own, beginning with nothing. What is made is course notes of real
sentences, put together so that no two passages, and no two texts that are embedded, are the same.
"""

from __future__ import annotations

import argparse
import json
import math
import shutil
import subprocess
import sys
import threading
import time
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path

from benchmarks import data, ours, plot, table
from coursebot.config import settings
from coursebot.index import Progress, build
from coursebot.suggestions import Suggester

SIZES = (10_000, 30_000, 100_000)
OF_A_COURSE, OF_A_FILE = 2_500, 50
"""Passages."""
SHORTEST, LONGEST = 18, 40
"""Characters of a sentence that is taken."""
BEGIN, END = "<!-- growth: begin -->", "<!-- growth: end -->"
_PICTURE = "![Time, memory and disk by passages, on logarithmic axes](growth.svg)"
PLOT = Path(__file__).parent / "growth.svg"
MEASURED, LINEAR = "#1f6fd0", "#888888"
_READY = "from benchmarks import ours; ours.load_encoder()"
EVERY = 0.2
"""Seconds between two looks at the memory."""


@dataclass(frozen=True, slots=True)
class Build:
    """What one build took."""

    passages: int
    statements: int
    courses: int
    suggestions: int
    seconds: float
    stages: dict[str, float]
    """Seconds, by what the progress bar says."""
    mebibytes: float
    """Greatest resident size of the build and the processes that it started, together."""
    own: float
    """The same of the build's own process without what is mapped from files."""
    before: float
    """The same, when the model was loaded and nothing else was done yet."""
    bytes: int
    """Size of the version on disk."""
    commit: str = ""
    machine: str = ""


@dataclass(slots=True)
class Stages(Progress):
    """A progress that measures how long each step takes."""

    seconds: dict[str, float] = field(default_factory=dict)
    _what: str = ""
    _since: float = 0.0

    def start(self, total: int, what: str) -> None:
        """Begin a step."""
        self._what, self._since = what, time.perf_counter()

    def advance(self, n: int) -> None:
        """Count nothing."""

    def done(self) -> None:
        """End the step."""
        self.seconds[self._what] = time.perf_counter() - self._since


def main() -> None:
    """Make, build and measure a corpus of each size; ``--write`` puts them into README.md."""
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.growth",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    ours.add_arguments(parser)
    parser.add_argument("--sizes", default=",".join(map(str, SIZES)), help="passages of each")
    parser.add_argument("--workers", type=int, default=0, help="processes that cut; 0: as shipped")
    parser.add_argument("--write", action="store_true", help="put table and plot into README.md")
    parser.add_argument("--again", action="store_true", help="measure again what was measured")
    parser.add_argument("--one", type=Path, help=argparse.SUPPRESS)
    chosen = parser.parse_args()
    if chosen.one:
        print(json.dumps(_build(chosen.one, chosen.work, chosen.workers)))
        return
    made: list[Build] = []
    for size in map(int, chosen.sizes.split(",")):
        kept = chosen.work / f"growth-{size}.json"
        if chosen.again or not kept.exists():
            found = measure(chosen.data, chosen.work, size, chosen.workers)
            kept.write_text(json.dumps(asdict(found)), encoding="utf-8")
        made.append(Build(**json.loads(kept.read_text(encoding="utf-8"))))
        print(markdown(made), flush=True)
        if chosen.write:
            _write(made)


def _write(made: Sequence[Build]) -> None:
    """Put table and plot into README.md."""
    PLOT.write_text(drawn(made), encoding="utf-8")
    table.replace(BEGIN, END, lambda _: f"{markdown(made)}\n\n{_PICTURE}", table.README)


def measure(folder: Path, work: Path, size: int, workers: int) -> Build:
    """Build the index of a corpus of ``size`` passages in a process, and say what it took.

    Raises MissingDataError or CalledProcessError.
    """
    corpus = work / f"growth-{size}"
    write(corpus, sentences(folder), size)
    out = _index(work, corpus)
    shutil.rmtree(out, ignore_errors=True)
    # The model is converted by a process of its own, where it is not yet: it takes much memory.
    subprocess.run([sys.executable, "-c", _READY], check=True)
    command = [sys.executable, "-m", "benchmarks.growth", "--one", str(corpus)]
    command += ["--work", str(work), "--workers", str(workers)]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    watched = _Memory(process.pid)
    printed, _ = process.communicate()
    most = watched.stop()
    if process.returncode:
        raise subprocess.CalledProcessError(process.returncode, command, stderr=printed)
    version = out / (out / "CURRENT").read_text().strip()
    found = Build(
        **json.loads(printed.splitlines()[-1]),
        mebibytes=most,
        bytes=sum(file.stat().st_size for file in version.iterdir()),
        commit=table.commit(),
        machine=table.machine(),
    )
    shutil.rmtree(corpus)
    shutil.rmtree(out)
    return found


def _build(corpus: Path, work: Path, workers: int) -> dict[str, object]:
    """Build one corpus in this process, without the reader."""
    encoder = ours.load_encoder()
    chosen = settings().model_copy(update={"reader": False})
    stages = Stages()
    encoder.encode_passages(["一", "二"])
    before = _anonymous()
    own = _Peak()
    report = build(
        corpus,
        _index(work, corpus),
        encoder,
        passage_tokens=chosen.passage_tokens,
        progress=stages,
        suggest=Suggester(encoder, chosen),
        workers=workers,
        counter=getattr(encoder, "counter", None),
    )
    return {
        "passages": report.passages,
        "statements": report.statements,
        "courses": report.courses,
        "suggestions": report.suggestions,
        "seconds": report.seconds,
        "stages": stages.seconds,
        "own": own.stop(),
        "before": before,
    }


def sentences(folder: Path) -> list[tuple[str, str]]:
    """Return titles and sentences of JaQuAD and JSQuAD, each once, in file order.

    Raises MissingDataError.
    """
    known = data.folder(folder, "jaquad-train", "https://github.com/SkelterLabsInc/JaQuAD")
    more = data.folder(folder, "jsquad-valid", "https://github.com/yahoojapan/JGLUE")
    sources = data.passages(known / "train.passages.jsonl")
    sources += data.passages(more / "valid.passages.jsonl")
    found: dict[str, str] = {}
    for source in sources:
        for sentence in source.text.replace("。", "。\n").splitlines():
            text = sentence.strip()
            if SHORTEST <= len(text) <= LONGEST and text.endswith("。"):
                found.setdefault(text, source.title)
    return [(title, text) for text, title in found.items()]


def passages(known: Sequence[tuple[str, str]], count: int) -> Iterator[tuple[str, str, str]]:
    """Yield ``count`` different headings, each with two sentences of different places."""
    step = 7_919  # a prime: neighbours come from all over the data
    for number in range(count):
        title, first = known[number * step % len(known)]
        round_ = number // len(known) + 1
        _, second = known[(number * step + 31 * round_) % len(known)]
        yield f"{title} {number + 1}", first, second


def write(corpus: Path, known: Sequence[tuple[str, str]], count: int) -> None:
    """Write ``count`` passages as courses of ``OF_A_COURSE``, in files of ``OF_A_FILE``."""
    shutil.rmtree(corpus, ignore_errors=True)
    lines: list[str] = []
    for number, (heading, first, second) in enumerate(passages(known, count), 1):
        lines += [f"# {heading}", "", first, second, ""]
        if number % OF_A_FILE == 0 or number == count:
            course = corpus / f"course-{(number - 1) // OF_A_COURSE:04}"
            course.mkdir(parents=True, exist_ok=True)
            file = course / f"{(number - 1) // OF_A_FILE:05}.md"
            file.write_text("\n".join(lines), encoding="utf-8")
            lines.clear()


def exponent(sizes: Sequence[float], values: Sequence[float]) -> float:
    """Return the b of the best a·n^b; 1 is linear growth."""
    xs, ys = [math.log(n) for n in sizes], [math.log(v) for v in values]
    x, y = sum(xs) / len(xs), sum(ys) / len(ys)
    above = sum((one - x) * (other - y) for one, other in zip(xs, ys, strict=True))
    return above / sum((one - x) ** 2 for one in xs)


def markdown(made: Sequence[Build]) -> str:
    """Return the table, the exponents of growth and where they were measured."""
    stages = list(dict.fromkeys(stage for one in made for stage in one.stages))
    groups = {
        "questions asked": ["questions tried", "courses asked"],
    } | {stage: [stage] for stage in stages if stage not in ("questions tried", "courses asked")}
    shown = sorted(groups, key=lambda name: name == "questions asked")
    head = ["passages", "texts embedded", "courses", "time", *shown, "the rest"]
    head += ["memory", "of it the index'", "disk"]
    lines = [_line(head), _line(["---:"] * len(head))]
    for one in made:
        spent = [sum(one.stages.get(name, 0.0) for name in groups[group]) for group in shown]
        cells = [f"{one.passages:,}", f"{one.passages + one.statements:,}", f"{one.courses:,}"]
        cells += [f"{one.seconds:,.0f} s", *(f"{seconds:,.0f} s" for seconds in spent)]
        cells += [f"{one.seconds - sum(spent):,.0f} s", f"{one.mebibytes:,.0f} MiB"]
        cells += [f"{max(one.own - one.before, 0):,.0f} MiB", f"{one.bytes / 2**20:,.0f} MiB"]
        lines.append(_line(cells))
    if len(made) > 1:
        sizes = [one.passages for one in made]
        grown = [
            f"{what} n^{exponent(sizes, values):.2f}"
            for what, values in (
                ("time", [one.seconds for one in made]),
                ("memory", [one.mebibytes for one in made]),
                ("disk", [float(one.bytes) for one in made]),
            )
        ]
        grown.insert(
            1,
            "time without questions n^"
            + f"{exponent(sizes, [_without_questions(one) for one in made]):.2f}",
        )
        lines += ["", f"Growth over passages: {', '.join(grown)} (1.00 is linear)."]
    places = dict.fromkeys((one.commit, one.machine) for one in made)
    lines += ["", *(f"At commit {commit}: {machine}" for commit, machine in places)]
    return "\n".join(lines)


def _without_questions(one: Build) -> float:
    asked = ("questions tried", "courses asked")
    return one.seconds - sum(one.stages.get(name, 0.0) for name in asked)


def drawn(made: Sequence[Build]) -> str:
    """Return an SVG: time, memory and disk, each beside what linear growth would be."""
    sizes = [float(one.passages) for one in made]
    measured = {
        "time, minutes": [one.seconds / 60 for one in made],
        "memory, GiB": [one.mebibytes / 1024 for one in made],
        "disk, GiB": [one.bytes / 2**30 for one in made],
    }
    panels = [
        plot.Panel(
            title=title,
            across="passages",
            series=(
                plot.Series("measured", tuple(zip(sizes, values, strict=True)), MEASURED),
                plot.Series("linear", _linear(sizes, values), LINEAR, "3 4"),
            ),
            log_x=True,
            log_y=True,
            marks=tuple(sizes),
        )
        for title, values in measured.items()
    ]
    return plot.svg(panels, title="Time, memory and disk of a build, by passages", columns=3)


def _linear(sizes: Sequence[float], values: Sequence[float]) -> tuple[plot.Point, ...]:
    """Return the way from the first value in proportion to the sizes."""
    return tuple((size, values[0] * size / sizes[0]) for size in (sizes[0], sizes[-1]))


def _line(cells: Sequence[str]) -> str:
    return "| " + " | ".join(cells) + " |"


def _index(work: Path, corpus: Path) -> Path:
    return work / "indexes" / corpus.name


class _Peak:
    """The greatest resident size of this process without mapped files, in MiB."""

    def __init__(self) -> None:
        self._most = 0.0
        self._stopped = threading.Event()
        self._thread = threading.Thread(target=self._watch, daemon=True)
        self._thread.start()

    def _watch(self) -> None:
        while not self._stopped.wait(EVERY):
            self._look()

    def _look(self) -> None:
        self._most = max(self._most, _anonymous())

    def stop(self) -> float:
        """Return it."""
        self._stopped.set()
        self._thread.join()
        self._look()
        return self._most


class _Memory(_Peak):
    """The same of another process and all that it started, mapped files counted too."""

    def __init__(self, process: int) -> None:
        self._process = process
        super().__init__()

    def _look(self) -> None:
        waiting, total = [self._process], 0.0
        while waiting:
            process = Path(f"/proc/{waiting.pop()}")
            try:
                total += _field(process / "status", "VmRSS")
                tasks = list((process / "task").iterdir())
                waiting += [int(n) for t in tasks for n in (t / "children").read_text().split()]
            except OSError:  # it has ended
                continue
        self._most = max(self._most, total)


def _anonymous() -> float:
    return _field(Path("/proc/self/status"), "RssAnon")


def _field(status: Path, name: str) -> float:
    for line in status.read_text(encoding="ascii", errors="replace").splitlines():
        if line.startswith(f"{name}:"):
            return int(line.split()[1]) / 1024
    return 0.0


if __name__ == "__main__":
    main()
