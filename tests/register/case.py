"""One code of the register, with the smallest export for which it is reported."""

from dataclasses import dataclass
from typing import Any

from tests.register.codes import levels_of
from tests.register.story import Files


@dataclass(frozen=True)
class Case:
    """`where` has the other parts of the expected problem: kind, file, line, source_id, column.

    `count` counts rows or files. `level` is set if a rule changes the level of the register. `read` cases report
    everything while reading.
    """

    code: str
    files: Files
    kind: str | None = None
    count: int | None = 1
    level: str = ""
    read: bool = False
    where: tuple[tuple[str, Any], ...] = ()
    balanced: bool = True

    @property
    def levels(self) -> set[str]:
        return {self.level} if self.level else levels_of(self.code)


def case(
    code: str,
    files: Files,
    kind: str | None = None,
    *,
    count: int | None = 1,
    level: str = "",
    read: bool = False,
    balanced: bool = True,
    **where: Any,
) -> Case:
    return Case(code, files, kind, count, level, read, tuple(where.items()), balanced)


def seen(code: str, files: Files, kind: str | None = None, **more: Any) -> Case:
    """A code that reading alone reports."""
    return case(code, files, kind, read=True, **more)
