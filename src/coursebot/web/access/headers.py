"""Security headers of every answer, and the policy that Gradio's page works under."""

from __future__ import annotations

import re
from collections.abc import Mapping

from starlette.datastructures import MutableHeaders

EVERYWHERE: Mapping[str, str] = {
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=(), payment=(), usb=()",
}
NOTHING = "default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
"""The policy of what is no page: data that a browser was led to runs nothing."""
HTTPS = "max-age=31536000"
"""Seconds that a browser comes by HTTPS alone, once it did."""
FRAMED = ("/embed", "/embed/")
"""Pages that may stand in a frame of any other site."""

_SCRIPT = re.compile(rb"<script(?=[\s>])")


def page_policy(nonce: str, *, framed: bool) -> str:
    """Return the policy of Gradio's page, whose scripts in the page itself carry ``nonce``.

    Gradio makes functions out of the texts that its events come with, so ``unsafe-eval`` stays;
    what a course, a learner or a language model wrote never gets into one of them. It also writes
    styles into elements, which cannot have a nonce.
    """
    return "; ".join(
        [
            "default-src 'none'",
            f"script-src 'self' 'nonce-{nonce}' 'unsafe-eval'",
            "style-src 'self' 'unsafe-inline'",
            "img-src 'self' data: blob:",
            "font-src 'self' data:",
            "connect-src 'self'",
            "manifest-src 'self'",
            "worker-src 'self' blob:",
            "frame-src 'none'",
            "object-src 'none'",
            "base-uri 'self'",
            "form-action 'self'",
            # Any ancestor: also one that has no address, which no pattern would fit.
            *([] if framed else ["frame-ancestors 'self'"]),
        ]
    )


def with_nonce(html: bytes, nonce: str) -> bytes:
    """Return a page whose scripts carry the nonce; it has those alone that we and Gradio wrote."""
    return _SCRIPT.sub(b'<script nonce="' + nonce.encode() + b'"', html)


def add(headers: MutableHeaders, path: str, *, https: bool) -> None:
    """Add what is missing to the headers of an answer; a page's own come first."""
    # Gradio lets the pages of any host read its answers, with the cookies of a neighbouring one.
    for name in [name for name in headers if name.startswith("access-control-")]:
        del headers[name]
    for name, value in EVERYWHERE.items():
        headers.setdefault(name, value)
    if path not in FRAMED:
        headers.setdefault("X-Frame-Options", "SAMEORIGIN")
    kind = headers.get("content-type", "")
    if not kind.startswith(("text/css", "text/javascript", "application/javascript")):
        headers.setdefault("Content-Security-Policy", NOTHING)
    if https:
        headers.setdefault("Strict-Transport-Security", HTTPS)
