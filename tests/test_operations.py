"""docs/operations.md: what is to be copied from it, read by what it is written for."""

from __future__ import annotations

import configparser
import re
import shutil
import subprocess
from pathlib import Path

import pytest

from coursebot.config import PREFIX, Settings, variable

ROOT = Path(__file__).parent.parent
OPERATIONS = (ROOT / "docs" / "operations.md").read_text(encoding="utf-8")
INSTRUCTOR = (ROOT / "docs" / "instructor.md").read_text(encoding="utf-8")
SETTINGS = {variable(name) for name in Settings.model_fields}


def blocks(text: str, language: str) -> list[str]:
    """Return the code blocks of a language."""
    return re.findall(rf"^```{language}\n(.*?)^```", text, re.MULTILINE | re.DOTALL)


def test_the_file_of_settings_is_taken(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Every key is a setting, and its value arrives."""
    (text,) = blocks(OPERATIONS, "toml")
    file = tmp_path / "coursebot.toml"
    file.write_text(text, encoding="utf-8")
    monkeypatch.setenv("COURSEBOT_CONFIG", str(file))
    chosen = Settings.load()
    assert chosen.index == Path("/srv/coursebot/index")
    assert chosen.corpus == Path("/srv/courses")


def test_the_unit_says_what_the_server_needs() -> None:
    """Its variables are settings, and it waits longer than open questions may take."""
    (text,) = blocks(OPERATIONS, "ini")
    unit = configparser.ConfigParser()
    unit.optionxform = str  # type: ignore[assignment,method-assign]
    unit.read_string(text)
    service = unit["Service"]
    given = [pair.partition("=")[0] for pair in service["Environment"].split()]
    assert given
    assert set(given) <= SETTINGS
    assert service.getint("TimeoutStopSec") > Settings.model_fields["shutdown_seconds"].default
    assert service["ExecStart"].endswith("/coursebot serve --build")


def test_every_variable_that_is_set_is_a_setting() -> None:
    """But for the one that compose.yaml makes an address of."""
    shown = blocks(OPERATIONS, "sh")
    given = {name for text in shown for name in re.findall(rf"\b({PREFIX}[A-Z_]+)=", text)}
    assert given - SETTINGS == {"COURSEBOT_DB_PASSWORD"}


@pytest.mark.skipif(shutil.which("nginx") is None, reason="nginx is not installed")
@pytest.mark.parametrize("several", [False, True], ids=["one", "several"])
def test_nginx_takes_its_lines(tmp_path: Path, *, several: bool) -> None:
    """For one server, and for several in place of it."""
    location, upstream, passed = blocks(OPERATIONS, "nginx")
    (workbench,) = blocks(INSTRUCTOR, "nginx")
    if several:
        location, found = re.subn(r" *proxy_pass .*\n", passed, location)
        assert found == 1
    kinds = ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
    places = "".join(f"{kind}_temp_path {tmp_path}/{kind};\n" for kind in kinds)
    file = tmp_path / "nginx.conf"
    file.write_text(
        f"pid {tmp_path}/pid;\nevents {{}}\nhttp {{\naccess_log off;\n{places}{upstream}\n"
        f"server {{\nlisten 127.0.0.1:8080;\n{location}{workbench}}}\n}}\n",
        encoding="utf-8",
    )
    tried = subprocess.run(
        ["nginx", "-t", "-p", tmp_path, "-e", tmp_path / "log", "-c", file],
        capture_output=True,
        text=True,
        check=False,
    )
    assert tried.returncode == 0, tried.stderr
    assert "warn" not in tried.stderr
