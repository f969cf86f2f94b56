"""How far the download of one file has come: everything that a later run needs to go on, and nothing secret."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, fields
from typing import Any, Self

from app.links.provider import RemoteFile, Validator


@dataclass(frozen=True, slots=True)
class FileState:
    """One file of a link. `bytes_done` counts only what is durable. `item` is as secret as the link, which is kept
    elsewhere, sealed; whoever keeps a state seals it."""

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
    look_again: bool = False
    mismatches: int = 0
    next_try_at: float | None = None
    last_problem: str = ""
    size: int | None = None
    sha256: str = ""

    @classmethod
    def of(cls, file: RemoteFile, provider: str, key: str, now: float, **more: Any) -> Self:
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
        """What the provider is asked for."""
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

    def as_dict(self) -> dict[str, Any]:
        """Plain values, for a ledger row or a JSON file."""
        return asdict(self)

    @classmethod
    def from_dict(cls, said: Mapping[str, Any]) -> Self:
        known = {f.name for f in fields(cls)}
        return cls(**{name: value for name, value in said.items() if name in known})
