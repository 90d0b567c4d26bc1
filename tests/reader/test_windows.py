"""What is read at one go: how windows grow, what they hold and where they end."""

from __future__ import annotations

from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from coursebot.reader import Window, windows
from coursebot.reader.windows import BOS, EOS, HEADER, LINES, QUESTION, TOKENS, WINDOWS
from coursebot.types import Kind, Section, Statement
from tests.reader.conftest import Words, grouped, section, statement

LIST = (
    statement(0, "Sign in", kind=Kind.HEADING, block=0),
    statement(1, "There are two ways", block=1),
    statement(2, "a password", kind=Kind.ITEM, block=2, context=("There are two ways",)),
    statement(3, "a token", kind=Kind.ITEM, block=2, context=("There are two ways",)),
    statement(4, "Docs", kind=Kind.LINK, block=3),
    statement(5, "It lasts three hours", block=4),
)
UNDER = {"s": section("Registry", "Sign in")}


def long(number: int, length: int, *, block: int = 0, name: str = "s") -> Statement:
    """Return a statement of that many tokens, no word of which stands elsewhere."""
    words = " ".join(f"w{number}.{n}" for n in range(length))
    return statement(number, words, block=block, section=name)


def cut(
    candidates: Sequence[Statement],
    every: Sequence[Statement],
    *,
    question: str = "how long ?",
    sections: dict[str, Section] | None = None,
) -> tuple[tuple[Window, ...], Words]:
    """Return the windows and the tokenizer that they were cut with."""
    tokens = Words()
    names = {one.section for one in every}
    known = sections or {name: section("H", name=name) for name in names}
    return windows(tokens, question, candidates, known, grouped(every)), tokens


