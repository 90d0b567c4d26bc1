"""Every combination is a run, whatever becomes of the others; what is done stays done."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import pytest

from coursebot.config import Settings
from coursebot.encoder.fake import HashEncoder
from coursebot.errors import ModelError, SettingsError
from coursebot.evaluation.golden import GoldenSet, read, write
from coursebot.evaluation.run import Tally, read_run
from coursebot.evaluation.scoring import CALIBRATION, calibration_error
from coursebot.evaluation.sweep import (
    Combination,
    Difference,
    Result,
    Sweep,
    grid,
    name_of,
    sweep,
)
from coursebot.types import Floats
from tests.evaluation.run.conftest import IDS, ITEMS, NOTES


class Counting(HashEncoder):
    """The deterministic encoder, which remembers how many passages it embedded."""

    embedded = 0

    def encode_passages(self, texts: Sequence[str]) -> Floats:
        """Count and encode."""
        self.embedded += len(texts)
        return super().encode_passages(texts)


@pytest.fixture
def encoder(monkeypatch: pytest.MonkeyPatch) -> Counting:
    """Put the counting encoder in the place of all models but the one called ``missing``."""
    made = Counting()

    def load(model: str, **_options: object) -> Counting:
        if model == "missing":
            raise ModelError("There is no model 'missing'.")
        return made

    monkeypatch.setattr("coursebot.encoder.load", load)
    return made


@pytest.fixture
def golden(tmp_path: Path) -> GoldenSet:
    """Return the golden set of a small course."""
    (tmp_path / "corpus" / "c").mkdir(parents=True)
    (tmp_path / "corpus" / "c" / "notes.md").write_text(NOTES * 8, encoding="utf-8")
    write(tmp_path / "corpus" / "c" / "golden.jsonl", ITEMS)
    return read(tmp_path / "corpus" / "c" / "golden.jsonl")


@pytest.fixture
def chosen(tmp_path: Path) -> Settings:
    """Return settings with the small course."""
    return Settings(corpus=tmp_path / "corpus")


def test_the_grid_is_every_combination_once() -> None:
    """In the order they were named, weights changing fastest."""
    found = grid(["a", "b"], ["64", "128"], ["default", "lexical=0", ""])
    assert [made.name for made in found] == [
        f"{model}-{size}-{weights}"
        for model in "ab"
        for size in (64, 128)
        for weights in ("default", "lexical=0")
    ]


def test_no_two_combinations_share_a_name() -> None:
    """Neither models of one name in two folders, nor long weights that begin alike."""
    long = "dense=1.5,lexical=1.5,passage=0.25,passage_lexical=0.25,word=0.25,sure=0."
    found = grid(["/a/model", "/b/model"], ["64"], [f"{long}5", f"{long}55"])
    assert len({made.name for made in found}) == 4
    assert all("/" not in made.name for made in found)


@pytest.mark.parametrize(("size", "said"), [("x", "no number of tokens"), ("1", "PASSAGE_TOKENS")])
def test_a_size_that_cannot_be_is_refused(size: str, said: str) -> None:
    """Before anything is built."""
    with pytest.raises(SettingsError, match=said):
        grid(["a"], [size], ["default"])


def test_every_combination_is_an_ordinary_run(
    encoder: Counting, golden: GoldenSet, chosen: Settings, tmp_path: Path
) -> None:
    """With its settings, and differences to the first."""
    combinations = grid(["m"], ["32", "64"], ["default", "dense=0"])
    table = sweep(golden, combinations, settings=chosen, out=tmp_path / "out", course="c")
    assert [result.combination for result in table.results] == list(combinations)
    for result in table.results:
        assert result.run is not None
        assert read_run(tmp_path / "out" / result.combination.name) == result.run
        assert result.run.info.settings["weights"] == str(result.combination.weights)
        assert result.run.info.settings["passage_tokens"] == result.combination.passage_tokens
    assert table.results[0].differences is None
    differences = table.results[1].differences
    assert differences is not None
    assert all(one.low <= one.value <= one.high for one in differences.values())
    for result in table.results:
        assert result.run is not None
        assert result.values is not None
        error = calibration_error(result.run.rows)
        assert result.values["calibration_error"] == pytest.approx(error)
    assert set(CALIBRATION) < set(differences)


def test_what_is_done_is_not_done_again(
    encoder: Counting, golden: GoldenSet, chosen: Settings, tmp_path: Path
) -> None:
    """Neither indexes nor runs; a second size embeds no statement a second time."""
    combinations = grid(["m"], ["32", "64"], ["default"])
    first = sweep(golden, combinations, settings=chosen, out=tmp_path / "out", course="c")
    embedded = encoder.embedded
    asked: list[Tally] = []
    again = sweep(
        golden,
        combinations,
        settings=chosen,
        out=tmp_path / "out",
        course="c",
        progress=asked.append,
    )
    assert again == first
    assert asked == []
    assert encoder.embedded == embedded


def test_a_broken_off_sweep_goes_on(
    encoder: Counting, golden: GoldenSet, chosen: Settings, tmp_path: Path
) -> None:
    """The row after the last finished one is the next."""
    combinations = grid(["m"], ["32"], ["default", "dense=0"])

    def stop(tally: Tally) -> None:
        if tally.folder.name.endswith("dense=0") and tally.done == 3:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        sweep(
            golden, combinations, settings=chosen, out=tmp_path / "out", course="c", progress=stop
        )
    seen: list[Tally] = []
    table = sweep(
        golden,
        combinations,
        settings=chosen,
        out=tmp_path / "out",
        course="c",
        progress=seen.append,
    )
    assert [tally.done for tally in seen] == list(range(3, len(IDS) + 1))
    assert table.failed == 0


def test_a_combination_that_fails_does_not_end_the_sweep(
    encoder: Counting, golden: GoldenSet, chosen: Settings, tmp_path: Path
) -> None:
    """It says why, and the differences are to the first that has a run."""
    combinations = grid(["missing", "m"], ["32"], ["default"])
    table = sweep(golden, combinations, settings=chosen, out=tmp_path / "out", course="c")
    assert table.failed == 1
    assert table.results[0].error == "There is no model 'missing'."
    assert table.results[1].run is not None
    assert table.results[1].differences is None


def test_the_best_is_marked_only_where_chance_does_not_explain_it(
    encoder: Counting, golden: GoldenSet, chosen: Settings, tmp_path: Path
) -> None:
    """Nine questions are too few."""
    combinations = grid(["m"], ["32"], ["default", "dense=0"])
    table = sweep(golden, combinations, settings=chosen, out=tmp_path / "out", course="c")
    for metric in ("right", "RR@10"):
        best = table.best(metric)
        if best is not None:
            assert best.differences is not None
            assert best.differences[metric].low > 0
    assert table.best("no such metric") is None


@pytest.mark.parametrize(
    ("metric", "value", "marked"),
    [("brier", -0.1, True), ("brier", 0.1, False), ("right", 0.1, True), ("right", -0.1, False)],
)
def test_the_best_is_the_lowest_where_less_is_better(
    metric: str, value: float, marked: bool
) -> None:
    """Of a clear difference to the first."""
    one, two = grid(["m"], ["32"], ["default", "dense=0"])
    difference = Difference(value, value - 0.05, value + 0.05)
    first = Result(one, values={metric: 0.5})
    second = Result(two, values={metric: 0.5 + value}, differences={metric: difference})
    assert Sweep(Path("out"), (first, second)).best(metric) == (second if marked else None)


def test_the_folder_is_the_same_for_the_same_grid(golden: GoldenSet) -> None:
    """So that the same command goes on."""
    one: tuple[Combination, ...] = grid(["m"], ["32"], ["default"])
    two = grid(["m"], ["64"], ["default"])
    assert name_of(golden, one, "c", []) == name_of(golden, one, "c", [])
    assert name_of(golden, one, "c", []) != name_of(golden, two, "c", [])
    assert name_of(golden, one, "c", []) != name_of(golden, one, "c", ["must"])
