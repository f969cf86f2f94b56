"""Which variants of one claim `make test` runs: of those that cost most a part, and another part after each change.

Every claim is tested each time, with some of its variants. `make test ALL=1` tests every variant.
"""

import os
import zlib
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

import pytest

Value = TypeVar("Value")
ROOT = Path(__file__).parents[2]
TURN = "TESTS_TURN"
"""The environment's word for the number that says whose turn it is. Without it every variant runs."""
LEAST = 2  # variants of a claim that run each time
VARIED: Mapping[str, int] = {
    "tests/access/test_invited.py": 9,
    "tests/access/test_matrix.py": 9,
    "tests/access/test_offers.py": 9,
    "tests/caspen/test_claimed_acts.py": 9,
    "tests/caspen/test_tampering.py": 9,
    "tests/caspen/test_unchanged_rows.py": 9,
    "tests/commands/test_changed_ledger.py": 9,
    "tests/commands/test_damaged_files.py": 9,
    "tests/commands/test_file_answers.py": 9,
    "tests/commands/test_links.py": 9,
    "tests/commands/test_matched_before.py": 9,
    "tests/commands/test_trial.py": 9,
    "tests/figures/test_damaged.py": 9,
    "tests/forms/test_another_person.py": 9,
    "tests/forms/test_merged_parts.py": 9,
    "tests/forms/test_outdated.py": 9,
    "tests/forms/test_pressed_twice.py": 9,
    "tests/forms/test_signed_out.py": 9,
    "tests/forms/test_way_back.py": 9,
    "tests/golive/test_undo_of_matched.py": 9,
    "tests/harness/test_run.py": 9,
    "tests/hostile/test_web.py": 9,
    "tests/hostile/test_worker.py": 9,
    "tests/kinds/test_long_cells.py": 9,
    "tests/kinds/test_odd_cells.py": 9,
    "tests/kinds/test_structures.py": 9,
    "tests/look/test_components.py": 9,
    "tests/look/test_links.py": 9,
    "tests/look/test_people.py": 9,
    "tests/look/test_tables.py": 9,
    "tests/reading/test_file_ends.py": 9,
    "tests/reading/test_ids_twice.py": 9,
    "tests/reading/test_json_lines.py": 9,
    "tests/reading/test_json_neighbours.py": 9,
    "tests/reading/test_relations_twice.py": 9,
    "tests/reading/test_serials.py": 9,
    "tests/recipes/test_recipes.py": 9,
    "tests/records/test_evidence.py": 9,
    "tests/register/test_files_again.py": 9,
    "tests/register/test_live_parents.py": 9,
    "tests/register/test_register.py": 9,
    "tests/register/test_rows_of_earlier_moves.py": 9,
    "tests/resolve/test_same_rows.py": 9,
    "tests/shapes/test_damaged.py": 9,
    "tests/shapes/test_shapes.py": 9,
    "tests/toy_source/test_in_a_browser.py": 9,
    "tests/toy_source/test_pages.py": 9,
    "tests/trial/test_cells_that_nobody_can_read.py": 9,
    "tests/trial/test_changed_account.py": 9,
    "tests/trial/test_changed_migration.py": 9,
    "tests/trial/test_columns_that_a_later_export_lacks.py": 9,
    "tests/trial/test_damaged_ends.py": 9,
    "tests/trial/test_former_records.py": 9,
    "tests/trial/test_relied_workspace_records.py": 9,
    "tests/trial/test_rows_of_held_parents.py": 9,
    "tests/trial/test_set_aside.py": 9,
    "tests/trial/test_text_limits.py": 9,
    "tests/trial/test_verification.py": 9,
    "tests/trial/test_what_a_later_export_lacks.py": 9,
    "tests/web/test_http_security.py": 9,
    "tests/web/test_malformed_headers.py": 9,
    "tests/web/test_malformed_requests.py": 9,
    "tests/wizard/test_changed_states.py": 9,
    "tests/wizard/test_damaged_trial.py": 9,
    "tests/wizard/test_doors.py": 9,
    "tests/wizard/test_doubts.py": 9,
    "tests/wizard/test_every_state.py": 9,
    "tests/wizard/test_over.py": 9,
    "tests/wizard/test_problems.py": 9,
    "tests/wizard/test_row_account.py": 9,
    "tests/wizard/test_words_of_the_over.py": 9,
    "tests/workers/test_ends.py": 9,
    "tests/workers/test_kills.py": 9,
    "tests/workers/test_light_starts.py": 9,
    "tests/workers/test_never_starts.py": 9,
}
"""The files whose variants cost most, by their seconds of CPU, and the number of parts that take turns."""


def turn_of_this_change() -> int:
    """Each change writes what it changes into the list of changes, so whose turn it is follows from that list."""
    return zlib.crc32((ROOT / "CHANGELOG.md").read_bytes())


def in_turn(values: Sequence[Value], parts: int) -> list[Value]:
    """The part of `values` whose turn it is, at least LEAST of them. Without TESTS_TURN in the environment, all."""
    turn = os.environ.get(TURN)
    if turn is None:
        return list(values)
    parts = max(min(parts, len(values) // LEAST), 1)
    return list(values[int(turn) % parts :: parts])


@dataclass(frozen=True)
class ChosenVariants:
    """The variants that do not run this time, and how many variants they were chosen from."""

    left_out: tuple[pytest.Item, ...] = ()
    total: int = 0

    def __str__(self) -> str:
        return f"{self.total - len(self.left_out):,} of {self.total:,}"


def chosen_variants(items: Iterable[pytest.Item]) -> ChosenVariants:
    """The choice from the collected tests. Without TESTS_TURN in the environment, every variant runs."""
    of_claim: defaultdict[str, list[pytest.Item]] = defaultdict(list)
    for item in items:
        if item.nodeid.split("::")[0] in VARIED and getattr(item, "callspec", None) is not None:
            of_claim[item.nodeid.split("[")[0]].append(item)
    chosen = {item for claim, variants in of_claim.items() for item in in_turn(variants, VARIED[claim.split("::")[0]])}
    every = [item for variants in of_claim.values() for item in variants]
    return ChosenVariants(tuple(item for item in every if item not in chosen), len(every))
