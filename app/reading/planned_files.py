"""The answers of a plan for the files of an export."""

from app.mapping.plan import Plan
from app.reading.grid import ReadingAnswer


def answer_for(plan: Plan, path: str) -> ReadingAnswer:
    """The plan's answers for the file at `path`; an empty answer for a path without any."""
    kind, pairs = plan.file_kinds.get(path), plan.column_pairs.get(path, {})
    return ReadingAnswer(kind, pairs, path in plan.headerless, plan.file_encodings.get(path))
