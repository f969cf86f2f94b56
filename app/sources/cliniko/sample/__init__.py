"""A whole export of a clinic that does not exist, to try the move with, and what should become of every row of it."""

from datetime import date
from pathlib import Path

from app.sources.cliniko.sample.bundle import Bundle, Layout, Shape
from app.sources.cliniko.sample.columns import Style
from app.sources.cliniko.sample.expectation import Expectation, KindCount, ProblemCount, Tally
from app.sources.cliniko.sample.kinds import KINDS, SampleKind
from app.sources.cliniko.sample.kinds.appointments import slice_days
from app.sources.cliniko.sample.levels import FILE_CODES, NOT_PREDICTED
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


# Which kinds of thing move to the new workspace, and which are only counted.

NEVER: tuple[str, ...] = ("invoices", "payments", "body_charts", "letters", "waitlist", "products", "recalls")
"""Kinds that stay behind by rule."""

ALL: tuple[str, ...] = (
    "businesses",
    "users",
    "practitioners",
    "practitioner_reference_numbers",
    "practitioner_availability",
    "appointment_types",
    "custom_fields",
    "contacts",
    "patients",
    "custom_field_values",
    "patient_cases",
    "appointments",
    "attendees",
    "unavailable_blocks",
    "treatment_note_templates",
    "patient_form_templates",
    "treatment_notes",
    "patient_forms",
    "communications",
    "patient_files",
)
"""The kinds an export may hold, in load order."""


# Where each kind stands in a sample and in which of the export's two dialects, as clinics really hand them over.

TOP = "Harbour Street Physiotherapy Cliniko export"
_ENDING = {Shape.CSV: "csv", Shape.ARRAY: "json", Shape.LINES: "jsonl", Shape.PAGES: "json"}


def _stamp(day: date) -> str:
    return day.strftime("%Y%m%d")


def _native(kind: SampleKind, folder: str, dates: tuple[date, date] | None = None) -> str:
    between = f"-From{_stamp(dates[0])}-To{_stamp(dates[1])}" if dates else ""
    return f"{folder}/{kind.native_name}-Cliniko-{_stamp(AS_OF)}{between}.csv"


def _api(kind: SampleKind, folder: str) -> Layout:
    page = "-{page}" if kind.shape is Shape.PAGES else ""
    style = Style.API_CSV if kind.shape is Shape.CSV else Style.API_JSON
    return Layout((f"{folder}/{kind.name}{page}.{_ENDING[kind.shape]}",), style, kind.shape)


def layout_of(kind: SampleKind, world: World) -> Layout:
    if world.dialect == "native":
        return Layout((_native(kind, TOP),), Style.NATIVE)
    if world.dialect == "api":
        return _api(kind, TOP)
    folder = f"{TOP}/{kind.folder}".rstrip("/")
    if not kind.mixed_native:
        return _api(kind, folder)
    if kind.sliced:
        early, late = slice_days(world)
        paths = (_native(kind, f"{folder}/Earlier years", early), _native(kind, f"{folder}/Since then", late))
        return Layout(paths, Style.NATIVE)
    return Layout((_native(kind, folder),), Style.NATIVE)
