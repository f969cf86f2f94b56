"""The shape of every JSON column of a migration and of a trial, checked when a page or an approval reads the row.

Other software wrote a row of another shape.
"""

from collections.abc import Mapping
from dataclasses import fields
from datetime import date
from typing import (
    Annotated,
    Any,
    Literal,
    NotRequired,  # pydantic needs typing_extensions' version below Python 3.12
)

from pydantic import AfterValidator, ConfigDict, TypeAdapter, ValidationError, create_model, with_config
from typing_extensions import TypedDict

from app.changed_values import ValueChanged
from app.mapping.plan import Plan
from app.migration.balance import KindBalance
from app.migration.models import Migration, Trial
from app.migration.states import State

STRICT = ConfigDict(strict=True)
CHANGED_WORDS = "The ledger was changed by something else"


class LedgerChanged(ValueChanged):
    """A ledger row does not have the shape that this product writes. Names the columns, never a value."""

    def __init__(self, table: str, columns: list[str]) -> None:
        super().__init__(f"{table}: {', '.join(columns)}")
        self.table = table


_FIELDS: dict[str, Any] = {field.name: (field.type, ...) for field in fields(KindBalance)}
_KIND = create_model("_KIND", __config__=STRICT, **_FIELDS)


def _is_kind(value: dict[str, Any]) -> dict[str, Any]:
    _KIND.model_validate(value, strict=True)
    return value


def _is_day(text: str) -> str:
    date.fromisoformat(text)
    return text


Day = Annotated[str, AfterValidator(_is_day)]
"""A day as `YYYY-MM-DD`."""
_KindShape = Annotated[dict[str, Any], AfterValidator(_is_kind)]
"""The account of one kind, with the fields of KindBalance."""


@with_config(STRICT)
class FileShape(TypedDict):
    """A file whose rows are of no kind. The rows are held unless `outcome` is set."""

    path: str
    rows: int
    outcome: NotRequired[Literal["left_out", "refused"]]


@with_config(STRICT)
class ProblemShape(TypedDict):
    """The problem that stopped a migration."""

    code: str


@with_config(STRICT)
class ReportShape(TypedDict):
    """The report of a migration that went live. Later reports have more fields."""

    trial: int
    digest: str
    kinds: list[_KindShape]
    created: dict[str, int]
    updated: dict[str, int]
    unchanged: dict[str, int]
    conflicts: list[dict[str, Any]]
    moment: NotRequired[str | None]
    export_of: NotRequired[Day | None]
    made_on: NotRequired[Day | None]


def _is_state(text: str) -> str:
    return State(text).value


def _is_plan(value: dict[str, Any]) -> dict[str, Any]:
    Plan.model_validate(value)
    return value


def _is_report(value: dict[str, Any]) -> dict[str, Any]:
    if value:
        _REPORT.validate_python(value)
    return value


_REPORT = TypeAdapter(ReportShape)
_STATE = Annotated[str, AfterValidator(_is_state)]
_PLAN = Annotated[dict[str, Any], AfterValidator(_is_plan)]


SHAPES: Mapping[type[Migration | Trial], Mapping[str, TypeAdapter[Any]]] = {
    Migration: {
        "state": TypeAdapter(_STATE),
        "paused_from": TypeAdapter(_STATE | None),
        "conversion_date": TypeAdapter(Day | None),
        "uses": TypeAdapter(list[str] | None),
        "own_counts": TypeAdapter(dict[str, int] | None),
        "plan": TypeAdapter(_PLAN),
        "report": TypeAdapter(Annotated[dict[str, Any], AfterValidator(_is_report)]),
        "problem": TypeAdapter(ProblemShape | None),
    },
    Trial: {
        "plan": TypeAdapter(_PLAN),
        "kinds": TypeAdapter(list[_KindShape]),
        "seconds": TypeAdapter(dict[str, Any]),
        "held_against": TypeAdapter(dict[str, int] | None),
        "unanswered": TypeAdapter(list[FileShape] | None),
    },
}


def changed_columns(row: Migration | Trial) -> list[str]:
    """The columns of a row whose values do not have the shape that this product writes."""
    return [name for name, shape in SHAPES[type(row)].items() if not _fits(shape, getattr(row, name))]


def require_shape(row: Migration | Trial) -> None:
    """Raises LedgerChanged when `changed_columns` returns any column."""
    columns = changed_columns(row)
    if columns:
        raise LedgerChanged(str(row.__tablename__), columns)


def _fits(shape: TypeAdapter[Any], value: Any) -> bool:
    try:
        shape.validate_python(value, strict=True)
    except ValidationError:
        return False
    return True