def numbers(window: Window) -> list[int]:
    """Return the numbers of a window's statements."""
    return [line.statement.span[0] // 1000 for line in window.lines]


def test_a_window_is_question_headings_and_lines() -> None:
    """With what parts them, in document order."""
    (window,), tokens = cut([LIST[3]], LIST, sections=UNDER)
    assert tokens.said(window.ids) == (
        "<s> how long ? </s> </s> Registry </s>"
        " Sign in There are two ways a password a token It lasts three hours </s>"
    )
    assert numbers(window) == [0, 1, 2, 3, 5]


def test_each_line_knows_its_tokens_and_their_places() -> None:
    """The tokens of a line stand at its positions, and their places in its own text."""
    (window,), tokens = cut([LIST[3]], LIST, sections=UNDER)
    for line in window.lines:
        words = [line.statement.plain[slice(*place)] for place in line.places]
        assert tokens.said(window.ids[line.first : line.last]) == " ".join(words)
        assert words == line.statement.plain.split()


def test_a_line_hangs_on_its_lead_in() -> None:
    """What the first line hangs on stands in the header, when there is no room for it itself."""
    item = statement(2, "a " * (LINES - 1), kind=Kind.ITEM, block=2, context=LIST[2].context)
    (window,), tokens = cut([item], [LIST[1], item], sections=UNDER)
    assert numbers(window) == [2]
    assert "</s> Registry > Sign in There are two ways </s> a a" in tokens.said(window.ids)


def test_a_heading_does_not_stand_above_itself() -> None:
    """A window that begins with its section's heading has only the headings above."""
    (window,), tokens = cut([LIST[0]], LIST, sections=UNDER)
    assert tokens.said(window.ids).startswith("<s> how long ? </s> </s> Registry </s> Sign in ")
    (alone,), tokens = cut([LIST[0]], LIST[:1], sections={"s": section("Sign in")})
    assert tokens.said(alone.ids) == "<s> how long ? </s> </s> </s> Sign in </s>"


def test_of_headings_the_last_and_of_a_lead_in_the_first_are_read() -> None:
    """Half the header each."""
    item = statement(0, "x", kind=Kind.ITEM, context=(" ".join(f"lead{n}" for n in range(HEADER)),))
    path = section(*(f"h{n}" for n in range(HEADER)))
    (window,), tokens = cut([item], [item], sections={"s": path})
    header = tokens.said(window.ids).split("</s>")[2].split()
    half = HEADER // 2
    assert header[half:] == [f"lead{n}" for n in range(half)]
    assert header[:half] == " > ".join(path.heading_path).split()[-half:]


def test_a_question_is_cut() -> None:
    """Its first tokens are read."""
    (window,), _ = cut([LIST[5]], LIST[5:], question=" ".join(f"q{n}" for n in range(99)))
    assert window.ids.index(EOS) == QUESTION + 1


def test_the_own_block_grows_first() -> None:
    """A line of the block that lies farther is taken before a nearer one outside."""
    third = (LINES - 5) // 3
    own = [long(n, third, block=1) for n in (1, 2, 3)]
    every = [long(0, third, block=0), *own, long(4, 5, block=2)]
    (window,), _ = cut([every[1]], every)
    assert numbers(window) == [1, 2, 3, 4]
    (window,), _ = cut([every[2]], every)
    assert numbers(window) == [1, 2, 3, 4]


def test_growing_stops_at_what_does_not_fit() -> None:
    """Nothing is read beyond a line that is left out."""
    every = [long(0, 5), long(1, LINES - 35), long(2, 30), long(3, 10), long(4, 2)]
    (window,), _ = cut([every[2]], every)
    assert numbers(window) == [2, 3, 4]


def test_a_long_line_is_cut_and_read_alone() -> None:
    """Its first tokens are read, and their places are known."""
    every = [long(0, 2), long(1, LINES + 50), long(2, 2)]
    (window,), _ = cut([every[1]], every)
    assert numbers(window) == [1]
    assert len(window.lines[0].places) == LINES


def test_links_are_read_only_when_they_are_candidates() -> None:
    """A window grows over them."""
    (window,), _ = cut([LIST[5]], LIST[3:])
    assert numbers(window) == [3, 5]
    first, second = cut([LIST[5], LIST[4]], LIST[3:])[0]
    assert (numbers(first), numbers(second)) == ([3, 5], [4])


def test_a_line_is_read_once() -> None:
    """A candidate that stands in an earlier window opens none, nor is it taken into another."""
    every = [long(n, LINES * 2 // 5) for n in range(5)]
    first, second = cut([every[2], every[3], every[1], every[2]], every)[0]
    assert (numbers(first), numbers(second)) == ([2, 3], [0, 1])


def test_no_more_windows_than_are_allowed() -> None:
    """The best candidates have them."""
    every = [long(n, 3, name=f"s{n}") for n in range(WINDOWS + 3)]
    found, _ = cut(every, every)
    assert [numbers(window) for window in found] == [[n] for n in range(WINDOWS)]


def test_no_more_tokens_than_are_allowed() -> None:
    """Long windows are fewer, but one there always is."""
    every = [long(n, LINES, name=f"s{n}") for n in range(WINDOWS)]
    found, _ = cut(every, every, question="q " * QUESTION)
    spent = sum(len(window.ids) for window in found)
    assert len(found) < WINDOWS
    assert spent <= TOKENS < spent + len(found[0].ids)


@pytest.mark.parametrize(
    "unknown",
    [long(9, 3), long(9, 3, name="elsewhere"), statement(0, ""), statement(0, "  ")],
    ids=["of no section's lines", "of no section", "empty", "blank"],
)
def test_what_is_not_there_is_passed_over(unknown: Statement) -> None:
    """The others are read all the same."""
    every = [statement(0, unknown.plain), *LIST[1:]] if unknown.span[0] == 0 else LIST
    (window,), _ = cut([unknown, LIST[5]], every)
    assert 5 in numbers(window)
    assert unknown.id not in {line.statement.id for line in window.lines}
    assert cut([], every)[0] == ()


@st.composite
def _documents(draw: st.DrawFn) -> tuple[list[Statement], list[Statement]]:
    """Draw statements in blocks and sections, and candidates of them, best first."""
    every: list[Statement] = []
    block, part = 0, 0
    for number in range(draw(st.integers(1, 25))):
        block += draw(st.booleans())
        part += draw(st.integers(0, 5)) == 0
        words = " ".join(f"w{number}.{n}" for n in range(draw(st.integers(0, LINES + 20))))
        kind = draw(st.sampled_from([Kind.SENTENCE, Kind.ITEM, Kind.HEADING, Kind.LINK]))
        every.append(statement(number, words, block=block, kind=kind, section=f"s{part}"))
    return every, draw(st.lists(st.sampled_from(every), max_size=20))


@given(_documents(), st.integers(0, QUESTION + 5))
def test_windows_keep_their_limits(
    document: tuple[list[Statement], list[Statement]], asked: int
) -> None:
    """On any document: the limits, the order, each line once, and the same again."""
    every, candidates = document
    found, tokens = cut(candidates, every, question="q " * asked)
    assert cut(candidates, every, question="q " * asked)[0] == found
    assert len(found) <= WINDOWS
    assert len(found) <= 1 or sum(len(window.ids) for window in found) <= TOKENS
    read = [line.statement for window in found for line in window.lines]
    assert len({one.id for one in read}) == len(read)
    wanted = {one.id for one in candidates}
    for window in found:
        lines = [line.statement for line in window.lines]
        assert wanted & {one.id for one in lines}
        assert lines == sorted(lines, key=lambda s: s.span)
        assert len({one.section for one in lines}) == 1
        assert all(one.kind is not Kind.LINK or one.id in wanted for one in lines)
        assert (window.ids[0], window.ids[-1]) == (BOS, EOS)
        assert sum(len(line.places) for line in window.lines) <= LINES
        assert window.lines[-1].last == len(window.ids) - 1
        for line in window.lines:
            shown = " ".join(line.statement.plain[slice(*place)] for place in line.places)
            assert tokens.said(window.ids[line.first : line.last]) == shown
    if first := next((one for one in candidates if one.plain), None):
        assert first.id in {line.statement.id for line in found[0].lines}
