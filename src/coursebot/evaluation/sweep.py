"""Golden set and settings ▶ one run a combination, and one table.

::

    runs/sweep-az-500-1f2e3d4c/
      .indexes/
        bundled-256/               an index a model and passage size, kept for the next time
      bundled-256-default/         an ordinary run folder a combination
      bundled-256-lexical=0/
"""

from __future__ import annotations

import hashlib
import re
import shutil
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import product
from pathlib import Path, PurePath
from statistics import fmean

from coursebot import encoder as encoders
from coursebot import index as indexes
from coursebot.assistant import Assistant, reader_for
from coursebot.config import Settings
from coursebot.errors import CoursebotError, SettingsError
from coursebot.evaluation.comparison import compare
from coursebot.evaluation.golden import GoldenSet, digest
from coursebot.evaluation.run import Progress, Run, describe, evaluate, list_runs, read_run
from coursebot.evaluation.run.fingerprints import same_inputs
from coursebot.evaluation.run.runner import chosen_items
from coursebot.evaluation.scoring import HEADLINE, METRICS, calibration
from coursebot.retrieval import Weights
from coursebot.types import Encoder

INDEXES = ".indexes"

Report = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class Combination:
    """The settings of one run of a sweep."""

    model: str
    passage_tokens: int
    weights: Weights

    @property
    def index(self) -> str:
        """Name of the index that it needs."""
        return f"{_model(self.model)}-{self.passage_tokens}"

    @property
    def name(self) -> str:
        """Name of its run."""
        return f"{self.index}-{_word(str(self.weights))}"


@dataclass(frozen=True, slots=True)
class Difference:
    """How much a metric lies above the first combination's, with its 95 % interval."""

    value: float
    low: float
    high: float

    @property
    def clear(self) -> bool:
        """Whether chance does not explain it: the interval does not hold 0."""
        return self.low > 0 or self.high < 0


@dataclass(frozen=True, slots=True)
class Result:
    """What came of one combination."""

    combination: Combination
    run: Run | None = None
    values: Mapping[str, float] | None = None
    """Mean of each headline metric, and what the confidences are worth."""
    differences: Mapping[str, Difference] | None = None
    """To the first combination that did not fail; None for that one."""
    error: str = ""
    """Why it has no run."""


@dataclass(frozen=True, slots=True)
class Sweep:
    """The table of a sweep."""

    folder: Path
    results: tuple[Result, ...]
    """In the order of the grid."""

    @property
    def failed(self) -> int:
        """How many combinations have no run."""
        return sum(result.run is None for result in self.results)

    def best(self, metric: str) -> Result | None:
        """Return the combination to mark: the best, if it is clearly better than the first.

        None when it is the first itself, or when the interval of its difference holds 0.
        """
        held = [r for r in self.results if r.values and metric in r.values]
        if not held:
            return None
        higher = METRICS[metric].better == "higher"
        top = (max if higher else min)(held, key=lambda r: (r.values or {})[metric])
        found = (top.differences or {}).get(metric)
        clear = found is not None and (found.low > 0 if higher else found.high < 0)
        return top if clear else None


def grid(
    models: Sequence[str], passage_tokens: Sequence[str], weights: Sequence[str]
) -> tuple[Combination, ...]:
    """Return every combination once, the last named changing fastest; raises SettingsError."""
    sizes = []
    for text in passage_tokens:
        if not re.fullmatch(r"[0-9]{1,5}", text):
            raise SettingsError(
                f"The passage size {text[:20]!r} is no number of tokens.",
                "Write --passage-tokens 128,256,512.",
            )
        # The same bounds as the setting's.
        sizes.append(Settings.load(passage_tokens=int(text)).passage_tokens)
    parsed = [Weights.parse(text) for text in weights or ["default"]]
    made = [Combination(*each) for each in product(models, sizes, parsed)]
    unique = {combination.name: combination for combination in reversed(made)}
    return tuple(each for each in made if unique[each.name] is each)


def name_of(
    golden: GoldenSet,
    combinations: Sequence[Combination],
    course: str | None,
    tags: Sequence[str],
) -> str:
    """Return the name of a sweep's folder: the same for the same grid over the same items.

    Raises GoldenError when there are none.
    """
    items = chosen_items(golden, tags)
    asked = [digest(items), course, sorted(set(tags)), [c.name for c in combinations]]
    made = hashlib.sha256(repr(asked).encode()).hexdigest()[:8]
    return f"sweep-{course or golden.path.stem}-{made}"


