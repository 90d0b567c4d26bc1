"""Questions ▶ the reader: which line of what was retrieved answers, where in it, or none.

One listwise choice a question: all lines of all windows and "none of them", whose score is 0, so
that one number both ranks and judges; the right ones are the lines that overlap a gold line
(marginal likelihood). With it, the start and end of the answer within the gold window. First over
encyclopaedias, whose spans are many; then over course notes as the retriever finds them.
"""

from __future__ import annotations

import argparse
import random
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from safetensors.torch import load_file
from torch import Tensor, nn
from transformers import BertModel

from coursebot.types import Span
from training import trunk

RATE, HEADS = 5e-5, 1e-3
OUTPUTS = ("start", "end", "line", "window")
"""What the head says of each token."""


@dataclass(frozen=True, slots=True)
class Read:
    """A window with what is known of it."""

    ids: trunk.Ids
    lines: tuple[Span, ...]
    """Positions of each line's tokens."""
    gold: tuple[int, ...]
    """Numbers of the lines that answer."""
    answer: Span | None = None
    """Positions of the first token of the answer and of its last one."""


Example = tuple[Read, ...]
"""All windows of one question."""


class Reader(nn.Module):
    """The trunk with one linear layer on top."""

    def __init__(self, body: BertModel) -> None:
        super().__init__()
        self.trunk = body
        self.head = nn.Linear(body.config.hidden_size, len(OUTPUTS))
        nn.init.normal_(self.head.weight, std=0.02)
        nn.init.zeros_(self.head.bias)

    def forward(self, ids: Tensor, mask: Tensor) -> Tensor:
        """Return the outputs of shape (windows, tokens, len(OUTPUTS))."""
        with torch.autocast("cpu", dtype=torch.bfloat16):
            hidden = self.trunk(input_ids=ids, attention_mask=mask).last_hidden_state
        return self.head(hidden.float())  # type: ignore[no-any-return]


def scores(said: Tensor, window: Read) -> Tensor:
    """Return the score of each line of a window: the mean over its tokens, and the window's own."""
    line = said[:, 2]
    return torch.stack([line[a:b].mean() for a, b in window.lines]) + said[0, 3]


def said_of(model: Reader, windows: Sequence[Read], tokens: int = 2048) -> list[Tensor]:
    """Return the head's outputs for each window, of shape (tokens, len(OUTPUTS))."""
    found: list[Tensor | None] = [None] * len(windows)
    for batch in trunk.by_length([list(w.ids) for w in windows], tokens):
        said = model(*trunk.padded([windows[at].ids for at in batch]))
        for row, at in zip(said[: len(batch)], batch, strict=True):
            found[at] = row
    return [row for row in found if row is not None]


def losses(model: Reader, batch: Sequence[Example]) -> tuple[Tensor, Tensor]:
    """Return the loss of the choice and of the spans, each a mean over the questions."""
    windows = [window for example in batch for window in example]
    said = iter(said_of(model, windows))
    choices, spans = [], []
    for example in batch:
        every, at = [torch.zeros(1)], 1
        right: list[int] = []
        for window in example:
            own = next(said)
            every.append(scores(own, window))
            right.extend(at + n for n in window.gold)
            at += len(window.lines)
            if window.answer is not None:
                spans.append(_span_loss(own, window))
        logits = torch.cat(every)
        logits = torch.log_softmax(logits, 0)
        choices.append(-torch.logsumexp(logits[right or [0]], 0))
    return torch.stack(choices).mean(), torch.stack(spans).mean() if spans else torch.zeros(())


def _span_loss(said: Tensor, window: Read) -> Tensor:
    first, last = window.lines[0][0], window.lines[-1][1]
    assert window.answer is not None
    target = torch.tensor([at - first for at in window.answer])
    return nn.functional.cross_entropy(said[first:last, :2].T, target)


