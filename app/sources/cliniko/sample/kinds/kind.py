"""What every kind of thing in a sample says of itself, so that the writer treats all alike."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from app.sources.cliniko.sample.bundle import Shape
from app.sources.cliniko.sample.columns import Column
from app.sources.cliniko.sample.row import Row
from app.sources.cliniko.sample.world import World


@dataclass(frozen=True)
class Document:
    """A file that is no table: a picture of a client's knee, a note as a page."""

    path: str
    body: bytes
    row: Row | None = None
    """What it counts for; None when a row of the table names it."""


@dataclass(frozen=True)
class SampleKind:
    name: str
    native_name: str
    """The type of data in a native file's name: `Patients` of `Patients-Cliniko-20261120.csv`."""
    columns: tuple[Column, ...]
    rows: Callable[[World], Iterator[Row]]
    shape: Shape = Shape.CSV
    """Of the api file."""
    mixed_native: bool = False
    """In a mixed sample: native rather than api."""
    sliced: bool = False
    """In a mixed sample: two files with dates in their names."""
    folder: str = ""
    """In a mixed sample."""
    total: Callable[[World], int] = lambda _world: 0
    """Rows of the kind, for shapes that tell it in the file."""
    there: Callable[[World], bool] = lambda _world: True
    """Whether such a clinic's export has the file at all."""
    beside: Callable[[World], Iterator[Document]] = lambda _world: iter(())
    """Whole files that belong to the kind and lie beside its table."""
