"""One target in one process: ``python -m tests.fuzz.process NAME [FILE…] [-option=…]``.

With files it runs just these, which shows a crash again and needs no atheris; with folders and
libFuzzer's options it fuzzes.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path

from tests.fuzz.targets import INSTRUMENTED, made

NOT_THERE = 3
"""Exit code where there is no atheris."""


def main(arguments: list[str]) -> int:
    """Run a target; return the exit code."""
    name, *rest = arguments
    files = [Path(argument) for argument in rest if not argument.startswith("-")]
    if files and all(file.is_file() for file in files):
        run: Callable[[bytes], None] = made(name)
        for file in files:
            run(file.read_bytes())
        print(f"{name}: {len(files)} files, no crash")
        return 0
    try:
        import atheris
    except ImportError:
        print("There is no atheris here: it has wheels for Linux on x86-64.", file=sys.stderr)
        return NOT_THERE
    with ExitStack() as stack:
        stack.enter_context(atheris.instrument_imports(include=INSTRUMENTED))
        target = made(name)
    for number, seed in enumerate(target.seeds()):
        (files[0] / f"seed-{number:03}").write_bytes(seed)
    words = files[0].with_name("words")
    words.write_text("".join(f"{quoted(word)}\n" for word in target.words), encoding="ascii")
    atheris.Setup([f"fuzz {name}", *rest, f"-dict={words}"], target)
    atheris.Fuzz()  # ends the process
    return 0


def quoted(word: str) -> str:
    """Return a word as libFuzzer reads it from a dictionary."""
    data = word.encode("utf-8")
    return '"' + "".join(f"\\x{byte:02X}" for byte in data) + '"'


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
