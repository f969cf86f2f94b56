"""Which variants of one claim `make test` runs: of those that cost most, a third, and another third after each change.

Every claim is tested each time, with some of its variants. `make test ALL=1` tests every variant.
"""

import os
import zlib
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
THIRD = "TESTS_THIRD"
"""The environment's word for the third that runs: 0, 1 or 2. Without it every variant runs."""
FEW = 4  # fewer variants of one claim always run
VARIED = frozenset(
    {
        "tests/access/test_invited.py",
        "tests/access/test_matrix.py",
        "tests/access/test_offers.py",
        "tests/caspen/test_claimed_acts.py",
        "tests/caspen/test_tampering.py",
        "tests/commands/test_changed_ledger.py",
        "tests/commands/test_damaged_files.py",
        "tests/commands/test_file_answers.py",
        "tests/figures/test_damaged.py",
        "tests/forms/test_another_person.py",
        "tests/forms/test_merged_parts.py",
        "tests/forms/test_outdated.py",
        "tests/forms/test_pressed_twice.py",
        "tests/forms/test_signed_out.py",
        "tests/forms/test_way_back.py",
        "tests/golive/test_undo_of_matched.py",
        "tests/hostile/test_web.py",
        "tests/hostile/test_worker.py",
        "tests/kinds/test_long_cells.py",
        "tests/kinds/test_odd_cells.py",
        "tests/kinds/test_structures.py",
        "tests/look/test_components.py",
        "tests/look/test_links.py",
        "tests/look/test_people.py",
        "tests/look/test_tables.py",
        "tests/reading/test_file_ends.py",
        "tests/reading/test_json_neighbours.py",
        "tests/reading/test_relations_twice.py",
        "tests/reading/test_serials.py",
        "tests/recipes/test_recipes.py",
        "tests/records/test_evidence.py",
        "tests/register/test_files_again.py",
        "tests/register/test_live_parents.py",
        "tests/register/test_register.py",
        "tests/register/test_rows_of_earlier_moves.py",
        "tests/shapes/test_damaged.py",
        "tests/shapes/test_shapes.py",
        "tests/toy_source/test_in_a_browser.py",
        "tests/trial/test_cells_that_nobody_can_read.py",
        "tests/trial/test_changed_account.py",
        "tests/trial/test_changed_migration.py",
        "tests/trial/test_columns_that_a_later_export_lacks.py",
        "tests/trial/test_damaged_ends.py",
        "tests/trial/test_former_records.py",
        "tests/trial/test_relied_workspace_records.py",
        "tests/trial/test_rows_of_held_parents.py",
        "tests/trial/test_set_aside.py",
        "tests/trial/test_text_limits.py",
        "tests/trial/test_verification.py",
        "tests/trial/test_what_a_later_export_lacks.py",
        "tests/web/test_http_security.py",
        "tests/web/test_malformed_headers.py",
        "tests/web/test_malformed_requests.py",
        "tests/wizard/test_changed_states.py",
        "tests/wizard/test_damaged_trial.py",
        "tests/wizard/test_doors.py",
        "tests/wizard/test_doubts.py",
        "tests/wizard/test_every_state.py",
        "tests/wizard/test_over.py",
        "tests/wizard/test_problems.py",
        "tests/wizard/test_words_of_the_over.py",
        "tests/workers/test_ends.py",
        "tests/workers/test_never_starts.py",
    }
)
"""The files whose variants cost most, by their seconds of CPU."""


def third_of_this_change() -> int:
    """Each change writes what it changes into the list of changes, so the third follows from that list."""
    return zlib.crc32((ROOT / "CHANGELOG.md").read_bytes()) % 3


@dataclass(frozen=True)
class ChosenVariants:
    """The variants that do not run this time, and how many variants they were chosen from."""

    left_out: tuple[pytest.Item, ...] = ()
    total: int = 0

    def __str__(self) -> str:
        return f"{self.total - len(self.left_out):,} of {self.total:,}"


def chosen_variants(items: Iterable[pytest.Item]) -> ChosenVariants:
    """The choice from the collected tests. Without TESTS_THIRD in the environment, every variant runs."""
    third = os.environ.get(THIRD)
    if third is None:
        return ChosenVariants()
    of_claim: defaultdict[str, list[pytest.Item]] = defaultdict(list)
    for item in items:
        if item.nodeid.split("::")[0] in VARIED and getattr(item, "callspec", None) is not None:
            of_claim[item.nodeid.split("[")[0]].append(item)
    many = [variants for variants in of_claim.values() if len(variants) >= FEW]
    out = [item for variants in many for number, item in enumerate(variants) if number % 3 != int(third)]
    return ChosenVariants(tuple(out), sum(map(len, many)))
