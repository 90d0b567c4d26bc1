"""Golden items ▶ CSV, and back."""

from __future__ import annotations

import csv
import io

import pytest
from hypothesis import given, settings

from coursebot.errors import GoldenError
from coursebot.evaluation.golden import spreadsheet
from coursebot.evaluation.golden.records import AnswerKind, GoldenItem, Origin, Status
from coursebot.evaluation.golden.spreadsheet import Imported, data_of, text_of
from coursebot.types import Language
from tests.evaluation.golden.conftest import golden_items, make_item


def parsed(text: str, **options: object) -> Imported:
    """Read a CSV file's text."""
    return spreadsheet.parse(text.encode(), name="set one", **options)  # type: ignore[arg-type]


@settings(deadline=None)
@given(golden_items)
def test_what_is_exported_is_imported(items: list[GoldenItem]) -> None:
    """Whatever items hold, their parts and follow-ups included."""
    found = spreadsheet.parse(data_of(items), name="x")
    assert found == Imported(tuple(items), ())


@given(golden_items)
def test_no_cell_is_a_formula(items: list[GoldenItem]) -> None:
    """None begins with what a spreadsheet would run."""
    for row in csv.reader(io.StringIO(text_of(items), newline="")):
        for cell in row:
            assert not cell.strip().startswith(("=", "+", "-", "@", "＝", "＋", "－", "＠"))


def test_a_row_is_an_item() -> None:
    """With the words that people use for columns; what is empty has its default."""
    found = parsed(
        "Question,Answer,Aliases,Source path,Heading,Quote,Tags,unanswerable\n"
        "トークンは?,3時間,3 hours|a\\|b,a.md,ACR|ログイン,3時間有効,must|acr,\n"
        'Who won?,,,,,,"must, en",yes\n',
        status=Status.REVIEWED,
    )
    assert found.problems == ()
    first, second = found.items
    assert (first.id, first.lang, first.origin, first.status) == (
        *("set-one-2", Language.JA, Origin.IMPORT, Status.REVIEWED),
    )
    assert first.answers[0].aliases == ("3 hours", "a|b")
    assert first.sources[0].heading_path == ("ACR", "ログイン")
    assert (first.tags, second.tags) == (("must", "acr"), ("must", "en"))
    assert (second.id, second.lang, second.unanswerable) == ("set-one-3", Language.EN, True)


def test_rows_below_add_parts_and_follow_ups() -> None:
    """With the same id and turn an answer or a source, with the next turn a follow-up."""
    found = parsed(
        "id,turn,question,answer,kind,path,quote\n"
        "a,1,What?,x,list,a.md,x\n"
        "a,1,,y,list,,\n"
        "a,2,And then?,z,,,\n"
        "a,2,,,,b.md,z\n"
        "b,1,Other?,w,,,\n"
    )
    assert found.problems == ()
    item, other = found.items
    assert [answer.text for answer in item.answers] == ["x", "y"]
    assert item.answers[1].kind is AnswerKind.LIST
    (later,) = item.followups
    assert (later.question, later.answers[0].text, later.sources[0].path) == (
        *("And then?", "z", "b.md"),
    )
    assert other.followups == ()


@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
def test_delimiters_are_recognised(delimiter: str) -> None:
    """Commas, semicolons and tabs, whatever stands in the cells."""
    text = f"question{delimiter}answer\n" + f'"a, b; c"{delimiter}d\n'
    (item,) = parsed(text).items
    assert (item.question, item.answers[0].text) == ("a, b; c", "d")


@pytest.mark.parametrize(
    ("row", "expected"),
    [
        ("a,,,,", "line 2: question: is missing."),
        ("a,q,,,", "line 2: needs answers, sources or both; or set unanswerable to true."),
        ("a b,q,x,,", "line 2: id: must be one word of letters, digits and _ . : -, "
         'not "a b".'),
        ("a,q,x,maybe,", "line 2: unanswerable: must be true, false or empty, not 'maybe'."),
        ("a,q,x,yes,", "line 2: an unanswerable question has no answers; remove them or set "
         "unanswerable to false."),
        ("a,q,x,,spam", 'line 2: kind: must be span, number, duration, yesno, list or freeform, '
         'not "spam".'),
        ("a,q,x,,,extra", "line 2: has more cells than the header."),
        ("a,q,x,,\na,q2,x,,", "line 3: id: a is already the id of line 2."),
        ("a,q,x,,\nb,Q?,x,,", None),
    ],
)  # fmt: skip
def test_a_bad_row_is_named(row: str, expected: str | None) -> None:
    """By line and column, and the others are kept."""
    found = parsed(f"id,question,answer,unanswerable,kind\n{row}\ngood,g,x,,\n")
    assert [str(problem) for problem in found.problems] == ([expected] if expected else [])
    assert found.items[-1].id == "good"


