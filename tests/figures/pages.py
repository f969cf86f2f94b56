"""The pages during the work: the ledger's own state, a named stall, a failure with what to do."""

from tests.figures.figure import Measure
from tests.figures.stories import run_tests

STORIES = (
    "tests/wizard/test_truth.py",
    "tests/wizard/test_progress.py",
    "tests/worker/test_progress.py",
    "tests/workers/test_kills.py",
    "tests/worker/test_damaged_storage.py",
)

MEASURES = (
    Measure(
        "pages that tell the ledger's truth; poison rows, stopped workers and damage told by name",
        "every story",
        run_tests(*STORIES, words="stories"),
    ),
)
