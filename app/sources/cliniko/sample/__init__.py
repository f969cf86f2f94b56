"""A whole export of a clinic that does not exist, to try the move with, and what should become of every row of it."""

from pathlib import Path

from .bundle import Bundle, Layout
from .columns import Style
from .expectation import Expectation, KindCount, ProblemCount, Tally
from .kinds import KINDS, SampleKind
from .layout import TOP, layout_of
from .levels import FILE_CODES, NOT_PREDICTED
from .moving import ALL, NEVER
from .sizes import AS_OF, SIZES, DialectName, SizeName
from .world import World

__all__ = [
    "AS_OF",
    "FILE_CODES",
    "NEVER",
    "NOT_PREDICTED",
    "SIZES",
    "DialectName",
    "Expectation",
    "KindCount",
    "ProblemCount",
    "SizeName",
    "write_sample",
]

_LARGE_ENTRY = 100_000
"""Rows from which a file's entry in the zip gets the long header, which allows more than 2 GiB."""


def write_sample(out: Path, *, size: SizeName, seed: int, dialect: DialectName) -> Expectation:
    """Write one zip, a row at a time; the same arguments make the same bytes. Returns what an import should tell."""
    world = World(SIZES[size], seed, dialect)
    tally = Tally()
    with Bundle(out) as bundle:
        for kind in KINDS:
            if not kind.there(world):
                continue
            layout = layout_of(kind, world)
            before = len(bundle.files)
            _write_kind(kind, layout, world, bundle, tally)
            _tell_of_files(kind, layout, len(bundle.files) - before, tally)
        for name in ALL:
            if name not in tally.outcomes:
                tally.file_problem("kind_absent", name)
        return tally.seal(size=size, seed=seed, dialect=dialect, files=dict(bundle.files))


def _write_kind(kind: SampleKind, layout: Layout, world: World, bundle: Bundle, tally: Tally) -> None:
    stays = kind.name in NEVER
    tally.kind(kind.name)
    total = kind.total(world)
    with bundle.table(layout, kind.columns, plural=kind.name, total=total, large=total > _LARGE_ENTRY) as table:
        for row in kind.rows(world):
            table.put(row.values, row.slice)
            if stays:
                tally.not_imported(kind.name)
            else:
                tally.row(kind.name, row)
    for document in kind.beside(world):
        bundle.document(f"{TOP}/{document.path}", document.body, int(stays or document.row is not None))
        if stays:
            tally.not_imported(kind.name)
        elif document.row is not None:
            tally.row(kind.name, document.row)


def _tell_of_files(kind: SampleKind, layout: Layout, files: int, tally: Tally) -> None:
    """The problems that are told of a file, not of a row."""
    if kind.name == "practitioners":
        tally.file_problem("unknown_columns", kind.name, files)
    if kind.name == "patients" and layout.style is Style.NATIVE:
        tally.file_problem("archived_state_unknown", kind.name, files)
    if len(layout.paths) > 1:
        tally.file_problem("partial_export", kind.name, files)