def test_a_cell_without_end_is_named() -> None:
    """A forgotten quotation mark swallows the rest; the message has the line where it began."""
    with pytest.raises(GoldenError, match=r"line 2: not CSV \(field larger than"):
        parsed('question,answer\n"' + "x" * 200_000 + "\n")


def test_a_cell_without_end_does_not_swallow_questions() -> None:
    """However short what follows is: otherwise it would be taken for a long answer."""
    with pytest.raises(GoldenError, match=r"line 2: not CSV"):
        parsed('question,answer\nq1,"a1\nq2,a2\n')


def test_capitals_do_not_matter() -> None:
    """In columns that offer a choice."""
    (item,) = parsed("question,lang,kind,answer,status\nq,JA,Number,3,Reviewed\n").items
    assert (item.lang, item.answers[0].kind, item.status) == (
        *(Language.JA, AnswerKind.NUMBER, Status.REVIEWED),
    )


def test_lines_are_those_of_the_file() -> None:
    """Rows of several lines are counted by their first one."""
    found = parsed('question,answer\n"a\nb",x\n,\nc,\n')
    assert [problem.line for problem in found.problems] == [5]


def test_a_turn_without_its_item_is_named() -> None:
    """Follow-ups stand below the item that they follow."""
    found = parsed("id,turn,question,answer\na,2,q,x\n")
    assert found.problems[0].message.startswith("2 does not follow the row above")
    assert found.items == ()


def test_a_quote_needs_its_file() -> None:
    """A row that leaves it out is not half imported."""
    found = parsed("question,answer,quote\nq,x,z\n")
    assert [str(p) for p in found.problems] == [
        "line 2: path: is empty; name the file that the quote stands in."
    ]
    assert found.items == ()


@pytest.mark.parametrize(
    ("data", "message"),
    [
        ("質問,question\n".encode("cp932"), "line 1: not UTF-8. It looks like the encoding that "
         "Excel uses in Japan: save it as “CSV UTF-8” or give --encoding cp932."),
        ("question\n".encode("utf-16"), "line 1: not UTF-8. It is UTF-16: save it as “CSV UTF-8” "
         "or give --encoding utf-16."),
        (b"question\n\x85\xff\xff\n", "line 2: not UTF-8. Save it as “CSV UTF-8” or name its "
         "encoding with --encoding."),
        (b"", "The first line must name the columns, “question” among them."),
        (b"a,b\n", "The first line must name the columns, “question” among them."),
        (b"question,anwser\n", "line 1: there is no column 'anwser'. Did you mean answer?"),
        (b"question,answer,Answer\n", "line 1: the column 'answer' is there twice. Remove one."),
    ],
)  # fmt: skip
def test_a_file_that_cannot_be_read(data: bytes, message: str) -> None:
    """The message says why and what to do."""
    with pytest.raises(GoldenError) as raised:
        spreadsheet.parse(data, name="x")
    assert str(raised.value).startswith(message)


def test_excels_encodings_are_read_when_named() -> None:
    """As is a UTF-8 file with its mark, unnamed."""
    text = "question,answer\n期間は?,3時間\n"
    for encoding in ("cp932", "utf-16", "utf-8-sig"):
        options = {} if encoding == "utf-8-sig" else {"encoding": encoding}
        found = spreadsheet.parse(text.encode(encoding), name="x", **options)  # type: ignore[arg-type]
        assert found.items[0].question == "期間は?"
    with pytest.raises(GoldenError, match="no encoding 'nonsense'"):
        spreadsheet.parse(b"question", name="x", encoding="nonsense")


def test_an_apostrophe_of_a_text_stays() -> None:
    """Only the one that was put before a formula goes."""
    item = make_item("a", "'tis so?", note="'=1")
    assert spreadsheet.parse(data_of([item]), name="x").items == (item,)
    assert parsed("question,answer\n'tis,'=x\n").items[0].question == "'tis"
    assert parsed("question,answer\n'tis,'=x\n").items[0].answers[0].text == "=x"
