"""The rules that settle what needs more than one row to know, one file each, in the order in which they are asked."""

from collections.abc import Callable

from app.engine.resolving import (
    alike,
    answers,
    courses,
    crowds,
    deleted,
    duplicates,
    earlier,
    files,
    hours,
    kinds,
    members,
    merges,
    names,
    needs,
    orphans,
    overlaps,
    parents,
    referrers,
    same_names,
    targets,
    twins,
    unnamed,
)
from app.engine.resolving.work import Work

RULES: tuple[Callable[[Work], None], ...] = (
    kinds.apply,
    duplicates.apply,
    deleted.apply,
    earlier.apply,
    alike.apply,
    merges.apply,
    names.apply,
    unnamed.apply,
    targets.apply,
    courses.apply,
    orphans.apply,
    parents.apply,
    files.apply,
    members.apply,
    hours.apply,
    answers.apply,
    twins.apply,
    same_names.apply,
    referrers.apply,
    crowds.apply,
    overlaps.apply,
    needs.apply,
)
