"""The texts of the inbox, in English and Japanese."""

from __future__ import annotations

from coursebot.web.instructor import speech

INBOX: dict[str, tuple[str, str]] = {
    "inbox": ("Inbox", "受信箱"),
    "about": (
        "What learners were not content with or got no answer to; questions that ask the same are "
        "together. Make a golden question of it, or dismiss it with a note.",
        "受講者が不満だった回答と、回答できなかった質問です。同じ内容の質問はまとめてあります。"
        "正解つき質問にするか、メモをつけて対応不要にしてください。",
    ),
    "waiting": ("{groups} groups, {rows} messages", "{groups}グループ、{rows}件"),
    "none": ("Nothing is here.", "該当するものはありません。"),
    "left_out": (
        "{n} older messages are not shown: the newest {most} questions are compared.",
        "古い{n}件は表示していません（新しい順に{most}問までを比較します）。",
    ),
    "kind": ("Kind", "種類"),
    "kind.all": ("All kinds", "すべて"),
    "of": ("Asked about", "質問先"),
    "of.all": ("Everything", "すべて"),
    "of.none": ("All courses at once", "全コース"),
    "done": ("Show", "表示"),
    "done.open": ("Open", "未対応"),
    "done.settled": ("Settled", "対応済み"),
    "filter": ("Filter", "絞り込む"),
    "verdict.down": ("bad answer", "よくない"),
    "verdict.report": ("told the instructor", "講師に知らせる"),
    "verdict.unanswered": ("unanswered", "回答なし"),
    "state.answered": ("answered", "回答"),
    "state.unsure": ("unsure", "確信なし"),
    "state.not_covered": ("not covered", "教材にない"),
    "reason.wrong": ("wrong", "間違い"),
    "reason.wrong_place": ("wrong place", "場所が違う"),
    "reason.incomplete": ("incomplete", "不足"),
    "reason.unclear": ("unclear", "わかりにくい"),
    "reason.other": ("other", "その他"),
    "newest": ("newest {time}", "最新 {time}"),
    "times": ("asked {n} times", "{n}回"),
    "before": ("{n} settled before", "以前に{n}件対応済み"),
    "wordings": ("Also asked as ({n})", "ほかの聞き方（{n}）"),
    "comments": ("What learners wrote ({n})", "受講者のコメント（{n}）"),
    "answered_then": ("What was answered then", "そのときの回答"),
    "make": ("Make a golden question", "正解つき質問にする"),
    "dismiss": ("Dismiss…", "対応不要にする…"),
    "dismiss.note": ("Why? (one line, for other instructors)", "理由（1行、ほかの講師向け）"),
    "dismiss.now": ("Dismiss", "対応不要にする"),
    "dismiss.empty": (
        "Say in a line why it is dismissed.",
        "対応不要にする理由を1行で入力してください。",
    ),
    "reopen": ("Reopen", "未対応に戻す"),
    "became": ("Golden question", "正解つき質問"),
    "dismissed": ("Dismissed", "対応不要"),
    "by": ("by {name}", "{name}"),
    "saved": ("Saved as a draft: ", "下書きに保存しました："),
    "saved.hint": (
        "It counts when it is reviewed.",
        "レビュー済みにすると評価の対象になります。",
    ),
    "dismissed.told": ("Dismissed.", "対応不要にしました。"),
    "reopened.told": ("Open again.", "未対応に戻しました。"),
    "draft": ("A golden question from the inbox", "受信箱から正解つき質問を作る"),
    "question": ("Question", "質問"),
    "question.about": (
        "Word it anew if it names somebody, or cannot be understood alone.",
        "人名が入っている場合や、単独では意味が通じない場合は書き直してください。",
    ),
    "history": ("Asked after", "この質問の前に聞かれた質問"),
    "history.keep": ("List them in the draft's note", "下書きのメモに残す"),
    "where": ("What answers it?", "答えはどれですか"),
    "where.cited": ("Cited now", "現在の引用"),
    "where.near": ("Nearest", "近い箇所"),
    "where.found": ("Found for “{words}”", "「{words}」の検索結果"),
    "where.kept": ("Chosen", "選択中"),
    "nothing": ("The material does not answer this", "教材に答えはない"),
    "search": ("Look for other statements", "ほかの箇所を探す"),
    "search.now": ("Search", "検索"),
    "answer": ("Expected answer (may stay empty)", "期待する回答（空欄可）"),
    "answer.about": (
        "In a word or a number; without it the question is judged by its source.",
        "単語や数値で入力します。空欄のときは出典だけで判定します。",
    ),
    "course": ("Golden set of", "登録先コース"),
    "settles": (
        "Settled with it; take out what asks something else",
        "一緒に対応済みにする質問（別の内容なら外してください）",
    ),
    "save": ("Save draft", "下書きを保存"),
    "back": ("Back to the inbox", "受信箱に戻る"),
    "lines": ("line {first}", "{first}行目"),
    "lines.many": ("lines {first}–{last}", "{first}～{last}行目"),
    "wrong.choice": (
        "Choose the statement that answers it, or say that the material does not.",
        "答えになる箇所を選ぶか、「教材に答えはない」を選んでください。",
    ),
    "wrong.gone": (
        "This statement is not in the material any more. Choose another one.",
        "選んだ箇所は現在の教材にありません。ほかの箇所を選んでください。",
    ),
    "wrong.question": ("The question is empty.", "質問が空です。"),
    "wrong.rows": ("Leave at least one question in.", "質問を1つ以上残してください。"),
    "wrong.course": ("Choose a course.", "コースを選んでください。"),
    "not_saved": ("The draft was not saved", "下書きを保存できませんでした"),
    "not_settled": (
        "The draft {id} is saved, but it could not be noted in the inbox: {why}",
        "下書き{id}は保存しましたが、受信箱に記録できませんでした：{why}",
    ),
    "no_folder": (
        "The corpus folder of this course is not on this server ({folder}), so a draft cannot be "
        "saved. Start the server with COURSEBOT_CORPUS, or dismiss the question with a note.",
        "このコースの教材フォルダーがサーバーにないため（{folder}）、下書きを保存できません。"
        "COURSEBOT_CORPUS を設定してサーバーを起動するか、メモをつけて対応不要にしてください。",
    ),
    "no_store": ("The inbox cannot be read", "受信箱を読み込めません"),
    "gone": ("This message is not here any more", "この質問はもうありません"),
    "gone.hint": (
        "The learner has withdrawn it, or it was deleted.",
        "受講者が取り消したか、削除されました。",
    ),
}
"""English and Japanese by key."""


class Speech(speech.Speech):
    """Says these texts in one language; templates know it as ``s``."""

    __slots__ = ()
    texts = INBOX