def train(
    model: Reader,
    examples: Sequence[Example],
    out: Path,
    *,
    steps: int,
    batch: int,
    seed: int,
    rate: float = RATE,
) -> None:
    """Train and write the weights to ``out``; a second start goes on where the first stopped."""
    out.mkdir(parents=True, exist_ok=True)
    optimizer = trunk.optimiser(model, rate, HEADS * rate / RATE)
    first = 0
    if (out / "state.pt").is_file():
        state = torch.load(out / "state.pt")
        optimizer.load_state_dict(state["optimizer"])
        model.load_state_dict(load_file(out / "layers.safetensors"), strict=False)
        first = int(state["step"])
        print(f"going on after step {first}")
    deal = trunk.endless(examples, seed)
    chance = random.Random(seed)
    started, seen = time.time(), []
    for step in range(steps):
        dealt = [varied(example, chance) for example in deal(batch)]
        if step < first:
            continue  # the same batches are dealt as in a run without a break
        trunk.scheduled(optimizer, step / steps)
        choice, span = losses(model, dealt)
        (choice + 0.5 * span).backward()  # type: ignore[no-untyped-call]
        torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimizer.step()
        optimizer.zero_grad(set_to_none=True)
        seen.append((choice.item(), span.item()))
        if (step + 1) % 40 == 0:
            recent = np.mean(seen[-40:], axis=0)
            minutes = (time.time() - started) / 60
            print(
                f"{step + 1} of {steps}: choice {recent[0]:.3f}, span {recent[1]:.3f},"
                f" {minutes:.1f} min"
            )
            sys.stdout.flush()
        if (step + 1) % 200 == 0 or step + 1 == steps:
            trunk.save(model, out / "layers.safetensors")
            torch.save({"step": step + 1, "optimizer": optimizer.state_dict()}, out / "state.new")
            (out / "state.new").replace(out / "state.pt")


def varied(example: Example, chance: random.Random) -> Example:
    """Leave out some of the windows that do not answer, and sometimes all that do.

    The likelier windows stay more often (weights 1 / (place + 3), drawn without replacement), so
    that a step over hard windows takes half the time, and each pass sees others.
    """
    others = [at for at, window in enumerate(example) if not window.gold]
    drawn = set(sorted(others, key=lambda at: chance.expovariate(1) * (at + 3))[:OTHERS])
    left_out = bool(drawn) and chance.random() < LEFT_OUT
    return tuple(
        window for at, window in enumerate(example) if at in drawn or (window.gold and not left_out)
    )


KEPT = 2000
"""Encyclopaedia questions among those about notes."""
OTHERS = 5
"""Windows without the answer that one step reads of a question."""
LEFT_OUT = 0.2
"""Share of the answerable questions whose answer is left out: then nothing answers."""


def main() -> None:
    """Train the first or the second part."""
    from training.reading import encyclopaedia, found_notes

    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("part", choices=("encyclopaedia", "notes"))
    parser.add_argument("data", type=Path, help="the folder of data sets")
    parser.add_argument("--work", type=Path, default=Path("build/training"))
    parser.add_argument("--start", type=Path, help="layers to start from")
    parser.add_argument("--name", default="")
    parser.add_argument("--steps", type=int, default=700)
    parser.add_argument("--batch", type=int, default=12)
    parser.add_argument("--most", type=int, default=12000, help="encyclopaedia questions")
    parser.add_argument("--rate", type=float, default=RATE)
    parser.add_argument("--seed", type=int, default=1)
    chosen = parser.parse_args()
    torch.manual_seed(chosen.seed)
    base = trunk.unpacked(chosen.work)
    if chosen.part == "encyclopaedia":
        examples = encyclopaedia(chosen.data, base, chosen.most, chosen.seed)
    else:
        examples = found_notes(chosen.data, base, chosen.work, "train", chosen.seed)
        # Some of the first part, so that its many spans are not forgotten.
        examples += encyclopaedia(chosen.data, base, KEPT, chosen.seed + 1)
    print(f"{len(examples)} questions, {sum(len(w.ids) for e in examples for w in e)} tokens")
    model = Reader(trunk.trunk(base, None))
    if chosen.start:
        weights = trunk.weights(chosen.start)
        if not any(name.startswith("trunk.") for name in weights):
            weights = {f"trunk.{name}": value for name, value in weights.items()}
        model.load_state_dict(weights, strict=False)
    out = chosen.work / (chosen.name or f"reader-{chosen.part}")
    train(
        model,
        examples,
        out,
        steps=chosen.steps,
        batch=chosen.batch,
        seed=chosen.seed,
        rate=chosen.rate,
    )


if __name__ == "__main__":
    main()
