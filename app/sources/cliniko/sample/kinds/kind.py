"""What every kind of thing in a sample says of itself, so that the writer treats all alike."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from ..bundle import Shape
from ..columns import Column
from ..row import Row
from ..world import World


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
