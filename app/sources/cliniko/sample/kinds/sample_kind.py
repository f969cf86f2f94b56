"""The description of one kind of a sample."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

from app.sources.cliniko.sample.bundle import Shape
from app.sources.cliniko.sample.sample_columns import HeadedColumn, SampleColumn
from app.sources.cliniko.sample.sample_row import SampleRow
from app.sources.cliniko.sample.world import World
from app.sources.cliniko.source import CLINIKO


@dataclass(frozen=True)
class Document:
    """A file that is no table, such as a photo of a client or a note as an HTML page."""

    path: str
    body: bytes
    row: SampleRow | None = None
    """The row that the file counts as; None where a row of the table names the file."""


@dataclass(frozen=True)
class SampleKind:
    """A kind with its columns and rows, and how its file is written in each dialect."""

    name: str
    native_name: str
    """The type of data in a native file's name: `Patients` of `Patients-Cliniko-20261120.csv`."""
    columns: tuple[SampleColumn | HeadedColumn, ...]
    rows: Callable[[World], Iterator[SampleRow]]
    shape: Shape = Shape.CSV
    """The form of the API file."""
    mixed_native: bool = False
    """In a mixed sample: a csv export instead of an API file."""
    sliced: bool = False
    """In a mixed sample: two files with dates in their names."""
    folder: str = ""
    """The folder in a mixed sample."""
    total: Callable[[World], int] = lambda _world: 0
    """The number of rows, for shapes that write it into the file."""
    is_exported: Callable[[World], bool] = lambda _world: True
    """Whether the export has a file of the kind."""
    documents: Callable[[World], Iterator[Document]] = lambda _world: iter(())
    """The files of the kind that are no table."""
    headed_columns: tuple[HeadedColumn, ...] = field(init=False)
    """The columns with their headers in each dialect."""

    def __post_init__(self) -> None:
        kind = CLINIKO.kind(self.name)
        headed = (each.with_headers(kind) if isinstance(each, SampleColumn) else each for each in self.columns)
        object.__setattr__(self, "headed_columns", tuple(headed))