def sweep(
    golden: GoldenSet,
    combinations: Sequence[Combination],
    *,
    settings: Settings,
    out: Path,
    course: str | None = None,
    tags: Sequence[str] = (),
    progress: Progress | None = None,
    report: Report | None = None,
) -> Sweep:
    """Run every combination over ``settings.corpus`` and return the table.

    Runs that are finished already are taken as they are, a broken-off one is taken up. A
    combination that fails does not end the sweep. Raises GoldenError when there is nothing to ask.
    """
    chosen_items(golden, tags)
    say = report or (lambda _line: None)
    loaded = _Models(settings, say)
    results: list[Result] = []
    for number, combination in enumerate(combinations, 1):
        say(f"{number} of {len(combinations)}: {combination.name}")
        try:
            assistant = loaded.assistant(combination, out / INDEXES)
            run = _run(assistant, combination, golden, course, tags, out, progress)
            results.append(Result(combination, run, values=_means(run)))
        except (CoursebotError, OSError, ValueError, RuntimeError) as error:
            said = " ".join(str(error).split())
            say(f"{combination.name} failed: {said}")
            results.append(Result(combination, error=said))
    return Sweep(out, _compared(results))


class _Models:
    """The indexes of a sweep and the models that they are asked with; one model at a time."""

    def __init__(self, settings: Settings, report: Report) -> None:
        self._settings = settings
        self._report = report
        self._name = ""
        self._encoder: Encoder | None = None

    def assistant(self, combination: Combination, folder: Path) -> Assistant:
        """Return an assistant on an up-to-date index; raises a CoursebotError."""
        chosen = self._settings.model_copy(
            update={
                "model": combination.model,
                "passage_tokens": combination.passage_tokens,
                "index": folder / combination.index,
            }
        )
        encoder = self._loaded(combination.model)
        self._seed(combination, folder)
        made = indexes.build(
            chosen.corpus, chosen.index, encoder, passage_tokens=combination.passage_tokens
        )
        if not made.unchanged:
            self._report(f"{combination.index}: {made.embedded:,} texts embedded.")
        live = indexes.LiveIndex(chosen.index)
        live.check_encoder(encoder)
        return (
            Assistant(live, encoder, chosen, reader_for(encoder, chosen))
            .weighted(combination.weights)
            .pinned()
        )

    def _loaded(self, model: str) -> Encoder:
        if self._encoder is None or self._name != model:
            self._encoder = encoders.load(
                model,
                cache=self._settings.cache,
                threads=self._settings.threads,
                report=self._report,
            )
            self._name = model
        return self._encoder

    @staticmethod
    def _seed(combination: Combination, folder: Path) -> None:
        """Begin a new index with one of the same model: its statements are not embedded again."""
        wanted = folder / combination.index
        if wanted.exists():
            return
        for other in sorted(folder.glob(f"{_model(combination.model)}-*")):
            if re.fullmatch(r"[0-9]+", other.name.removeprefix(_model(combination.model) + "-")):
                staged = folder / f".{combination.index}"
                shutil.rmtree(staged, ignore_errors=True)
                shutil.copytree(other, staged)
                staged.rename(wanted)
                return


def _run(
    assistant: Assistant,
    combination: Combination,
    golden: GoldenSet,
    course: str | None,
    tags: Sequence[str],
    out: Path,
    progress: Progress | None,
) -> Run:
    wanted = describe(assistant, golden, course=course, tags=tags)
    there = [run for run in list_runs(out) if same_inputs(run.info, wanted)]
    finished = next((run for run in there if run.finished), None)
    if finished is not None:
        return read_run(finished.folder)
    name = combination.name
    # A run of that name that was made from something else stays; this one is told apart by time.
    free = not (out / name).exists() or any(run.folder == out / name for run in there)
    return evaluate(
        assistant,
        golden,
        course=course,
        tags=tags,
        out=out,
        name=name if free else None,
        stem=name,
        progress=progress,
    )


def _compared(results: Sequence[Result]) -> tuple[Result, ...]:
    """Return the results with their differences to the first that has a run."""
    first = next((result.run for result in results if result.run is not None), None)
    made = []
    for result in results:
        if first is None or result.run is None or result.run is first:
            made.append(result)
            continue
        found = compare(first, result.run)
        differences = {
            one.metric: Difference(one.difference, one.low, one.high)
            for one in (*found.headline, *found.calibration)
            if one.low is not None and one.high is not None
        }
        made.append(replace(result, differences=differences))
    return tuple(made)


def _means(run: Run) -> dict[str, float]:
    found: dict[str, float] = {}
    for metric in HEADLINE:
        values = [
            row.verdict.values[metric]
            for row in run.rows
            if row.verdict is not None and metric in row.verdict.values
        ]
        if values:
            found[metric] = fmean(values)
    shares = calibration(run.rows)
    return found | {name: fmean(own.values()) for name, own in shares.items() if own}


def _model(name: str) -> str:
    """Return a model's name as a part of a folder's: two models never share one."""
    if re.fullmatch(r"[A-Za-z0-9_]+", name):
        return name
    mark = hashlib.sha256(name.encode()).hexdigest()[:6]
    return f"{_word(PurePath(name).name)}.{mark}"


def _word(text: str) -> str:
    """Return a text as a part of a folder's name; a long one ends in a mark of its own."""
    plain = re.sub(r"[^\w.=+-]+", "+", text).strip("+.") or "x"
    if len(plain) <= 40:
        return plain
    return f"{plain[:33]}.{hashlib.sha256(text.encode()).hexdigest()[:6]}"
