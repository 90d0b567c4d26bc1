"""What a comparison says, in both languages."""

from __future__ import annotations

from collections.abc import Mapping

from coursebot.evaluation.report.terms import Said

COMPARED: Mapping[str, Said] = {
    "comparison": Said("Comparison", "比較"),
    "before": Said("Before", "変更前"),
    "after": Said("After", "変更後"),
    "difference": Said("Difference", "差"),
    "corrected_p": Said("p (Holm)", "p 値（Holm 補正）"),
    "uncorrected_p": Said("p", "p 値"),
    "calibration_compared": Said(
        "Lower is better. These are no headline metrics: p is not corrected, and no gate looks at "
        "them.",
        "小さいほど良い。主な指標ではないため、p 値は補正せず、ゲートの対象にもならない。",
    ),
    "wins": Said("Better", "改善"),
    "ties": Said("Same", "同じ"),
    "losses": Said("Worse", "悪化"),
    "verdict": Said("Verdict", "判定"),
    "verdict.better": Said("better", "改善"),
    "verdict.worse": Said("worse", "悪化"),
    "verdict.unclear": Said("too few questions to tell", "判断するには質問が少なすぎる"),
    "verdict.same": Said("no difference", "差なし"),
    "interval_of_difference": Said(
        "Differences are after minus before, with 95 % intervals; p-values are corrected for the "
        "number of headline metrics (Holm); pt are percentage points.",
        "差は変更後 − 変更前（pt：パーセントポイント）、95 % 信頼区間つき。p 値は Holm 補正。",
    ),
    "warnings": Said("These runs also differ in", "このほかに異なるもの"),
    "differs.corpus": Said("the material", "教材"),
    "differs.index": Said("the index", "索引"),
    "differs.model": Said("the model", "モデル"),
    "differs.settings": Said("the settings", "設定"),
    "differs.code": Said("the version of coursebot", "coursebot の版"),
    "differs.machine": Said("the machine", "計算機"),
    "differs.course": Said("the course asked", "対象の教材"),
    "regressions": Said("Got worse", "悪化した質問"),
    "fixed": Said("Got better", "改善した質問"),
    "changed": Said("Answered otherwise, verdict the same", "判定は同じで答えが変わった質問"),
    "added": Said("Only in the run after", "変更後だけにある質問"),
    "removed": Said("Only in the run before", "変更前だけにある質問"),
    "unjudged": Said("Stale in one of the runs", "どちらかの評価で要更新の質問"),
    "edited": Said("Edited between the runs, not compared", "途中で編集され、比較しない質問"),
    "and_more": Said(
        "{n} more are not shown here; coursebot compare lists them.",
        "ほかに {n} 問ある。一覧は coursebot compare で見られる。",
    ),
    "exploratory": Said(
        "Differences by group have no p-values: they show where to look, not what is certain.",
        "区分ごとの差には p 値がない。調べるべき場所の手がかりであり、確かな差ではない。",
    ),
    "what_differs": Said("What differs", "異なるものの詳細"),
    "differs.golden": Said("the golden set", "ゴールデンセット"),
    "differs.tags": Said("the tags asked", "対象のタグ"),
    "none_worse": Said("Nothing got worse.", "悪化した質問はない。"),
    "none_better": Said("Nothing got better.", "改善した質問はない。"),
    "aligned": Said("{n} questions are in both runs.", "両方にある質問は {n} 問。"),
    "sentence.better": Said(
        "{metric} rose by {difference} ({low} to {high}).",
        "{metric}は {difference} 上がった（{low}～{high}）。",
    ),
    "sentence.worse": Said(
        "{metric} fell by {difference} ({low} to {high}).",
        "{metric}は {difference} 下がった（{low}～{high}）。",
    ),
    "sentence.unclear": Said(
        "No headline metric tells the runs apart: too few questions to tell.",
        "主な指標では差があるといえない。判断するには質問が少なすぎる。",
    ),
    "passed_now_failed": Said("passed, now fails", "合格から不合格へ"),
    "must_item": Said("must", "必須"),
    "deleted_words": Said("removed", "削除"),
    "inserted_words": Said("added", "追加"),
    "no_answer": Said("No answer.", "答えなし。"),
    "p_below": Said("< {value}", "< {value}"),
}
