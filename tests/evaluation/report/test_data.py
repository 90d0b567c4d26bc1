"""The block of JSON that the script reads."""

from __future__ import annotations

import json

from hypothesis import given
from hypothesis import strategies as st

from coursebot.evaluation.report.data import embedded, in_script, writable
from tests.evaluation.conftest import synthetic_rows


def test_a_passage_is_written_once() -> None:
    """However many questions retrieved it; each row points to its own in their order."""
    row = synthetic_rows(1)[0]
    data = embedded([row, row.model_copy(update={"id": "again"})])
    assert len(data["passages"]) == len(row.passages)
    for made in data["rows"]:
        texts = [data["passages"][place]["text"] for place, *_ in made["passages"]]
        assert texts == [one.text for one in row.passages]


def test_legs_stand_in_one_order() -> None:
    """Each leg's rank and score are where its name is, and None where it said nothing."""
    row = synthetic_rows(1)[0]
    first = row.passages[0]
    short = first.model_copy(update={"legs": {"dense": first.legs["dense"]}})
    data = embedded([row.model_copy(update={"passages": (short, *row.passages[1:])})])
    scores = data["rows"][0]["passages"][0][-1]
    told = {leg: one for leg, one in zip(data["legs"], scores, strict=True) if one is not None}
    assert told == {"dense": [first.legs["dense"].rank, first.legs["dense"].score]}


texts = st.text() | st.sampled_from(
    ["</script><img onerror=alert(1)>", "<!--<script>", "\u2028", "&lt;"]
)


@given(st.dictionaries(st.text(), texts))
def test_nothing_ends_the_script_element(data: dict[str, str]) -> None:
    """No text holds a sign that HTML reads, and the script reads what was written."""
    made = in_script(data)
    assert not set(made) & set("<>&\u2028\u2029")
    assert json.loads(made) == data


def test_what_cannot_be_written_is_replaced() -> None:
    """NUL and unpaired surrogates, which HTML and UTF-8 do not hold; nothing else."""
    assert writable("a\0b\ud83dc😀") == "a\ufffdb\ufffdc😀"
