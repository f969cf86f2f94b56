"""What an export's generator knows of its rows: the expected outcome of each, and the words that must not leak."""

from dataclasses import dataclass, field


@dataclass(frozen=True)
class Attachment:
    """The bytes of a client's own file."""

    size: int
    sha256: str


@dataclass
class Manifest:
    """`outcomes`: rows by kind and outcome.

    `records`: by table, the expected (source kind, source id). `files`: the handed-over files by path with size and
    sha256. `attachments`: clients' own files, by their rows' keys, that must be kept. `secrets`: words of the cells
    that may be in no log.
    """

    outcomes: dict[str, dict[str, int]] = field(default_factory=dict)
    records: dict[str, set[tuple[str, str]]] = field(default_factory=dict)
    files: dict[str, Attachment] = field(default_factory=dict)
    attachments: dict[str, Attachment] = field(default_factory=dict)
    secrets: set[str] = field(default_factory=set)

    def row(self, kind: str, outcome: str, *records: tuple[str, str]) -> None:
        """One row of a kind with its outcome, and the records that it becomes, as (table, key)."""
        counted = self.outcomes.setdefault(kind, {})
        counted[outcome] = counted.get(outcome, 0) + 1
        for table, key in records:
            self.records.setdefault(table, set()).add((kind, key))

    @property
    def rows(self) -> int:
        return sum(sum(counted.values()) for counted in self.outcomes.values())
