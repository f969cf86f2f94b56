"""What a provider's refusals mean: a table in the provider's data file; from the top, the first fitting row wins."""

import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any


@dataclass(frozen=True, slots=True)
class Refusal:
    """A refused request, reduced to what a table looks at; the body is never kept."""

    status: int
    code: str = ""
    body: str = ""


@dataclass(frozen=True, slots=True)
class Row:
    """Fits when every given column does."""

    problem: str
    status: tuple[int, ...] = ()
    code: tuple[str, ...] = ()
    contains: tuple[str, ...] = ()

    def fits(self, refusal: Refusal) -> bool:
        return (
            (not self.status or refusal.status in self.status)
            and (not self.code or refusal.code in self.code)
            and (not self.contains or any(c in refusal.body for c in self.contains))
        )


@dataclass(frozen=True, slots=True)
class FailureTable:
    rows: Sequence[Row]

    def problem(self, refusal: Refusal) -> str:
        """The code of the problem; what no row knows is our fault, never the clinic's."""
        return next((row.problem for row in self.rows if row.fits(refusal)), "provider_changed")


def data_of(module_file: str, name: str = "") -> Mapping[str, Any]:
    """The data file beside a provider's module."""
    here = Path(module_file)
    path = here.with_name(name) if name else here.with_suffix(".toml")
    return tomllib.loads(path.read_text(encoding="utf-8"))


def table_of(data: Mapping[str, Any]) -> FailureTable:
    return FailureTable(
        tuple(
            Row(
                problem=row["problem"],
                status=tuple(row.get("status", ())),
                code=tuple(row.get("code", ())),
                contains=tuple(text.lower() for text in row.get("contains", ())),
            )
            for row in data.get("failure", ())
        )
    )
