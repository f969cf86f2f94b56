"""What a person at a terminal reads after `read` and `trial`."""

from typing import Any

from rich.console import Group, RenderableType
from rich.table import Table

from app.commands.read import Answer
from app.problems import Problem
from app.sources import SOURCES

OUTCOMES = ("read", "created", "updated", "unchanged", "left_out", "skipped", "held", "refused", "records")


def summary(answer: Answer) -> RenderableType:
    """A table of kinds and one of problems, in the catalogue's words."""
    told = answer.told
    parts: list[RenderableType] = [_kinds(told) if told.get("kinds") else _inventory(told)]
    if told["problems"]:
        parts.append(_problems(told["problems"]))
    if "balanced" in told:
        parts.append("The trial balances." if told["balanced"] else "The trial does not balance.")
    return Group(*parts)


def _inventory(told: dict[str, Any]) -> Table:
    table = Table("kind", "rows", "first", "last")
    for kind, held in told["inventory"].items():
        table.add_row(kind, f"{held['rows']:,}", (held["first"] or "")[:10], (held["last"] or "")[:10])
    return table


def _kinds(told: dict[str, Any]) -> Table:
    table = Table("kind", *(name.replace("_", " ") for name in OUTCOMES))
    for kind in told["kinds"]:
        table.add_row(kind["kind"], *(f"{kind[name]:,}" for name in OUTCOMES))
    return table


def _problems(problems: list[dict[str, Any]]) -> Table:
    label = next(iter(SOURCES.values())).label
    table = Table("level", "count", "problem", "where")
    for one in problems:
        where = " ".join(str(one[name]) for name in ("file", "line", "column") if one[name] is not None)
        table.add_row(one["level"], f"{one['count']:,}", Problem(one["code"], details={"source": label}).title, where)
    return table
