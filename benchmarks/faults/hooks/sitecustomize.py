"""Faults inside a process, put there by Python's audit hooks; nothing of coursebot is changed.

A process of a sandbox imports this at its start when its environment says so:
``FAULTS_DIE=EVENT:PART`` kills it with SIGKILL just before it opens, renames, … something with
PART in its name, and ``FAULTS_EIO=PART`` lets each opening of such a file fail as on a broken disk.
"""

import errno
import os
import signal
import sys

_DIE = os.environ.pop("FAULTS_DIE", "")
_EIO = os.environ.pop("FAULTS_EIO", "")


def _named(arguments: tuple[object, ...], part: str) -> bool:
    return any(isinstance(one, str) and part in one for one in map(_text, arguments))


def _text(argument: object) -> object:
    return os.fspath(argument) if isinstance(argument, os.PathLike) else argument


def _die(event: str, arguments: tuple[object, ...]) -> None:
    at, _, part = _DIE.partition(":")
    if event == at and _named(arguments, part):
        os.kill(os.getpid(), signal.SIGKILL)


def _fail(event: str, arguments: tuple[object, ...]) -> None:
    if event == "open" and _named(arguments[:1], _EIO):
        raise OSError(errno.EIO, os.strerror(errno.EIO), str(arguments[0]))


if _DIE:
    sys.addaudithook(_die)
if _EIO:
    sys.addaudithook(_fail)
