"""The columns that every table of a workspace shares: the record's source, and what people did to the record."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from typing import Any, ClassVar

import sqlalchemy as sa
from pydantic import TypeAdapter, ValidationError
from sqlalchemy import event
from sqlmodel import Field, SQLModel

from app.caspen.tables.column_types import Moment, Nested
from app.changed_values import ValueChanged


class CaspenTable(SQLModel):
    """Base of every table of Caspen's database."""

    metadata = sa.MetaData()
    model_config = {"defer_build": True}


@event.listens_for(CaspenTable, "load", propagate=True)
def _require_shapes(row: CaspenTable, _: object) -> None:
    wrong = [name for name, shape in _shapes(type(row)).items() if not _fits(shape, row.__dict__.get(name))]
    if wrong:
        raise ValueChanged(f"{row.__tablename__}: {', '.join(wrong)}")


@cache
def _shapes(table: type[CaspenTable]) -> Mapping[str, TypeAdapter[Any]]:
    """The nested columns of a table, each with the type of its field."""
    columns = table.metadata.tables[str(table.__tablename__)].columns
    nested_columns = [column.name for column in columns if isinstance(column.type, Nested)]
    annotations: dict[str, Any] = {name: table.model_fields[name].annotation for name in nested_columns}
    return {name: TypeAdapter(annotation) for name, annotation in annotations.items()}


def _fits(shape: TypeAdapter[Any], value: Any) -> bool:
    if value is None:  # null, or a column that the statement did not read
        return True
    try:
        shape.validate_python(value, strict=True)
    except ValidationError:
        return False
    return True


@dataclass(frozen=True, slots=True)
class Reference:
    """A column that holds the id of another record, or a list of such ids. Reconciling proves that each id leads
    there."""

    column: str
    tables: tuple[str, ...]
    several: bool = False


class Imported(CaspenTable):
    """An object of a workspace, made by people or brought by an import.

    `edited_at`, `edited_by`, `deleted_at` and `version` describe people's acts; an import never sets them.
    `outside_content` names columns that depend on the day of finalisation and therefore are no content.
    """

    references: ClassVar[tuple[Reference, ...]] = ()
    outside_content: ClassVar[frozenset[str]] = frozenset()
    indexes: ClassVar[tuple[tuple[str, ...], ...]] = ()  # made after a trial is loaded: three times faster

    @classmethod
    def is_of_client(cls) -> bool:
        """Whether each record of the table belongs to one client."""
        return any(reference.column == "client_id" for reference in cls.references)

    workspace_id: str = Field(primary_key=True)
    id: str = Field(primary_key=True)
    source: str | None = None
    source_kind: str | None = None
    source_id: str | None = None
    part: int | None = None
    line: int | None = None
    content_hash: str | None = None
    migration_id: str | None = None
    source_created_at: datetime | None = Field(default=None, sa_type=Moment)
    version: int = 1
    edited_at: datetime | None = Field(default=None, sa_type=Moment)
    edited_by: str | None = None
    deleted_at: datetime | None = Field(default=None, sa_type=Moment)
    imported_at: datetime | None = Field(default=None, sa_type=Moment)


def nested(default: Any = None) -> Any:
    """A field that holds a list or an object. `default=list` makes a field that is never null."""
    if default is list:
        return Field(default_factory=list, sa_type=Nested, nullable=False)
    return Field(default=default, sa_type=Nested)
