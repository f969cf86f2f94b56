"""The catalogue of faults in exports is complete: each of its 63 lines has a test of its own."""

import ast
import re
from pathlib import Path

LINES = range(1, 64)


def claims() -> dict[int, list[str]]:
    """The tests of this folder by the number of the line that they hold."""
    found: dict[int, list[str]] = {number: [] for number in LINES}
    for path in sorted(Path(__file__).parent.glob("test_*.py")):
        for node in ast.parse(path.read_text(encoding="utf-8")).body:
            if isinstance(node, ast.FunctionDef) and (named := re.match(r"test_(\d+)_", node.name)):
                found[int(named[1])].append(node.name)
    return found


def test_every_line_of_the_catalogue_is_a_claim() -> None:
    assert not [number for number, names in claims().items() if not names]


def test_no_claim_has_a_number_that_the_catalogue_does_not_have() -> None:
    assert set(claims()) == set(LINES)
