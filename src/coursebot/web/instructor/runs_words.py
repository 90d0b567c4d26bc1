"""What the pages of runs and comparisons say, in English and Japanese side by side.

What a report says too is in ``evaluation.report.words``.
"""

from __future__ import annotations

from collections.abc import Mapping

from coursebot.evaluation.report.terms import Said

RUNS: Mapping[str, Said] = {
    "runs": Said("Runs", "評価"),
    "runs.none": Said(
        "There are no runs yet. Start one here, or with coursebot eval.",
        "評価はまだありません。ここから、または coursebot eval で始められます。",
    ),
    "runs.about": Said(
        "A run asks every reviewed question of a golden set and judges each answer.",
        "ゴールデンセットのレビュー済みの質問をすべて尋ね、答えを一つずつ判定します。",
    ),
    "run.name": Said("Run", "評価"),
    "run.golden": Said("Golden set", "ゴールデンセット"),
    "run.questions": Said("Questions", "質問数"),
    "run.state": Said("State", "状態"),
    "run.select": Said("Compare", "比較対象"),
    "run.select_one": Said("Choose {name} for a comparison", "{name} を比較対象に選ぶ"),
    "run.actions": Said("Actions", "操作"),
    "state.finished": Said("finished", "完了"),
    "state.running": Said("running", "実行中"),
    "state.broken": Said("broken off", "中断"),
    "state.damaged": Said("damaged", "破損"),
    "pinned": Said("baseline", "基準"),
    "pin": Said("Make it the baseline", "基準にする"),
    "unpin": Said("No longer the baseline", "基準から外す"),
    "pin.about": Said(
        "Runs of the same golden set and course are compared with the baseline.",
        "同じゴールデンセットと教材の評価は、基準と比べられます。",
    ),
    "resume": Said("Go on", "続きから再開"),
    "resume.about": Said(
        "This run was broken off after {done} of {total} questions. What is finished is kept.",
        "この評価は {total} 問中 {done} 問で中断しました。終わった分は残っています。",
    ),
    "being_written": Said(
        "This run is being made: {done} of {total} questions so far.",
        "この評価は実行中です（{total} 問中 {done} 問）。",
    ),
    "delete": Said("Delete", "削除"),
    "delete.sure": Said("Delete this run?", "この評価を削除しますか。"),
    "delete.about": Said(
        "The folder {name} with its questions, answers and report is removed for good.",
        "フォルダー {name} を、質問・答え・レポートごと完全に削除します。",
    ),
    "delete.baseline": Said("It is a baseline.", "この評価は基準です。"),
    "keep": Said("Keep it", "削除しない"),
    "damaged": Said("This run cannot be read.", "この評価は読み込めません。"),
    "no_run": Said("There is no run {name}.", "評価 {name} はありません。"),
    "no_item": Said("The run has no question {id}.", "この評価に質問 {id} はありません。"),
    "all_runs": Said("All runs", "評価の一覧"),
    # Starting one.
    "start": Said("Start a run", "評価を始める"),
    "start.golden": Said("Golden set", "ゴールデンセット"),
    "start.no_golden": Said(
        "There is no golden set yet: make one under “Golden set”.",
        "ゴールデンセットがありません。「ゴールデンセット」で作成してください。",
    ),
    "start.course": Said("Asked of", "尋ねる教材"),
    "start.course.own": Said("the golden set's course", "ゴールデンセットの教材"),
    "start.course.all": Said("all courses", "すべての教材"),
    "start.tags": Said("Only these tags", "対象のタグ"),
    "start.tags.about": Said(
        "Separated by spaces; empty: all questions.", "空白区切り。空欄ならすべての質問。"
    ),
    "start.weights": Said("Retrieval", "検索方法"),
    "weights.default": Said("fused (default)", "統合（既定）"),
    "weights.meaning": Said("meaning only", "意味のみ"),
    "weights.words": Said("words only", "単語のみ"),
    "start.name": Said("Name", "名前"),
    "start.name.about": Said("Empty: course, date and time.", "空欄なら教材名と日時になります。"),
    "start.now": Said("Start", "開始"),
    "start.again": Said(
        "The form is as it was; correct it and start again.",
        "入力内容はそのままです。修正して開始してください。",
    ),
    # Jobs.
    "jobs": Said("In progress", "実行状況"),
    "job.waiting": Said("Waiting; {ahead} before it", "待機中（前に {ahead} 件）"),
    "job.running": Said("Running", "実行中"),
    "job.cancelling": Said("Stopping after this question", "この質問の後で停止します"),
    "job.reporting": Said("Writing the report", "レポートを作成中"),
    "job.finished": Said("Finished", "完了"),
    "job.cancelled": Said("Cancelled", "キャンセル済み"),
    "job.failed": Said("Failed", "失敗"),
    "job.progress": Said("{done} of {total} questions", "{total} 問中 {done} 問"),
    "job.passed": Said("{passed} passed so far ({share})", "合格 {passed} 問（{share}）"),
    "job.rate": Said("{rate} a second", "毎秒 {rate} 問"),
    "job.left": Said("{left} left", "残り {left}"),
    "job.took": Said("{took} in all", "合計 {took}"),
    "job.cancel": Said("Cancel", "キャンセル"),
    "job.dismiss": Said("Dismiss", "閉じる"),
    "job.open": Said("Open the run", "評価を開く"),
    "job.kept": Said("What is finished is kept.", "終わった分は残っています。"),
    "job.lost": Said(
        "No connection to the server; trying again.", "サーバーに接続できません。再試行中です。"
    ),
    "job.refresh": Said("Look again", "表示を更新"),
    "time.seconds": Said("{n} s", "{n} 秒"),
    "time.minutes": Said("{m} min {s} s", "{m} 分 {s} 秒"),
    # One run.
    "export.csv": Said("CSV for a spreadsheet", "CSV（表計算用）"),
    "export.jsonl": Said("JSONL, everything", "JSONL（全データ）"),
    "export.html": Said("HTML report", "HTML レポート"),
    "export.comparison": Said("Comparison as HTML", "比較を HTML で保存"),
    "compare.baseline": Said("Compare with the baseline", "基準と比較"),
    "compare.previous": Said("Compare with the run before", "前の評価と比較"),
    "filter": Said("Filter", "絞り込む"),
    "rows.range": Said("{first} to {last} of {total}", "{total} 問中 {first}～{last} 問"),
    "run.parts": Said("Parts of this page", "このページの内容"),
    "rows.pages": Said("Pages of the table", "表のページ"),
    "rows.page": Said("Page {page} of {pages}", "{page} / {pages} ページ"),
    "rows.previous": Said("Previous", "前へ"),
    "rows.next": Said("Next", "次へ"),
    "threshold.try": Said("Answer from a confidence of", "答えとして示す確信度の下限"),
    "threshold.apply": Said("Show", "表示"),
    "threshold.about": Said(
        "What would come of another threshold; nothing is changed. Set it with "
        "COURSEBOT_ANSWERED_ABOVE.",
        "しきい値を変えた場合の結果です。設定は変わりません。変更するには "
        "COURSEBOT_ANSWERED_ABOVE を使います。",
    ),
    "threshold.precision": Said("Held back: precision", "控えた判断の適合率"),
    "threshold.recall": Said("Held back: recall", "控えた判断の再現率"),
    "threshold.f1": Said("Held back: F1", "控えた判断の F1"),
    "threshold.shown": Said(
        "{n} more would be answered, {right} of them rightly",
        "新たに答えとして示す質問：{n} 問（うち正答 {right} 問）",
    ),
    "threshold.hidden": Said(
        "{n} would no longer be answered, {right} of them rightly",
        "答えとして示さなくなる質問：{n} 問（うち正答 {right} 問）",
    ),
    "threshold.same": Said("No question would change.", "変わる質問はありません。"),
    "threshold.first": Said("The first {n} are listed.", "先頭の {n} 問を示します。"),
    # One question.
    "item.previous": Said("Previous question", "前の質問"),
    "item.next": Said("Next question", "次の質問"),
    "item.position": Said("{number} of {total}", "{total} 問中 {number} 問目"),
    "item.back": Said("Back to the table", "一覧へ戻る"),
    "item.edit": Said("Edit the golden item", "ゴールデン項目を編集"),
    "item.bench": Said("Open in the test bench", "テストベンチで開く"),
    # Comparing.
    "compare": Said("Compare runs", "評価の比較"),
    "compare.before": Said("Before", "変更前"),
    "compare.after": Said("After", "変更後"),
    "compare.do": Said("Compare", "比較する"),
    "compare.swap": Said("Swap", "入れ替える"),
    "compare.few": Said(
        "Two finished runs are needed for a comparison.", "比較には完了した評価が二つ必要です。"
    ),
    "compare.same": Said(
        "Both are the same run; choose another one.",
        "同じ評価が選ばれています。別の評価を選んでください。",
    ),
    "compare.refused": Said(
        "These runs cannot be compared: their golden sets differ.",
        "ゴールデンセットが異なるため、これらの評価は比較できません。",
    ),
    "compare.refused.about": Said(
        "A difference between them could come from the questions. Run the golden set as it is now "
        "again with the settings of the earlier run, and compare then.",
        "差が質問の違いによる可能性があります。現在のゴールデンセットで以前の設定の評価をやり直し、"
        "それと比較してください。",
    ),
    "compare.aligned": Said(
        "Compare them over the {n} questions that are the same in both.",
        "両方で同じ {n} 問だけを比較する。",
    ),
    "compare.left_out": Said(
        "The golden sets differ: {n} questions are left out of this comparison.",
        "ゴールデンセットが異なるため、{n} 問を除いて比較しています。",
    ),
    "compare.added": Said("Questions only after", "変更後だけにある質問"),
    "compare.removed": Said("Questions only before", "変更前だけにある質問"),
    "compare.changed": Said("Questions that were edited", "編集された質問"),
    "compare.pick": Said(
        "Choose two runs in the table to compare them.", "表で二つの評価を選ぶと比較できます。"
    ),
    # Overview.
    "overview": Said("Overview", "概要"),
    "overview.latest": Said("Latest run", "最新の評価"),
    "overview.inbox": Said("Inbox: {n} open messages", "受信箱：未対応 {n}件"),
    "overview.never": Said("This course was never run.", "この教材はまだ評価されていません。"),
    "overview.since": Said("Since the baseline {name}", "基準 {name} からの変化"),
    "overview.no_baseline": Said(
        "No run is the baseline. Open one and make it the baseline, to see what changes.",
        "基準の評価がありません。評価を開いて基準にすると、変化を確認できます。",
    ),
    "overview.is_baseline": Said(
        "The latest run is the baseline itself.", "最新の評価が基準です。"
    ),
    "overview.worse": Said("{n} got worse", "悪化 {n} 問"),
    "overview.better": Said("{n} got better", "改善 {n} 問"),
    "overview.compare": Said("See the comparison", "比較を見る"),
    "overview.stale": Said(
        "{n} questions are stale: their quotes no longer stand in the material.",
        "{n} 問は要更新：引用した文が教材にありません。",
    ),
    "overview.golden": Said(
        "Golden set: {reviewed} reviewed, {draft} drafts",
        "ゴールデンセット：レビュー済み {reviewed} 問、下書き {draft} 問",
    ),
    "overview.no_golden": Said("No golden set", "ゴールデンセットなし"),
    "overview.broken_golden": Said(
        "The golden set has errors: {n}.", "ゴールデンセットに誤りがあります：{n} 件。"
    ),
    "overview.all": Said("All courses", "すべての教材"),
}
"""Texts by key."""
