"""An unusable setting ends every command at its start, with one line that names the setting but not its value."""

import os
from pathlib import Path

import pytest

from app.bad_setting import BadSetting
from app.settings import Settings
from app.settings import settings as configured
from tests.harness.ready_process import run_ready

NUMBERS = [name.upper() for name, field in Settings.model_fields.items() if field.annotation in (int, float)]
NO_NUMBERS = ("secret-word", "", "nan", "inf", "-inf", "1,5", "12 s")
NO_DATABASES = ("secret-word", "postgresql://u:secret@host:abc/x", "mysql://secret@host/x", "://", "sqlite")
UNUSABLE = {
    "DATABASE_URL": NO_DATABASES,
    "CASPEN_DATABASE_URL": NO_DATABASES,
    "REDIS_URL": ("secret-word", "redis://", "redis://:secret@host:abc/0", "http://secret.example", "redis://h:99999"),
    "SMTP_URL": ("secret-word", "smtp://", "http://secret.example", "smtp://u:secret@host:abc", "mail.secret.example"),
    "MAIL_FROM": ("secret-word", "", "Secret <>", "@secret.example", "secret@"),
    "SUPPORT_EMAIL": ("secret-word", "", "@secret.example"),
    "STORAGE_KEY": ("",),
    "SECRET_KEY": ("",),
    "HEARTBEAT_SECONDS": ("0", "-1", "15", "99"),
    "DRAIN_SECONDS": ("-1",),
    "READER_WAITING": ("-1",),
    "CHILD_MEMORY_MB": ("-1", "0", "64"),
    "READER_MEMORY_MB": ("-1", "0", "64"),
}
USABLE = {
    "DATABASE_URL": ("", "sqlite:////srv/ledger.sqlite", "postgresql://u:p@host:5432/x", "postgresql:///x?host=/run"),
    "REDIS_URL": ("", "redis://127.0.0.1", "rediss://:p@host:6380/1", "unix:///run/redis.sock"),
    "SMTP_URL": ("", "smtp://127.0.0.1:2525", "smtps://u:p%40@mail.example"),
    "MAIL_FROM": ("move@caspen.example", "Caspen <move@caspen.example>"),
    "HEARTBEAT_SECONDS": ("14.9",),
    "DRAIN_SECONDS": ("0.0",),
    "READER_WAITING": ("0",),
    "RETENTION_DAYS": ("1",),
}
NO_ADDRESSES = (
    "nonsense",
    "",
    "secret.example",
    "ftp://secret.example",
    "http://",
    "https:///path",
    "http://secret.example:port",
    "http://secret.example:0",
    "http://secret.example:99999",
    "https://secret .example",
    "https://[::1",
    "https://secret.example/?a=1",
    "javascript://secret.example",
)
ADDRESSES = ("http://127.0.0.1:8000", "https://move.example", "https://move.example/", "http://[::1]:8000")


def refusal(monkeypatch: pytest.MonkeyPatch, name: str, value: str) -> str:
    monkeypatch.setenv(name, value)
    configured.cache_clear()
    with pytest.raises(BadSetting) as refused:
        configured()
    return str(refused.value)


@pytest.mark.parametrize("value", NO_NUMBERS)
@pytest.mark.parametrize("name", NUMBERS)
def test_every_setting_that_is_no_number_is_named(monkeypatch: pytest.MonkeyPatch, name: str, value: str) -> None:
    assert refusal(monkeypatch, name, value) == f"These settings cannot be used: {name}."


@pytest.mark.parametrize("value", NO_ADDRESSES)
def test_an_address_that_no_mail_can_lead_to_is_refused(monkeypatch: pytest.MonkeyPatch, value: str) -> None:
    assert refusal(monkeypatch, "BASE_URL", value) == "These settings cannot be used: BASE_URL."


@pytest.mark.parametrize("value", ADDRESSES)
def test_an_address_of_pages_is_taken(monkeypatch: pytest.MonkeyPatch, value: str) -> None:
    monkeypatch.setenv("BASE_URL", value)
    assert Settings().base_url == value


def unusable_values() -> list[tuple[str, str]]:
    """Each unusable value by its setting. A number that is not listed is a time or a count: never 0, never below."""
    others = [(name, value) for name in NUMBERS if name not in UNUSABLE for value in ("0", "-1")]
    return [(name, value) for name, values in UNUSABLE.items() for value in values] + others


@pytest.mark.parametrize(("name", "value"), unusable_values())
def test_a_setting_that_cannot_work_is_named(monkeypatch: pytest.MonkeyPatch, name: str, value: str) -> None:
    assert refusal(monkeypatch, name, value) == f"These settings cannot be used: {name}."


@pytest.mark.parametrize(("name", "value"), [(name, value) for name, values in USABLE.items() for value in values])
def test_a_setting_that_works_is_taken(monkeypatch: pytest.MonkeyPatch, name: str, value: str) -> None:
    monkeypatch.setenv(name, value)
    assert str(getattr(Settings(), name.lower())) == value


@pytest.mark.parametrize(
    "command",
    [
        ("app.cli", "serve"),
        ("app.cli", "worker"),
        ("app.cli", "check-live"),
        ("app.cli", "audit", "verify"),
        ("workers",),
    ],
)
def test_every_command_that_reads_settings_ends_with_one_line(tmp_path: Path, command: tuple[str, ...]) -> None:
    wrong = {"VAR": str(tmp_path / "var"), "LEASE_SECONDS": "secret-word", "BASE_URL": "secret-place"}
    ended = run_ready(*command, environment={**os.environ, **wrong}, seconds=120)
    lines = [line for line in ended.stderr.splitlines() if "faults in reading zips" not in line]
    assert lines == ["These settings cannot be used: BASE_URL, LEASE_SECONDS."]
    assert ended.returncode == (1 if command == ("workers",) else 2)
    assert not (tmp_path / "var").exists()
