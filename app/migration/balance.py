"""The balance of an export: every row and its outcome, kind by kind."""

from dataclasses import dataclass
from typing import Literal, NotRequired, TypedDict

from app.mapping.kind import Source
from app.migration.ledger_json import KindJson
from app.migration.models import Trial
from app.migration.unanswered import FileApart, apart_of


@dataclass(frozen=True, slots=True)
class KindBalance:
    """One kind's account in rows, by the names that the command line and the pages show. `records` is no part of the
    sum."""

    kind: str
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
    def brought(self) -> int:
        return self.created + self.updated + self.unchanged

    @property
    def unaccounted(self) -> int:
        """Rows that were read and have no outcome."""
        return self.read - self.brought - self.left_out - self.skipped - self.held - self.refused

    @property
    def adds_up(self) -> bool:
        return self.unaccounted == 0

    @property
    def is_balanced(self) -> bool:
        """Whether the rows add up and the stored records equal the mapped records."""
        return self.adds_up and self.source_digest == self.caspen_digest

    def to_json(self) -> KindJson:
        """The account as the ledger stores it."""
        return {
            "kind": self.kind,
            "read": self.read,
            "created": self.created,
            "updated": self.updated,
            "unchanged": self.unchanged,
            "left_out": self.left_out,
            "skipped": self.skipped,
            "held": self.held,
            "refused": self.refused,
            "records": self.records,
            "source_digest": self.source_digest,
            "caspen_digest": self.caspen_digest,
        }


@dataclass(frozen=True, slots=True)
class KindLine(KindBalance):
    """One kind's account as pages show it.

    `path` is set for a file whose rows are of no kind: nobody has identified the file, or the file was left out or
    refused.
    """

    label: str
    moves: bool
    path: str = ""


class BalanceTerm(TypedDict):
    """A term of a sum of rows on a page: its words, its number `n`, and the kind of act that the rows need."""

    words: str
    n: int
    kind: NotRequired[Literal["needs", "stop"]]


@dataclass(frozen=True, slots=True)
class Balance:
    """The lines of all kinds, and their sum. `balanced` is the result of reconciliation."""

    lines: tuple[KindLine, ...]
    balanced: bool

    def total(self, name: str) -> int:
        return sum(getattr(line, name) for line in self.lines)

    @property
    def unaccounted(self) -> int:
        return sum(abs(line.unaccounted) for line in self.lines)

    @property
    def balances(self) -> bool:
        """Whether reconciliation and the numbers both balance."""
        return self.balanced and all(line.is_balanced for line in self.lines)

    @property
    def terms(self) -> list[BalanceTerm]:
        """The sum in its fixed order: words, number and, for rows that need an act, the kind of act."""
        return [
            {"words": "rows in your export", "n": self.total("read")},
            {"words": "came across", "n": self.total("brought")},
            {"words": "left out by you", "n": self.total("left_out")},
            {"words": "do not move, by rule", "n": self.total("skipped")},
            {"words": "held back", "n": self.total("held"), "kind": "needs"},
            {"words": "could not be read", "n": self.total("refused"), "kind": "needs"},
            {"words": "not accounted for", "n": self.unaccounted, "kind": "stop"},
        ]


def balance_of(trial: Trial, source: Source) -> Balance:
    """The balance that reconciliation stored, with the clinic's words for each kind.

    After the kinds follows a line for each file whose rows were of no kind when the trial started.
    """
    kinds = {kind.name: kind for kind in source.kinds}
    lines = tuple(
        KindLine(**stored, label=kinds[stored["kind"]].label, moves=kinds[stored["kind"]].imported)
        for stored in trial.kinds
    )
    return Balance((*lines, *map(_line_apart, apart_of(trial))), trial.balanced)


def _line_apart(file: FileApart) -> KindLine:
    return KindLine(
        kind="",
        read=file.rows,
        created=0,
        updated=0,
        unchanged=0,
        left_out=file.rows if file.outcome == "left_out" else 0,
        skipped=0,
        held=file.rows if file.outcome == "held" else 0,
        refused=file.rows if file.outcome == "refused" else 0,
        records=0,
        source_digest="",
        caspen_digest="",
        label=file.name,
        moves=True,
        path=file.path,
    )
