"""What a piece of work hands back: facts for the ledger, and what is written in the transaction that settles it."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from sqlmodel import Session


def nothing_more(session: Session) -> None:
    """Nothing but the settlement itself."""


@dataclass(frozen=True)
class Done:
    """A piece is done. `write` runs in the transaction that settles it; `after` once that is committed."""

    result: Mapping[str, Any] = field(default_factory=dict)
    write: Callable[[Session], None] = nothing_more
    after: Callable[[], None] | None = None


@dataclass(frozen=True)
class Exhausted:
    """A piece that failed too often is settled in another way: split in two, or quarantined as a single row."""

    state: str
    result: Mapping[str, Any] = field(default_factory=dict)
    write: Callable[[Session], None] = nothing_more
