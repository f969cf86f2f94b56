"""Whether a row of cells is rather a header or rather data."""

import re
from collections.abc import Sequence

_DATA = re.compile(
    r'(="?)?\d{4,}"?|\d+\.\d+([eE]\+?\d+)?|\d{1,4}[-/]\d{1,2}[-/]\d{1,4}.*|[^@\s]+@[^@\s]+\.[^@\s]+|true|false',
    re.IGNORECASE,
)


def looks_like_data(cells: Sequence[str], *, at_least: int = 1) -> bool:
    """Headers are words; ids, dates, amounts and addresses are data."""
    return sum(_DATA.fullmatch(cell.strip()) is not None for cell in cells if len(cell) < 200) >= at_least


def is_blank(cells: Sequence[str]) -> bool:
    return not any(cell and not cell.isspace() for cell in cells)
