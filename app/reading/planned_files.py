"""The answers of a plan for the files of an export."""

from app.mapping.plan import Plan
from app.reading.grid import Wanted


def wanted_of(plan: Plan, path: str) -> Wanted:
    """The plan's answers for the file at `path`; an empty answer for a path without any."""
    kind, pairs = plan.file_kinds.get(path), plan.column_pairs.get(path, {})
    return Wanted(kind, pairs, path in plan.headerless, plan.file_encodings.get(path))
