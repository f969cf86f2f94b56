"""Production refuses an unsafe start, and names the setting to change."""

from pathlib import Path

import pytest
from typer.testing import CliRunner

from app.cli import app
from app.main import create_app
from app.production import NotReady, old_interpreter, refusals
from app.settings import Environment, Settings

GOOD = {
    "environment": Environment.PRODUCTION,
    "storage_key": "s" * 40,
    "secret_key": "t" * 40,
    "smtp_url": "smtps://mail.example:465",
    "base_url": "https://move.caspen.example",
    "behind_tls": True,
    "database_url": "postgresql://db.example/ledger",
    "caspen_database_url": "postgresql://db.example/caspen",
    "redis_url": "redis://redis.example",
}


def production(**changes: object) -> Settings:
    return Settings.model_validate({**GOOD, **changes})


def test_good_settings_start() -> None:
    assert refusals(production()) == []


@pytest.mark.parametrize(
    ("changes", "named"),
    [
        ({"storage_key": "development-storage-key"}, "STORAGE_KEY"),
        ({"secret_key": "short"}, "SECRET_KEY"),
        ({"secret_key": "s" * 40}, "SECRET_KEY"),
        ({"smtp_url": ""}, "SMTP_URL"),
        ({"base_url": "http://move.caspen.example"}, "BASE_URL"),
        ({"behind_tls": False}, "BEHIND_TLS"),
        ({"database_url": ""}, "DATABASE_URL"),
        ({"caspen_database_url": "sqlite:///x"}, "CASPEN_DATABASE_URL"),
        ({"redis_url": ""}, "REDIS_URL"),
        ({"links_encryption_key": "short"}, "LINKS_ENCRYPTION_KEY"),
    ],
)
def test_an_unsafe_setting_is_named(changes: dict[str, object], named: str) -> None:
    assert any(named in line for line in refusals(production(**changes)))


def test_the_application_does_not_come_up_unsafe() -> None:
    with pytest.raises(NotReady, match="STORAGE_KEY"):
        create_app(production(storage_key="development-storage-key"))


def test_development_needs_no_setting(tmp_path: Path) -> None:
    assert refusals(Settings(var=tmp_path)) == []


@pytest.mark.parametrize(
    ("version", "warned"),
    [((3, 11, 7), True), ((3, 11, 17), False), ((3, 12, 14), True), ((3, 13, 16), False), ((3, 14, 0), False)],
)
def test_an_interpreter_with_known_faults_causes_a_warning_at_the_start(
    version: tuple[int, int, int], warned: bool
) -> None:
    assert ("or later is safer" in old_interpreter(version)) is warned


def test_the_warning_is_the_first_line(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("app.production.old_interpreter", lambda _version: "This Python is old.")
    monkeypatch.setattr("app.commands.serve.serve", lambda *_: None)
    assert "This Python is old." in CliRunner().invoke(app, ["serve"]).stderr
