"""Answers and hits ▶ JSON for programs; the keys are a published format."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence

from coursebot.types import Answer, Citation, Hit

Record = dict[str, object]


def answer_record(answer: Answer) -> Record:
    """Return ``answer`` as ``ask --json`` and ``ask --jsonl`` print it."""
    short = answer.short_answer
    return {
        "question": answer.question,
        "state": answer.state.value,
        "confidence": round(answer.confidence, 4),
        "short_answer": short.text if short else None,
        "answer": answer.text,
        "citations": [_citation(citation) for citation in answer.citations],
        "passages": [_passage(hit) for hit in answer.passages],
        "timings_ms": {name: round(value, 3) for name, value in answer.timings_ms.items()},
        "conversion": (short.conversion or None) if short else None,
        "language": answer.language.value,
        "related": [{"text": link.text, "url": link.url} for link in answer.related],
        "notice": answer.notice or None,
    }


def hit_records(hits: Sequence[Hit]) -> list[Record]:
    """Return ``hits`` as ``search --json`` prints them: best first, each leg's rank and score."""
    return [
        {
            "rank": rank,
            **_passage(hit),
            "legs": {
                name: {"rank": leg.rank or None, "score": round(leg.score, 6)}
                for name, leg in hit.legs.items()
            },
        }
        for rank, hit in enumerate(hits, 1)
    ]


def json_text(record: object, *, indent: int | None = None) -> str:
    """Return ``record`` as JSON in UTF-8's reach; lone surrogates make it plain ASCII."""
    text = json.dumps(record, ensure_ascii=False, indent=indent)
    try:
        text.encode("utf-8")
    except UnicodeEncodeError:
        return json.dumps(record, indent=indent)
    return text


def _citation(citation: Citation) -> Mapping[str, object]:
    return {
        "path": citation.path,
        "line_start": citation.lines[0],
        "line_end": citation.lines[1],
        "quote": citation.quote,
        "heading_path": list(citation.heading_path),
        "url": citation.url,
    }


def _passage(hit: Hit) -> Mapping[str, object]:
    passage = hit.passage
    return {
        "path": passage.path,
        "line_start": passage.lines[0],
        "line_end": passage.lines[1],
        "text": passage.text,
        "score": round(hit.score, 6),
    }
