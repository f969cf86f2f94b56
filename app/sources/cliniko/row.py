"""What the kinds share: the columns of every row, and where a kind is found that has no data export of its own."""

from dataclasses import dataclass
from datetime import datetime
from typing import Annotated

from app.mapping.columns import Column
from app.mapping.moments import mark, timestamp
from app.problems import Problem

FROM_THE_API = "Not among the data exports of every account: ask whoever made your export from the API"

CREATED = ("*.source_created_at", "communications.occurred_at", "progress_notes.note_date")
ARCHIVED = ("*.status", "*.active", "contacts.tags", "files.folder")


@dataclass(frozen=True, kw_only=True)
class Row:
    """The common columns. The names of Cliniko's API are confirmed; csv headers `Archived At`, `Deleted At` assumed."""

    created_at: Annotated[datetime | None, Column(timestamp, "Created At", mark="C", feeds=CREATED)] = None
    updated_at: Annotated[datetime | None, Column(timestamp, "Updated At", mark="C")] = None
    archived_at: Annotated[datetime | bool | None, Column(mark, "Archived At", ("Archived",), feeds=ARCHIVED)] = None
    deleted_at: Annotated[datetime | bool | None, Column(mark, "Deleted At", feeds=ARCHIVED)] = None
    unread: tuple[str, ...] = ()
    """The attributes whose cells hold a spreadsheet's error text such as `#REF!`: the value is lost."""


BY_PROGRAMS = frozenset({"id", "links", "created_at", "updated_at", "patient"})
"""Members of the API's objects with technical values: ids, links, times of storage, and the owner."""


def not_dated(kind: str, source_id: str) -> Problem:
    """The problem of a record without a date, because its row has no readable time of creation.

    No other time of the row stands for it: the time of the last change only decides which of two rows is newer.
    """
    return Problem("bad_date", kind, source_id=source_id, column="created_at")
