"""Questions ▶ the adapted encoder: a question lies next to the statement that answers it.

Contrast over a batch (InfoNCE, van den Oord et al. 2018; temperature 0.03) from four kinds of
pairs: questions and statements of course notes in both languages, with the nearest other statements
of the course as hard negatives; encyclopaedia questions with the sentence, and with the passage,
that answers; the same question in English and Japanese.
"""

from __future__ import annotations

import argparse
import pickle
import random
import sys
import time
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import torch
from safetensors.torch import load_file
from torch import Tensor
from transformers import BertModel

from coursebot.course import embedding, read_corpus
from coursebot.encoder.bundled import PROMPTS
from coursebot.types import Statement
from training import sources, trunk
from training.trunk import Pair

TEMPERATURE = 0.03
RATE = 4e-5
HARD = 40
"""Nearest other statements of the course, of which each step draws."""
PARAGRAPHS = 8000
"""Encyclopaedia questions, at most, of each language."""
KINDS = ("notes", "sentence", "notes", "passage", "notes", "parallel", "notes", "english")
"""The kind of each step, over and over."""


def main() -> None:
    """Train, saving as it goes; a second start goes on where the first was stopped."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("data", type=Path, help="the folder of data sets")
    parser.add_argument("--work", type=Path, default=Path("build/training"))
    parser.add_argument("--start", type=Path, help="layers to start from")
    parser.add_argument("--rate", type=float, default=RATE)
    parser.add_argument("--steps", type=int, default=900)
    parser.add_argument("--seed", type=int, default=1)
    chosen = parser.parse_args()
    chosen.work.mkdir(parents=True, exist_ok=True)
    torch.manual_seed(chosen.seed)
    base = trunk.unpacked(chosen.work)
    pairs = Pairs(chosen.data, base, chosen.seed)
    model = trunk.trunk(base, chosen.start)
    train(model, pairs, chosen.work / "encoder", chosen.steps, chosen.rate)


def train(model: BertModel, pairs: Pairs, out: Path, steps: int, rate: float = RATE) -> None:
    """Train ``model`` and write its layers to ``out/layers.safetensors``."""
    out.mkdir(parents=True, exist_ok=True)
    optimizer = trunk.optimiser(model, rate)
    first = _resume(out, model, optimizer)
    started, losses = time.time(), []
    for step in range(steps):
        batch = pairs.deal(KINDS[step % len(KINDS)])
        if step < first:
            continue  # the same batches are dealt as in a run without a break
        trunk.scheduled(optimizer, step / steps)
        loss = contrast(model, batch)
        loss.backward()  # type: ignore[no-untyped-call]
        torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimizer.step()
        optimizer.zero_grad(set_to_none=True)
        losses.append(loss.item())
        if (step + 1) % 40 == 0:
            minutes = (time.time() - started) / 60
            print(f"{step + 1} of {steps}: loss {np.mean(losses[-40:]):.3f}, {minutes:.1f} min")
            sys.stdout.flush()
        if (step + 1) % 200 == 0 or step + 1 == steps:
            trunk.save(model, out / "layers.safetensors")
            torch.save({"step": step + 1, "optimizer": optimizer.state_dict()}, out / "state.new")
            (out / "state.new").replace(out / "state.pt")


def _resume(out: Path, model: BertModel, optimizer: torch.optim.Optimizer) -> int:
    if not (out / "state.pt").is_file():
        return 0
    state = torch.load(out / "state.pt")
    optimizer.load_state_dict(state["optimizer"])
    model.load_state_dict(load_file(out / "layers.safetensors"), strict=False)
    print(f"going on after step {state['step']}")
    return int(state["step"])


def contrast(model: BertModel, batch: Sequence[Pair]) -> Tensor:
    """Return the loss of a batch, both ways: from questions to answers and back."""
    n = len(batch)
    others = [row for pair in batch for row in pair.others]
    rows = [*(p.question for p in batch), *(p.answer for p in batch), *others]
    found = trunk.vectors(model, rows)
    questions, answers = found[:n], found[n:]
    scores = questions @ answers.T / TEMPERATURE
    # The same text is no negative of itself.
    texts = [tuple(row) for row in rows]
    same = torch.tensor(
        [[texts[n + j] == texts[n + i] and i != j for j in range(len(answers))] for i in range(n)]
    )
    scores = scores.masked_fill(same, -1e4)
    target = torch.arange(n)
    back = scores[:, :n].T
    return (
        torch.nn.functional.cross_entropy(scores, target)
        + 0.3 * torch.nn.functional.cross_entropy(back, target)
    ) / 1.3


class Pairs:
    """All pairs, dealt by kind."""

    def __init__(self, data: Path, base: Path, seed: int) -> None:
        self._pieces = trunk.tokenizer(base)
        self._chance = random.Random(seed)
        started = time.time()
        kept = base.parent / "pairs.pickle"
        if kept.is_file():
            self._notes, japanese, english = pickle.loads(kept.read_bytes())
        else:
            self._notes = self._of_notes(data, base)
            japanese = self._of_passages(data / "jaquad-train", "train")
            english = self._of_passages(data / "squad2-en", "dev")
            kept.write_bytes(pickle.dumps((self._notes, japanese, english)))
        print(f"{len(self._notes)} pairs of notes, {time.time() - started:.0f} s")
        parallel = [
            Pair(self._query(row["en"]), self._query(row["ja"]))
            for row in sources.rows(data / "mkqa-en-ja" / "parallel_en_ja.jsonl")
        ]
        self._deal = {
            "notes": trunk.endless(range(len(self._notes)), seed),
            "japanese": trunk.endless(japanese, seed + 1),
            "english": trunk.endless(english, seed + 2),
            "parallel": trunk.endless(parallel, seed + 3),
        }

    def deal(self, kind: str) -> list[Pair]:
        """Return the next batch of a kind."""
        if kind == "notes":
            return [self._hard(n) for n in self._deal["notes"](32)]
        if kind == "passage":
            return [pair for pair, _ in self._deal["japanese"](16)]
        if kind in ("sentence", "english"):
            source = "japanese" if kind == "sentence" else "english"
            return [pair for _, pair in self._deal[source](32)]
        return self._deal["parallel"](64)

    def _query(self, text: str) -> trunk.Ids:
        return self._pieces.ids([PROMPTS["query"] + text], 64)[0]

    def _passage(self, text: str, limit: int) -> trunk.Ids:
        return self._pieces.ids([PROMPTS["passage"] + text], limit)[0]

    def _hard(self, number: int) -> Pair:
        pair = self._notes[number]
        # The nearest are drawn more often.
        at = min(int(self._chance.expovariate(1 / 8)), HARD - 1)
        return Pair(pair.question, pair.answer, pair.others[at : at + 1])

    def _of_notes(self, data: Path, base: Path) -> list[Pair]:
        questions = [q for q in sources.notes(data / "course-notes-qa").train if q.spans]
        corpus = read_corpus(sources.corpus(data, base.parent))
        statements: list[Statement] = []
        texts: list[trunk.Ids] = []
        for document in corpus.documents:
            owners = {section.id: section for section in document.sections}
            for statement in document.statements:
                statements.append(statement)
                text = embedding.statement_text(owners[statement.section], statement)
                texts.append(self._passage(text, 128))
        model = trunk.trunk(base).eval()
        with torch.no_grad():
            places = trunk.vectors(model, texts).numpy()
            queries = trunk.vectors(model, [self._query(q.text) for q in questions]).numpy()
        courses = np.array([statement.course for statement in statements])
        found = []
        for question, vector in zip(questions, queries, strict=True):
            own = np.flatnonzero(courses == question.course)
            near = own[np.argsort(-(places[own] @ vector))]
            gold = [at for at in own if question.answered_by(statements[at])]
            if not gold:
                continue
            best = min(gold, key=lambda at: _aside(statements[at], question))
            others = [at for at in near[: 2 * HARD] if at not in gold][:HARD]
            found.append(
                Pair(self._query(question.text), texts[best], tuple(texts[at] for at in others))
            )
        return found

    def _of_passages(self, folder: Path, split: str) -> list[tuple[Pair, Pair]]:
        """Return for each question its pair with the passage and with the sentence."""
        passages = {row["id"]: row for row in sources.rows(folder / f"{split}.passages.jsonl")}
        found = []
        questions = sources.rows(folder / f"{split}.questions.jsonl")
        for row in self._chance.sample(questions, min(PARAGRAPHS, len(questions))):
            if row["unanswerable"] or not row["spans"]:
                continue
            passage = passages[row["gold"][0]]
            text, title = passage["text"], passage["title"]
            inside = sources.sentences(text)
            start = row["spans"][0][0]
            own = next((s for s in inside if s[0] <= start < s[1]), inside[-1])
            rest = [s for s in inside if s != own]
            other = tuple(
                self._passage(f"{title}\n{text[slice(*s)]}", 96)
                for s in self._chance.sample(rest, min(1, len(rest)))
            )
            query = self._query(row["question"])
            found.append(
                (
                    Pair(query, self._passage(f"{title}\n{text}", 224)),
                    Pair(query, self._passage(f"{title}\n{text[slice(*own)]}", 96), other),
                )
            )
        return found


def _aside(statement: Statement, question: sources.Question) -> tuple[bool, int]:
    """Order the statements of the gold lines: the one with the answer, then the first."""
    at = question.answer[0] if question.answer else -1
    return not statement.span[0] <= at < statement.span[1], statement.span[0]


if __name__ == "__main__":
    main()
