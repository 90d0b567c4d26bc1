"""Settings from options, environment and file: which one wins, and what is refused."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from coursebot.cli import app
from coursebot.config import FILE, MASK, Settings, settings
from coursebot.errors import SettingsError


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Work in an empty folder."""
    monkeypatch.chdir(tmp_path)
    return tmp_path


def shown(*options: str) -> dict[str, tuple[object, str]]:
    """Return value and origin of each setting, as a program reads them."""
    result = CliRunner().invoke(app, [*options, "config", "show", "--json"])
    assert (result.exit_code, result.stderr) == (0, "")
    return {row["name"]: (row["value"], row["origin"]) for row in json.loads(result.stdout)}


def refused(*options: str) -> str:
    """Return the one line that a command ends with."""
    result = CliRunner().invoke(app, [*options, "config", "show"])
    assert (result.exit_code, result.stdout) == (1, "")
    assert result.stderr.count("\n") == 1
    return result.stderr.strip()


def test_each_setting_says_where_it_comes_from(monkeypatch: pytest.MonkeyPatch) -> None:
    """An option wins over the environment, that over the file, and that over the default."""
    FILE.write_text('top_k = 3\nport = 81\nhost = "::1"\nthreads = 2\n', encoding="utf-8")
    monkeypatch.setenv("COURSEBOT_TOP_K", "4")
    monkeypatch.setenv("COURSEBOT_PORT", "82")
    found = shown("--set", "top_k=5")
    assert list(found) == list(Settings.model_fields)
    assert found["top_k"] == (5, "option")
    assert found["port"] == (82, "environment")
    assert found["host"] == ("::1", "coursebot.toml")
    assert found["threads"] == (2, "coursebot.toml")
    assert found["index"] == ("index", "default")


def test_another_file_may_be_named(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """By an option or a variable; the one in the working folder is then not read."""
    FILE.write_text("top_k = 3\nport = 81\n", encoding="utf-8")
    (folder / "a.toml").write_text("top_k = 7\n", encoding="utf-8")
    (folder / "b.toml").write_text("top_k = 8\n", encoding="utf-8")
    monkeypatch.setenv("COURSEBOT_CONFIG", "b.toml")
    assert shown()["top_k"] == (8, "b.toml")
    found = shown("--config", "a.toml")
    assert found["top_k"] == (7, "a.toml")
    assert found["port"] == (7860, "default")
    assert found["config"] == ("a.toml", "option")
    assert shown()["top_k"] == (8, "b.toml"), "an option holds for one command"


def test_python_reads_the_file_too() -> None:
    """What ``Assistant.open`` takes when it is given no settings."""
    FILE.write_text("top_k = 3\n", encoding="utf-8")
    settings.cache_clear()
    assert settings().top_k == 3


def test_secrets_are_masked(monkeypatch: pytest.MonkeyPatch) -> None:
    """In both forms, wherever they come from; that one is set is seen."""
    FILE.write_text('llm_key = "file-s3cret"\n', encoding="utf-8")
    monkeypatch.setenv("COURSEBOT_DATABASE_URL", "postgresql://u:env-s3cret@db/x")
    monkeypatch.setenv("COURSEBOT_LLM_URL", "https://me:url-s3cret@llm.example.org/v1")
    found = shown()
    assert found["llm_key"] == (MASK, "coursebot.toml")
    assert found["database_url"] == (MASK, "environment")
    assert found["llm_url"] == (f"https://{MASK}@llm.example.org/v1", "environment")
    assert found["instructor_password"] == ("", "default")
    table = CliRunner().invoke(app, ["config", "show"]).stdout
    assert "s3cret" not in table
    assert "COURSEBOT_LLM_KEY" in table


def test_what_is_no_setting_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    """In the file, in the environment and as an option, with the nearest name."""
    assert refused("--set", "topk=3") == (
        "Error: topk is no setting of coursebot. Did you mean top_k?"
    )
    monkeypatch.setenv("COURSEBOT_MODLE", "x")
    assert refused() == (
        "Error: COURSEBOT_MODLE is no setting of coursebot. Did you mean COURSEBOT_MODEL?"
    )
    with pytest.raises(SettingsError, match="COURSEBOT_MODLE"):
        settings()
    monkeypatch.delenv("COURSEBOT_MODLE")
    monkeypatch.setenv("COURSEBOT_TEST_CITUS", "x")
    assert shown()["top_k"] == (10, "default"), "what the tests read is no setting of the engine"
    FILE.write_text("[top_kk]\na = 1\n", encoding="utf-8")
    assert refused() == (
        "Error: top_kk in coursebot.toml is no setting of coursebot. Did you mean top_k?"
    )


def test_a_bad_value_is_named_with_its_place(monkeypatch: pytest.MonkeyPatch) -> None:
    """The message says which of the ways has it, and never what a secret was."""
    FILE.write_text("top_k = 0\n", encoding="utf-8")
    assert refused().startswith("Error: top_k in coursebot.toml: Input should be greater than ")
    monkeypatch.setenv("COURSEBOT_TOP_K", "many")
    assert refused().startswith("Error: COURSEBOT_TOP_K: Input should be a valid integer")
    monkeypatch.setenv("COURSEBOT_TOP_K", "2")
    assert shown()["top_k"] == (2, "environment")


def test_a_file_that_cannot_be_read() -> None:
    """It must be there when it is named, be TOML, and name no further file."""
    assert refused("--config", "none.toml") == (
        "Error: There is no file of settings none.toml. See --config."
    )
    FILE.write_text("port = 80\nllm_key = s3cret\n", encoding="utf-8")
    assert refused().startswith("Error: coursebot.toml is not TOML (at line 2, column 11).")
    FILE.write_bytes(b'host = "\xff"\n')
    assert refused() == "Error: coursebot.toml cannot be read: it is not UTF-8. See --config."
    for hostile in ("[" * 3000, "9" * 5000):
        FILE.write_text(f"top_k = {hostile}\n", encoding="utf-8")
        assert refused().startswith("Error: coursebot.toml cannot be read: it is too deep, or a")
    FILE.write_text('config = "other.toml"\n', encoding="utf-8")
    assert refused() == "Error: config in coursebot.toml names another file. Use --config."


def test_no_secret_stands_on_a_command_line() -> None:
    """Everybody on the machine can read it there."""
    for pair, why in (
        ("llm_key=x", "is secret"),
        ("top_k", "NAME=VALUE"),
        ("config=x", "--config"),
    ):
        result = CliRunner().invoke(app, ["--set", pair, "config", "show"])
        assert (result.exit_code, result.stdout) == (2, "")
        assert why in result.stderr
