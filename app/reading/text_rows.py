"""A row of a file as text, before its meaning is known."""

from collections.abc import Iterable

from app.reading.refusal import Refused

# The row's first line, its cells in file order, and its problem codes.
TextRow = tuple[int, list[str], tuple[str, ...]]


def count_rows(rows: Iterable[TextRow]) -> int:
    """Returns the number of rows up to damage, the damaged row included. Raises nothing."""
    count = 0
    try:
        for _ in rows:
            count += 1
    except Refused:
        count += 1
    except UnicodeDecodeError:
        pass
    return count
