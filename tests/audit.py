"""Pinned versions ▶ known weaknesses and licences: ``make audit``.

pip-audit, in an environment of its own, asks OSV about each version. What could not be asked about
is no good news: the exit code is then 2.
"""

from __future__ import annotations

import json
import re
import subprocess
import sys
from collections.abc import Iterable, Iterator
from importlib import metadata
from pathlib import Path
from tempfile import TemporaryDirectory

from packaging.requirements import Requirement

ROOT = Path(__file__).parent.parent
PERMISSIVE = re.compile(
    r"MIT|BSD|Apache|ISC|PSF|Python Software|Zlib|CC0|BSL-1\.0|HPND|CNRI|Unlicense", re.IGNORECASE
)
COPYLEFT = re.compile(r"GPL|MPL|Mozilla|EPL|CDDL|EUPL|SSPL|Commons Clause", re.IGNORECASE)
FOUND, NOT_ASKED = 1, 2
"""Exit codes."""


def pinned() -> list[Requirement]:
    """Return the pins of ``constraints.txt`` that hold on this machine."""
    lines = (ROOT / "constraints.txt").read_text(encoding="utf-8").splitlines()
    found = [Requirement(line) for line in lines if line.strip() and not line.startswith("#")]
    return [pin for pin in found if pin.marker is None or pin.marker.evaluate()]


def main(arguments: list[str]) -> int:
    """Report; return the exit code. ``arguments`` are pip-audit's command."""
    pins = pinned()
    write("Licences that are not permissive, or not told:")
    write(*(f"  {line}" for line in unusual(pins)))
    with TemporaryDirectory(prefix="coursebot-audit-") as folder:
        file = Path(folder) / "pinned.txt"
        file.write_text("".join(f"{pin.name}{pin.specifier}\n" for pin in pins), encoding="utf-8")
        options = ("--requirement", str(file), "--no-deps", "--disable-pip", "--format", "json")
        asked = subprocess.run(
            [*arguments, *options, "--vulnerability-service", "osv", "--progress-spinner", "off"],
            capture_output=True,
            text=True,
            check=False,
        )
    try:
        told = json.loads(asked.stdout)["dependencies"]
    except (ValueError, KeyError):
        why = (asked.stderr.strip().splitlines() or ["no answer"])[-1][:200]
        write("Weaknesses: api.osv.dev could not be asked. Try again where it can be reached.", why)
        return NOT_ASKED
    return weak(told)


def weak(told: Iterable[dict[str, object]]) -> int:
    """Report what pip-audit found; return the exit code."""
    told = list(told)
    left = [str(one["name"]) for one in told if "skip_reason" in one]
    bad = [one for one in told if one.get("vulns")]
    for one in bad:
        for fault in one["vulns"]:  # type: ignore[attr-defined]
            fixed = ", ".join(fault["fix_versions"]) or "no version yet"
            write(f"  {one['name']} {one['version']}: {fault['id']}, mended in {fixed}")
    write(f"Weaknesses: {len(bad)} of {len(told) - len(left)} pinned versions have one.")
    if left:
        write(f"Not asked about: {', '.join(left)}.")
    return FOUND if bad else NOT_ASKED if left else 0


def unusual(pins: Iterable[Requirement]) -> Iterator[str]:
    """Yield the installed packages whose licence asks for more than to be named."""
    for pin in pins:
        try:
            told = licence(metadata.metadata(pin.name))
        except metadata.PackageNotFoundError:
            continue
        if COPYLEFT.search(told) or not PERMISSIVE.search(told):
            yield f"{pin.name} {pin.specifier}: {told or 'not told'}"


def licence(of: metadata.PackageMetadata) -> str:
    """Return what a package says of its licence: the expression, the classifiers, or the text."""
    if "License-Expression" in of:
        return of["License-Expression"]
    classes = [c.split(" :: ")[-1] for c in of.get_all("Classifier") or () if "License ::" in c]
    text = of["License"].strip().splitlines() if "License" in of else []
    return "; ".join(classes) or (text[0][:60] if text else "")


def write(*lines: str) -> None:
    """Write lines for people."""
    sys.stdout.writelines(f"{line}\n" for line in lines)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
