"""Runs that nobody made: plausible rows, the same for the same arguments."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Mapping, Sequence
from functools import cache
from pathlib import Path
from random import Random
from typing import TYPE_CHECKING

import pytest

from coursebot.evaluation.golden.records import (
    UNANSWERABLE,
    AnswerKind,
    Difficulty,
    Expected,
    Source,
)
from coursebot.evaluation.run.records import (
    Cited,
    Given,
    LegScore,
    Machine,
    Outcome,
    Ranked,
    Reason,
    Row,
    RunInfo,
    Verdict,
)
from coursebot.types import Language, State

if TYPE_CHECKING:
    from coursebot.evaluation.run import Run

FILES = ("containers.md", "registry.md", "kubernetes.md", "identity.md", "keyvault.md")
LEGS = ("dense", "statement", "word", "bigram")

ANSWERABLE = (
    (
        "ja",
        "span",
        "ACRへのログインに使うコマンドは？",
        "az acr login",
        "az acr loginでログインする。",
    ),
    (
        "en",
        "duration",
        "How long is an az acr login token valid?",
        "3時間",
        "トークンは3時間有効。",
    ),
    (
        "ja",
        "number",
        "ノードプールは最大いくつまで作れますか",
        "100",
        "ノードプールは最大100個まで。",
    ),
    (
        "ja",
        "yesno",
        "ACIはVMと同じレベルで分離されますか？",
        "はい",
        "VM と同じレベルで分離される。",
    ),
    (
        "en",
        "list",
        "Which registries can be scanned?",
        "ACR",
        "ACRを使用して、スキャンを実行できる",
    ),
    (
        "en",
        "span",
        "Where should secrets be kept?",
        "Azure Key Vault",
        "機密情報はAzure Key Vaultに",
    ),
    (
        "ja",
        "freeform",
        "コンテナーとVMの違いを説明して",
        "分離の強さ",
        "VMほど強力な「分離」はない。",
    ),
)
"""Language, kind, question, expected text, and what the material says."""

NOT_ANSWERABLE = (
    ("ja", "related", "ACRの月額料金はいくらですか"),
    ("en", "related", "Which regions offer confidential containers?"),
    ("en", "unrelated", "What is the capital of France?"),
    ("ja", "unrelated", "富士山の高さは？"),
    ("ja", "false_premise", "ACIでWindows 95を使う手順は？"),
    ("en", "nonsense", "blorp the frobnicated az az?"),
)
"""Language, tag and question."""


def unit(*parts: object) -> float:
    """Return a number from 0 to 1 that depends on ``parts`` alone."""
    digest = hashlib.sha256("\0".join(map(str, parts)).encode()).digest()
    return int.from_bytes(digest[:6], "big") / 2**48


@cache
def synthetic_row(number: int, *, skill: float = 0.75, seed: str = "") -> Row:
    """Return the row of one question; one in four is not answerable.

    Its question depends on ``number`` alone; what came of it on all arguments: two runs of another
    ``skill`` (0 to 1) or ``seed`` have the same golden set.
    """
    if number % 4 == 3:
        return _not_answerable(number, skill, seed)
    return _answerable(number, skill, seed)


def synthetic_rows(n: int, *, skill: float = 0.75, seed: str = "") -> tuple[Row, ...]:
    """Return ``n`` rows: 1 in 60 is an error, 1 in 75 stale, 1 in 5 a follow-up."""
    return tuple(synthetic_row(number, skill=skill, seed=seed) for number in range(n))


def _named(number: int) -> dict[str, object]:
    follows = number % 5 == 4
    owner = number - 1 if follows else number
    return {
        "id": f"q{owner:04d}#2" if follows else f"q{owner:04d}",
        "item": f"q{owner:04d}",
        "cluster": FILES[owner // 2 % len(FILES)],
        "difficulty": list(Difficulty)[owner % 3],
        "history": ("コンテナーレジストリとは何ですか？",) if follows else (),
    }


def _timings(number: int, seed: str) -> dict[str, float]:
    draw = Random(f"{number}{seed}")
    parts = {"encode": 6.0, "dense": 1.2, "statement": 2.1, "word": 0.8, "bigram": 0.9, "fuse": 0.4}
    made = {name: round(mean * draw.lognormvariate(0, 0.3), 3) for name, mean in parts.items()}
    made["answer"] = round(9 * draw.lognormvariate(0, 0.4), 3)
    if number == 0:
        made["encode"] += 180.0
    return {**made, "total": round(sum(made.values()), 3)}


def _passages(number: int, gold_at: int, said: str, seed: str) -> tuple[Ranked, ...]:
    found = []
    for place in range(10):
        path = f"az-500/{FILES[(number + place) % len(FILES)]}"
        gold = int(place + 1 == gold_at)
        begin = 100 * place + number % 50
        found.append(
            Ranked(
                id=f"{path}:{begin}-{begin + 90}",
                section=f"{path}#section-{place}",
                path=path,
                lines=(10 + 3 * place, 12 + 3 * place),
                text=said
                if gold
                else f"コンテナーの説明その{place + 1}。Passage {place + 1} of {path}.",
                score=round(0.92 / (place + 1) + 0.02 * unit(number, place, seed), 4),
                legs={
                    leg: LegScore(
                        rank=0 if leg == "word" and place % 3 == 2 else 1 + (place + at) % 10,
                        score=round((1 - place / 12) * (1 if leg != "bigram" else 14.0), 4),
                    )
                    for at, leg in enumerate(LEGS)
                },
                gold=gold,
                gold_section=gold,
            )
        )
    return tuple(found)


def _cited(number: int, said: str, *, gold: bool) -> Cited:
    path = f"az-500/{FILES[number % len(FILES)]}"
    return Cited(
        number=1,
        course="az-500",
        path=path,
        heading_path=("Azure Container Registry (ACR)", "ログイン"),
        lines=(40, 40),
        span=(1000, 1000 + len(said)),
        quote=said,
        url=f"/read/{path}#c1",
        verbatim=True,
        gold=gold,
    )


def _ranking(gold_at: int) -> dict[str, float]:
    held = gold_at > 0
    plain = {
        "Success@1": float(gold_at == 1),
        "Success@5": float(held and gold_at <= 5),
        "R@5": float(held and gold_at <= 5),
        "R@10": float(held),
        "RR@10": 1 / gold_at if held else 0.0,
        "nDCG@10": round(1 / (1 + (gold_at - 1) * 0.55), 6) if held else 0.0,
    }
    return {**plain, **{f"section {name}": value for name, value in plain.items()}}


def _answerable(number: int, skill: float, seed: str) -> Row:
    lang, kind, question, wanted, said = ANSWERABLE[number % len(ANSWERABLE)]
    hard = unit("hard", number) * 0.8 + unit("luck", number, seed) * 0.2
    luck = (hard - skill) / max(1 - skill, 0.01)  # below 0: right
    gold_at = 1 + int(3 * unit(number, seed) ** 2) if luck < 0.4 else 0
    right = luck < 0
    state = State.ANSWERED
    if luck > 0.45 or -0.12 < luck < 0:
        state = State.UNSURE
    if luck > 0.7:
        state = State.NOT_COVERED
    cited = gold_at > 0 and (right or luck < 0.1)
    content = right or 0.1 < luck < 0.18
    outcome, reason = _came_of(state, right=right)
    if not right:
        if not gold_at:
            reason = Reason.NOT_RETRIEVED
        elif state is State.NOT_COVERED:
            reason = Reason.WRONGLY_ABSTAINED
        elif cited:
            reason = Reason.WRONG_ANSWER
        else:
            reason = Reason.WRONG_CITATION if content else Reason.NOT_USED
    ranking = _ranking(gold_at)
    f1 = 1.0 if right else round(max(0.0, 0.7 - max(luck, 0)), 4)
    values = {
        "right": float(right),
        "score": {Outcome.RIGHT: 1.0, Outcome.WRONG: -1.0}.get(outcome, 0.0),
        "contains": float(content),
        "required_parts": float(content) if kind != "list" else round(f1, 4),
        "exact_match": float(right and kind != "list" and unit("em", number) < 0.6),
        "f1": f1,
        "cited": float(cited),
        "citation_recall": float(cited),
        "citation_precision": 1.0 if cited and unit("two", number) < 0.8 else 0.5 * cited,
        "verbatim": 1.0,
        "answered": float(state is State.ANSWERED),
        **ranking,
    }
    if kind in {"number", "duration", "yesno"}:
        values["typed"] = float(content)
    kinds = AnswerKind(kind)
    row = Row(
        **_named(number),  # type: ignore[arg-type]
        lang=Language(lang),
        kind=kind,
        tags=("must", "acr") if number % 6 == 0 else ("acr",) if number % 2 else ("aci", "terms"),
        question=f"{question} ({number})",
        answers=(
            Expected(text=wanted, kind=kinds, aliases=("3 hours",) if kind == "duration" else ()),
        ),
        sources=(Source(path=FILES[number % len(FILES)], heading_path=("ログイン",), quote=said),),
        must_not=("docker login",) if number % 9 == 0 else (),
        note="Asked in every course." if number % 7 == 0 else "",
        passages=_passages(number, gold_at, said, seed),
        given=Given(
            state=state,
            confidence=round(
                min(0.99, max(0.01, 0.62 - 0.35 * luck + 0.1 * unit(seed, number))), 4
            ),
            text="" if state is State.NOT_COVERED else f"{wanted if content else '…'}\n{said} [1]",
            short=wanted if content else "",
            citations=() if state is State.NOT_COVERED else (_cited(number, said, gold=cited),),
        ),
        verdict=Verdict(passed=right, outcome=outcome, reason=reason, values=values),
        timings_ms=_timings(number, seed),
    )
    return _spoilt(row, number)


def _came_of(state: State, *, right: bool) -> tuple[Outcome, Reason | None]:
    if state is State.UNSURE:
        return Outcome.HEDGED, None
    if state is State.NOT_COVERED:
        return Outcome.ABSTAINED, None
    return (Outcome.RIGHT if right else Outcome.WRONG), None


def _spoilt(row: Row, number: int) -> Row:
    if number % 75 == 10:
        return row.model_copy(update={"stale": (0,), "verdict": None})
    if number % 60 == 20:
        failed = Verdict(
            passed=False,
            outcome=Outcome.WRONG,
            reason=Reason.ERROR,
            values={"right": 0.0, "score": -1.0},
        )
        return row.model_copy(
            update={"error": "RuntimeError: the model stopped", "given": None, "verdict": failed}
        )
    return row


def _not_answerable(number: int, skill: float, seed: str) -> Row:
    lang, tag, question = NOT_ANSWERABLE[number // 4 % len(NOT_ANSWERABLE)]
    ease = {"related": 0.1, "unrelated": -0.35, "nonsense": -0.3, "false_premise": 0.15}[tag]
    luck = unit("hard", number) * 0.7 + unit("luck", number, seed) * 0.3 + ease - skill
    state = State.ANSWERED if luck > 0 else State.UNSURE if luck > -0.15 else State.NOT_COVERED
    passed = state is not State.ANSWERED
    outcome = {
        State.ANSWERED: Outcome.WRONG,
        State.UNSURE: Outcome.HEDGED,
        State.NOT_COVERED: Outcome.RIGHT,
    }[state]
    said = "ACRにはBasic、Standard、Premiumがある。"
    values = {
        "score": {Outcome.RIGHT: 1.0, Outcome.WRONG: -1.0}.get(outcome, 0.0),
        "verbatim": 1.0,
        "abstained_rightly": float(passed),
    }
    return Row(
        **_named(number),  # type: ignore[arg-type]
        lang=Language(lang),
        kind=UNANSWERABLE,
        tags=(tag,),
        question=f"{question} ({number})",
        unanswerable=True,
        passages=_passages(number, 0, said, seed),
        given=Given(
            state=state,
            confidence=round(min(0.98, max(0.01, 0.5 + 0.6 * luck)), 4),
            text="教材にはありません。" if passed else f"{said} [1]",
            citations=() if state is State.NOT_COVERED else (_cited(number, said, gold=False),),
        ),
        verdict=Verdict(
            passed=passed,
            outcome=outcome,
            reason=None if passed else Reason.SHOULD_HAVE_ABSTAINED,
            values=values,
        ),
        timings_ms=_timings(number, seed),
    )


def synthetic_info(
    rows: Sequence[Row], *, name: str = "20261128-090000", **changes: object
) -> RunInfo:
    """Return what a run of ``rows`` was made from; its golden digest depends on the questions."""
    asked = json.dumps([[row.id, row.question] for row in rows], ensure_ascii=False)
    outcome = json.dumps([row.model_dump(mode="json", exclude={"timings_ms"}) for row in rows])
    made: dict[str, object] = {
        "name": name,
        "golden": "corpus/az-500/golden.jsonl",
        "golden_digest": hashlib.sha256(asked.encode("utf-8", "replace")).hexdigest(),
        "course": "az-500",
        "corpus_digest": "c" * 64,
        "index_digest": "d" * 64,
        "model": "bundled",
        "model_fingerprint": "e" * 64,
        "settings": {"top_k": 10, "answered_above": 0.5, "unsure_above": 0.25, "lexical": 4.0},
        "code": "1.0.0+8e6117d",
        "machine": Machine(system="Linux", processor="x86_64", cores=2, python="3.11.9"),
        "started_at": "2026-11-28T09:00:00+00:00",
        "finished_at": "2026-11-28T09:00:09+00:00",
        "seconds": 8.6,
        "questions": len(rows),
        "digest": hashlib.sha256(outcome.encode()).hexdigest(),
    }
    return RunInfo.model_validate({**made, **changes})


def synthetic_run(
    n: int,
    *,
    skill: float = 0.75,
    seed: str = "",
    name: str = "20261128-090000",
    folder: Path | None = None,
    rows: Sequence[Row] | None = None,
    **info: object,
) -> Run:
    """Return a run of ``n`` questions, or of ``rows``; nothing is written to its folder."""
    from coursebot.evaluation.run import Run

    made = synthetic_rows(n, skill=skill, seed=seed) if rows is None else tuple(rows)
    where = folder if folder is not None else Path("runs") / name
    return Run(folder=where, info=synthetic_info(made, name=name, **info), rows=made)


def write_synthetic(run: Run, folder: Path) -> Path:
    """Write a run's ``run.json`` and ``items.jsonl`` into ``folder``; return it."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "run.json").write_text(run.info.model_dump_json(indent=2), encoding="utf-8")
    with (folder / "items.jsonl").open("w", encoding="utf-8", newline="\n") as file:
        file.writelines(row.model_dump_json() + "\n" for row in run.rows)
    return folder


@pytest.fixture
def make_run(tmp_path: Path) -> Callable[..., Run]:
    """Return a function that makes a run in memory; its folder lies in the test's own."""

    def make(n: int = 150, **options: object) -> Run:
        name = str(options.get("name", "20261128-090000"))
        return synthetic_run(n, folder=tmp_path / "runs" / name, **options)  # type: ignore[arg-type]

    return make


@pytest.fixture
def written_run(make_run: Callable[..., Run]) -> Run:
    """Return a run of 150 questions that is also written to its folder."""
    run = make_run()
    write_synthetic(run, run.folder)
    return run


def values_of(rows: Sequence[Row], metric: str) -> Mapping[str, float]:
    """Return a metric's values by row, of the rows that have one."""
    return {
        row.id: row.verdict.values[metric]
        for row in rows
        if row.verdict is not None and metric in row.verdict.values
    }
