"""All settings of an operator, with safe defaults for a laptop. `.env.example` documents each setting."""

import math
import os
from collections.abc import Collection, Mapping
from email.utils import parseaddr
from enum import StrEnum
from functools import cache
from pathlib import Path
from urllib.parse import urlsplit

from dotenv import dotenv_values
from pydantic import Field, ValidationError, ValidationInfo, field_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

from app.bad_setting import BadSetting

DATABASES = frozenset({"sqlite", "sqlite+pysqlite", "postgresql", "postgresql+psycopg"})
LEAST_MEMORY_MB = 128  # Python with the libraries of a reader takes about 80


class Environment(StrEnum):
    DEVELOPMENT = "development"
    TEST = "test"
    PRODUCTION = "production"


class Settings(BaseSettings):
    """Settings from the environment and `.env`. The names are the upper-case field names."""

    model_config = SettingsConfigDict(env_file=".env", extra="ignore", frozen=True, allow_inf_nan=False)

    # The place: what runs here, and where it is kept.
    environment: Environment = Environment.DEVELOPMENT
    var: Path = Path("var")
    base_url: str = "http://127.0.0.1:8000"

    # Databases, Caspen's own files and the queue. Empty: SQLite and folders below `var`, a Redis of our own.
    database_url: str = ""
    caspen_database_url: str = ""
    caspen_files: str = ""
    caspen_files_key: str = Field(default="", repr=False)
    redis_url: str = ""
    embedded_redis: bool = True
    source_packages: str = ""  # further systems that clinics move from, separated by commas

    # Secrets. Production refuses the defaults.
    storage_key: str = Field(default="development-storage-key", min_length=1, repr=False)
    secret_key: str = Field(default="development-secret-key", min_length=1, repr=False)
    links_encryption_key: str = Field(default="", repr=False)

    # Mail. Empty in development: mails stay in the local outbox.
    smtp_url: str = Field(default="", repr=False)
    mail_from: str = "Caspen <move@caspen.example>"
    support_email: str = "support@caspen.example"

    # Work: how long a worker holds a piece without a sign of life, how often it gives one, how often others look.
    lease_seconds: float = Field(default=15.0, gt=0)
    heartbeat_seconds: float = Field(default=5.0, gt=0)
    sweep_seconds: float = Field(default=5.0, gt=0)
    drain_seconds: float = Field(default=20.0, ge=0)  # on one clinic, before others get their turn
    part_deadline_seconds: float = Field(default=300.0, gt=0)  # for one part of an export
    silence_seconds: float = Field(default=20.0, gt=0)  # after which a silent child process is ended
    part_attempts: int = Field(default=3, ge=1)
    child_memory_mb: int = Field(default=1024, ge=LEAST_MEMORY_MB)

    # Files and links that pages look at, each in a limited process.
    reader_memory_mb: int = Field(default=768, ge=LEAST_MEMORY_MB)
    reader_seconds: float = Field(default=20.0, gt=0)  # for one file
    reader_processes: int = Field(default=2, ge=1)  # of one web process, at once
    reader_waiting: int = Field(default=8, ge=0)  # requests; one more is asked to come back
    link_look_seconds: float = Field(default=600.0, gt=0)  # a large folder is counted to its end

    # Pages and what is kept.
    retention_days: int = Field(default=30, ge=1)  # then the export and the undo journal are deleted
    page_patience_seconds: float = Field(default=8.0, gt=0)  # for a lock of a database
    behind_tls: bool = False  # a proxy in front ends TLS; production needs one

    # For tests alone: the effect at which this process ends, and a word of files that act like hostile ones.
    fault_at: str = ""
    killer_file: str = ""

    @field_validator("base_url")
    @classmethod
    def _is_address(cls, given: str) -> str:
        """Checks the start of links in e-mails: another scheme, or no host, would break every link."""
        parts = urlsplit(given)
        if parts.scheme not in ("http", "https") or not parts.hostname or parts.query or parts.fragment:
            raise ValueError("an address with http or https and a host")
        if parts.port == 0 or any(sign.isspace() for sign in given):  # an invalid port raises ValueError
            raise ValueError("an address with a port that exists, and without blanks")
        return given

    @field_validator("database_url", "caspen_database_url")
    @classmethod
    def _is_database(cls, given: str) -> str:
        """Checks that the address is of SQLite or PostgreSQL. An empty one means a file in VAR."""
        if given:
            from sqlalchemy import make_url  # takes a second to import, which a laptop's start need not wait for
            from sqlalchemy.exc import ArgumentError

            try:
                driver = make_url(given).drivername
            except ArgumentError:
                driver = ""
            if driver not in DATABASES:
                raise ValueError("an address of SQLite or PostgreSQL")
        return given

    @field_validator("redis_url")
    @classmethod
    def _is_redis(cls, given: str) -> str:
        """Checks the address of a Redis. Empty means that there is none, or the embedded one."""
        return _server(given, ("redis", "rediss", "unix"))

    @field_validator("smtp_url")
    @classmethod
    def _is_mail_server(cls, given: str) -> str:
        """Checks the address of a mail server. Empty means that mails stay in the local outbox."""
        return _server(given, ("smtp", "smtps"))

    @field_validator("mail_from", "support_email")
    @classmethod
    def _is_mailbox(cls, given: str) -> str:
        """Checks that the text holds one e-mail address, with or without a name."""
        local, _, domain = parseaddr(given)[1].rpartition("@")
        if not local or not domain:
            raise ValueError("an e-mail address")
        return given

    @field_validator("heartbeat_seconds")
    @classmethod
    def _is_within_lease(cls, given: float, about: ValidationInfo) -> float:
        """Checks that a worker shows a sign of life before its lease ends."""
        if given >= about.data.get("lease_seconds", math.inf):
            raise ValueError("less than LEASE_SECONDS")
        return given

    @property
    def killer_marker(self) -> str:
        """The marker of files that act like hostile files. Empty outside tests."""
        return self.killer_file if self.environment is Environment.TEST else ""

    @property
    def ledger_url(self) -> str:
        return self.database_url or f"sqlite:///{self.var.resolve()}/ledger.sqlite"

    @property
    def caspen_url(self) -> str:
        return self.caspen_database_url or f"sqlite:///{self.var.resolve()}/caspen/live.sqlite"

    @property
    def files_folder(self) -> Path:
        """The folder of the files of clients in live workspaces."""
        return Path(self.caspen_files).resolve() if self.caspen_files else self.var.resolve() / "caspen" / "files"

    @property
    def files_key(self) -> str:
        return self.caspen_files_key or self.storage_key

    def at_address(self, address: str) -> "Settings":
        """The same settings with `address` as BASE_URL, unless BASE_URL is set."""
        return self if "base_url" in self.model_fields_set else self.model_copy(update={"base_url": address})

    @property
    def is_development(self) -> bool:
        return self.environment is not Environment.PRODUCTION


def _server(given: str, schemes: Collection[str]) -> str:
    """The address of a server, unchanged. Raises ValueError for another scheme, no host, or a port that cannot be."""
    parts = urlsplit(given)
    is_place = bool(parts.path if parts.scheme == "unix" else parts.hostname)
    if given and not (parts.scheme in schemes and is_place and parts.port != 0):
        raise ValueError("an address with a scheme and a host")
    return given


def environment() -> Mapping[str, str]:
    """Environment variables, with `.env` as a fallback, for rooms that read their own settings."""
    written = {name: value for name, value in dotenv_values(".env").items() if value is not None}
    return {**written, **os.environ}


@cache
def settings() -> Settings:
    """The settings, read once. Raises BadSetting."""
    try:
        return Settings()
    except ValidationError as wrong:
        raise BadSetting(words_of_settings(wrong)) from None


def words_of_settings(wrong: ValidationError) -> str:
    """One line that names the unusable settings, without values."""
    names = sorted({str(error["loc"][0]).upper() for error in wrong.errors() if error["loc"]})
    return f"These settings cannot be used: {', '.join(names)}."
