"""The texts of the test bench, in English and Japanese."""

from __future__ import annotations

from coursebot.web.instructor import speech

TEXTS: dict[str, tuple[str, str]] = {
    "title": ("Test bench", "テストベンチ"),
    "about": (
        "Ask one question, move the weights, and see what each part of the search found.",
        "質問を1つ選んで重みを動かすと、検索の各部分が何を見つけたかが分かります。",
    ),
    "question": ("Question", "質問"),
    "ask": ("Ask", "質問する"),
    "golden": ("Golden question", "正解つき質問"),
    "golden.none": ("None", "なし"),
    "golden.take": ("Ask this one", "これを質問する"),
    "golden.hint": (
        "What its sources cover is marked in the results.",
        "出典にあたる部分が結果の中で目印つきになります。",
    ),
    "golden.broken": (
        "The golden set cannot be read, so nothing is marked: {why}",
        "正解つき質問を読めないため、目印は付きません: {why}",
    ),
    "weights": ("Weights", "重み"),
    "weights.reset": ("As fitted", "標準に戻す"),
    "weights.try": ("Try these weights", "この重みで試す"),
    "fitted": ("fitted {value}", "標準 {value}"),
    "knob.dense": ("Meaning", "意味"),
    "knob.dense.what": (
        "How much likeness of meaning counts; 0 ranks by wording alone.",
        "意味の近さをどれだけ重く見るか。0なら語句だけで並べます。",
    ),
    "knob.lexical": ("Wording", "語句"),
    "knob.lexical.what": (
        "How much shared words count; 0 ranks by meaning alone.",
        "語句の一致をどれだけ重く見るか。0なら意味だけで並べます。",
    ),
    "knob.passage": ("Meaning: passage or sentence", "意味: 段落か文か"),
    "knob.passage.what": (
        "1 compares the whole passage, 0 its best sentence.",
        "1なら段落全体、0なら最も近い1文を比べます。",
    ),
    "knob.passage_lexical": ("Wording: passage or sentence", "語句: 段落か文か"),
    "knob.passage_lexical.what": (
        "1 counts words of the whole passage, 0 those of its best sentence.",
        "1なら段落全体の語句、0なら最もよく一致する1文の語句を数えます。",
    ),
    "knob.word": ("Wording: words or characters", "語句: 単語か文字か"),
    "knob.word.what": (
        "1 looks for whole words, 0 for pairs of characters.",
        "1なら単語、0なら2文字の並びで照合します。",
    ),
    "knob.foreign": ("Other language", "他の言語"),
    "knob.foreign.what": (
        "Added to the meaning of a passage that is not in the question's language.",
        "質問と違う言語の段落の意味の点数に足します。",
    ),
    "knob.sure": ("Other language: until", "他の言語: 上限"),
    "knob.sure.what": (
        "Nothing is added once this share of the question stands in its own language.",
        "質問の言語の段落に質問の語句がこの割合まであれば、何も足しません。",
    ),
    "wrong": ("This setting cannot be tried.", "この設定では試せません。"),
    "wrong.number": (
        "“{name}” is “{value}”, which is no number; write one from {low} to {high}.",
        "「{name}」の「{value}」は数値ではありません。{low}から{high}までの数値にしてください。",
    ),
    "wrong.range": (
        "“{name}” is {value}; it must be from {low} to {high}.",
        "「{name}」が{value}です。{low}から{high}までにしてください。",
    ),
    "wrong.nothing": (
        "“Meaning” and “Wording” are both 0, so nothing would be ranked. Raise one of them.",
        "「意味」と「語句」がどちらも0では順位が付きません。どちらかを上げてください。",
    ),
    "wrong.course": (
        "There is no course “{name}”. Courses: {known}.",
        "コース「{name}」はありません。コース: {known}",
    ),
    "wrong.long": (
        "The question has {n} characters; at most {most} are read. Shorten it.",
        "質問が{n}文字あります。{most}文字以内にしてください。",
    ),
    "wrong.question": (
        "There is nothing in this question that could be searched for. Write some words.",
        "この質問には検索できる語がありません。言葉で書いてください。",
    ),
    "wrong.item": (
        "There is no golden question “{id}” in this course; nothing is marked.",
        "このコースに正解つき質問「{id}」はありません。目印は付きません。",
    ),
    "wrong.engine": (
        "The question could not be asked: {why}",
        "質問できませんでした: {why}",
    ),
    "empty": (
        "Write a question above, or choose a golden one.",
        "上に質問を書くか、正解つき質問を選んでください。",
    ),
    "gold": ("gold", "正解"),
    "gold.places": (
        "Marked: {n} of {all} sources of “{id}”.",
        "「{id}」の出典{all}件中{n}件に目印を付けています。",
    ),
    "gold.unanswerable": (
        "The material does not answer “{id}”; its nearest places are marked.",
        "「{id}」の答えは教材にありません。最も近い箇所に目印を付けています。",
    ),
    "gold.stale": (
        "{n} source(s) can no longer be found in the material.",
        "{n}件の出典が教材に見つかりません。",
    ),
    "gold.first": ("First gold passage: {rank}", "最初の正解: {rank}位"),
    "gold.missed": ("No gold passage in the ranking", "順位内に正解なし"),
    "answer": ("Answer", "回答"),
    "answer.none": ("No answer is given.", "回答はありません。"),
    "state.answered": ("answered", "回答"),
    "state.unsure": ("unsure", "不確か"),
    "state.not_covered": ("not covered", "教材になし"),
    "confidence": ("confidence {value}", "確信度 {value}"),
    "as_fitted": ("As fitted: {state}, {value}", "標準の重みでは: {state}、{value}"),
    "quotes": ("Quotes", "引用"),
    "lines.one": ("line {first}", "{first}行"),
    "lines": ("lines {first}–{last}", "{first}–{last}行"),
    "ranking": ("Ranking", "順位"),
    "ranking.empty": ("No passage was found.", "段落は見つかりませんでした。"),
    "rank": ("Rank", "順位"),
    "moved": ("Moved", "動き"),
    "moved.up": ("up {n}", "{n}つ上昇"),
    "moved.down": ("down {n}", "{n}つ下降"),
    "moved.same": ("same", "変わらず"),
    "moved.new": ("new", "新"),
    "dropped": (
        "Out of the ranking, against the fitted weights",
        "標準の重みと比べて圏外になった段落",
    ),
    "was": ("was {rank}", "以前{rank}位"),
    "passage": ("Passage", "段落"),
    "score": ("Score", "点数"),
    "legs": ("What each leg found alone", "各段の検索が単独で見つけたもの"),
    "leg.dense": ("Meaning of passages", "段落の意味"),
    "leg.statement": ("Meaning of sentences", "文の意味"),
    "leg.word": ("Words", "単語"),
    "leg.bigram": ("Character pairs", "2文字の並び"),
    "leg.empty": ("Nothing: no word of the question stands in the material.", "該当なし"),
    "leg.fused": ("fused {rank}", "統合 {rank}位"),
    "leg.out": ("not in the ranking", "順位外"),
    "times": ("Time", "時間"),
    "stage.encode": ("Encode the question", "質問のベクトル化"),
    "stage.dense": ("Meaning of passages", "段落の意味"),
    "stage.statement": ("Meaning of sentences", "文の意味"),
    "stage.word": ("Words", "単語"),
    "stage.bigram": ("Character pairs", "2文字の並び"),
    "stage.fuse": ("Fuse", "統合"),
    "stage.read": ("Read", "読解"),
    "stage.answer": ("Answer", "回答の作成"),
    "stage.rest": ("Rest", "その他"),
    "ms": ("{value} ms", "{value} ミリ秒"),
    "line": ("On the command line", "コマンドラインでは"),
    "line.about": (
        "One question proves little: measure these weights over the whole golden set.",
        "1問だけでは判断できません。この重みを正解つき質問全体で測ってください。",
    ),
    "failed": (
        "The results could not be fetched. Press “Try these weights”.",
        "結果を取得できませんでした。「この重みで試す」を押してください。",
    ),
}
"""English and Japanese by key."""


class Speech(speech.Speech):
    """Says these texts in one language; templates know it as ``s``."""

    __slots__ = ()
    texts = TEXTS
