"""What every row of a Cliniko export may say of itself: when it was made, changed, archived and deleted."""

from dataclasses import dataclass
from datetime import datetime
from typing import Annotated

from app.mapping.columns import Column
from app.mapping.moments import mark, timestamp


@dataclass(frozen=True, kw_only=True)
class Row:
    """The common columns (api names confirmed; native `Archived At` and `Deleted At` are assumed)."""

    created_at: Annotated[datetime | None, Column(timestamp, "Created At", mark="C")] = None
    updated_at: Annotated[datetime | None, Column(timestamp, "Updated At", mark="C")] = None
    archived_at: Annotated[datetime | bool | None, Column(mark, "Archived At", ("Archived",))] = None
    deleted_at: Annotated[datetime | bool | None, Column(mark, "Deleted At")] = None
    unread: tuple[str, ...] = ()
    """The attributes whose cells hold a spreadsheet's error word: something was there, and nobody knows what."""
