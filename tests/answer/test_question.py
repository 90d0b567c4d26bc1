"""What a question asks for."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from coursebot.answer.question import Wanted, analyse
from coursebot.answer.units import Dimension
from coursebot.terms import language_of
from coursebot.types import Language


@pytest.mark.parametrize(
    ("question", "wanted"),
    [
        ("how long is an az acr login token valid?", Wanted.DURATION),
        ("トークンは何時間有効ですか", Wanted.DURATION),
        ("S3 マルチパート いくつまで分割可能", Wanted.NUMBER),
        ("Tsubame CDN ｷｬｯｼｭできるファイル 上限", Wanted.NUMBER),
        ("How many users may join?", Wanted.NUMBER),
        ("締め切りはいつ？", Wanted.DATE),
        ("Who commands an S1 incident?", Wanted.NAME),
        ("テストの三角形が逆さまの形、なんて呼ばれてますか", Wanted.NAME),
        ("年休の残りを見るｺﾏﾝﾄﾞは", Wanted.COMMAND),
        ("Which command lists the backups?", Wanted.COMMAND),
        ("Does Oboeru read cards aloud by default?", Wanted.YESNO),
        ("あとから増やせますか?", Wanted.YESNO),
        ("集合場所はどこですか", Wanted.PLACE),
        ("Where do I turn on notifications?", Wanted.PLACE),
        ("What backup plans are there?", Wanted.LIST),
        ("Name the four DORA metrics.", Wanted.LIST),
        ("k-meansでグループの数を決める方法を2つ挙げて", Wanted.LIST),
        ("参考資料はありますか", Wanted.LINK),
        ("HPAとは？", Wanted.DEFINITION),
        ("Why is ssh -A forbidden?", Wanted.REASON),
        ("ディスクを減らすにはどうする？", Wanted.HOWTO),
        ("", Wanted.OTHER),
    ],
)
def test_kind_of_answer(question: str, wanted: Wanted) -> None:
    """Polite, casual and keyword-only questions are told apart by what they ask for."""
    assert analyse(question, language_of(question)).wanted is wanted


@pytest.mark.parametrize(
    ("question", "dimension", "unit"),
    [
        ("何日で切れる？", Dimension.DURATION, "day"),
        ("料金はいくらですか", Dimension.MONEY, ""),
        ("何台までつなげますか", Dimension.COUNT, "unit"),
        ("What port does LDAP use?", Dimension.PORT, ""),
        ("How many days are parcels kept?", Dimension.DURATION, "day"),
        ("How large may a file be?", Dimension.SIZE, ""),
        ("How fast is the link?", Dimension.SPEED, ""),
        ("Who is it?", None, ""),
    ],
)
def test_dimension(question: str, dimension: Dimension | None, unit: str) -> None:
    """The quantity asked for is known by its dimension and, where it is named, its unit."""
    asked = analyse(question, language_of(question))
    assert (asked.dimension, asked.unit) == (dimension, unit)


def test_count() -> None:
    """The number of items asked for is read in both languages."""
    assert analyse("Name the four DORA metrics.", Language.EN).count == 4
    assert analyse("方法を2つ挙げて", Language.JA).count == 2


@settings(deadline=None)
@given(st.text(), st.sampled_from(Language))
def test_any_question_is_read(question: str, language: Language) -> None:
    """No text makes it fail, and the likeliest kind is among the plausible ones."""
    asked = analyse(question, language)
    assert asked.wanted in asked.plausible
