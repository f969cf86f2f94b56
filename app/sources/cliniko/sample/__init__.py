"""The sample generator: a complete export of an invented clinic, and the expected result of importing every row."""

from datetime import date
from pathlib import Path

from app.sources.cliniko.sample.bundle import Bundle, SampleLayout, Shape
from app.sources.cliniko.sample.expectation import Expectation, ExpectationTally, KindCount, ProblemCount
from app.sources.cliniko.sample.kinds import KINDS, SampleKind
from app.sources.cliniko.sample.kinds.appointments import slice_days
from app.sources.cliniko.sample.levels import FILE_CODES, NOT_PREDICTED
from app.sources.cliniko.sample.sample_columns import Style
from app.sources.cliniko.sample.sizes import AS_OF, SIZES, DialectName, SizeName
from app.sources.cliniko.sample.world import World

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
"""Files with more rows than this get a ZIP64 entry, which may exceed 2 GiB."""


def write_sample(out: Path, *, size: SizeName, seed: int, dialect: DialectName) -> Expectation:
    """Write one zip, row by row, and return the expected result of its first import.

    The same arguments make the same bytes. Raises OSError where `out` cannot be written.
    """
    world = World(SIZES[size], seed, dialect)
    tally = ExpectationTally()
    with Bundle(out) as bundle:
        for kind in KINDS:
            if not kind.is_exported(world):
                continue
            layout = layout_of(kind, world)
            before = len(bundle.files)
            _write_kind(kind, layout, world, bundle, tally)
            _count_file_problems(kind, layout, len(bundle.files) - before, tally)
        for name in ALL:
            if name not in tally.outcomes:
                tally.file_problem("kind_absent", name)
        return tally.seal(size=size, seed=seed, dialect=dialect, files=dict(bundle.files))


def _write_kind(kind: SampleKind, layout: SampleLayout, world: World, bundle: Bundle, tally: ExpectationTally) -> None:
    is_left_behind = kind.name in NEVER
    tally.kind(kind.name)
    total = kind.total(world)
    with bundle.table(layout, kind.headed_columns, plural=kind.name, total=total, large=total > _LARGE_ENTRY) as table:
        for row in kind.rows(world):
            table.put(row.values, row.slice)
            if is_left_behind:
                tally.not_imported(kind.name)
            else:
                tally.row(kind.name, row)
    for document in kind.documents(world):
        bundle.document(f"{TOP}/{document.path}", document.body, int(is_left_behind or document.row is not None))
        if is_left_behind:
            tally.not_imported(kind.name)
        elif document.row is not None:
            tally.row(kind.name, document.row)


def _count_file_problems(kind: SampleKind, layout: SampleLayout, files: int, tally: ExpectationTally) -> None:
    """Count the problems that are reported for a file, not for a row."""
    if kind.name == "practitioners":
        tally.file_problem("unknown_columns", kind.name, files)
    if kind.name == "patients" and layout.style is Style.NATIVE:
        tally.file_problem("archived_state_unknown", kind.name, files)
    if len(layout.paths) > 1:
        tally.file_problem("partial_export", kind.name, files)


# Which kinds move to the new workspace, and which are only counted.

NEVER: tuple[str, ...] = ("invoices", "payments", "body_charts", "letters", "waitlist", "products", "recalls")
"""Kinds that are never imported."""

ALL: tuple[str, ...] = tuple(kind.name for kind in KINDS if kind.name not in NEVER)
"""The kinds an export may hold, in load order."""


# The path of each kind in a sample, and its dialect: Cliniko's csv export, its API, or a mixture as clinics have it.

TOP = "Harbour Street Physiotherapy Cliniko export"
_ENDING = {Shape.CSV: "csv", Shape.ARRAY: "json", Shape.LINES: "jsonl", Shape.PAGES: "json"}


def _stamp(day: date) -> str:
    return day.strftime("%Y%m%d")


def _native(kind: SampleKind, folder: str, dates: tuple[date, date] | None = None) -> str:
    between = f"-From{_stamp(dates[0])}-To{_stamp(dates[1])}" if dates else ""
    return f"{folder}/{kind.native_name}-Cliniko-{_stamp(AS_OF)}{between}.csv"


def _api(kind: SampleKind, folder: str) -> SampleLayout:
    page = "-{page}" if kind.shape is Shape.PAGES else ""
    style = Style.API_CSV if kind.shape is Shape.CSV else Style.API_JSON
    return SampleLayout((f"{folder}/{kind.name}{page}.{_ENDING[kind.shape]}",), style, kind.shape)


def layout_of(kind: SampleKind, world: World) -> SampleLayout:
    """The paths and the dialect of a kind in the sample."""
    if world.dialect == "native":
        return SampleLayout((_native(kind, TOP),), Style.NATIVE)
    if world.dialect == "api":
        return _api(kind, TOP)
    folder = f"{TOP}/{kind.folder}".rstrip("/")
    if not kind.mixed_native:
        return _api(kind, folder)
    if kind.sliced:
        early, late = slice_days(world)
        paths = (_native(kind, f"{folder}/Earlier years", early), _native(kind, f"{folder}/Since then", late))
        return SampleLayout(paths, Style.NATIVE)
    return SampleLayout((_native(kind, folder),), Style.NATIVE)
