"""What a browser asks for ▶ the language that the reader speaks."""

from __future__ import annotations

from coursebot.types import Language


def interface_language(chosen: str, accepted: str) -> Language:
    """Return ``chosen`` if it is one of ours, else what ``Accept-Language`` prefers, else English.

    Of two that are preferred alike, the one named first.
    """
    if chosen in tuple(Language):
        return Language(chosen)
    best, weight = Language.EN, 0.0
    for part in accepted.split(","):
        tag, *parameters = (piece.strip().lower() for piece in part.split(";"))
        quality = _quality(parameters)
        primary = tag.split("-")[0]
        if primary in tuple(Language) and quality > weight:
            best, weight = Language(primary), quality
    return best


def _quality(parameters: list[str]) -> float:
    for parameter in parameters:
        name, _, value = parameter.partition("=")
        if name.strip() == "q":
            digits = value.strip()
            return float(digits) if digits.replace(".", "", 1).isdecimal() else 0.0
    return 1.0
