"""Short answers."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from coursebot.answer.question import analyse
from coursebot.answer.short import Candidate, short_answer
from coursebot.course import read_document
from coursebot.terms import language_of


def ask(question: str, source: str, line: int = 1) -> Candidate | None:
    """Return the short answer that the statement at ``line`` of ``source`` gives."""
    _, statements = read_document(source, course="c", path="c/a.md")
    best = next(one for one in statements if one.lines[0] == line)
    return short_answer(analyse(question, language_of(question)), best, statements)


@pytest.mark.parametrize(
    ("question", "source", "text", "conversion"),
    [
        (
            "how long is an az acr login token valid?",
            "このログイン（トークン）は3時間有効。有効期限が切れたら再実行。",
            "3時間",
            "3 hours",
        ),
        ("How long for class S3?", "保存期間: S1とS2は5年、S3は2年、S4は6か月", "2年", "2 years"),
        ("何人まで使えますか", "Up to 5 people can share it", "Up to 5 people", "最大5人"),
        ("1つのリソースにいくつまで？", "1つのリソースに付けられるのは5つまで", "5つまで", ""),
        ("文法を検査するコマンドは？", "文法の検査は `skg lint`", "skg lint", ""),
        (
            "履歴はどこで見られますか",
            "変更履歴の場所: ゾーン＞監査＞履歴",
            "ゾーン＞監査＞履歴",
            "",
        ),
        ("Is X enabled by default?", "DNSSECは既定で無効", "DNSSECは既定で無効", "No"),
        ("既定で有効ですか？", "It is enabled by default", "It is enabled by default", "はい"),
        (
            "Which file types can be attached?",
            "形式：PDF、TXT、CSV、DOCX",
            "PDF, TXT, CSV, DOCX",
            "",
        ),
        (
            "参考資料のリンクは？",
            "詳しくは https://example.jp/a を見る",
            "https://example.jp/a",
            "",
        ),
    ],
)
def test_short_answer(question: str, source: str, text: str, conversion: str) -> None:
    """The words that answer are given verbatim, with a conversion where the language differs."""
    found = ask(question, source)
    assert found is not None
    assert (found.text, found.conversion) == (text, conversion)


@pytest.mark.parametrize(
    ("question", "source"),
    [
        ("How long?", "平日は1時間、休日は2時間"),
        ("Is it not enabled by default?", "既定で無効"),
        ("使えますか？", "管理者が許可しない限り使えない"),
        ("Why is that?", "3時間有効"),
        ("何円ですか", "3時間有効"),
    ],
)
def test_no_answer_rather_than_a_wrong_one(question: str, source: str) -> None:
    """Nothing is given for a tie, a negative question, an exception or another dimension."""
    assert ask(question, source) is None


def test_list_of_items() -> None:
    """The items below a lead-in are the answer, one by one."""
    found = ask("Name the two plans.", "プランは次のとおり:\n- 無料\n- 有料\n")
    assert found is not None
    assert [text for _, _, text in found.spans] == ["無料", "有料"]


def test_command_below_its_item() -> None:
    """A command that hangs on the item is the answer to the item."""
    found = ask("Which command signs in?", "- サインインする\n  - `az login`\n")
    assert found is not None
    assert found.text == "az login"


def test_cell_of_a_row() -> None:
    """In a table the cell under the heading that the question names is chosen."""
    source = "| 名前 | 保存期間 | 試用期間 |\n|---|---|---|\n| A | 5日 | 9日 |\n"
    found = ask("Aの試用期間は何日ですか", source, line=3)
    assert found is not None
    assert found.text == "9日"


_PART = st.sampled_from(
    ["3時間", "`ls`", "、", "と", "設定＞通知", "：", "|", " ", "は", "無効", "a", "。"]
)


@settings(deadline=None)
@given(
    st.lists(_PART, min_size=1, max_size=12),
    st.sampled_from(
        ["何時間？", "which command?", "どこ？", "Is it on?", "What are they?", "誰？"]
    ),
)
def test_answers_are_verbatim(parts: list[str], question: str) -> None:
    """Whatever the statement, no rule fails and each piece stands in it as it is given."""
    _, statements = read_document("".join(parts), course="c", path="c/a.md")
    by_id = {one.id: one for one in statements}
    for best in statements:
        found = short_answer(analyse(question, language_of(question)), best, statements)
        for owner, (start, end), text in found.spans if found else ():
            assert by_id[owner].text[start:end] == text
