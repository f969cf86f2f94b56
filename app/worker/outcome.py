"""The result of a piece of work: facts for the ledger, and writes for the transaction that settles the piece."""

from collections.abc import Callable
from dataclasses import dataclass, field

from sqlmodel import Session

from app.migration.ledger_json import WorkResult


def nothing_more(session: Session) -> None:
    """Writes nothing besides the settlement."""


@dataclass(frozen=True)
class Done:
    """A finished piece. `write` runs in the transaction that settles the piece, `after` runs after the commit."""

    result: WorkResult = field(default_factory=WorkResult)
    write: Callable[[Session], None] = nothing_more
    after: Callable[[], None] | None = None


@dataclass(frozen=True)
class Exhausted:
    """A piece that failed too often, settled in another way: split in two, or quarantined as a single row."""

    state: str
    result: WorkResult = field(default_factory=WorkResult)
    write: Callable[[Session], None] = nothing_more
