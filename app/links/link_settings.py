"""Settings of downloads by share link: limits with safe defaults, and the providers' credentials."""

from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from pathlib import Path

from app.links.network import read_plan

GIB = 1024**3
MIB = 1024**2
KIB = 1024
TRUE = {"1", "true", "yes", "on"}
FALSE = {"0", "false", "no", "off", ""}


@dataclass(frozen=True, slots=True)
class LinkSettings:
    """Limits in bytes and seconds. `test_network` is the simulated network of tests, None outside tests."""

    max_bytes: int = 100 * GIB
    max_unsized_bytes: int = 2 * GIB
    max_files: int = 20_000
    max_depth: int = 32
    timeout_connect: float = 10.0
    timeout_headers: float = 60.0
    timeout_idle: float = 60.0
    attempts: int = 8
    backoff_first: float = 1.0
    backoff_max: float = 300.0
    min_rate: int = KIB
    min_rate_window: float = 300.0
    deadline_days: float = 7.0
    concurrency: int = 2
    disk_factor: float = 2.2
    connections: int = 8
    onedrive_personal_enabled: bool = True
    allow_any_https_host: bool = False
    google_drive_api_key: str = field(default="", repr=False)
    dropbox_app_key: str = field(default="", repr=False)
    dropbox_app_secret: str = field(default="", repr=False)
    test_network: Path | None = None

    checkpoint_bytes: int = 64 * MIB
    checkpoint_seconds: float = 10.0
    redirects: int = 10
    header_bytes: int = 64 * KIB
    error_bytes: int = 64 * KIB
    retry_after_max: float = 86_400.0
    refusal_seconds: float = 0.3
    pages: int = 2_000

    @classmethod
    def from_environment(cls, environment: Mapping[str, str]) -> "LinkSettings":
        """Reads the environment variables in SETTINGS. Raises ValueError that names an invalid variable."""
        given: dict[str, int | float | bool | str | Path | None] = {}
        for known in fields(cls):
            name = SETTINGS.get(known.name)
            text = environment.get(name, "").strip() if name else ""
            if name and text:
                value = _parse_credential(name, text) if isinstance(known.default, str) else None
                given[known.name] = _parse_number(name, text, known.default) if value is None else value
        given["test_network"] = _parse_test_network(environment)
        return cls(**given)  # type: ignore[arg-type]  # each value has the type of its default


SETTINGS = {
    "max_bytes": "LINKS_MAX_BYTES",
    "max_unsized_bytes": "LINKS_MAX_UNSIZED_BYTES",
    "max_files": "LINKS_MAX_FILES",
    "max_depth": "LINKS_MAX_DEPTH",
    "timeout_connect": "LINKS_TIMEOUT_CONNECT",
    "timeout_headers": "LINKS_TIMEOUT_HEADERS",
    "timeout_idle": "LINKS_TIMEOUT_IDLE",
    "attempts": "LINKS_ATTEMPTS",
    "backoff_first": "LINKS_BACKOFF_FIRST",
    "backoff_max": "LINKS_BACKOFF_MAX",
    "min_rate": "LINKS_MIN_RATE",
    "min_rate_window": "LINKS_MIN_RATE_WINDOW",
    "deadline_days": "LINKS_DEADLINE_DAYS",
    "concurrency": "LINKS_CONCURRENCY",
    "disk_factor": "LINKS_DISK_FACTOR",
    "onedrive_personal_enabled": "LINKS_ONEDRIVE_PERSONAL_ENABLED",
    "allow_any_https_host": "ALLOW_ANY_HTTPS_HOST",
    "google_drive_api_key": "GOOGLE_DRIVE_API_KEY",
    "dropbox_app_key": "DROPBOX_APP_KEY",
    "dropbox_app_secret": "DROPBOX_APP_SECRET",
}


def _parse_credential(name: str, text: str) -> str:
    """A credential is sent in a header, so only printable ASCII is valid."""
    if not (text.isascii() and text.isprintable()):
        raise ValueError(f"{name} must be plain letters, digits and signs")
    return text


def _parse_number(name: str, text: str, default: object) -> int | float | bool:
    if isinstance(default, bool):
        if text.lower() not in TRUE | FALSE:
            raise ValueError(f"{name} must be true or false")
        return text.lower() in TRUE
    try:
        value = int(text) if isinstance(default, int) else float(text)
    except ValueError:
        raise ValueError(f"{name} must be a number") from None
    if not 0 <= value < float("inf"):
        raise ValueError(f"{name} must not be negative")
    return value


def _parse_test_network(environment: Mapping[str, str]) -> Path | None:
    path = environment.get("LINKS_TEST_NETWORK", "").strip()
    if not path:
        return None
    if environment.get("ENVIRONMENT", "").strip() != "test":
        raise ValueError("LINKS_TEST_NETWORK is honoured with ENVIRONMENT=test only; unset it to start")
    read_plan(Path(path))
    return Path(path)
