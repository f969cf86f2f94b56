"""One row of a sample with the expected result of importing the row."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from app.sources.cliniko.sample.sample_columns import SampleValue


@dataclass(slots=True)
class SampleRow:
    """A row's cells and its expected outcome, problems and records."""

    source_id: str
    values: Mapping[str, SampleValue]
    """Cells by the key of their column."""
    outcome: str = "created"
    problems: tuple[str, ...] = ()
    """Problem codes; a code with an unusual level is followed by the level: `bad_interval:skipped`."""
    records: tuple[str, ...] = ()
    """The tables of the records that the row makes, one entry for each record."""
    shared_records: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    """Records that many rows share: by table, the keys of those that this row needs."""
    marks: tuple[str, ...] = ()
    """The names of the row's plants."""
    slice: int = 0
    unmarked_until: datetime | None = None
    """When an appointment without attendance ends that is still ahead; from then on it is past and unmarked."""
