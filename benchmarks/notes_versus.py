"""course-notes-qa, held-out files ▶ rightly cited answers, and the peers' first chunks."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from benchmarks import course_notes, data, measures, ours, versus
from benchmarks.report import Peers, Row, above_the_best
from coursebot.types import Lines

CHUNK = 300
"""Characters a chunk for the peers."""


@dataclass(frozen=True, slots=True)
class Piece:
    """A chunk and where it stands."""

    path: str
    text: str
    lines: Lines


def run(
    folder: Path, work: Path, where: versus.Environment | None, *, course_only: bool = False
) -> list[Row]:
    """Measure coursebot and its peers over all courses, or each question in its file's course.

    Raises MissingDataError.
    """
    notes = data.folder(folder, course_notes.NAME, course_notes.ORIGIN)
    questions = data.note_questions(notes, "dev")
    corpus = data.copy_markdown(notes, work / "notes")
    judged = course_notes.run(ours.indexed(corpus, work), questions, course_only=course_only)
    print(course_notes.table(judged))
    asked = [question for question in questions if question.answerable]
    theirs = _peers(where, corpus, asked, course_only)
    scope = "one course searched" if course_only else "all courses searched"
    rows = []
    for language in ("ja", "en"):
        mine = [item for item in judged if item.answerable and item.language == language]
        chosen = [question.language == language for question in asked]
        peers = _only(theirs, chosen)
        what = f"course-notes-qa, {scope}, {len(mine)} questions in {language}: "
        rows += [
            above_the_best(
                f"{what}first citation (peers: first chunk) overlaps the gold lines",
                [float(item.first) for item in mine],
                peers,
            ),
            above_the_best(
                f"{what}passage@1 (peers: first chunk) overlaps the gold lines",
                [float(item.passage) for item in mine],
                peers,
            ),
        ]
    area = measures.auroc(
        [item.confidence for item in judged if item.answerable],
        [item.confidence for item in judged if not item.answerable],
    )
    what = f"course-notes-qa, {scope}: confidence, answerable against not, AUROC"
    return [*rows, Row(what, "", f"{area:.3f}")]


def _only(peers: Peers, chosen: Sequence[bool]) -> Peers:
    scores = {
        peer: [score for score, wanted in zip(found, chosen, strict=True) if wanted]
        for peer, found in peers.scores.items()
    }
    return Peers(scores, peers.failed)


def _peers(
    where: versus.Environment | None,
    corpus: Path,
    asked: Sequence[data.Question],
    course_only: bool,
) -> Peers:
    """Return whether each peer's first chunk overlaps the gold lines, by question."""
    scopes = pieces_by_scope(corpus, course_only)
    scope_of = {q.id: data.course_of(q) if course_only else "all" for q in asked}
    questions = {
        scope: [question for question in asked if scope_of[question.id] == scope]
        for scope in scopes
    }
    tasks = {
        f"notes-{scope}": versus.Task(
            [piece.text for piece in pieces], [q.text for q in questions[scope]], depth=10
        )
        for scope, pieces in scopes.items()
        if questions[scope]
    }
    outcome = versus.rankings(where, ours.load_encoder(), tasks)
    scores = {}
    for peer, found in outcome.found.items():
        right = {
            question.id: float(bool(ranking) and _right(pieces[ranking[0]], question))
            for scope, pieces in scopes.items()
            for ranking, question in zip(
                found.get(f"notes-{scope}", []), questions[scope], strict=True
            )
        }
        scores[peer] = [right[question.id] for question in asked]
    return Peers(scores, outcome.failed)


def pieces_by_scope(corpus: Path, course_only: bool) -> Mapping[str, list[Piece]]:
    """Return the chunks of all files, ``all``, or those of each course by its name."""
    scopes: dict[str, list[Piece]] = {}
    for path in sorted(corpus.rglob("*.md")):
        name = path.relative_to(corpus).as_posix()
        found = scopes.setdefault(name.partition("/")[0] if course_only else "all", [])
        text = path.read_text(encoding="utf-8")
        found += [Piece(name, piece, lines) for piece, lines in data.chunks(text, CHUNK)]
    return scopes


def _right(piece: Piece, question: data.Question) -> bool:
    return piece.path in question.gold and measures.overlaps(piece.lines, question.lines)
