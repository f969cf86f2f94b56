"""How many rows of a table are there to be seen, also where they cannot be taken."""

from collections.abc import Iterable

from app.engine.reading.refusal import Refused
from app.engine.reading.rows import Raw


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
