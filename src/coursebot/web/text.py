"""What the page says, in English and Japanese."""

from __future__ import annotations

import gradio as gr

ENGLISH = {
    "placeholder": "Ask a question about the course…",
    "question": "Question",
    "conversation": "Conversation",
    "welcome": "Answers are in the course's own words, each with a link to where it stands.",
    "ask": "Ask",
    "clear": "New conversation",
    "course": "Course",
    "all_courses": "All courses",
    "examples": "For example",
}
JAPANESE = {
    "placeholder": "コースについて質問してください…",
    "question": "質問",
    "conversation": "会話",
    "welcome": "回答は教材の言葉のまま、出典へのリンク付きで表示されます。",
    "ask": "質問する",
    "clear": "新しい会話",
    "course": "コース",
    "all_courses": "すべてのコース",
    "examples": "質問の例",
}

i18n = gr.I18n(en=ENGLISH, ja=JAPANESE)
"""Picks by the browser's language; Gradio falls back to English."""


def literal(text: str) -> str:
    """Return ``text`` as Markdown that shows it character by character.

    Everything that Markdown, HTML, TeX or link detection could act on becomes a character
    reference, and so does a space that opens a line or follows another.
    """
    shown: list[str] = []
    for character in text.encode("utf-8", "replace").decode("utf-8"):
        if character == "\n":
            shown.append("  \n")
        elif character == " " and (not shown or shown[-1][-1] in " \n"):
            shown.append("&#160;")
        elif character.isalnum() or character == " " or ord(character) > 0x2000:
            shown.append(character)
        else:
            shown.append(f"&#{ord(character)};")
    return "".join(shown)
