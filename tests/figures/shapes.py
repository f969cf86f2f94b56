"""Every shape of a file that the contract accepts, times every kind that moves, each a whole trial to live."""

import sys
from dataclasses import dataclass, field

from tests.figures.figure import Measure, Reached
from tests.shapes.export import KINDS
from tests.shapes.pages import as_page, as_print, as_row
from tests.shapes.shapes import ACCEPTED, REFERENCE, REFUSED
from tests.shapes.tried import Outcome, alone, refusals, tried

NOTES = "treatment_notes"


@dataclass
class Grid:
    """By shape and kind: "right", "not accepted: CODE", or the faults."""

    cells: dict[str, dict[str, str]] = field(default_factory=dict)

    def add(self, shape: str, kind: str, verdict: str) -> None:
        self.cells.setdefault(shape, {})[kind] = verdict

    @property
    def right(self) -> int:
        return sum(
            verdict.startswith(("right", "not accepted")) for row in self.cells.values() for verdict in row.values()
        )

    @property
    def wrong(self) -> tuple[str, ...]:
        return tuple(
            f"{shape} x {kind}: {verdict}"
            for shape, row in self.cells.items()
            for kind, verdict in row.items()
            if not verdict.startswith(("right", "not accepted"))
        )

    @property
    def total(self) -> int:
        return sum(map(len, self.cells.values()))

    def lines(self) -> list[str]:
        """The grid as text, a line for each shape: R right, - not accepted, X wrong; the kinds are numbered."""
        lines = [f"{number:>2} {kind}" for number, kind in enumerate(KINDS, start=1)]
        lines.append(f"{'':26}" + " ".join(f"{number:>2}" for number in range(1, len(KINDS) + 1)))
        for shape, row in self.cells.items():
            marks = (_mark(row.get(kind, "")) for kind in KINDS)
            codes = {verdict for verdict in row.values() if verdict.startswith("not accepted")}
            lines.append(
                f"{shape:26}" + " ".join(f"{mark:>2}" for mark in marks) + f"  {' '.join(sorted(codes))}".rstrip()
            )
        return lines


def _mark(verdict: str) -> str:
    if not verdict:
        return "."
    return "R" if verdict.startswith("right") else "-" if verdict.startswith("not accepted") else "X"


def grid(*, long: bool) -> Grid:
    """Short: one trial for each shape with all kinds in it. Long: one for each kind alone in each shape as well."""
    found, reference = Grid(), tried(REFERENCE.files())
    for shape in ACCEPTED:
        together = _verdict(tried(shape.files()), reference)
        for kind in KINDS:
            by_itself = _verdict(tried(alone(shape, kind)), reference) if long else "right"
            found.add(shape.name, kind, together if together != "right" else by_itself)
    for shape in REFUSED:
        for kind, code in refusals(shape).items():
            found.add(
                shape.name, kind, f"not accepted: {code}" if code == shape.refused else f"not {shape.refused}: {code}"
            )
    found.add("note pages (html)", NOTES, _verdict(tried(as_page()), tried(as_row())))
    printed = tried(as_print())
    found.add("printed notes (pdf)", NOTES, "right" if not printed.wrong else ", ".join(printed.wrong))
    return found


def _verdict(outcome: Outcome, reference: Outcome) -> str:
    if outcome.wrong:
        return ", ".join(outcome.wrong)
    return "right" if outcome.digest == reference.digest else "other content than csv"


def take(long: bool) -> Reached:
    found = grid(long=long)
    sys.stdout.write("\n".join(found.lines()) + "\n")
    return Reached(f"{found.right} of {found.total}", ok=not found.wrong, why=found.wrong[:40])


MEASURES: tuple[Measure, ...] = (
    Measure("Shapes x kinds that go live alike, or are refused by code", "all of shapes x kinds", take),
)
