"""A row of a file as text, before anybody knows what it means."""

from collections.abc import Iterable

from app.reading.refusal import Refused

# The line it begins on, its cells in the file's order, and what reading had to say of it.
Raw = tuple[int, list[str], tuple[str, ...]]


# How many rows of a table are there to be seen, also where they cannot be taken.


def rows_in(rows: Iterable[Raw]) -> int:
    """How many rows there are, up to damage, the damaged one included. Raises nothing."""
    count = 0
    try:
        for _ in rows:
            count += 1
    except Refused:
        count += 1
    except UnicodeDecodeError:
        pass
    return count
