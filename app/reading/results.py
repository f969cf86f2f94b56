"""What reading hands over, file by file, so that it can stop and go on between any two."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from app.problems import Problem


@dataclass(frozen=True, slots=True)
class PartInfo:
    """One part as it lies in storage. `digest` is that of its plain text."""

    number: int
    kind: str
    file_number: int
    first_line: int
    rows: int
    object_key: str
    digest: str


@dataclass(frozen=True, slots=True)
class FileDone:
    """One file, read to its end or refused. `rows` of a refused file are those seen up to the damage.

    `kind` stays set for a refused file that was recognised. `facts` hold no cell's value: headers, `unknown_columns`,
    `absent_columns`, `dates`, `delimiter`, and where they are known `run`, `from`, `to`, `total_entries`, `candidates`,
    `encoding`, `copy_of`, `left_out`, `answered` (the mark of the clinic's answer); of a table that nobody knows only
    `rows_seen` and `columns`, since its first row may be data.
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
class Already:
    """A file that an earlier attempt has read: it is not read again, and its bytes count as seen."""

    number: int
    path: str
    sha256: str = ""
    last_part: int = 0
    kind: str | None = None
