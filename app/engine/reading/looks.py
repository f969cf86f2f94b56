"""Whether a row of cells is rather a header or rather data."""

import re
from collections.abc import Sequence

_DATA = re.compile(
    r'(="?)?\d{4,}"?|\d+\.\d+([eE]\+?\d+)?|\d{1,4}[-/]\d{1,2}[-/]\d{1,4}.*|[^@\s]+@[^@\s]+\.[^@\s]+|true|false',
    re.IGNORECASE,
)


def looks_like_data(cells: Sequence[str]) -> bool:
    """Headers are words; ids, dates, amounts and addresses are data."""
    return any(_DATA.fullmatch(cell.strip()) for cell in cells if len(cell) < 200)


def is_blank(cells: Sequence[str]) -> bool:
    return not any(cell and not cell.isspace() for cell in cells)
