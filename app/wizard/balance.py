"""The sum that must add up: every row of the export, and what became of it."""

from dataclasses import dataclass
from typing import Any

from app.mapping.kind import Source
from app.migration.models import Trial


@dataclass(frozen=True, slots=True)
class KindLine:
    """One kind of the export, in rows; `records` beside it."""

    kind: str
    label: str
    moves: bool
    read: int
    created: int
    updated: int
    unchanged: int
    left_out: int
    skipped: int
    held: int
    refused: int
    records: int
    source_digest: str
    caspen_digest: str

    @property
    def came(self) -> int:
        return self.created + self.updated + self.unchanged

    @property
    def unaccounted(self) -> int:
        return self.read - self.came - self.left_out - self.skipped - self.held - self.refused

    @property
    def balances(self) -> bool:
        return self.unaccounted == 0 and self.source_digest == self.caspen_digest


@dataclass(frozen=True, slots=True)
class Balance:
    """The lines of all kinds, and their sum."""

    lines: tuple[KindLine, ...]
    balanced: bool

    def total(self, name: str) -> int:
        return sum(getattr(line, name) for line in self.lines)

    @property
    def unaccounted(self) -> int:
        return sum(abs(line.unaccounted) for line in self.lines)

    @property
    def balances(self) -> bool:
        """What reconciling said, and what the numbers say: both must agree."""
        return self.balanced and all(line.balances for line in self.lines)

    @property
    def terms(self) -> list[dict[str, Any]]:
        """The sum in its fixed order, for the sum component."""
        return [
            {"words": "rows in your export", "n": self.total("read")},
            {"words": "came across", "n": self.total("came")},
            {"words": "left out by you", "n": self.total("left_out")},
            {"words": "do not move, by rule", "n": self.total("skipped")},
            {"words": "wait for a decision", "n": self.total("held"), "kind": "needs"},
            {"words": "could not be read", "n": self.total("refused"), "kind": "needs"},
            {"words": "not accounted for", "n": self.unaccounted, "kind": "stop"},
        ]


def balance_of(trial: Trial, source: Source) -> Balance:
    """The balance as the reconciliation wrote it down, in the clinic's words for each kind."""
    kinds = {kind.name: kind for kind in source.kinds}
    counted = ("read", "created", "updated", "unchanged", "left_out", "skipped", "held", "refused", "records")
    lines = tuple(
        KindLine(
            kind=told["kind"],
            label=kinds[told["kind"]].label,
            moves=kinds[told["kind"]].imported,
            source_digest=told.get("source_digest") or "",
            caspen_digest=told.get("caspen_digest") or "",
            **{name: told.get(name, 0) for name in counted},
        )
        for told in trial.kinds
    )
    return Balance(lines, trial.balanced)
