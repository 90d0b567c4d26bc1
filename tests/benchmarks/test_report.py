"""Scores ▶ rows and their verdicts."""

from __future__ import annotations

from benchmarks import report

RIGHT, WRONG, HALF = [1.0] * 40, [0.0] * 40, [1.0, 0.0] * 20


def test_a_row_with_a_lead_is_not_judged_without_peers() -> None:
    """The floor alone does not meet a bound that names the peers."""
    row = report.leading("MRR", RIGHT, report.Peers(), 0.945, 0.03)
    assert row.bound == "≥ .945, ≥ .03 above the best peer"
    assert (row.measured, row.peers, row.verdict) == ("1.000", "", report.Verdict.OPEN)


def test_a_crashed_peer_is_named_and_leaves_the_row_unjudged() -> None:
    """Nobody is above a peer that was not measured."""
    peers = report.Peers({"one": WRONG}, failed=("two",))
    for row in (
        report.leading("R", RIGHT, peers, 0.9, 0.03),
        report.above_the_best("R", RIGHT, peers),
    ):
        assert row.peers == "one 0.000, two failed"
        assert row.verdict is report.Verdict.OPEN


def test_a_lead_needs_both_the_floor_and_the_distance() -> None:
    """Either half missing misses the bound."""
    assert (
        report.leading("R", RIGHT, report.Peers({"a": HALF}), 0.9, 0.03).verdict
        is report.Verdict.MET
    )
    assert (
        report.leading("R", HALF, report.Peers({"a": WRONG}), 0.9, 0.03).verdict
        is report.Verdict.MISSED
    )
    assert (
        report.leading("R", RIGHT, report.Peers({"a": RIGHT}), 0.9, 0.03).verdict
        is report.Verdict.MISSED
    )


def test_above_the_best_peer_means_the_whole_interval() -> None:
    """Met, missed and level, by where the interval lies."""
    better = report.above_the_best("S", RIGHT, report.Peers({"weak": WRONG, "best": HALF}))
    assert better.verdict is report.Verdict.MET
    assert better.measured.startswith("1.000 (+0.500 [+0.")
    assert better.measured.endswith("] to best)")
    assert (
        report.above_the_best("S", WRONG, report.Peers({"a": HALF})).verdict
        is report.Verdict.MISSED
    )
    level = report.above_the_best("S", [*RIGHT[:39], 0.0], report.Peers({"a": [0.0, *RIGHT[:39]]}))
    assert level.verdict is report.Verdict.LEVEL
    almost = report.above_the_best("S", RIGHT, report.Peers({"a": [*RIGHT[:39], 0.0]}))
    assert almost.measured == "1.000 (+0.025 [+0.000, +0.075] to a)"
    assert almost.verdict is report.Verdict.LEVEL


def test_a_row_without_bound_has_no_verdict() -> None:
    """What is only reported is not judged."""
    row = report.reported("R@5", HALF, report.Peers({"a": HALF}))
    assert (row.bound, row.verdict) == ("", report.Verdict.OPEN)
    assert row.measured == "0.500 (+0.000 [+0.000, +0.000] to a)"
