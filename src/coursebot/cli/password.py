"""``coursebot password``: a password ▶ the hash that opens the instructor's workbench."""

from __future__ import annotations

import sys
from typing import Annotated

import typer

from coursebot.cli.failures import FAILED, fail, say

SHORTEST = 10
"""Characters of a password."""
COMMON = frozenset(
    (
        *("password", "passw0rd", "coursebot", "instructor", "administrator", "letmein", "welcome"),
        *("qwertyuiop", "qwerty", "abcdefghij", "iloveyou", "changeme", "1234567890", "sensei"),
    )
)
"""Words that a guesser tries first, with or without digits and signs around them."""


def password(
    as_setting: Annotated[
        bool, typer.Option("--setting/--hash", help="Print the whole setting, or the hash alone.")
    ] = True,
) -> None:
    """Ask for a password and print its hash, to be set as COURSEBOT_INSTRUCTOR_PASSWORD."""
    chosen = chosen_password()
    from coursebot.people.passwords import hashed

    made = hashed(chosen)
    # In single quotes: a shell would take what follows a $ for a variable.
    typer.echo(f"COURSEBOT_INSTRUCTOR_PASSWORD='{made}'" if as_setting else made)


def chosen_password() -> str:
    """Return a password, asked for or read from a pipe; leaves when it is no good."""
    chosen = _asked() if sys.stdin is not None and sys.stdin.isatty() else _read()
    why = too_weak(chosen)
    if why:
        fail(why)
        raise typer.Exit(FAILED)
    return chosen


def too_weak(chosen: str) -> str:
    """Return why a password is no good; empty when it will do."""
    if len(chosen) < SHORTEST:
        return f"the password is too short: {SHORTEST} characters or more, a few words say."
    if len(set(chosen)) < SHORTEST // 2:
        return "the password has too few different characters; take a few words."
    if chosen.casefold().strip("0123456789!?.-_ ") in {*COMMON, ""}:
        return "the password is one that is tried first; take a few words."
    return ""


def _asked() -> str:
    """Ask twice, without showing what is typed."""
    first = str(typer.prompt("Password", hide_input=True, err=True))
    if str(typer.prompt("Again", hide_input=True, err=True)) != first:
        fail("the two are not the same.")
        raise typer.Exit(FAILED)
    return first


def _read() -> str:
    """Read it from a pipe; its line end is no part of it."""
    if sys.stdin is None:
        say("Error: standard input is closed.")
        raise typer.Exit(FAILED)
    return sys.stdin.readline().rstrip("\r\n")
