"""The saved state of one file's download: everything that a later run needs to resume."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, fields
from typing import Any, Self

from app.json_values import JsonObject, JsonValue
from app.links.provider import RemoteFile, Validator

STORED_NAMES = {"needs_refresh": "look_again"}  # fields whose stored name differs


@dataclass(frozen=True, slots=True)
class FileState:
    """One file of a link. `bytes_done` counts durable bytes only.

    `item` opens the file at the provider, so `item` must be encrypted in storage, like the link.
    """

    provider: str
    item: str = field(repr=False)
    path: str
    key: str
    started_at: float
    route: str = ""
    folder: bool = False
    listed: str = ""
    page: bool = False
    fell_over: bool = False
    limited: int = 0
    waits: int = 0
    expected_size: int | None = None
    validator_kind: str = ""
    validator_value: str = ""
    ranges: bool = True
    checksums: Mapping[str, str] = field(default_factory=dict)
    bytes_done: int = 0
    furthest: int = 0
    attempts: int = 0
    restarts: int = 0
    needs_refresh: bool = False
    mismatches: int = 0
    next_try_at: float | None = None
    last_problem: str = ""
    size: int | None = None
    sha256: str = ""

    @classmethod
    def build(cls, file: RemoteFile, provider: str, key: str, now: float, **more: Any) -> Self:
        """The state of a file whose download has not started. `more` are further fields by name."""
        return cls(
            provider=provider,
            item=file.item,
            path=file.path,
            key=key,
            started_at=now,
            expected_size=file.size,
            validator_kind=file.validator.kind,
            validator_value=file.validator.value,
            ranges=file.ranges,
            checksums=dict(file.checksums),
            page=file.page,
            **more,
        )

    @property
    def validator(self) -> Validator:
        return Validator(self.validator_kind, self.validator_value)

    @property
    def file(self) -> RemoteFile:
        """The file as the provider's route takes the file."""
        return RemoteFile(
            item=self.item,
            path=self.path,
            size=self.expected_size,
            validator=self.validator,
            ranges=self.ranges,
            checksums=self.checksums,
            page=self.page,
        )

    @property
    def done(self) -> bool:
        return self.sha256 != ""

    def as_dict(self) -> JsonObject:
        """The fields by stored name, for a ledger row or a JSON file."""
        return {STORED_NAMES.get(name, name): value for name, value in asdict(self).items()}

    @classmethod
    def from_dict(cls, values: Mapping[str, JsonValue]) -> Self:
        """The state that `as_dict` returned. Unknown names are ignored."""
        stored = {field.name: STORED_NAMES.get(field.name, field.name) for field in fields(cls)}
        known: dict[str, Any] = {name: values[key] for name, key in stored.items() if key in values}
        return cls(**known)
