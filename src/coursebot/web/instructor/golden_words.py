"""The texts of the golden editor, in English and Japanese."""

from __future__ import annotations

from coursebot.web.instructor import speech

TEXTS: dict[str, tuple[str, str]] = {
    "title": ("Golden questions", "正解つき質問"),
    "about": (
        "Questions with what answers them and where that stands. Only reviewed ones are run.",
        "質問と、その答え、答えのある箇所です。評価で使うのはレビュー済みのものだけです。",
    ),
    "new": ("New question", "新しい質問"),
    "edit": ("Golden question", "正解つき質問"),
    "back": ("All golden questions", "一覧へ戻る"),
    "none_yet": (
        "This course has no golden set yet. Write its first question.",
        "このコースにはまだ正解つき質問がありません。最初の質問を書いてください。",
    ),
    "no_folder": (
        "There is no folder {folder} on this server, so nothing can be read or saved. Start it "
        "with COURSEBOT_CORPUS naming the folder of the courses.",
        "このサーバーにフォルダー {folder} がないため、読み書きできません。"
        "COURSEBOT_CORPUS にコースのフォルダーを指定して起動してください。",
    ),
    "read_only": (
        "The folder {folder} cannot be written: you can look, but not save.",
        "フォルダー {folder} に書き込めないため、閲覧のみで保存はできません。",
    ),
    "broken": (
        "The set has problems. Correct them in the file, then it can be edited here:",
        "ファイルに問題があります。ファイルを直すと、ここで編集できるようになります:",
    ),
    "line": ("line {n}", "{n}行目"),
    "counts": (
        "{shown} of {all} questions: {reviewed} reviewed, {draft} drafts, {retired} retired",
        "{all}問中{shown}問（レビュー済み {reviewed}、下書き {draft}、引退 {retired}）",
    ),
    "filter.text": ("Text", "文字列"),
    "filter.any": ("any", "すべて"),
    "filter": ("Filter", "絞り込む"),
    "stale": ("Sources that no longer stand in the material", "教材から消えた出典"),
    "stale.about": (
        "These questions are not counted until their quotes are corrected.",
        "引用を直すまで、これらの質問は集計されません。",
    ),
    "stale.take": ("Take this text", "この文に置き換える"),
    "stale.now": ("The nearest text now ({where}):", "現在最も近い文（{where}）:"),
    "export": ("Export", "書き出し"),
    "import": ("Import a CSV file", "CSVを取り込む"),
    "import.go": ("Import", "取り込む"),
    "import.about": (
        "Columns as in the exported CSV. Questions become drafts unless a column says otherwise; "
        "all are taken or none.",
        "列は書き出したCSVと同じです。特に指定がなければ下書きになります。"
        "1つでも誤りがあれば何も取り込みません。",
    ),
    "import.bad": ("Nothing was imported:", "取り込めませんでした:"),
    "told.imported": ("{n} imported.", "{n}件取り込みました。"),
    "told.saved": (
        "Saved. The learners' page takes up new questions at the next coursebot index.",
        "保存しました。受講者ページには次の coursebot index で反映されます。",
    ),
    "told.deleted": ("Deleted.", "削除しました。"),
    "told.taken": ("The quote was replaced.", "引用を置き換えました。"),
    "more": ("{n} more: narrow the filter.", "ほか{n}件。条件を絞ってください。"),
    "nothing": ("No question fits.", "該当する質問がありません。"),
    "gone": ("There is no such question any more", "その質問はもうありません"),
    "gone.hint": ("It was renamed or deleted.", "名前が変わったか、削除されました。"),
    # fields
    "question": ("Question", "質問"),
    "id": ("Id", "ID"),
    "id.about": (
        "Names the question in runs; made from the question when empty.",
        "評価での呼び名です。空欄なら質問から作ります。",
    ),
    "lang": ("Language", "言語"),
    "lang.ja": ("Japanese", "日本語"),
    "lang.en": ("English", "英語"),
    "status": ("Status", "状態"),
    "status.draft": ("draft", "下書き"),
    "status.reviewed": ("reviewed", "レビュー済み"),
    "status.retired": ("retired", "引退"),
    "difficulty": ("Difficulty", "難しさ"),
    "difficulty.easy": ("easy", "易しい"),
    "difficulty.medium": ("medium", "ふつう"),
    "difficulty.hard": ("hard", "難しい"),
    "cluster": ("Cluster", "クラスター"),
    "cluster.about": (
        "One word shared by paraphrases and translations.",
        "言い換えや翻訳どうしに共通の一語。",
    ),
    "tag": ("Tag", "タグ"),
    "tags": ("Tags, one a line", "タグ（1行に1つ）"),
    "tags.about": (
        "“must”: no change may break it.",
        "「must」を付けると、失敗した変更は通りません。",
    ),
    "note": ("Note", "メモ"),
    "unanswerable": ("The material does not answer this", "教材に答えはない"),
    "answers": ("Expected answers", "期待する答え"),
    "answers.about": (
        "All required ones must be in the answer. An alias is as right as the text.",
        "必須の答えはすべて含まれている必要があります。別表記も同じく正解です。",
    ),
    "answer": ("Answer {n}", "答え {n}"),
    "text": ("Text", "本文"),
    "aliases": ("Aliases, one a line", "別表記（1行に1つ）"),
    "kind": ("Compared as", "比べ方"),
    "kind.span": ("words", "文字列"),
    "kind.number": ("number", "数"),
    "kind.duration": ("duration", "時間の長さ"),
    "kind.yesno": ("yes or no", "はい・いいえ"),
    "kind.list": ("part of a list", "リストの一部"),
    "kind.freeform": ("by its source alone", "出典だけで判定"),
    "kind.unanswerable": ("no answer", "答えなし"),
    "required": ("Required", "必須"),
    "must_not": ("Must not be said, one a line", "述べてはならないこと（1行に1つ）"),
    "sources": ("Where it stands", "答えのある箇所"),
    "sources.about": (
        "Search the course and choose the statement; the quote is taken over as it stands.",
        "コースを検索して文を選ぶと、そのまま引用として入ります。",
    ),
    "source": ("Source {n}", "出典 {n}"),
    "path": ("File", "ファイル"),
    "heading_path": ("Headings, outermost first, one a line", "見出し（外側から1行に1つ）"),
    "quote": ("Quote", "引用"),
    "relevance": ("Relevance, 1 to 3", "関連度（1〜3）"),
    "find": ("Search the course", "コースを検索"),
    "find.go": ("Search", "検索"),
    "find.none": ("Nothing was found.", "見つかりませんでした。"),
    "stands": ("Stands in {path}, line {line}.", "{path} の{line}行目にあります。"),
    "stands.moved": (
        "Stands in {path}, line {line}, below other headings: {headings}.",
        "{path} の{line}行目（別の見出し: {headings}）にあります。",
    ),
    "followups": ("Follow-ups", "続きの質問"),
    "followups.about": (
        "Asked after the question above, in this order.",
        "上の質問に続けて、この順で尋ねます。",
    ),
    "followup": ("Follow-up {n}", "続きの質問 {n}"),
    "add.answers": ("Add an answer", "答えを追加"),
    "add.sources": ("Add a source", "出典を追加"),
    "add.followups": ("Add a follow-up", "続きの質問を追加"),
    "remove": ("Remove", "取り除く"),
    "more_fields": ("More", "その他"),
    # doing
    "save": ("Save", "保存"),
    "try": ("Try it", "試す"),
    "duplicate": ("Duplicate", "複製"),
    "delete": ("Delete", "削除"),
    "delete.sure": (
        "Delete for good? A retired question is not run either, and stays readable.",
        "完全に削除しますか。「引退」にすれば、評価には使われず、記録は残ります。",
    ),
    "delete.really": ("Delete for good", "完全に削除する"),
    "cancel": ("Cancel", "やめる"),
    "wrong": ("Not saved: {n} to correct.", "保存していません。直すところが{n}か所あります。"),
    "tried": ("What is answered now", "現在の答え"),
    "tried.right": ("passes", "合格"),
    "tried.wrong": ("fails", "不合格"),
    "conflict": (
        "Somebody else changed this question while you were editing. Nothing is lost: below are "
        "both versions, and your text is still in the form.",
        "編集中に、ほかの人がこの質問を変更しました。何も失われていません。"
        "下に両方を示します。入力した内容はフォームに残っています。",
    ),
    "conflict.deleted": (
        "Somebody else deleted this question while you were editing. Your text is still in the "
        "form.",
        "編集中に、ほかの人がこの質問を削除しました。入力した内容はフォームに残っています。",
    ),
    "conflict.field": ("Field", "項目"),
    "conflict.mine": ("Yours", "あなたの版"),
    "conflict.theirs": ("Theirs", "相手の版"),
    "conflict.keep": ("Keep mine", "自分の版を残す"),
    "conflict.take": ("Take theirs", "相手の版を使う"),
}


class Speech(speech.Speech):
    """Says these texts in one language; templates know it as ``s``."""

    __slots__ = ()
    texts = TEXTS
