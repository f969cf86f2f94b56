"""Results of reading, file by file, so that reading can stop and continue between any two."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from app.problems import Problem


@dataclass(frozen=True, slots=True)
class PartInfo:
    """A stored part. `digest` is the BLAKE2b digest of its plain text."""

    number: int
    kind: str
    file_number: int
    first_line: int
    rows: int
    object_key: str
    digest: str


@dataclass(frozen=True, slots=True)
class FileDone:
    """A file that was read to its end or refused. `rows` of a refused file are those up to the damage; `size` is in
    bytes.

    `kind` is set for a recognised file, even if refused. `facts` hold no cell values: headers, `unknown_columns`,
    `absent_columns`, `dates`, `delimiter`, and if known `run`, `from`, `to`, `total_entries`, `candidates`, `encoding`,
    `copy_of`, `left_out`, `answered` (the mark of the clinic's answer); for an unrecognised table only `rows_seen` and
    `columns`, since its first row may be data.
    """

    number: int
    path: str
    size: int = 0
    kind: str | None = None
    dialect: str | None = None
    encoding: str | None = None
    rows: int = 0
    parts: tuple[PartInfo, ...] = ()
    sha256: str = ""
    refused: str | None = None
    problems: tuple[Problem, ...] = ()
    facts: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class AlreadyRead:
    """A file that an earlier attempt has read: it is not read again, and its bytes count as read."""

    number: int
    path: str
    sha256: str = ""
    last_part: int = 0
    kind: str | None = None
